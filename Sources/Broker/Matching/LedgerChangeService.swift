internal import CitizenItems
internal import Crypto
internal import Foundation
internal import PostgreSQL
internal import Synchronization

/// Receives a ledger's changes as a stream, whole before anything is applied (api.md, Matching).
public final class LedgerChangeService: Sendable {
  /// Lines stored in one transaction.
  static let batchLines = 5_000

  private let core: BrokerCore
  private let sending = Mutex<Set<LedgerJobID>>([])
  /// Told of every job that was stored whole.
  private let onStored: @Sendable (TenantID, LedgerJobID) -> Void

  init(core: BrokerCore, onStored: @escaping @Sendable (TenantID, LedgerJobID) -> Void) {
    self.core = core
    self.onStored = onStored
  }

  private struct Standing {
    let job: LedgerJobID
    let state: LedgerJobState
    let received: Int
    let digest: [UInt8]
    let sender: Int64?
  }

  /// Takes an upload, or continues one that was cut: lines already stored are skipped while a running digest agrees.
  /// - Parameter lines: lines without their ends, in batches as they arrive.
  public func receive<Lines: AsyncSequence>(_ caller: Caller, key: String, lines: Lines) async throws -> LedgerJobID
  where Lines.Element == [[UInt8]] {
    try caller.require(.ledger)
    let request = try RepeatableRequest(key: key, operation: "POST /v1/ledger-changes", body: [])
    let digests = try await core.idempotency.digests(caller, request)
    let standing = try await begin(caller, digests)
    guard sending.withLock({ $0.insert(standing.job).inserted }) else { throw Self.stillSending }
    defer { _ = sending.withLock { $0.remove(standing.job) } }
    do {
      try await store(caller, standing, lines)
    } catch {
      _ = try? await core.database.query(
        caller.tenantID, LedgerStore.letGo, [.uuid(caller.tenantID.uuid), .uuid(standing.job.uuid), .int8(core.idempotency.instance.key)])
      throw error
    }
    onStored(caller.tenantID, standing.job)
    return standing.job
  }

  private func begin(_ caller: Caller, _ digests: RequestDigests) async throws -> Standing {
    let instance = core.idempotency.instance.key
    let now = core.clock.now()
    return try await core.database.transaction(caller.tenantID) { transaction in
      let results = try await transaction.pipeline([
        BoundStatement(
          LedgerStore.insertJob,
          [
            .uuid(caller.tenantID.uuid), .uuid(core.ids.nextUUID()), .text(caller.clientID), .bytes(digests.key), .int8(instance),
            .bytes(Array(SHA256().finalize())), .timestamp(now),
          ]),
        BoundStatement(LedgerStore.findJob, [.uuid(caller.tenantID.uuid), .text(caller.clientID), .bytes(digests.key)]),
      ])
      guard let row = results[1].rows.first, let state = LedgerJobState(rawValue: try row.text(1)) else {
        throw Refusal.unavailable("The database")
      }
      let standing = Standing(
        job: LedgerJobID(try row.uuid(0)), state: state, received: try row.int(2), digest: try row.bytes(3), sender: try row.optionalInt8(4)
      )
      if state == .receiving, let sender = standing.sender, sender != instance {
        guard try await transaction.query(IdempotencyStore.tryInstance, [.int8(sender)]).rows[0].bool(0) else { throw Self.stillSending }
      }
      if state == .receiving {
        try await transaction.query(LedgerStore.take, [.uuid(caller.tenantID.uuid), .uuid(standing.job.uuid), .int8(instance)])
      }
      return standing
    }
  }

  private func store<Lines: AsyncSequence>(_ caller: Caller, _ standing: Standing, _ lines: Lines) async throws
  where Lines.Element == [[UInt8]] {
    var running = SHA256()
    var count = 0
    var batch: [(Int, [UInt8])] = []
    // One batch is written while the next arrives and is read and sealed.
    try await withThrowingTaskGroup(of: Void.self) { group in
      do {
        for try await arrived in lines {
          for line in arrived where !(line.isEmpty) {
            running.update(data: line)
            running.update(data: Self.lineEnd)
            count += 1
            if count < standing.received { continue }
            if count == standing.received {
              guard Array(running.finalize()) == standing.digest else { throw Self.bodyDiffers }
              continue
            }
            // A job that was stored whole takes no further line.
            guard standing.state == .receiving else { throw Self.bodyDiffers }
            batch.append((count, line))
            if batch.count >= Self.batchLines {
              let read = try await sealed(batch, caller)
              batch.removeAll(keepingCapacity: true)
              _ = try await group.next()
              let (received, digest) = (count, Array(running.finalize()))
              group.addTask { try await self.write(caller, standing.job, read, received, digest, isLast: false) }
            }
          }
        }
      } catch {
        // What arrived whole before the upload was cut is kept.
        _ = try await group.next()
        throw error
      }
      _ = try await group.next()
    }
    guard count >= standing.received else { throw Self.bodyDiffers }
    guard standing.state == .receiving else { return }
    try await write(caller, standing.job, sealed(batch, caller), count, Array(running.finalize()), isLast: true)
  }

