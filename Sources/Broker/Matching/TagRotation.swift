internal import CitizenItems
internal import Foundation
internal import Logging
internal import PostgreSQL

/// Carries tags over from one key version to the next while requests go on: seals them anew under a new pepper, and retires edge keys whose end has come.
/// Before that it gives tags of before migration 0018 their digests.
///
/// Every step is a batch of its own, may be repeated, and may be done by two replicas at once: what one has locked, the other passes over. A version is
/// retired only once nothing is left that needs it.
struct TagRotation: Sendable {
  /// Tags, lines or pairs of one transaction.
  static let batch = 1_000
  /// From this time on nobody writes under an older pepper: whoever read the keys last before it was due has forgotten them.
  static let settledSeconds = KeyVault.publishedSeconds + 2 * KeyVault.lifetimeSeconds

  let database: Database
  let vault: KeyVault
  let clock: any WallClock
  let pairs: PairKeeper
  let audit: AuditTrail
  let logger: Logger

  private struct LiveKey {
    let purpose: TenantKeyPurpose
    let version: Int
    let createdAt: Date
    let notAfter: Date?
  }

  /// One round for one tenant.
  func run(_ tenant: TenantID) async throws {
    let live = try await database.query(tenant, RotationStore.unretired, [.uuid(tenant.uuid)]).rows.compactMap { row -> LiveKey? in
      guard let purpose = TenantKeyPurpose(rawValue: try row.text(0)) else { return nil }
      return LiveKey(
        purpose: purpose, version: try row.int(1), createdAt: try row.timestamp(2), notAfter: try row.optionalTimestamp(3))
    }
    try await digest(tenant)
    try await rotatePepper(tenant, live.filter { $0.purpose == .pepper })
    let ended = live.filter { $0.purpose != .pepper && ($0.notAfter ?? .distantFuture) <= clock.now() }
    if !ended.isEmpty { try await retire(ended, of: tenant) }
  }

  // MARK: Digests

  /// Gives tags of before migration 0018 what they are looked up by.
  private func digest(_ tenant: TenantID) async throws {
    let keys = try await vault.tenantKeys(tenant)
    guard keys.tagsLackDigests else { return }
    logger.notice("tags are being indexed", metadata: ["tenant": "\(tenant)"])
    for side in ["card", "ledger"] {
      var after: [UInt8] = []
      while let next = try await digest(side, after: after, keys), !Task.isCancelled { after = next }
    }
    _ = try await database.query(tenant, RotationStore.digested, [.uuid(tenant.uuid)])
    vault.forget()
  }

  /// One batch; the last tag that was looked at, nil where none is left.
  private func digest(_ side: String, after: [UInt8], _ keys: TenantKeys) async throws -> [UInt8]? {
    let tenant = keys.tenantID
    return try await database.transaction(tenant) { transaction in
      let rows = try await transaction.query(
        RotationStore.lockWithoutDigest, [.uuid(tenant.uuid), .text(side), .bytes(after), .int4(Int32(Self.batch))]
      ).rows
      guard let last = try rows.last?.bytes(0) else { return nil }
      let digests = try rows.map { row in
        if let digest = keys.digest(ofStored: try row.bytes(0)) { return digest.value }
        let pair = PairID(try row.uuid(1))
        logger.error("a stored tag does not open", metadata: ["tenant": "\(tenant)", "pair": "\(pair)"])
        // Nobody finds it, and it is not looked at again.
        return UUID()
      }
      try await transaction.query(
        RotationStore.giveDigests,
        [
          .uuid(tenant.uuid), .text(side), .bytesArray(try rows.map { try $0.bytes(0) }), .uuidArray(try rows.map { try $0.uuid(1) }),
          .uuidArray(digests),
        ])
      return last
    }
  }

  // MARK: Pepper

  /// Seals every tag under the newest pepper; then retires the older ones.
  private func rotatePepper(_ tenant: TenantID, _ live: [LiveKey]) async throws {
    guard live.count > 1, let newest = live.max(by: { $0.version < $1.version }) else { return }
    let keys = try await vault.tenantKeys(tenant)
    // Not before every process looks for both forms.
    guard keys.writtenPepper.version == newest.version else { return }
    for side in ["card", "ledger"] {
      var after: [UInt8] = []
      while let next = try await reseal(side, after: after, keys), !Task.isCancelled { after = next }
    }
    let end = keys.writtenPepper.prefix
    guard clock.now() >= newest.createdAt.addingTimeInterval(Self.settledSeconds),
      try await !database.query(tenant, RotationStore.isAnyUnder, [.uuid(tenant.uuid), .bytes(end)]).rows[0].bool(0)
    else { return }
    for older in live where older.version < newest.version { try await markRetired(older, of: tenant) }
    vault.forget()
  }

