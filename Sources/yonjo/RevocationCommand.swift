import ArgumentParser
import Broker
import Foundation
import JPKI
import Operations

/// `yonjo revocation`
struct RevocationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revocation", abstract: "Certificate revocation lists in force.", subcommands: [SyncCommand.self, StatusCommand.self])

  /// `yonjo revocation sync`
  struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sync", abstract: "Fetch both lists, verify them and record their numbers; serving processes follow by themselves.")

    @OptionGroup var common: CommonOptions

    private struct Report: Encodable {
      let lists: [String: String]
    }

    func run() async throws {
      let settings = try await common.settings()
      let trust = try TrustSettings.store(settings)
      let work = WorkPool(threads: 1)
      let outcome = try await Connections.withJLIS(settings) { client in
        try await Connections.withPool(settings, .operatorDatabaseURL) { pool in
          await RevocationService(
            jlis: client, trust: trust, database: Connections.database(pool), work: work, clock: SystemWallClock(),
            logger: CommonOptions.quietLogger()
          ).refreshLists()
        }
      }
      try await work.stop()
      let lists = Dictionary(uniqueKeysWithValues: outcome.map { ($0.key.rawValue, $0.value) })
      try Program.print(
        Report(lists: lists), asJSON: common.json, lists.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
      )
      if lists.values.contains("refused") { Program.end(1) }
      if lists.values.contains("failed") { Program.end(3) }
    }
  }

  /// `yonjo revocation status`
  struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Say which lists are in force and how old they are.")

    @OptionGroup var common: CommonOptions

    private struct Line: Encodable {
      let kind: String
      let number: Int64
      let thisUpdate: Date
      let nextUpdate: Date
      let entries: Int64
      let installedAt: Date
      let isOverdue: Bool
    }

    private struct Report: Encodable {
      let lists: [Line]
    }

    func run() async throws {
      let settings = try await common.settings()
      let lists = try await Connections.withPool(settings, .operatorDatabaseURL) { pool in try await RevocationListRecord.all(pool) }
      let now = Date()
      let lines = lists.map { list in
        Line(
          kind: list.kind, number: list.number, thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate, entries: list.entries,
          installedAt: list.installedAt, isOverdue: list.nextUpdate < now)
      }
      try Program.print(
        Report(lists: lines), asJSON: common.json,
        lines.isEmpty
          ? "No list is in force."
          : lines.map {
            "\($0.kind): number \($0.number), \($0.entries) entries, next due \(Instant.text($0.nextUpdate))\($0.isOverdue ? " OVERDUE" : "")"
          }
          .joined(separator: "\n"))
      if lines.isEmpty || lines.contains(where: \.isOverdue) { Program.end(1) }
    }
  }
}
