import ArgumentParser
import Bench
import Foundation
import Story

/// Measures a running broker; Deploy/bench puts pgbench beside it.
@main
struct BenchProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "yonjo-bench", abstract: "Measures a running broker over HTTPS with keep-alive.",
    subcommands: [
      Enrol.self, LookUps.self, Batches.self, Logins.self, Lines.self, Guessing.self, Lists.self, Canonical.self, Ledger.self, TagKeys.self,
      Consents.self,
    ])

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

  struct Consents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What compliance asks of consents, one question at a time.")
    @Option(help: "The cast file that Deploy wrote.") var cast: String
    @Option(help: "How often each question is asked.") var times = 200

    func validate() throws {
      guard (1...100_000).contains(times) else { throw ValidationError("1…100000 times.") }
    }

    func run() async throws {
      let cast = try StoryCastFile(contentsOf: cast).open()
      let figures = try await ConsentQuestions.ask(cast: cast, times: times)
      for figure in figures {
        let name = figure.name.padding(toLength: 18, withPad: " ", startingAt: 0)
        print(
          "\(name) median \(figure.median.formatted(.number.precision(.fractionLength(1)))) ms  95 % within",
          "\(figure.p95.formatted(.number.precision(.fractionLength(1)))) ms  \(Int(figure.consents)) consents")
      }
      await cast.close()
    }
  }

  struct LookUps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "look-ups", abstract: "POST /v1/matches/tags.")
    @OptionGroup var common: Common
    @OptionGroup var load: Load
    @Option(help: "Tags that nobody has, asked for between those of the enrolled.") var unknown = 0

    func run() async throws {
      let cast = try common.open()
      let measurement = try Measurement(cast: cast, enrolment: common.enrolled())
      report(
        try await measurement.lookUps(
          clients: load.clients, unknown: unknown, seconds: load.seconds + load.warmUp, warmUpSeconds: load.warmUp))
      await cast.close()
    }
  }

  struct Batches: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "POST /v1/matches/tags/batch, 1,000 tags each.")
    @OptionGroup var common: Common
    @OptionGroup var load: Load

    func run() async throws {
      let cast = try common.open()
      let measurement = try Measurement(cast: cast, enrolment: common.enrolled())
      report(try await measurement.batches(clients: load.clients, seconds: load.seconds + load.warmUp, warmUpSeconds: load.warmUp))
      await cast.close()
    }
  }

  struct Lines: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "A file of ledger changes, the same every time.")
    @Option(help: "The file of enrolled citizens.") var enrolment: String
    @Option(help: "How many lines.") var lines: Int
    @Option(help: "How many of the enrolled leave.") var leaving: Int
    @Option(help: "The file.") var out: String
    @Option(help: "The same rows for \\copy.") var rows: String?

    func validate() throws {
      guard (1...100_000_000).contains(lines), leaving >= 0 else { throw ValidationError("1…100000000 lines.") }
    }

    func run() throws {
      let enrolled = try JSONDecoder().decode(Enrolment.self, from: Data(contentsOf: URL(fileURLWithPath: enrolment)))
      try LedgerLines.write(lines, leaving: Array(enrolled.tags.prefix(leaving)), to: out, rows: rows)
    }
  }

  struct Guessing: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tags a second on one core, for whoever has the keys.")
    @Option(help: "Seconds for each scheme.") var seconds = 3.0

    func run() throws {
      let (shared, blinded) = (try GuessingMeasurement.shared(seconds: seconds), try GuessingMeasurement.blinded(seconds: seconds))
      print(String(format: "hmac=%.0f voprf=%.0f", shared, blinded))
    }
  }

  struct Logins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "POST /v1/logins/{id}/signature, each with its own session and signature made before.")
    @OptionGroup var common: Common
    @OptionGroup var load: Load
    @Option(help: "Logins to prepare; the measurement ends early when a client has no more.") var prepared = 20_000
    @Option(help: "How many begin a second; if absent, as many as the broker answers.") var rate: Double?

    func run() async throws {
      let cast = try common.open()
      let measurement = try Measurement(cast: cast, enrolment: common.enrolled())
      report(
        try await measurement.logins(
          clients: load.clients, prepared: prepared, seconds: load.seconds + load.warmUp, warmUpSeconds: load.warmUp, ratePerSecond: rate))
      await cast.close()
    }
  }

  struct Lists: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "A revocation list: our index beside OpenSSL's reader, each as a process of its own.")
    @Option(help: "The list of signing certificates, DER.") var list: String
    @Option(help: "The certificate of its issuer, of the simulator's environment, PEM.") var issuer: String
    @Option(help: "Where the index goes.") var index: String
    @Option(help: "The directory of the built programs.") var programs: String

    func run() throws {
      let ours = try ProcessMeasurement.run(
        programs + "/yonjo", ["crl", "index", list, "--issuer", issuer, "--environment", "simulator", "--out", index, "--json"])
      print("ours: seconds=\(short(ours.seconds)) anonymous=\(ours.anonymousBytes)")
      let openssl = try ProcessMeasurement.run(programs + "/openssl-crl", [list])
      // Without its start and the reading of arguments: what d2i_X509_CRL alone took.
      let alone = openssl.output.split(separator: " ").first { $0.hasPrefix("seconds=") }.flatMap { Double($0.dropFirst(8)) }
      let seconds = alone ?? openssl.seconds
      print("openssl: seconds=\(short(seconds)) anonymous=\(openssl.anonymousBytes)")
      let pem = try String(contentsOfFile: issuer, encoding: .utf8).split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
      let lookUps = try LookUpMeasurement.run(
        index: index, issuer: Array(Data(base64Encoded: pem.joined()) ?? Data()), lookUps: 2_000_000)
      print("look-up: nanoseconds=\(short(lookUps.nanoseconds)) found=\(lookUps.found) of=\(lookUps.lookUps)")
      print(
        "ratio: time=\(short(seconds / ours.seconds)) memory=\(short(Double(openssl.anonymousBytes) / Double(max(ours.anonymousBytes, 1))))"
      )
    }

    private func short(_ value: Double) -> String { String(format: "%.2f", value) }
  }

  struct Canonical: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Rows of an invented ledger, canonicalised and tagged on one core, beside swift-crypto's HMAC over the canonical bytes.")
    @Option(help: "Rows in memory.") var rows = 20_000
    @Option(help: "Rounds of both, of which the median counts.") var rounds = 11

    func validate() throws {
      guard (100...1_000_000).contains(rows), (1...1_000).contains(rounds) else {
        throw ValidationError("100…1000000 rows, 1…1000 rounds.")
      }
    }

    func run() throws {
      let measurement = try CanonicalMeasurement.run(rows: rows, rounds: rounds)
      print(
        "canonical: tagged=\(Int(measurement.tagged)) hmac=\(Int(measurement.authenticated))"
          + " ratio=\(String(format: "%.2f", measurement.ratio)) bytes=\(Int(measurement.bytes))")
    }
  }

  struct Ledger: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "An invented ledger as CSV, the same in every run.")
    @Option(help: "How many rows.") var rows: Int
    @Option(help: "Which day's: from one to another, a customer of a thousand moves.") var day = 0
    @Option(help: "Where it goes.") var out: String

    func run() throws { try InventedLedger().write(rows: rows, day: day, to: out) }
  }

  struct TagKeys: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "tag-keys", abstract: "A random tag key, wrapped to a private key's public half as the broker would hand it over.")
    @Option(help: "The private key, PEM.") var key: String
    @Option(help: "Where it goes.") var out: String

    func run() throws {
      try BenchTagKeys.answer(registeredKeyPEM: String(contentsOfFile: key, encoding: .utf8)).write(to: URL(fileURLWithPath: out))
    }
  }

  /// One line of `name=value`, for the script.
  static func report(_ report: LoadReport) {
    func short(_ value: Double) -> String { String(format: "%.2f", value) }
    print(
      "rate=\(short(report.rate)) answers=\(report.answers) refused=\(report.refused) seconds=\(short(report.seconds))"
        + " median=\(short(report.median)) p95=\(short(report.percentile95)) p99=\(short(report.percentile99)) slowest=\(short(report.slowest))"
    )
  }
}

private func report(_ report: LoadReport) { BenchProgram.report(report) }