  /// One batch; the last tag that was looked at, nil where none is left.
  private func reseal(_ side: String, after: [UInt8], _ keys: TenantKeys) async throws -> [UInt8]? {
    let tenant = keys.tenantID
    return try await database.transaction(tenant) { transaction in
      let rows = try await transaction.query(
        RotationStore.lockUnder,
        [.uuid(tenant.uuid), .text(side), .bytes(after), .bytes(keys.writtenPepper.prefix), .int4(Int32(Self.batch))]
      ).rows
      guard let last = try rows.last?.bytes(0) else { return nil }
      var (old, new, digests, owners): ([[UInt8]], [[UInt8]], [UUID], [UUID]) = ([], [], [], [])
      for row in rows {
        let stored = try row.bytes(0)
        let pair = PairID(try row.uuid(1))
        guard let tag = keys.open(stored: stored) else {
          logger.error("a stored tag does not open", metadata: ["tenant": "\(tenant)", "pair": "\(pair)"])
          continue
        }
        old.append(stored)
        let written = try keys.written(tag)
        new.append(written.sealed)
        digests.append(written.digest.value)
        owners.append(pair.uuid)
      }
      try await transaction.pipeline([
        BoundStatement(
          RotationStore.reseal,
          [.uuid(tenant.uuid), .text(side), .bytesArray(old), .bytesArray(new), .uuidArray(owners), .uuidArray(digests)]),
        // The same tag under both peppers: what another writer has sealed anew already.
        BoundStatement(
          RotationStore.removeDoubles, [.uuid(tenant.uuid), .text(side), .bytesArray(old), .bytesArray(new), .uuidArray(owners)]),
      ])
      return last
    }
  }

  // MARK: Edge keys

  /// Takes tags of ended versions away where the side has others; a pair of which one side never left them becomes stale.
  private func retire(_ ended: [LiveKey], of tenant: TenantID) async throws {
    let keys = try await vault.tenantKeys(tenant)
    let live = keys.edges.map { Int32($0.key.version) }
    guard !ended.contains(where: { live.contains(Int32($0.version)) }) else { return }
    var after = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    var isWhole = true
    while !Task.isCancelled {
      let rows = try await database.query(
        tenant, RotationStore.pairsAfter, [.uuid(tenant.uuid), .uuid(after), .int4(Int32(Self.batch)), .int4Array(live)]
      ).rows
      guard let last = try rows.last?.uuid(0) else { break }
      after = last
      let left = try rows.filter { try $0.bool(2) }.map { (pair: try $0.uuid(0), subject: try $0.uuid(1)) }
      if !left.isEmpty, try await !leave(left, live, keys) { isWhole = false }
    }
    guard isWhole, !Task.isCancelled else { return }
    for key in ended { try await markRetired(key, of: tenant) }
  }

  /// One batch. False where somebody else worked on a subject: it is left to the next round.
  private func leave(_ owners: [(pair: UUID, subject: UUID)], _ live: [Int32], _ keys: TenantKeys) async throws -> Bool {
    let tenant = keys.tenantID
    return try await database.transaction(tenant) { transaction in
      let free = try await transaction.query(
        RotationStore.lockSubjects, [.uuid(tenant.uuid), .uuidArray(Array(Set(owners.map(\.subject))))]
      ).rows.map { try $0.uuid(0) }
      let mine = owners.filter { Set(free).contains($0.subject) }.map(\.pair)
      let stranded = try await transaction.query(
        RotationStore.stranded, [.uuid(tenant.uuid), .uuidArray(mine), .int4Array(live)]
      ).rows.map { try $0.uuid(0) }
      for pair in stranded {
        guard let row = try await transaction.query(PairStore.byID, [.uuid(tenant.uuid), .uuid(pair)]).rows.first else { continue }
        try await pairs.apply(.keyVersionRetired, to: PairRow(row, keys), keys: keys, in: transaction)
      }
      var statements = [
        BoundStatement(
          RotationStore.removeEnded, [.uuid(tenant.uuid), .uuidArray(Array(Set(mine).subtracting(stranded))), .int4Array(live)])
      ]
      if !stranded.isEmpty {
        statements.append(
          audit.record(
            .pairsStranded, tenant: tenant, actor: "job:tagRotation", outcome: "stale", detail: ["pairs": String(stranded.count)]))
      }
      try await transaction.pipeline(statements)
      return mine.count == owners.count
    }
  }

