import ArgumentParser
import Foundation
import JLISSimulator
import JPKI

struct NationalList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Write a revocation list as large as the nation's into a file: what is revoked here, and invented entries beside it.")

  @OptionGroup var state: StateOptions
  @OptionGroup var answer: AnswerOptions
  @Option(help: "signing or authentication.") var kind: CertificateKind = .signing
  @Option(help: "How many invented entries, 1…50,000,000.") var entries: Int
  @Option(help: "The CRL number; if absent, the one after today's.") var number: UInt64?
  @Option(help: "The file; it must not be there yet.") var out: String

  func validate() throws {
    guard (1...50_000_000).contains(entries) else { throw ValidationError("1…50,000,000 entries.") }
  }

  func run() throws {
    try state.open().writeNationalList(kind: kind, entries: entries, number: number, to: out)
    try answer.print(["list": out], out)
  }
}
