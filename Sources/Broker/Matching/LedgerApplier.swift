internal import CitizenItems
internal import Foundation
internal import PostgreSQL

/// Applies a stored ledger-change job in one transaction: all of it, or nothing.
struct LedgerApplier: Sendable {
  let database: Database
  let vault: KeyVault
  let clock: any WallClock
  let pairs: PairKeeper
  let audit: AuditTrail

  /// What a job is about to do to one pair; read whole before anything is changed, so that every line meets the state at job start.
  private struct Hit {
    let line: Int
    let pair: PairID
    let subject: SubjectID
  }

  /// Applies one job. Returns false where another process has it, or it is applied already.
  @discardableResult
  func apply(_ job: LedgerJobID, of tenant: TenantID) async throws -> Bool {
    let keys = try await vault.tenantKeys(tenant)
    return try await database.transaction(tenant) { transaction in
      let key: [SQLValue] = [.uuid(tenant.uuid), .uuid(job.uuid)]
      guard let locked = try await transaction.query(LedgerStore.lockStored, key).rows.first else { return false }
      // While the pepper rotates, lines that were stored before and pairs that are sealed anew meet under every live pepper.
      if keys.peppers.count > 1 { try await LineSealing.complete(job, keys, in: transaction) }
      let left = try await transaction.query(LedgerStore.left, key).rows.map(Self.hit)
      let arrived = try await transaction.query(LedgerStore.arrived, key).rows.map(Self.hit)
      var deleted = 0
      var activated = 0
      for hit in left {
        let after = try await after(hit.line, key, keys, in: transaction)
        guard let row = try await lock(hit, keys, in: transaction) else { continue }
        if Set(row.ledgerTags).isDisjoint(with: after) {
          if try await pairs.apply(.ledgerLeft, to: row, keys: keys, in: transaction) == nil { deleted += 1 }
        } else {
          // The same tag before and after: nothing is deleted, the pair takes up the other versions.
          var kept = row
          kept.ledgerTags = Array(Set(row.ledgerTags).union(after))
          _ = try await pairs.carryOut(.stays, kept, keys: keys, in: transaction)
        }
      }
      for hit in arrived {
        let after = try await after(hit.line, key, keys, in: transaction)
        guard !after.isEmpty, var row = try await lock(hit, keys, in: transaction), row.state == .pending else { continue }
        row.ledgerTags = after
        if try await pairs.apply(.ledgerArrived(row.tags), to: row, keys: keys, in: transaction)?.state == .active { activated += 1 }
      }
      let known = Set(left.map(\.line)).union(arrived.map(\.line)).count
      let unknown = max(0, try locked.int(0) - locked.int(1) - known)
      try await transaction.pipeline([
        BoundStatement(
          LedgerStore.finish, key + [.int8(Int64(deleted)), .int8(Int64(activated)), .int8(Int64(unknown)), .timestamp(clock.now())]),
        BoundStatement(LedgerStore.removeLines, key),
        audit.record(
          .ledgerChangesApplied, tenant: tenant, actor: "job:ledger-changes", object: job.description,
          detail: ["deleted": String(deleted), "activated": String(activated), "unknown": String(unknown)]),
      ])
      return true
    }
  }

  private func lock(_ hit: Hit, _ keys: TenantKeys, in transaction: TenantTransaction) async throws -> PairRow? {
    guard try await pairs.lock(hit.subject, tenant: keys.tenantID, in: transaction),
      let row = try await transaction.query(PairStore.byID, [.uuid(keys.tenantID.uuid), .uuid(hit.pair.uuid)]).rows.first
    else { return nil }
    return try PairRow(row, keys)
  }

  private func after(_ line: Int, _ key: [SQLValue], _ keys: TenantKeys, in transaction: TenantTransaction) async throws -> [EdgeTag] {
    guard let row = try await transaction.query(LedgerStore.afterOf, key + [.int8(Int64(line))]).rows.first else { return [] }
    return try (row.optionalBytesArray(0) ?? []).map { try keys.opened(stored: $0) }
  }

  private static func hit(_ row: Row) throws -> Hit {
    Hit(line: try row.int(0), pair: PairID(try row.uuid(1)), subject: SubjectID(try row.uuid(2)))
  }
}
