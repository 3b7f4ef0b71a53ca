public import Foundation
internal import Logging
internal import PostgreSQL

/// A contract that ended, as far as evidence goes.
public struct EndedContract: Sendable, Codable {
  /// Whose it was.
  public let subjectID: SubjectID
  /// When it ended.
  public let endedAt: Date
  /// Until when the evidence is kept; nil where there is none.
  public let retainUntil: Date?
  /// How many evidence envelopes are kept until then.
  public let envelopes: Int
}

/// 証跡原本 as its tenant may see it: that it is kept, until when, and the end of the contract from which that is counted. Never what is inside.
public struct EvidenceService: Sendable {
  let core: BrokerCore

  /// The evidence envelopes of a subject, oldest first; shredded ones, too.
  public func list(_ caller: Caller, subjectID: SubjectID, limit: Int, pageToken: String?) async throws -> Page<EvidenceEnvelope> {
    try caller.require(.auditRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          EvidenceStore.list,
          [
            .uuid(caller.tenantID.uuid), .uuid(try PageToken.decode(pageToken)), .uuid(subjectID.uuid),
            .int4(Int32(PageToken.limit(limit) + 1)),
          ]), core.audit.record(.evidenceListed, by: caller, subject: subjectID),
      ])
    return try PageToken.page(results[0].rows, limit: limit) {
      try EvidenceEnvelope($0)
    } id: {
      $0.id.uuid
    }
  }

  /// The contract with a subject has ended: its evidence is kept seven years from then, and shredded. What was counted from an earlier end stays so.
  ///
  /// - Parameter endedAt: not in the future; nil: now.
  /// - Throws: `Refusal`: `contractEndInvalid`, `notFound`.
  public func endContract(_ caller: Caller, subjectID: SubjectID, endedAt: Date?, request: RepeatableRequest) async throws -> EndedContract
  {
    try caller.require(.subjects)
    let now = core.clock.now()
    let end = endedAt ?? now
    guard end <= now else {
      throw Refusal.field(
        "/endedAt", "contractEndInvalid", "A contract's end lies in the past.", nextStep: "Say so when it has ended.")
    }
    return try await core.idempotency.once(caller, request) { transaction in
      let key: [SQLValue] = [.uuid(caller.tenantID.uuid), .uuid(subjectID.uuid)]
      guard try await !transaction.query(SubjectStore.get, key).rows.isEmpty else { throw Refusal.notFound("subject") }
      let results = try await transaction.pipeline([
        BoundStatement(EvidenceStore.endContract, key + [.timestamp(end), .timestamp(EvidenceKeeper.retention(from: end))]),
        BoundStatement(EvidenceStore.contract, key), core.audit.record(.contractEnded, by: caller, subject: subjectID),
      ])
      let row = results[1].rows[0]
      return EndedContract(
        subjectID: subjectID, endedAt: try row.optionalTimestamp(0) ?? end, retainUntil: try row.optionalTimestamp(1),
        envelopes: try row.int(2))
    }
  }
}

/// Shreds what was kept long enough.
struct EvidenceJobs: Sendable {
  let core: BrokerCore
  let leases: JobLeases

  private static let rowsAtOnce = 500

  /// One round over these tenants.
  func sweep(_ tenants: [TenantID]) async {
    await leases.holding("evidenceRetention") { extend in
      await core.round(of: "evidenceRetention", over: tenants, while: extend) { try await shred($0, core.clock.now()) }
    }
  }

  private func shred(_ tenant: TenantID, _ now: Date) async throws -> Int {
    var shredded = 0
    while true {
      let count = try await core.database.transaction(tenant) { transaction -> Int in
        let rows = try await transaction.query(
          EvidenceStore.overdue, [.uuid(tenant.uuid), .timestamp(now), .int4(Int32(Self.rowsAtOnce))]
        ).rows
        guard !rows.isEmpty else { return 0 }
        let ids = try rows.map { try $0.uuid(0) }
        try await transaction.pipeline(
          [BoundStatement(EvidenceStore.shred, [.uuid(tenant.uuid), .uuidArray(ids), .timestamp(now)])]
            + (try rows.map { row in
              core.audit.record(
                .evidenceShredded, tenant: tenant, actor: "job:evidenceRetention", subject: try row.optionalUUID(1).map { SubjectID($0) },
                object: EvidenceID(try row.uuid(0)).description)
            }))
        return rows.count
      }
      shredded += count
      if count < Self.rowsAtOnce { return shredded }
    }
  }
}