  private static let lineEnd: [UInt8] = [0x0A]

  /// By the keys of this moment: a long upload may live through a rotation.
  private func sealed(_ batch: [(Int, [UInt8])], _ caller: Caller) async throws -> [(Int, LedgerLine)] {
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    return try await core.work.run { batch.map { ($0.0, LedgerLine($0.1, keys: keys)) } }
  }

  private func write(_ caller: Caller, _ job: LedgerJobID, _ batch: [(Int, LedgerLine)], _ received: Int, _ digest: [UInt8], isLast: Bool)
    async throws
  {
    let tenant = SQLValue.uuid(caller.tenantID.uuid)
    let lines = LedgerStore.insertLines(caller.tenantID, job, batch)
    let invalid = batch.count { $0.1.invalidReason != nil }
    try await core.database.transaction(caller.tenantID) { transaction in
      // The job's row first: another sender that took over has changed it, and this one must stop.
      let updated = try await transaction.query(
        LedgerStore.advance,
        [
          tenant, .uuid(job.uuid), .int8(core.idempotency.instance.key), .int8(Int64(received)), .bytes(digest), .int8(Int64(invalid)),
          .text(isLast ? "stored" : "receiving"), .timestamp(core.clock.now()),
        ])
      guard updated.affectedRows == 1 else { throw Self.stillSending }
      try await transaction.pipeline(batch.isEmpty ? [] : [lines])
      if isLast {
        try await transaction.pipeline([
          core.audit.record(.ledgerChangesReceived, by: caller, object: job.description, detail: ["lines": String(received)])
        ])
      }
    }
  }

  /// A job as it stands.
  public func get(_ caller: Caller, id: LedgerJobID) async throws -> LedgerJob {
    try caller.require(.ledger)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(LedgerStore.getJob, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        BoundStatement(LedgerStore.invalidLines, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        core.audit.record(.ledgerChangesViewed, by: caller, object: id.description),
      ])
    guard let row = results[0].rows.first, let state = LedgerJobState(rawValue: try row.text(0)) else {
      throw Refusal.notFound("ledger-change job")
    }
    return LedgerJob(
      id: id, state: state, received: try row.int(1), deleted: try row.int(2), activated: try row.int(3), unknown: try row.int(4),
      invalidCount: try row.int(5), invalid: try results[1].rows.map { .init(line: try $0.int(0), reason: try $0.text(1)) },
      createdAt: try row.timestamp(6), updatedAt: try row.timestamp(7))
  }

  private static let stillSending = Refusal(
    .conflict, "uploadInProgress", "Another connection still sends lines under this Idempotency-Key.",
    nextStep: "Let it end, or wait until it has broken off.")
  private static let bodyDiffers = Refusal(
    .unprocessable, "idempotencyKeyReused", "The lines are not those that were sent under this Idempotency-Key before.",
    nextStep: "Send the whole same file again, or use a fresh key for another one.")
}

/// SQL of ledger jobs and their lines.
enum LedgerStore {
  static let insertJob = Statement(
    "insert_ledger_job",
    """
    insert into ledger_jobs (tenant_id, job_id, client_id, key_digest, state, sender_lock, running_digest, created_at, updated_at)
    values ($1, $2, $3, $4, 'receiving', $5, $6, $7, $7) on conflict do nothing
    """)
  static let findJob = Statement(
    "find_ledger_job",
    """
    select job_id, state, received, running_digest, sender_lock from ledger_jobs where tenant_id = $1 and client_id = $2 and key_digest = $3 for update
    """)
  static let take = Statement("take_ledger_job", "update ledger_jobs set sender_lock = $3 where tenant_id = $1 and job_id = $2")
  static let letGo = Statement(
    "let_ledger_job_go",
    "update ledger_jobs set sender_lock = null where tenant_id = $1 and job_id = $2 and sender_lock = $3 and state = 'receiving'")
  static let advance = Statement(
    "advance_ledger_job",
    """
    update ledger_jobs set received = $4, running_digest = $5, invalid = invalid + $6, state = $7, updated_at = $8,
      sender_lock = case when $7 = 'receiving' then sender_lock end
    where tenant_id = $1 and job_id = $2 and sender_lock = $3 and state = 'receiving'
    """)
  /// Many lines in one statement; PostgreSQL has no COPY into a table under row-level security. Arrays of arrays do not unnest, so the tags come in
  /// lists of their own, each with its line: 1 tenant · 2 job · 3 lines · 4 whether there is an `after` · 5 reference indexes (empty: none) ·
  /// 6 reasons (empty: none) · 7, 8 tags before and their lines · 9, 10, 11 tags after, their versions and lines
  static let insertLines = Statement(
    "insert_ledger_lines",
    """
    with departing as (
      select t.line, array_agg(t.tag order by t.position) as tags from unnest($7::bytea[], $8::int8[]) with ordinality as t(tag, line, position)
      group by t.line
    ), arriving as (
      select t.line, array_agg(t.tag order by t.position) as tags, array_agg(t.version order by t.position) as versions
      from unnest($9::bytea[], $10::int4[], $11::int8[]) with ordinality as t(tag, version, line, position) group by t.line
    )
    insert into ledger_lines (tenant_id, job_id, line, before_tags, after_tags, after_versions, ref_index, invalid_reason)
    select $1, $2, l.line, coalesce(d.tags, '{}'), case when l.has_after = 1 then coalesce(a.tags, '{}') end,
      case when l.has_after = 1 then coalesce(a.versions, '{}') end, nullif(l.ref_index, ''::bytea), nullif(l.reason, '')
    from unnest($3::int8[], $4::int4[], $5::bytea[], $6::text[]) as l(line, has_after, ref_index, reason)
    left join departing d on d.line = l.line left join arriving a on a.line = l.line
    """)

