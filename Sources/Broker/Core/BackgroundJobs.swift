internal import CitizenItems
internal import Foundation
internal import JLIS
internal import Logging
internal import PostgreSQL
internal import Synchronization

/// Work beside the requests: applies ledger changes, tells J-LIS what is still to be told, ends what is over. Every step may be done by any replica,
/// and by two at once: rows are locked, and what is done is not done again.
public final class BackgroundJobs: Sendable {
  private let core: BrokerCore
  private let book: ConsentBook
  private let applier: LedgerApplier
  private let consents: ConsentJobs
  private let evidence: EvidenceJobs
  private let rotation: TagRotation
  private let stored: AsyncStream<TenantID>
  private let continuation: AsyncStream<TenantID>.Continuation
  /// Tenants whose ledger jobs are being applied here, and whether somebody asked for it meanwhile.
  private let applying = Mutex<[TenantID: Bool]>([:])

  /// - Parameter core: with connections of the jobs role.
  init(core: BrokerCore, book: ConsentBook) {
    self.core = core
    self.book = book
    applier = LedgerApplier(database: core.database, vault: core.vault, clock: core.clock, pairs: core.pairs, audit: core.audit)
    let leases = JobLeases(database: core.database, clock: core.clock)
    consents = ConsentJobs(core: core, book: book, leases: leases)
    evidence = EvidenceJobs(core: core, leases: leases)
    rotation = TagRotation(
      database: core.database, vault: core.vault, clock: core.clock, pairs: core.pairs, audit: core.audit, logger: core.logger)
    // Bounded: what does not fit is found by the sweep.
    (stored, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1_000))
  }

  func ledgerChangesStored(_ tenant: TenantID) { continuation.yield(tenant) }

  /// Runs until cancelled: stored ledger jobs at once, everything else at each interval.
  public func run(sweepEvery interval: Duration = .seconds(20)) async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await tenant in self.stored {
          if Task.isCancelled { return }
          await self.core.round(of: "ledgerChanges", over: [tenant], self.applyLedgerChanges)
        }
      }
      group.addTask {
        while !Task.isCancelled {
          await self.sweep()
          try? await Task.sleep(for: interval)
        }
        self.continuation.finish()
      }
      group.addTask {
        while !Task.isCancelled {
          await self.rotateTags()
          try? await Task.sleep(for: interval)
        }
      }
    }
  }

  /// One round over all tenants.
  public func sweep() async {
    let tenants = await tenants()
    await core.round(of: "ledgerChanges", over: tenants, applyLedgerChanges)
    // A minute's patience: a request that still runs forwards its own intents.
    await core.round(of: "forwardIntents", over: tenants) {
      try await book.forward($0, sessionOrConsent: nil, before: core.clock.now().addingTimeInterval(-60), actor: "job:forwardIntents")
    }
    await core.round(of: "overduePairs", over: tenants) { try await endOverduePairs($0, core.clock.now()) }
    await core.round(of: "cleaning", over: tenants) { try await clean($0, core.clock.now()) }
    await consents.sweep(tenants)
    await evidence.sweep(tenants)
  }

  /// One round of key rotation over all tenants; apart from the sweep, because ten million pairs take their time.
  public func rotateTags() async {
    await core.round(of: "tagRotation", over: await tenants()) {
      try await rotation.run($0)
      return 0
    }
  }

  private func tenants() async -> [TenantID] {
    guard let found = try? await core.database.platform([BoundStatement(TenantStore.ids)]) else {
      core.logger.error("jobs cannot read the tenants")
      return []
    }
    return found[0].rows.compactMap { (try? $0.uuid(0)).map { TenantID($0) } }
  }

  /// Who finds them being applied here leaves them to whoever does it, who looks once more at the end.
  private func applyLedgerChanges(_ tenant: TenantID) async throws -> Int {
    let isAlone = applying.withLock { applying in
      defer { applying[tenant] = applying[tenant] != nil }
      return applying[tenant] == nil
    }
    guard isAlone else { return 0 }
    var applied = 0
    repeat {
      do {
        applied += try await applier.applyStored(of: tenant)
      } catch {
        applying.withLock { $0[tenant] = nil }
        throw error
      }
    } while applying.withLock { applying in
      let wasAsked = applying[tenant] == true
      applying[tenant] = wasAsked ? false : nil
      return wasAsked
    }
    return applied
  }

  private func clean(_ tenant: TenantID, _ now: Date) async throws -> Int {
    let key = SQLValue.uuid(tenant.uuid)
    let idleSince = SQLValue.timestamp(now.addingTimeInterval(-StaffService.idleSeconds))
    return try await core.database.unit(
      tenant,
      [
        BoundStatement(IdempotencyStore.clean, [key, .timestamp(now)]),
        // An answered login can be repeated for ten minutes after its session's end.
        BoundStatement(JobStore.cleanUsedSessions, [key, .timestamp(now.addingTimeInterval(-StatelessSession.repeatGraceSeconds))]),
        BoundStatement(StaffStore.cleanSessions, [key, .timestamp(now), idleSince]),
        BoundStatement(StaffStore.cleanAddresses, [key, .timestamp(now.addingTimeInterval(-StaffService.restSeconds))]),
        BoundStatement(StaffStore.cleanDoors, [key, .timestamp(now.addingTimeInterval(-86_400))]),
        BoundStatement(RateStore.clean, [key, .timestamp(now.addingTimeInterval(-600))]),
        BoundStatement(LedgerStore.giveUp, [key, .timestamp(now.addingTimeInterval(-LedgerChangeService.patienceSeconds))]),
        BoundStatement(JobStore.cleanSessions, [key, .timestamp(now.addingTimeInterval(-86_400))]),
        BoundStatement(LatestItemsStore.emptyOld, [key, .timestamp(now.addingTimeInterval(-LatestItemsService.rebuildSeconds))]),
      ]
    ).reduce(0) { $0 + $1.affectedRows }
  }

  private func endOverduePairs(_ tenant: TenantID, _ now: Date) async throws -> Int {
    let keys = try await core.vault.tenantKeys(tenant)
    let overdue = try await core.database.query(tenant, PairStore.overdue, [.uuid(tenant.uuid), .timestamp(now)]).rows
    for row in overdue {
      let pair = PairID(try row.uuid(0))
      let subject = SubjectID(try row.uuid(1))
      try await core.database.transaction(tenant) { transaction in
        guard try await core.pairs.lock(subject, tenant: tenant, in: transaction),
          let found = try await transaction.query(PairStore.byID, [.uuid(tenant.uuid), .uuid(pair.uuid)]).rows.first
        else { return }
        let row = try PairRow(found, keys)
        guard let deadline = row.decideUntil else { return }
        if try await core.pairs.apply(.timePassed(deadline: deadline), to: row, keys: keys, in: transaction) == nil {
          try await transaction.pipeline([
            core.audit.record(
              .pairDeleted, tenant: tenant, actor: "job:overduePairs", subject: subject, object: pair.description,
              outcome: "decisionOverdue")
          ])
        }
      }
    }
    return overdue.count
  }
}

extension BrokerCore {
  /// One round of a job over these tenants, of each how many it worked on. What goes wrong for one tenant stops it for no other.
  func round(
    of job: String, over tenants: [TenantID], while mayGoOn: () async -> Bool = { true }, _ work: (TenantID) async throws -> Int
  ) async {
    var items = 0
    var problem: String?
    for tenant in tenants {
      guard !Task.isCancelled, await mayGoOn() else { break }
      do {
        items += try await work(tenant)
      } catch {
        let code = (error as? Refusal)?.code ?? (error is JLISError ? "jlisUnreachable" : "internal")
        problem = code
        logger.error("a job failed", metadata: ["job": "\(job)", "tenant": "\(tenant)", "error": "\(code)"])
      }
    }
    // A process on its way out leaves no word of failures that are its own end.
    if !Task.isCancelled { await jobRan(job, items: items, problem: problem) }
  }
}

/// SQL of cleaning.
enum JobStore {
  static let cleanUsedSessions = Statement("clean_used_sessions", "delete from used_sessions where tenant_id = $1 and expires_at <= $2")
  static let cleanSessions = Statement(
    "clean_sessions", "delete from sessions where tenant_id = $1 and state <> 'completed' and expires_at <= $2")
}
