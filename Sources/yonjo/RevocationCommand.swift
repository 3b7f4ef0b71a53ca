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
      commandName: "sync",
      abstract:
        "Fetch the lists, verify them, build their indexes and put them in force; servers on this machine map what lies in revocation.directory.",
      discussion: """
        Runs when nobody else wants the processor, in bounded memory. A list whose number goes back, or that shrinks beyond revocation.maximumShrinkPercent, is refused:
        what was in force stays, the log says revocationListRefused, and `yonjo revocation status` and /readyz tell it until a list is taken again.
        """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "One round, then end (the default).")
    var once = false

    @Option(help: "Go on, with a round every so many minutes (1…1440), and at once when another machine has put a newer list in force.")
    var interval: Int?

    @Option(
      name: .customLong("accept-shrink"),
      help: "signing or authentication: take that list this once, however much it shrank. May be repeated.")
    var acceptShrink: [String] = []

    @Flag(name: .customLong("until-input-ends"), help: .hidden)
    var untilInputEnds = false

    private struct Report: Encodable {
      struct Line: Encodable {
        let kind: String
        let source: String
        let outcome: String
        let number: UInt64?
        let entries: Int?
        let reason: String?
      }
      let lists: [Line]
    }

    func run() async throws {
      let settings = try await common.settings()
      if let interval, once || !(1...1_440).contains(interval) {
        throw CommandFailure(.badUse, "--interval takes 1…1440 minutes, and not --once.")
      }
      let accepted = try acceptShrink.map { text throws(CommandFailure) in
        guard let kind = CertificateKind(rawValue: text) else {
          throw CommandFailure(.badUse, "--accept-shrink must be signing or authentication.")
        }
        return kind
      }
      let sync = RevocationSyncSettings(
        directory: try settings.required(.revocationDirectory), listDirectory: settings.text(.revocationListDirectory),
        maximumShrink: Double(try settings.integer(.revocationMaximumShrinkPercent, 0...100)) / 100)
      let trust = try TrustSettings.store(settings)
      let logger = interval == nil ? CommonOptions.quietLogger() : try CommonOptions.logger(settings, label: "yonjo revocation")
      Priority.lower()
      if untilInputEnds { OwnedProcess.endWithInput(removing: sync.directory) }
      let work = WorkPool(threads: 1)
      let role: SettingKey = settings.text(.operatorDatabaseURL) != nil ? .operatorDatabaseURL : .databaseURL
      let outcomes = try await Connections.withJLIS(settings) { client in
        try await Connections.withPool(settings, role) { pool in
          let process = RevocationSync(
            jlis: client, trust: trust, database: Connections.database(pool), settings: sync, clock: SystemWallClock(), work: work,
            logger: logger)
          guard let interval else { return await process.once(acceptShrink: Set(accepted)) }
          await process.run(every: .seconds(interval * 60))
          return []
        }
      }
      try await work.stop()
      let lines = outcomes.map(Self.line)
      try Program.print(Report(lists: lines), asJSON: common.json, lines.map(Self.text).joined(separator: "\n"))
      if lines.contains(where: { $0.outcome == "refused" }) { Program.end(1) }
      if lines.contains(where: { $0.outcome == "failed" }) { Program.end(3) }
    }

    private static func line(_ outcome: RevocationSyncOutcome) -> Report.Line {
      func line(_ text: String, _ number: UInt64? = nil, _ entries: Int? = nil, _ reason: String? = nil) -> Report.Line {
        Report.Line(kind: outcome.kind.rawValue, source: outcome.source, outcome: text, number: number, entries: entries, reason: reason)
      }
      switch outcome.result {
      case .installed(let number, let entries): return line("installed", number, entries)
      case .unchanged(let number): return line("unchanged", number)
      case .refused(let reason): return line("refused", nil, nil, reason)
      case .failed(let reason): return line("failed", nil, nil, reason)
      }
    }

    private static func text(_ line: Report.Line) -> String {
      var text = "\(line.kind) (\(line.source)): \(line.outcome)"
      if let number = line.number { text += ", number \(number)" }
      if let entries = line.entries { text += ", \(entries) entries" }
      if let reason = line.reason { text += ", \(reason)" }
      return text
    }
  }

  /// `yonjo revocation status`
  struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Say which lists are in force and how old they are.")

    @OptionGroup var common: CommonOptions

    private struct Line: Encodable {
      let kind: String
      let isPart: Bool
      let number: Int64
      let thisUpdate: Date
      let nextUpdate: Date
      let entries: Int64
      let installedAt: Date
      let isOverdue: Bool
    }

    private struct Report: Encodable {
      let lists: [Line]
      let alarms: [Alarm]
    }

    private struct Alarm: Encodable {
      let kind: String
      let source: String
      let reason: String
      let number: Int64?
      let entries: Int64?
      let since: Date
      let lastSeen: Date
    }

    func run() async throws {
      let settings = try await common.settings()
      let (lists, alarms) = try await Connections.withPool(settings, .operatorDatabaseURL) { pool in
        (try await RevocationListRecord.all(pool), try await RevocationAlarmRecord.all(pool))
      }
      let now = Date()
      let lines = lists.map { list in
        Line(
          kind: list.kind, isPart: list.isPart, number: list.number, thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate,
          entries: list.entries,
          installedAt: list.installedAt, isOverdue: list.nextUpdate < now)
      }
      let told = alarms.map { alarm in
        Alarm(
          kind: alarm.kind, source: alarm.source, reason: alarm.reason, number: alarm.number, entries: alarm.entries, since: alarm.firstAt,
          lastSeen: alarm.lastAt)
      }
      let texts =
        (lines.isEmpty ? ["No list is in force."] : [])
        + lines.map {
          "\($0.kind)\($0.isPart ? " (part)" : ""): number \($0.number), \($0.entries) entries, next due \(Instant.text($0.nextUpdate))\($0.isOverdue ? " OVERDUE" : "")"
        }
        + told.map {
          "ALARM \($0.kind) (\($0.source)): \($0.reason)\($0.number.map { ", number \($0)" } ?? "")\($0.entries.map { ", \($0) entries" } ?? ""), since \(Instant.text($0.since))"
        }
      try Program.print(Report(lists: lines, alarms: told), asJSON: common.json, texts.joined(separator: "\n"))
      if lines.isEmpty || !told.isEmpty || lines.contains(where: \.isOverdue) { Program.end(1) }
    }
  }
}
