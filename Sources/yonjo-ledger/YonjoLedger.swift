import ArgumentParser
import CitizenItems
import Foundation
import LedgerTool

/// The program beside the bank's ledger. Exit codes: 0 done, 1 refused, 2 bad use, 3 a part is down.
@main
struct YonjoLedger: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "yonjo-ledger", abstract: "The bank's side of hash matching: canonical forms, tags, and the ledger's changes.",
    discussion: """
      Items stay at the bank: only tags leave it. No item is printed, except by `canonical`, whose purpose it is.

      Columns: ref, name, address, dateOfBirth, sex (or 顧客番号, 氏名, 住所, 生年月日, 性別); other names go into a mapping file (--columns).
      Exit codes: 0 done, 1 refused or rows left aside, 2 bad use, 3 a part is down.
      """,
    version: "ruleset \(CanonicalForm.ruleset), Unicode \(CanonicalForm.unicodeVersion)",
    subcommands: [CanonicalCommand.self, RulesCommand.self, TagCommand.self, CompareCommand.self, DiffCommand.self, PushCommand.self])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch let error as LedgerToolError {
      Self.complain(error.description)
      Foundation.exit(error.exitCode)
    } catch let code as ExitCode {
      Foundation.exit(code.rawValue)
    } catch {
      let isHelp = exitCode(for: error).isSuccess
      if isHelp { print(fullMessage(for: error)) } else { Self.complain(fullMessage(for: error)) }
      Foundation.exit(isHelp ? 0 : 2)
    }
  }

  /// Writes a sentence to standard error.
  static func complain(_ sentence: String) { FileHandle.standardError.write(Data((sentence + "\n").utf8)) }

  /// Prints one object, for `--json`.
  static func show(_ report: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
  }
}
