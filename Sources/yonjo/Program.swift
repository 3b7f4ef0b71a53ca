import BrokerAPI
import Foundation

/// What is known of this build, and how the process speaks and ends.
enum Program {
  static let version = "1.0.0"

  /// One line (or more) to standard error.
  static func warn(_ text: String) { FileHandle.standardError.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8)) }

  /// Ends the process, log lines first.
  static func end(_ code: Int32) -> Never {
    LogSink.standardError.flush()
    exit(code)
  }

  /// Prints one object: JSON with sorted keys where `--json` was given, else the text.
  static func print(_ object: some Encodable, asJSON: Bool, _ text: @autoclosure () -> String) throws {
    guard asJSON else { return Swift.print(text()) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    Swift.print(String(decoding: try encoder.encode(object), as: UTF8.self))
  }
}

/// Why a command did not do what it was asked for.
struct CommandFailure: Error {
  /// The four ends of a command (api.md, Command lines).
  enum Kind: String, Encodable {
    case refused
    case badUse
    case partIsDown
  }

  let kind: Kind
  let sentence: String
  let nextStep: String?

  init(_ kind: Kind, _ sentence: String, nextStep: String? = nil) {
    self.kind = kind
    self.sentence = sentence
    self.nextStep = nextStep
  }

  var exitCode: Int32 {
    switch kind {
    case .refused: 1
    case .badUse: 2
    case .partIsDown: 3
    }
  }

  private struct Told: Encodable {
    let error: Kind
    let sentence: String
    let nextStep: String?
  }

  func tell(asJSON: Bool) {
    if asJSON {
      try? Program.print(Told(error: kind, sentence: sentence, nextStep: nextStep), asJSON: true, "")
    } else {
      Program.warn(sentence + (nextStep.map { "\n" + $0 } ?? ""))
    }
  }
}
