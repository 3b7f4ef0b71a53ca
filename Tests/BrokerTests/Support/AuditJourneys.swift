import Foundation
import JOSE
import Operations
import PostgreSQL

@testable import Broker

extension TestBroker {
  /// Puts events of several kinds and outcomes into the audit log, as services do.
  func recordEvents(_ tenant: TestTenant, _ count: Int) async throws {
    let core = services.audit.core
    let kinds: [AuditEvent.Kind] = [.loginAnswered, .statusChecked, .consentViewed]
    let outcomes = ["ok", "certificateRevoked", "signatureInvalid"]
    for start in stride(from: 0, to: count, by: 500) {
      _ = try await core.database.unit(
        tenant.id,
        (start..<min(start + 500, count)).map { number in
          core.audit.record(
            kinds[number % 3], by: tenant.caller, subject: SubjectID(UUID()), object: number % 2 == 0 ? "con_\(number)" : nil,
            purpose: "livenessCheck", outcome: outcomes[number / 3 % 3],
            detail: number % 4 == 0 ? ["reason": "pssNotAccepted", "count": "\(number)"] : [:])
        })
    }
  }

  /// Waits until every event is in its log. A transaction of another database that ends at this moment may hold the log up for another look.
  func bringLogUpToDate() async throws {
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    repeat {
      await services.auditKeeper.bringUpToDate()
      if try await inspect("select count(*) from yonjo_audit_news()")[0].int(0) == 0 { return }
      try await Task.sleep(for: .milliseconds(20))
    } while ContinuousClock.now < end
    throw LogStandsStill()
  }

  private struct LogStandsStill: Error {}

  /// Of a tenant, in its log's order: rows of `audit_events`.
  func auditIDs(_ tenant: TestTenant) async throws -> [UUID] {
    try await inspect(
      "select event_id from audit_events where tenant_id = $1 order by transaction_id, event_id", [.uuid(tenant.id.uuid)]
    ).map { try $0.uuid(0) }
  }

  /// Orders an export, has it made, and fetches it.
  func export(
    _ tenant: TestTenant, _ encoding: AuditExportFormat.Encoding, kinds: [String] = [], after: Date = .distantPastMonth,
    before: Date? = nil
  ) async throws -> [UInt8] {
    let order = AuditExportOrder(
      encoding: encoding, after: after, before: before ?? clock.now().addingTimeInterval(1), kinds: kinds)
    let made = try await services.auditExports.create(tenant.caller, order, request: try request())
    await services.auditKeeper.makeExports()
    let content = try await services.auditExports.content(tenant.caller, id: made.id)
    var bytes: [UInt8] = []
    while true {
      let piece = try await content.bytes(from: Int64(bytes.count))
      if piece.isEmpty { return bytes }
      bytes += piece
    }
  }

  /// What `yonjo audit verify` finds.
  func verifyExport(
    _ bytes: [UInt8], known: [String] = [], keys: [JSONWebKey]? = nil, anchors: [UInt8]? = nil
  ) async throws -> AuditExportReport {
    let published = try await services.access.publishedKeys()
    return try Self.verify(bytes, known: known, keys: keys ?? published, anchors: anchors)
  }

  static func verify(_ bytes: [UInt8], known: [String] = [], keys: [JSONWebKey], anchors: [UInt8]? = nil) throws -> AuditExportReport {
    var verifier = try AuditExportVerifier(keys: keys, knownCheckpoints: known, timeStampAnchors: anchors)
    for line in Lines(bytes).all { verifier.take(line.bytes, isComplete: line.isComplete) }
    return verifier.finish()
  }
}

extension Date {
  /// Before every event of these tests, and within the longest period.
  static let distantPastMonth = Date(timeIntervalSince1970: 1_767_225_600)
}

/// A file as lines.
struct Lines {
  var all: [(bytes: [UInt8], isComplete: Bool)] = []

  init(_ bytes: [UInt8]) {
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == 0x0A {
      all.append((Array(bytes[start..<index]), true))
      start = index + 1
    }
    if start < bytes.count { all.append((Array(bytes[start...]), false)) }
  }

  static func join(_ lines: [[UInt8]]) -> [UInt8] { lines.flatMap { $0 + [0x0A] } }
}

/// The same numbers in every run.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
