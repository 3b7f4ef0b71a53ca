import ArgumentParser
import Foundation
import Operations

/// `yonjo migrate`
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "migrate", abstract: "Bring the database's schema up to date.")

  @OptionGroup var common: CommonOptions

  @Option(help: "Where the migrations lie.")
  var directory: String?

  @Flag(help: "Only say what is applied and what is not.")
  var status = false

  private struct Report: Encodable {
    let applied: [String]
    let before: Int
    let version: Int
  }

  private struct StatusLine: Encodable {
    let number: Int
    let name: String
    let state: String
    let appliedAt: Date?

    init(_ migration: MigrationStatus) {
      number = migration.number
      name = migration.name
      (state, appliedAt) =
        switch migration.state {
        case .applied(let at): ("applied", at)
        case .pending: ("pending", nil)
        case .changed(let at): ("changed", at)
        case .unknown(let at): ("unknown", at)
        }
    }
  }

  private struct StatusReport: Encodable {
    let migrations: [StatusLine]
  }

  func run() async throws {
    let settings = try await common.settings([.migrationsDirectory: directory])
    let migrator = Migrator(
      url: try settings.required(.ownerDatabaseURL), directory: try settings.required(.migrationsDirectory),
      logger: CommonOptions.quietLogger())
    do throws(MigrationError) {
      if status {
        try await tellStatus(try await migrator.status())
      } else {
        let report = try await migrator.run(at: Date())
        try? Program.print(
          Report(applied: report.applied, before: report.before, version: report.version), asJSON: common.json,
          report.applied.isEmpty
            ? "Nothing to do: the schema is at version \(report.version)." : report.applied.map { "applied \($0)" }.joined(separator: "\n"))
      }
    } catch {
      let isDown: Bool
      switch error {
      case .database, .locked: isDown = true
      default: isDown = false
      }
      throw CommandFailure(isDown ? .partIsDown : .refused, error.description)
    }
  }

  private func tellStatus(_ all: [MigrationStatus]) async throws(MigrationError) {
    let lines = all.map(StatusLine.init)
    try? Program.print(
      StatusReport(migrations: lines), asJSON: common.json, lines.map { "\($0.state)\t\($0.name)" }.joined(separator: "\n"))
  }
}
