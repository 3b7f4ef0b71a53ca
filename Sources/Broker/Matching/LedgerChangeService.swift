internal import Crypto
internal import Foundation
internal import PostgreSQL
internal import Synchronization

/// Receives a ledger's changes as a stream, whole before anything is applied (api.md, Matching).
public final class LedgerChangeService: Sendable {
  /// Lines stored in one transaction.
  static let batchLines = 5_000
  /// How long the lines of an upload that was cut are kept, in seconds; continued later, it begins anew.
  static let patienceSeconds: TimeInterval = 7 * 86_400

  private let core: BrokerCore
  private let sending = Mutex<Set<LedgerJobID>>([])
  /// Told of every job that was stored whole.
  private let onStored: @Sendable (TenantID) -> Void

  init(core: BrokerCore, onStored: @escaping @Sendable (TenantID) -> Void) {
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
  where Lines.Element == LineBatch {
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
    onStored(caller.tenantID)
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
  where Lines.Element == LineBatch {
    var running = SHA256()
    var count = 0
    var batch = LineBatch()
    var sealing: [Sealing] = []
    // Batches are read and sealed on all processors, and written one after the other while the next arrive.
    try await withThrowingTaskGroup(of: Void.self) { group in
      var incoming = lines.makeAsyncIterator()
      while true {
        let arrived: LineBatch?
        do {
          arrived = try await incoming.next()
        } catch {
          // What arrived whole before the upload was cut is kept.
          for one in sealing { try await write(one, caller, standing.job, &group) }
          _ = try await group.next()
          throw error
        }
        guard let arrived else { break }
        var next = 0
        while next < arrived.count {
          if count < standing.received {
            let known = next..<min(arrived.count, next + standing.received - count)
            running.update(data: arrived.bytes[arrived.range(known)])
            count += known.count
            next = known.upperBound
            if count == standing.received, Array(running.finalize()) != standing.digest { throw Self.bodyDiffers }
            continue
          }
          // A job that was stored whole takes no further line.
          guard standing.state == .receiving else { throw Self.bodyDiffers }
          let fitting = next..<min(arrived.count, next + Self.batchLines - batch.count)
          batch.append(arrived, fitting)
          count += fitting.count
          next = fitting.upperBound
          guard batch.count == Self.batchLines else { continue }
          running.update(data: batch.bytes)
          sealing.append(seal(batch, caller, standing.job, received: count, Array(running.finalize())))
          batch = LineBatch()
          if sealing.count > Self.sealedAhead { try await write(sealing.removeFirst(), caller, standing.job, &group) }
        }
      }
      for one in sealing { try await write(one, caller, standing.job, &group) }
      _ = try await group.next()
    }
    guard count >= standing.received else { throw Self.bodyDiffers }
    guard standing.state == .receiving else { return }
    running.update(data: batch.bytes)
    let last = seal(batch, caller, standing.job, received: count, Array(running.finalize()))
    try await write(caller, standing.job, last.lines.value, count, last.digest, isLast: true)
  }

  /// Batches that are sealed while another is written.
  private static let sealedAhead = 2

  /// A batch on its way to the database.
  private struct Sealing {
    let lines: Task<SealedLines, any Error>
    /// Lines with it and before it, and their digest.
    let received: Int
    let digest: [UInt8]
  }

  /// By the keys of this moment: a long upload may live through a rotation.
  private func seal(_ batch: LineBatch, _ caller: Caller, _ job: LedgerJobID, received: Int, _ digest: [UInt8]) -> Sealing {
    let core = core
    let first = received - batch.count + 1
    return Sealing(
      lines: Task {
        let keys = try await core.vault.tenantKeys(caller.tenantID)
        return try await core.work.run { try SealedLines(batch, first: first, of: job, keys: keys) }
      }, received: received, digest: digest)
  }

  /// Waits for the batch before, then lets this one be written.
  private func write(_ batch: Sealing, _ caller: Caller, _ job: LedgerJobID, _ group: inout ThrowingTaskGroup<Void, any Error>) async throws
  {
    let lines = try await batch.lines.value
    _ = try await group.next()
    group.addTask { try await self.write(caller, job, lines, batch.received, batch.digest, isLast: false) }
  }

  private func write(
    _ caller: Caller, _ job: LedgerJobID, _ batch: SealedLines, _ received: Int, _ digest: [UInt8], isLast: Bool
  ) async throws {
    let key: [SQLValue] = [.uuid(caller.tenantID.uuid), .uuid(job.uuid)]
    try await core.database.transaction(caller.tenantID) { transaction in
      // The last commit waits for the disk, and with it for all before. What a crash takes away until then the client sends again.
      let advance = BoundStatement(
        LedgerStore.advance,
        key + [
          .int8(core.idempotency.instance.key), .int8(Int64(received)), .bytes(digest), .int8(Int64(batch.invalid.count)),
          .text(isLast ? "stored" : "receiving"), .timestamp(core.clock.now()), .int8(Int64(received - batch.count)),
        ])
      // The job's row first: another sender that took over has changed it, and this one must stop. So must one whose last lines a crash took.
      let updated = try await transaction.pipeline(isLast ? [advance] : [BoundStatement(LedgerStore.commitUnflushed), advance])
      guard updated.last?.affectedRows == 1 else {
        let sender = try await transaction.query(LedgerStore.sender, key).rows.first?.optionalInt8(0)
        throw sender == core.idempotency.instance.key ? Refusal.unavailable("The database") : Self.stillSending
      }
      var statements: [BoundStatement] = []
      if batch.count > 0 {
        statements.append(
          BoundStatement(
            LedgerStore.insertBatch,
            key + [
              .int8(Int64(batch.first)), .int4(Int32(batch.count)), .int4Array(batch.peppers),
              .uuidArray(batch.digests.values), .int4Array(batch.digests.lines), .bytes(batch.sealed),
            ]))
      }
      if !batch.invalid.isEmpty {
        statements.append(
          BoundStatement(
            LedgerStore.insertInvalid, key + [.int8Array(batch.invalid.map { Int64($0.line) }), .textArray(batch.invalid.map(\.reason))]))
      }
      if isLast {
        statements.append(
          core.audit.record(.ledgerChangesReceived, by: caller, object: job.description, detail: ["lines": String(received)]))
      }
      try await transaction.pipeline(statements)
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
    where tenant_id = $1 and job_id = $2 and sender_lock = $3 and state = 'receiving' and received = $9
    """)
  static let sender = Statement(
    "ledger_job_sender", "select sender_lock from ledger_jobs where tenant_id = $1 and job_id = $2 and state = 'receiving'")
  static let commitUnflushed = Statement("commit_unflushed", "select set_config('synchronous_commit', 'off', true)")
  /// 1 tenant · 2 job · 3 first line · 4 lines · 5 peppers · 6, 7 digests of the tags before and their lines within the batch · 8 the lines, sealed
  static let insertBatch = Statement(
    "insert_ledger_batch",
    """
    insert into ledger_batches (tenant_id, job_id, first_line, lines, peppers, before_digests, before_lines, sealed)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    """)
  static let insertInvalid = Statement(
    "insert_invalid_ledger_lines",
    "insert into ledger_invalid_lines (tenant_id, job_id, line, invalid_reason) select $1, $2, l.* from unnest($3::int8[], $4::text[]) as l"
  )
  static let getJob = Statement(
    "get_ledger_job",
    "select state, received, deleted, activated, unknown, invalid, created_at, updated_at from ledger_jobs where tenant_id = $1 and job_id = $2"
  )
  static let invalidLines = Statement(
    "invalid_ledger_lines",
    """
    select line, invalid_reason from ledger_invalid_lines where tenant_id = $1 and job_id = $2 order by line limit 1000
    """)
  static let storedJobs = Statement(
    "stored_ledger_jobs", "select job_id from ledger_jobs where tenant_id = $1 and state = 'stored' order by job_id limit 100")
  static let lockStored = Statement(
    "lock_stored_ledger_job",
    "select received, invalid from ledger_jobs where tenant_id = $1 and job_id = $2 and state = 'stored' for update")
  /// Until the transaction's end; false while another process begins or applies a job of this tenant. No row's lock: the tenant must be suspended at once
  /// however long a job takes.
  static let takeTurn = Statement(
    "take_ledger_turn", "select pg_try_advisory_xact_lock(\(turnLocks), hashtext($1::uuid::text))")
  /// Advisory locks of two numbers, of which this is the first.
  private static let turnLocks = 1
  static let turn = Statement("ledger_turn", "select ledger_jobs_applied from tenants where tenant_id = $1")
  static let endTurn = Statement(
    "end_ledger_turn", "update tenants set ledger_jobs_applied = ledger_jobs_applied + 1 where tenant_id = $1")
  /// A row whose tags are not digested under the peppers that are live now ($3).
  static let otherwiseDigested = Statement(
    "ledger_batch_otherwise_digested",
    "select first_line, sealed from ledger_batches where tenant_id = $1 and job_id = $2 and peppers <> $3 order by first_line limit 1")
  static let redigest = Statement(
    "redigest_ledger_batch",
    "update ledger_batches set peppers = $4, before_digests = $5, before_lines = $6 where tenant_id = $1 and job_id = $2 and first_line = $3"
  )
  /// Pairs whose ledger tag a line's `before` names, as they stand before the job changes anything; of the rows from $3 to $4.
  static let left = Statement(
    "ledger_lines_left",
    """
    select distinct b.first_line + q.position, p.pair_id, p.subject_id, b.first_line, p.ledger_ref_index
    from ledger_batches b cross join lateral unnest(b.before_digests, b.before_lines) as q(digest, position)
    join pair_tags t on t.tenant_id = $1 and t.side = 'ledger' and t.tag_digest = q.digest
    join pairs p on p.tenant_id = $1 and p.pair_id = t.pair_id and p.state <> 'pending'
    where b.tenant_id = $1 and b.job_id = $2 and b.first_line between $3 and $4
    """)
  /// Pending pairs of customers that the ledger has a reference for.
  static let pending = Statement(
    "pending_pairs",
    "select pair_id, subject_id, ledger_ref_index from pairs where tenant_id = $1 and state = 'pending' and ledger_ref_index is not null")
  static let firstLines = Statement(
    "ledger_batches", "select first_line from ledger_batches where tenant_id = $1 and job_id = $2 order by first_line")
  static let batch = Statement(
    "ledger_batch", "select sealed from ledger_batches where tenant_id = $1 and job_id = $2 and first_line = $3")
  static let finish = Statement(
    "finish_ledger_job",
    """
    update ledger_jobs set state = 'done', deleted = $3, activated = $4, unknown = $5, updated_at = $6 where tenant_id = $1 and job_id = $2
    """)
  static let giveUp = Statement(
    "give_ledger_uploads_up",
    """
    with given_up as (
      update ledger_jobs set received = 0, invalid = 0, running_digest = sha256(''::bytea), sender_lock = null
      where tenant_id = $1 and state = 'receiving' and received > 0 and updated_at < $2 returning job_id
    ), batches as (
      delete from ledger_batches b using given_up g where b.tenant_id = $1 and b.job_id = g.job_id
    )
    delete from ledger_invalid_lines l using given_up g where l.tenant_id = $1 and l.job_id = g.job_id
    """)
  static let removeBatches = Statement("remove_ledger_batches", "delete from ledger_batches where tenant_id = $1 and job_id = $2")
}
