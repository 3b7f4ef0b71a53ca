import ArgumentParser
import BrokerClient
import CitizenItems
import Foundation
import LedgerTool

struct CanonicalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "canonical", abstract: "Lines from standard input in canonical form; an empty line where there is none.")
  @Option(help: "name, address, dateOfBirth or sex.", transform: Self.item) var item: Item

  private static func item(_ name: String) throws -> Item {
    guard let item = Item(rawValue: name) else { throw ValidationError("there is no such item") }
    return item
  }

  func run() throws { _ = try Canonicalizing.run(item, input: .standardInput, output: .standardOutput) }
}

struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "The rules of the canonical form, one by one: what each does, its source, and examples.")

  func run() {
    for rule in CanonicalRule.all {
      print("\(rule.id)  \(rule.item.rawValue)\n    \(rule.rule)\n    Source: \(rule.source)")
      for texts in rule.same where texts.count > 1 { print("    " + texts.joined(separator: " = ")) }
      for (left, right) in rule.different { print("    \(left) ≠ \(right)") }
    }
  }
}

struct TagCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag",
    abstract: "A ledger (CSV) as tags: {\"ref\":…,\"tags\":[…]} a row. Rows that cannot be tagged go to FILE.rejected.csv.")
  @Argument(help: "CSV with the columns ref, name, address, dateOfBirth, sex.") var file: String
  @OptionGroup var keys: KeyOptions
  @OptionGroup var columns: ColumnOptions
  @Flag(help: "The items come from cards and were handed over: make card tags.") var card = false
  @Option(help: "Where the tags go; standard output without it.") var output: String?
  @Flag(help: "Print the counts as one JSON object; needs --output.") var json = false

  func validate() throws {
    if json, output == nil { throw ValidationError("--json needs --output: the tags would stand on the same output.") }
  }

  func run() async throws {
    let report = try await keys.withConnection { connection in
      try await Tagging.run(
        file, keys: try await keys.tagger(by: connection), mapping: try columns.mapping(), card: card, output: output,
        progress: .onStandardError("tag"))
    }
    if json { try YonjoLedger.show(report) }
    YonjoLedger.complain(
      "\(report.tagged) of \(report.rows) rows tagged" + (report.rejectedFile.map { ", \(report.rejected) left aside: \($0)" } ?? ""))
    if report.rejected > 0 { throw ExitCode(1) }
  }
}

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Pairs of rows (CSV: card.name …, ledger.name …): same, probable or different, and why.")
  @Argument(help: "CSV with the columns card.name, card.address, card.dateOfBirth, card.sex, and the same with ledger.; ref may be there.")
  var file: String
  @OptionGroup var columns: ColumnOptions
  @Option(help: "Where the verdicts go; standard output without it.") var output: String?
  @Option(help: "Writes the probable rows for staff: line, ref, why, and room for decision, by and basis.") var review: String?
  @Flag(help: "The review file shows both sides of what differs. Without it, it holds no item.") var withItems = false
  @Flag(help: "Print the counts as one JSON object; needs --output.") var json = false

  func validate() throws {
    if json, output == nil { throw ValidationError("--json needs --output: the verdicts would stand on the same output.") }
    if withItems, review == nil { throw ValidationError("--with-items needs --review.") }
  }

  func run() throws {
    let report = try Comparing.run(
      file, mapping: try columns.mapping(), output: output, review: review, withItems: withItems, progress: .onStandardError("compare"))
    if json { try YonjoLedger.show(report) }
    YonjoLedger.complain("\(report.same) same, \(report.probable) probable, \(report.different) different, \(report.rejected) unreadable")
    if report.rejected > 0 { throw ExitCode(1) }
  }
}

struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "The changes between two days' ledgers, as push takes them. Either is CSV, or what tag made of it.")
  @Argument(help: "Yesterday's.") var old: String
  @Argument(help: "Today's.") var new: String
  @Option(help: "How many customers may have left; otherwise a tenth of yesterday's, and a hundred in any case.") var leavingLimit: Int?
  @OptionGroup var keys: KeyOptions
  @OptionGroup var columns: ColumnOptions
  @Option(help: "Where the changes go; standard output without it.") var output: String?
  @Flag(help: "Print the counts as one JSON object; needs --output.") var json = false

  func validate() throws {
    if json, output == nil { throw ValidationError("--json needs --output: the changes would stand on the same output.") }
    if let leavingLimit, leavingLimit < 0 { throw ValidationError("--leaving-limit is not below 0.") }
  }

  func run() async throws {
    let report = try await keys.withConnection { connection in
      try await Differing.run(
        old: old, new: new, mapping: try columns.mapping(), output: output, progress: .onStandardError("diff")
      ) {
        () throws(LedgerToolError) in try await translated { try await keys.tagger(by: connection) }
      }
    }
    if json { try YonjoLedger.show(report) }
    YonjoLedger.complain(
      "\(report.came) came, \(report.left) left, \(report.changed) changed"
        + (report.rejected > 0 ? "; \(report.rejected) rows left aside: \(report.rejectedFiles.joined(separator: ", "))" : ""))
    if report.withheld > 0 {
      YonjoLedger.complain(
        "\(report.withheld) customers of \(old) were not found, but may stand in rows of \(new) whose reference cannot be read: they are not said to "
          + "have left. Mend those rows, and compare again.")
    }
    if report.rejected > 0 { throw ExitCode(1) }
  }
}

struct PushCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push",
    abstract: "The ledger's changes to the broker. Cut, it goes on where it was: run it again with the same file.")
  @Argument(help: "CSV with ref, before.name …, after.name … (or 変更前氏名 …, 変更後氏名 …), or what diff wrote.") var file: String
  @OptionGroup var keys: KeyOptions
  @OptionGroup var columns: ColumnOptions
  @Option(help: "Seconds to wait for the end of the job.") var wait = 600
  @Flag(help: "Print the outcome as one JSON object.") var json = false

  func run() async throws {
    let connection = try keys.connection.connection()
    let report: PushingReport
    do {
      report = try await Pushing(file: file, mapping: try columns.mapping(), progress: .onStandardError("push")).run(
        to: connection, patience: .seconds(wait)
      ) {
        () throws(LedgerToolError) in try await translated { try await keys.tagger(by: connection) }
      }
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
    if json { try YonjoLedger.show(report) }
    YonjoLedger.complain(
      "\(report.received) lines received, \(report.deleted) pairs deleted, \(report.activated) activated, \(report.unknown) unknown, "
        + "\(report.invalid) refused" + (report.rejectedFile.map { "; \(report.rejected) rows left aside: \($0)" } ?? ""))
    if report.invalid > 0 || report.rejected > 0 { throw ExitCode(1) }
  }
}

/// Runs something whose errors are all of one kind.
private func translated<Value>(_ body: () async throws -> Value) async throws(LedgerToolError) -> Value {
  do { return try await body() } catch let error as LedgerToolError { throw error } catch { throw .client(.answerMalformed) }
}