  private func markRetired(_ key: LiveKey, of tenant: TenantID) async throws {
    _ = try await database.unit(
      tenant,
      [
        BoundStatement(
          RotationStore.retire,
          [.uuid(tenant.uuid), .text(key.purpose.rawValue), .int4(Int32(key.version)), .timestamp(clock.now())]),
        audit.record(
          .keyRetired, tenant: tenant, actor: "job:tagRotation",
          detail: ["purpose": key.purpose.rawValue, "version": String(key.version)]),
      ])
  }
}

/// SQL of rotations.
enum RotationStore {
  static let unretired = Statement(
    "unretired_tag_keys",
    """
    select purpose, version, created_at, not_after from tenant_keys
    where tenant_id = $1 and purpose in ('edge', 'voprf', 'pepper') and retired_at is null order by purpose, version
    """)
  static let retire = Statement(
    "retire_tenant_key",
    "update tenant_keys set retired_at = $4 where tenant_id = $1 and purpose = $2 and version = $3 and retired_at is null")
  static let lockWithoutDigest = Statement(
    "lock_tags_without_digest",
    """
    select stored_tag, pair_id from pair_tags where tenant_id = $1 and side = $2 and stored_tag > $3 and tag_digest is null
    order by stored_tag limit $4 for update skip locked
    """)
  static let giveDigests = Statement(
    "give_tags_digests",
    """
    update pair_tags t set tag_digest = n.digest from unnest($3::bytea[], $4::uuid[], $5::uuid[]) as n(tag, pair_id, digest)
    where t.tenant_id = $1 and t.side = $2 and t.stored_tag = n.tag and t.pair_id = n.pair_id
    """)
  /// What another replica has locked will have its digest soon, and its round says so then.
  static let digested = Statement(
    "tags_digested",
    """
    update tenants set tags_lack_digests = false where tenant_id = $1
      and not exists (select 1 from pair_tags where tenant_id = $1 and side = 'card' and tag_digest is null)
      and not exists (select 1 from pair_tags where tenant_id = $1 and side = 'ledger' and tag_digest is null)
    """)
  /// Tags under an older pepper sort below those of a newer one: a stored tag begins with format and version.
  static let lockUnder = Statement(
    "lock_tags_under_pepper",
    """
    select stored_tag, pair_id from pair_tags where tenant_id = $1 and side = $2 and stored_tag > $3 and stored_tag < $4
    order by stored_tag limit $5 for update skip locked
    """)
  static let reseal = Statement(
    "reseal_tags",
    """
    update pair_tags t set stored_tag = n.new, tag_digest = n.digest
    from unnest($3::bytea[], $4::bytea[], $5::uuid[], $6::uuid[]) as n(old, new, pair_id, digest)
    where t.tenant_id = $1 and t.side = $2 and t.stored_tag = n.old and t.pair_id = n.pair_id and not exists (
      select 1 from pair_tags x where x.tenant_id = $1 and x.side = $2 and x.stored_tag = n.new and x.pair_id = n.pair_id)
    """)
  static let removeDoubles = Statement(
    "remove_double_tags",
    """
    delete from pair_tags t using unnest($3::bytea[], $4::bytea[], $5::uuid[]) as n(old, new, pair_id)
    where t.tenant_id = $1 and t.side = $2 and t.stored_tag = n.old and t.pair_id = n.pair_id and exists (
      select 1 from pair_tags x where x.tenant_id = $1 and x.side = $2 and x.stored_tag = n.new and x.pair_id = n.pair_id)
    """)
  static let isAnyUnder = Statement(
    "is_any_tag_under_pepper",
    """
    select exists (select 1 from pair_tags where tenant_id = $1 and side = 'card' and stored_tag < $2)
      or exists (select 1 from pair_tags where tenant_id = $1 and side = 'ledger' and stored_tag < $2)
    """)
  /// Pairs in their order, and whether they have tags of versions that are not live ($4).
  static let pairsAfter = Statement(
    "pairs_with_versions",
    """
    select p.pair_id, p.subject_id, exists (
      select 1 from pair_tags t where t.tenant_id = $1 and t.pair_id = p.pair_id and not (t.key_version = any($4)))
    from pairs p where p.tenant_id = $1 and p.pair_id > $2 order by p.pair_id limit $3
    """)
  static let lockSubjects = Statement(
    "lock_subjects",
    "select subject_id from subjects where tenant_id = $1 and subject_id = any($2) order by subject_id for update skip locked")
  /// Pairs of which one side has tags, and none of a live version.
  static let stranded = Statement(
    "stranded_pairs",
    """
    select distinct t.pair_id from pair_tags t where t.tenant_id = $1 and t.pair_id = any($2)
    group by t.pair_id, t.side having not bool_or(t.key_version = any($3))
    """)
  static let removeEnded = Statement(
    "remove_ended_tags", "delete from pair_tags where tenant_id = $1 and pair_id = any($2) and not (key_version = any($3))")
}