  static func insertLines(_ tenant: TenantID, _ job: LedgerJobID, _ batch: [(Int, LedgerLine)]) -> BoundStatement {
    var (before, beforeLines): ([[UInt8]], [Int64]) = ([], [])
    var (after, afterVersions, afterLines): ([[UInt8]], [Int32], [Int64]) = ([], [], [])
    for (number, line) in batch {
      before.append(contentsOf: line.before)
      beforeLines.append(contentsOf: repeatElement(Int64(number), count: line.before.count))
      after.append(contentsOf: line.after ?? [])
      afterVersions.append(contentsOf: line.afterVersions ?? [])
      afterLines.append(contentsOf: repeatElement(Int64(number), count: line.after?.count ?? 0))
    }
    return BoundStatement(
      insertLines,
      [
        .uuid(tenant.uuid), .uuid(job.uuid), .int8Array(batch.map { Int64($0.0) }), .int4Array(batch.map { $0.1.after == nil ? 0 : 1 }),
        .bytesArray(batch.map { $0.1.refIndex ?? [] }), .textArray(batch.map { $0.1.invalidReason ?? "" }), .bytesArray(before),
        .int8Array(beforeLines), .bytesArray(after), .int4Array(afterVersions), .int8Array(afterLines),
      ])
  }

  static let getJob = Statement(
    "get_ledger_job",
    "select state, received, deleted, activated, unknown, invalid, created_at, updated_at from ledger_jobs where tenant_id = $1 and job_id = $2"
  )
  static let invalidLines = Statement(
    "invalid_ledger_lines",
    """
    select line, invalid_reason from ledger_lines where tenant_id = $1 and job_id = $2 and invalid_reason is not null order by line limit 1000
    """)
  static let storedJobs = Statement(
    "stored_ledger_jobs", "select job_id from ledger_jobs where tenant_id = $1 and state = 'stored' order by job_id limit 100")
  static let lockStored = Statement(
    "lock_stored_ledger_job",
    "select received, invalid from ledger_jobs where tenant_id = $1 and job_id = $2 and state = 'stored' for update skip locked")
  /// Pairs whose ledger tag a line's `before` names, as they stand before the job changes anything.
  static let left = Statement(
    "ledger_lines_left",
    """
    select distinct l.line, p.pair_id, p.subject_id from ledger_lines l cross join lateral unnest(l.before_tags) as b(tag)
    join pair_tags t on t.tenant_id = l.tenant_id and t.side = 'ledger' and t.stored_tag = b.tag
    join pairs p on p.tenant_id = t.tenant_id and p.pair_id = t.pair_id and p.state <> 'pending'
      and (l.ref_index is null or p.ledger_ref_index = l.ref_index)
    where l.tenant_id = $1 and l.job_id = $2 and l.invalid_reason is null order by l.line, p.pair_id
    """)
  /// Pending pairs whose customer a line names.
  static let arrived = Statement(
    "ledger_lines_arrived",
    """
    select l.line, p.pair_id, p.subject_id from ledger_lines l
    join pairs p on p.tenant_id = l.tenant_id and p.ledger_ref_index = l.ref_index and p.state = 'pending'
    where l.tenant_id = $1 and l.job_id = $2 and l.invalid_reason is null and l.after_tags is not null order by l.line, p.pair_id
    """)
  static let afterOf = Statement(
    "ledger_line_after", "select after_tags, after_versions from ledger_lines where tenant_id = $1 and job_id = $2 and line = $3")
  static let finish = Statement(
    "finish_ledger_job",
    """
    update ledger_jobs set state = 'done', deleted = $3, activated = $4, unknown = $5, updated_at = $6 where tenant_id = $1 and job_id = $2
    """)
  static let removeLines = Statement(
    "remove_ledger_lines", "delete from ledger_lines where tenant_id = $1 and job_id = $2 and invalid_reason is null")
}
