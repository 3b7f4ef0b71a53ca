import ArgumentParser
import Broker
import Foundation
import JOSE
import JPKI
import Operations

/// `yonjo audit`
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Look whether the audit log is as it was written.",
    subcommands: [VerifyCommand.self, CheckCommand.self])

  /// `yonjo audit verify EXPORT`
  struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Verify an export of the audit log offline: every line, the tree, its checkpoints, the manifest.",
      discussion: """
        Needs no database, no network and no settings. Without --keys, signatures are measured by the keys that the export itself names: whoever made it all
        anew would pass. Keep the broker's /jwks.json and now and then a checkpoint (GET /v1/audit/checkpoints/latest) where the operator cannot reach them.
        Exit code 0: all holds; 1: something does not, and what and where is said; 2: bad use.
        """)

    @Flag(help: "Print one JSON object.")
    var json = false

    @Argument(help: "The export, NDJSON or CSV; - is standard input.")
    var export: String

    @Option(help: ArgumentHelp("The broker's key set, as /jwks.json gave it.", valueName: "jwks.json"))
    var keys: String?

    @Option(
      name: .customLong("known-checkpoint"),
      help: ArgumentHelp(
        "A checkpoint from before: the note, or the answer that it came in. May be repeated. The history must be its continuation.",
        valueName: "file"))
    var knownCheckpoints: [String] = []

    @Option(
      name: .customLong("time-stamp-trust"),
      help: ArgumentHelp("Authorities by which time stamps are verified, PEM.", valueName: "ca.pem"))
    var timeStampTrust: String?

    func run() async throws {
      var verifier = try verifier()
      try read { line, isComplete in verifier.take(line, isComplete: isComplete) }
      let report = verifier.finish()
      try Program.print(report, asJSON: json, Self.told(report))
      if !report.isVerified { Program.end(1) }
    }

    private func verifier() throws(CommandFailure) -> AuditExportVerifier {
      var published: [JSONWebKey] = []
      if let keys {
        guard let set = try? JSONDecoder().decode(JSONWebKeySet.self, from: Data(try contents(of: keys))), !set.keys.isEmpty else {
          throw CommandFailure(.badUse, "\(keys) holds no key set.", nextStep: "It is what the broker's /jwks.json answers.")
        }
        published = set.keys
      }
      var notes: [String] = []
      for path in knownCheckpoints {
        let known = try text(of: path)
        let answer = try? JSONDecoder().decode(CheckpointAnswer.self, from: Data(known.utf8))
        notes.append(answer?.checkpoint ?? known)
      }
      let anchors = try timeStampTrust.map { path throws(CommandFailure) in try contents(of: path) }
      if let anchors, !TimeStamp.isAnchor(anchors) {
        throw CommandFailure(.badUse, "\(timeStampTrust ?? "") holds no certificate in PEM.")
      }
      do throws(AuditExportVerifier.CheckpointUnreadable) {
        return try AuditExportVerifier(keys: published, knownCheckpoints: notes, timeStampAnchors: anchors)
      } catch {
        throw CommandFailure(
          .badUse, "A known checkpoint is no signed note, or none of the given keys signed it.",
          nextStep: "Take the member checkpoint of GET /v1/audit/checkpoints/latest, or the whole answer.")
      }
    }

    private struct CheckpointAnswer: Decodable {
      let checkpoint: String
    }

    /// Line by line, a piece at a time; of a line that has no end, no more than can be one is kept.
    private func read(_ take: ([UInt8], Bool) -> Void) throws(CommandFailure) {
      let handle: FileHandle
      if export == "-" {
        handle = .standardInput
      } else {
        guard let file = FileHandle(forReadingAtPath: export) else { throw CommandFailure(.badUse, "\(export) cannot be read.") }
        handle = file
      }
      var line: [UInt8] = []
      while true {
        let piece: Data?
        do { piece = try handle.read(upToCount: 1 << 20) } catch { throw CommandFailure(.badUse, "\(export) cannot be read.") }
        guard let piece, !piece.isEmpty else { break }
        var rest = Array(piece)[...]
        while let end = rest.firstIndex(of: 0x0A) {
          Self.append(rest[..<end], to: &line)
          take(line, true)
          line.removeAll(keepingCapacity: true)
          rest = rest[(end + 1)...]
        }
        Self.append(rest, to: &line)
      }
      if !line.isEmpty { take(line, false) }
    }

    private static func append(_ piece: ArraySlice<UInt8>, to line: inout [UInt8]) {
      line.append(contentsOf: piece.prefix(max(0, AuditExportFormat.maximumLineBytes - line.count)))
    }

    private static func told(_ report: AuditExportReport) -> String {
      var lines = [report.isVerified ? "verified" : "NOT verified"]
      if let issuer = report.issuer { lines.append("  issuer    \(issuer)") }
      if let tenant = report.tenant { lines.append("  tenant    \(tenant)") }
      if let id = report.id { lines.append("  export    \(id)") }
      if let at = report.signedAt { lines.append("  signed    \(Instant.text(at)) by key \(report.keyID ?? "")") }
      lines.append("  lines     \(report.lines), of them \(report.events) events")
      for log in report.logs {
        let stamp = log.timeStampedAt.map { ", time-stamped " + Instant.text($0) } ?? ""
        lines.append("  log       \(log.origin), \(log.size) entries\(stamp)")
      }
      for known in report.knownCheckpoints { lines.append("  continues \(known)") }
      if !report.keysWereGiven {
        lines.append("  note      The keys are those that the export names; with --keys jwks.json they are the broker's.")
      }
      lines += report.damage.map { "  \($0.place): \($0.kind.rawValue): \($0.sentence)" }
      return lines.joined(separator: "\n")
    }
  }

  /// `yonjo audit check`
  struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Compare the audit events in the database with the log, and the log with its signed checkpoints.",
      discussion:
        "Reads every event of every tenant, or of one; writes nothing. Exit code 0: all is as it was written; 1: something is not.")

    @OptionGroup var common: CommonOptions

    @Option(help: "One tenant alone.")
    var tenant: String?

    private struct Report: Encodable {
      let tenants: [AuditInspectionReport]
    }

    func run() async throws {
      let settings = try await common.settings()
      let root = try Connections.rootKey(settings)
      let issuer = try settings.required(.issuer)
      let only = try tenant.map { text throws(CommandFailure) in
        guard let id = TenantID(text) else { throw CommandFailure(.badUse, "--tenant must be an id that begins with ten_.") }
        return id
      }
      let reports = try await Connections.withPool(settings, .operatorDatabaseURL) { pool in
        let inspection = AuditInspection(
          database: Connections.database(pool), root: root, clock: SystemWallClock(), issuer: issuer)
        var reports: [AuditInspectionReport] = []
        let tenants = if let only { [only] } else { try await inspection.tenants() }
        for tenant in tenants { reports.append(try await inspection.inspect(tenant)) }
        return reports
      }
      try Program.print(Report(tenants: reports), asJSON: common.json, Self.text(reports))
      if reports.contains(where: { !$0.damage.isEmpty }) { Program.end(1) }
    }

    private static func text(_ reports: [AuditInspectionReport]) -> String {
      reports.map { report in
        let found = report.damage.isEmpty ? "as it was written" : "\(report.damage.count) findings"
        let gone = report.detached.isEmpty ? "" : "; let go of: \(report.detached.joined(separator: ", "))"
        return
          (["\(report.tenant): \(report.logs) logs, \(report.entries) entries, \(found)\(gone)"]
          + report.damage.map { "  \($0.place): \($0.kind.rawValue): \($0.sentence)" }).joined(separator: "\n")
      }.joined(separator: "\n")
    }
  }
}
