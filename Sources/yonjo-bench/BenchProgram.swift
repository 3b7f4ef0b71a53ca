import ArgumentParser
import Bench
import Foundation
import Story

/// Measures a running broker; Deploy/bench puts pgbench beside it.
@main
struct BenchProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "yonjo-bench", abstract: "Measures a running broker over HTTPS with keep-alive.",
    subcommands: [Enrol.self, LookUps.self, Logins.self])

  struct Common: ParsableArguments {
    @Option(help: "The cast file that Deploy wrote.") var cast: String
    @Option(help: "The file of enrolled citizens.") var enrolment: String

    func open() throws -> StoryCast { try StoryCastFile(contentsOf: cast).open() }
    func enrolled() throws -> Enrolment {
      try JSONDecoder().decode(Enrolment.self, from: Data(contentsOf: URL(fileURLWithPath: enrolment)))
    }
  }

  struct Load: ParsableArguments {
    @Option(help: "Connections, each with one request at a time.") var clients = 32
    @Option(help: "Seconds to measure.") var seconds = 10.0
    @Option(help: "Seconds before that, left out.") var warmUp = 2.0

    func validate() throws {
      guard (1...1024).contains(clients), (1...600).contains(seconds), (0...60).contains(warmUp) else {
        throw ValidationError("1…1024 clients, 1…600 seconds, 0…60 seconds of warm-up.")
      }
    }
  }

  struct Enrol: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Onboard invented citizens at the bank.")
    @OptionGroup var common: Common
    @Option(help: "How many.") var citizens = 64

    func run() async throws {
      let cast = try common.open()
      let enrolment = try await Enrolment.make(citizens: citizens, cast: cast) { print("\($0) of \(citizens) citizens") }
      try JSONEncoder().encode(enrolment).write(to: URL(fileURLWithPath: common.enrolment))
      await cast.close()
    }
  }

  struct LookUps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "look-ups", abstract: "POST /v1/matches/tags.")
    @OptionGroup var common: Common
    @OptionGroup var load: Load

    func run() async throws {
      let cast = try common.open()
      let measurement = try Measurement(cast: cast, enrolment: common.enrolled())
      report(try await measurement.lookUps(clients: load.clients, seconds: load.seconds + load.warmUp, warmUpSeconds: load.warmUp))
      await cast.close()
    }
  }

  struct Logins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "POST /v1/logins/{id}/signature, each with its own session and signature made before.")
    @OptionGroup var common: Common
    @OptionGroup var load: Load
    @Option(help: "Logins to prepare; the measurement ends early when a client has no more.") var prepared = 20_000

    func run() async throws {
      let cast = try common.open()
      let measurement = try Measurement(cast: cast, enrolment: common.enrolled())
      report(
        try await measurement.logins(
          clients: load.clients, prepared: prepared, seconds: load.seconds + load.warmUp, warmUpSeconds: load.warmUp))
      await cast.close()
    }
  }

  /// One line of `name=value`, for the script.
  static func report(_ report: LoadReport) {
    func short(_ value: Double) -> String { String(format: "%.2f", value) }
    print(
      "rate=\(short(report.rate)) answers=\(report.answers) refused=\(report.refused) seconds=\(short(report.seconds))"
        + " median=\(short(report.median)) p95=\(short(report.percentile95)) p99=\(short(report.percentile99))")
  }
}

private func report(_ report: LoadReport) { BenchProgram.report(report) }
