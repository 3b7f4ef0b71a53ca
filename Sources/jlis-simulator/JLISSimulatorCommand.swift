import ArgumentParser
import Foundation
import JLISSimulator

/// `jlis-simulator`: arguments in, calls down, nothing else.
struct JLISSimulatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jlis-simulator",
    abstract: "Plays J-LIS on your own machine: certificate authorities, My Number Cards, revocation data, links, consents, latest items.",
    discussion: """
      Everything lies in a state directory (--state, or JLIS_SIMULATOR_STATE) that all commands share, also while `serve` runs.
      The certificates have the real profiles under O=JPKI-SIM. The API over mutual TLS is our own wire format (yonjo-sim/1): J-LIS's is not public.

      A first walk:
        jlis-simulator serve --state sim &
        jlis-simulator citizen new --state sim --name '四情　花子' --address '東京都千代田区千代田１－１' --date-of-birth 1980-02-17 --sex female
        jlis-simulator card sign citizen-1 --state sim --to-be-signed aGVsbG8

      Exit codes: 0 done, 1 refused, 2 bad use, 3 a part is down.
      """,
    subcommands: [Serve.self, Citizen.self, Card.self, Consent.self, Revoke.self, NationalList.self, TLS.self, Fault.self, Responder.self])
}

/// Which state, and how to answer.
struct StateOptions: ParsableArguments {
  @Option(help: "The state directory; made where absent. Default: $JLIS_SIMULATOR_STATE.")
  var state: String?

  @Option(
    help: ArgumentHelp(
      "Take RSA keys from this directory, making what is missing: quick, but whoever uses the same directory has the same keys. For tests.",
      valueName: "dir"))
  var keyCache: String?

  func open() throws -> SimulatedJLIS {
    try SimulatedJLIS(
      stateDirectory: directory(), keys: keyCache.map { KeySource.series(directory: $0, name: "simulator") } ?? .fresh)
  }

  func directory() throws -> String {
    guard let directory = state ?? ProcessInfo.processInfo.environment["JLIS_SIMULATOR_STATE"], !directory.isEmpty else {
      throw ValidationError("Name the state directory: --state DIR, or JLIS_SIMULATOR_STATE in the environment.")
    }
    return directory
  }
}

/// `--json`.
struct AnswerOptions: ParsableArguments {
  @Flag(help: "Print one JSON object.")
  var json = false

  /// Prints `object` with `--json`, `text` otherwise.
  func print(_ object: some Encodable, _ text: String) throws {
    guard json else {
      Swift.print(text)
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    Swift.print(String(decoding: try encoder.encode(object), as: UTF8.self))
  }
}
