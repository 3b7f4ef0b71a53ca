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
  private struct Hit: Sendable {
    let line: Int
    let pair: PairID
    let subject: SubjectID
    /// First line of the row in which the line is kept.
    let batch: Int
  }

  /// How an attempt at a job ended.
  private enum Attempt {
    case applied
    /// It is applied already.
    case done
    /// Another process is at this tenant's jobs.
    case notOurs
    /// What was found no longer holds.
    case overtaken
  }

  /// What an attempt begins with.
  private enum Start {
    case with(rows: [Int64], turn: Int64)
    case not(Attempt)
  }

  /// Applies the stored jobs of a tenant, the oldest first, since each must meet what the one before left. Returns how many; stops where another process is
  /// at it.
  func applyStored(of tenant: TenantID) async throws -> Int {
    var applied = 0
    for row in try await database.query(tenant, LedgerStore.storedJobs, [.uuid(tenant.uuid)]).rows {
      let job = LedgerJobID(try row.uuid(0))
      var attempt = try await self.attempt(job, of: tenant)
      // Each time another job was applied, or a pepper came; there are only so many.
      while attempt == .overtaken { attempt = try await self.attempt(job, of: tenant) }
      if attempt == .notOurs { break }
      if attempt == .applied { applied += 1 }
    }
    return applied
  }

  private func attempt(_ job: LedgerJobID, of tenant: TenantID) async throws -> Attempt {
    let keys = try await vault.tenantKeys(tenant)
    try keys.requireDigests()
    let key: [SQLValue] = [.uuid(tenant.uuid), .uuid(job.uuid)]
    let start = try await database.transaction(tenant) { transaction -> Start in
      guard let turn = try await Self.turn(tenant, in: transaction) else { return .not(.notOurs) }
      guard try await !transaction.query(LedgerStore.lockStored, key).rows.isEmpty else { return .not(.done) }
      try await KeptLines(job: job, keys: keys, transaction: transaction).redigested()
      return .with(rows: try await transaction.query(LedgerStore.firstLines, key).rows.map { try $0.int8(0) }, turn: turn)
    }
    let (rows, turn): ([Int64], Int64)
    switch start {
    case .with(let found, let number): (rows, turn) = (found, number)
    case .not(let attempt): return attempt
    }
    // Not while this holds a connection: it would wait for others that wait for its. A stored job's lines stand, and what two replicas look for at once
    // one of them finds done below.
    let found = try await search(rows, key, tenant)
    // A search may outlast the time that a new pepper is published before it is written; then some pairs may have left the digests looked for.
    guard SealedLines.peppers(try await vault.tenantKeys(tenant)) == SealedLines.peppers(keys) else { return .overtaken }
    return try await database.transaction(tenant) { transaction in
      guard let now = try await Self.turn(tenant, in: transaction) else { return .notOurs }
      guard let locked = try await transaction.query(LedgerStore.lockStored, key).rows.first else { return .done }
      // What another job has done to the pairs meanwhile, this one has not seen.
      guard now == turn else { return .overtaken }
      let lines = KeptLines(job: job, keys: keys, transaction: transaction)
      let left = try await left(found, lines)
      let arrived = try await arrived(lines, key, in: transaction)
      var deleted = 0
      var activated = 0
      var touched: Set<PairID> = []
      for hit in left {
        guard let line = try await lines.line(hit.line, in: hit.batch), let row = try await lock(hit, keys, in: transaction) else {
          continue
        }
        // What this job has done to a pair does not count; what somebody else has done since it was found does.
        if touched.insert(hit.pair).inserted {
          guard !Set(row.ledgerTags).isDisjoint(with: line.before), Self.concerns(line, row.ledgerRefIndex, keys) else { continue }
        }
        let after = line.after ?? []
        if Set(row.ledgerTags).isDisjoint(with: after) {
          if try await pairs.apply(.ledgerLeft, to: row, keys: keys, in: transaction) == nil { deleted += 1 }
        } else {
          // The same tag before and after: nothing is deleted, the pair takes up the other versions. One that ended while the job waited stays away.
          var kept = row
          kept.ledgerTags = Array(Set(row.ledgerTags).union(after.filter(try await vault.tenantKeys(tenant).isLive)))
          _ = try await pairs.carryOut(.stays, kept, keys: keys, in: transaction)
        }
      }
      for hit in arrived {
        guard var row = try await lock(hit, keys, in: transaction), row.state == .pending else { continue }
        let live = try await vault.tenantKeys(tenant)
        let after = try await lines.line(hit.line, in: hit.batch)?.after?.filter(live.isLive) ?? []
        guard !after.isEmpty else { continue }
        row.ledgerTags = after
        if try await pairs.apply(.ledgerArrived(row.tags), to: row, keys: keys, in: transaction)?.state == .active { activated += 1 }
      }
      let known = Set(left.map(\.line)).union(arrived.map(\.line)).count
      let unknown = max(0, try locked.int(0) - locked.int(1) - known)
      try await transaction.pipeline([
        BoundStatement(
          LedgerStore.finish, key + [.int8(Int64(deleted)), .int8(Int64(activated)), .int8(Int64(unknown)), .timestamp(clock.now())]),
        BoundStatement(LedgerStore.removeBatches, key), BoundStatement(LedgerStore.endTurn, [key[0]]),
        audit.record(
          .ledgerChangesApplied, tenant: tenant, actor: "job:ledger-changes", object: job.description,
          detail: ["deleted": String(deleted), "activated": String(activated), "unknown": String(unknown)]),
      ])
      return .applied
    }
  }

  /// Takes the tenant's turn for this transaction: one job of a tenant is applied at a time. Returns how many were applied so far; nil where another process
  /// has the turn.
  private static func turn(_ tenant: TenantID, in transaction: TenantTransaction) async throws -> Int64? {
    // The number is read when the turn is ours: a statement sees what was committed before it began.
    let answers = try await transaction.pipeline([
      BoundStatement(LedgerStore.takeTurn, [.uuid(tenant.uuid)]), BoundStatement(LedgerStore.turn, [.uuid(tenant.uuid)]),
    ])
    guard answers.count == 2, try answers[0].rows.first?.bool(0) == true else { return nil }
    return try answers[1].rows.first?.int8(0)
  }

  /// Rows of which one statement finds the pairs, and statements at once.
  private static let rowsAtOnce = 8
  private static let searches = 2

  /// Pairs whose ledger tag a line's `before` names, in the order of the lines; pairs are locked and read again before anything is done to them.
  private func search(_ rows: [Int64], _ key: [SQLValue], _ tenant: TenantID) async throws -> [Found] {
    var found = try await withThrowingTaskGroup(of: [Found].self) { group in
      var found: [Found] = []
      for (number, start) in stride(from: 0, to: rows.count, by: Self.rowsAtOnce).enumerated() {
        let range: [SQLValue] = [.int8(rows[start]), .int8(rows[min(start + Self.rowsAtOnce, rows.count) - 1])]
        if number >= Self.searches { found += try await group.next() ?? [] }
        // Each in a transaction, and so on a connection, of its own: units of one connection wait for one another.
        group.addTask {
          try await database.transaction(tenant) { try await $0.query(LedgerStore.left, key + range).rows.map(Found.init) }
        }
      }
      for try await more in group { found += more }
      return found
    }
    found.sort { ($0.hit.line, $0.hit.pair) < ($1.hit.line, $1.hit.pair) }
    return found
  }

  /// Of these, where the line has a reference, that customer's only.
  private func left(_ found: [Found], _ lines: KeptLines) async throws -> [Hit] {
    var hits: [Hit] = []
    for one in found {
      guard let line = try await lines.line(one.hit.line, in: one.hit.batch) else { continue }
      if Self.concerns(line, one.refIndex, lines.keys) { hits.append(one.hit) }
    }
    return hits
  }

  /// Whether a pair with that reference is one that the line speaks of.
  private static func concerns(_ line: LedgerLine, _ refIndex: [UInt8]?, _ keys: TenantKeys) -> Bool {
    line.ref.map { refIndex == keys.index(ofReference: $0, kind: "ledger") } ?? true
  }

  /// A pair that a line's tag names, whosever it is.
  private struct Found: Sendable {
    let hit: Hit
    let refIndex: [UInt8]?

    init(_ row: Row) throws {
      hit = Hit(line: try row.int(0), pair: PairID(try row.uuid(1)), subject: SubjectID(try row.uuid(2)), batch: try row.int(3))
      refIndex = try row.optionalBytes(4)
    }
  }

  /// Pending pairs whose customer a line names. Only where there is one are the lines read for it.
  private func arrived(_ lines: KeptLines, _ key: [SQLValue], in transaction: TenantTransaction) async throws -> [Hit] {
    var pending: [[UInt8]: [(pair: PairID, subject: SubjectID)]] = [:]
    for row in try await transaction.query(LedgerStore.pending, [key[0]]).rows {
      pending[try row.bytes(2), default: []].append((PairID(try row.uuid(0)), SubjectID(try row.uuid(1))))
    }
    guard !pending.isEmpty else { return [] }
    var hits: [Hit] = []
    for row in try await transaction.query(LedgerStore.firstLines, key).rows {
      let first = try row.int(0)
      guard let batch = try await lines.batch(first) else { continue }
      for number in first..<(first + batch.count) {
        guard let line = batch.line(number), let ref = line.ref, line.after != nil else { continue }
        for (pair, subject) in pending[lines.keys.index(ofReference: ref, kind: "ledger"), default: []] {
          hits.append(Hit(line: number, pair: pair, subject: subject, batch: first))
        }
      }
    }
    return hits
  }

  private func lock(_ hit: Hit, _ keys: TenantKeys, in transaction: TenantTransaction) async throws -> PairRow? {
    guard try await pairs.lock(hit.subject, tenant: keys.tenantID, in: transaction),
      let row = try await transaction.query(PairStore.byID, [.uuid(keys.tenantID.uuid), .uuid(hit.pair.uuid)]).rows.first
    else { return nil }
    return try PairRow(row, keys)
  }
}

/// The lines of a job whose row is locked, as they are wanted: of all rows one is open at a time.
private final class KeptLines {
  let keys: TenantKeys
  private let job: LedgerJobID
  private let transaction: TenantTransaction
  private var opened: OpenedLines?

  init(job: LedgerJobID, keys: TenantKeys, transaction: TenantTransaction) {
    self.job = job
    self.keys = keys
    self.transaction = transaction
  }

  private var key: [SQLValue] { [.uuid(keys.tenantID.uuid), .uuid(job.uuid)] }

  /// While the pepper rotates, lines that were stored before and pairs that are sealed anew meet under every live pepper.
  func redigested() async throws {
    let peppers = SQLValue.int4Array(SealedLines.peppers(keys))
    while let row = try await transaction.query(LedgerStore.otherwiseDigested, key + [peppers]).rows.first {
      let first = try row.int(0)
      let digests = try SealedLines.open(try row.bytes(1), first: first, of: job, keys: keys).digests(keys)
      try await transaction.query(
        LedgerStore.redigest, key + [.int8(Int64(first)), peppers, .uuidArray(digests.values), .int4Array(digests.lines)])
    }
  }

  /// The row that begins with that line.
  func batch(_ first: Int) async throws -> OpenedLines? {
    if let opened, opened.first == first { return opened }
    guard let row = try await transaction.query(LedgerStore.batch, key + [.int8(Int64(first))]).rows.first else { return nil }
    let lines = try SealedLines.open(try row.bytes(0), first: first, of: job, keys: keys)
    opened = lines
    return lines
  }

  func line(_ number: Int, in batch: Int) async throws -> LedgerLine? { try await self.batch(batch)?.line(number) }
}
