internal import CitizenItems
internal import Foundation
internal import Logging
internal import PostgreSQL

/// Work beside the requests: applies ledger changes, tells J-LIS what is still to be told, ends what is over. Every step may be done by any replica,
/// and by two at once: rows are locked, and what is done is not done again.
public final class BackgroundJobs: Sendable {
  private let core: BrokerCore
  private let book: ConsentBook
  private let applier: LedgerApplier
  private let consents: ConsentJobs
  private let evidence: EvidenceJobs
  private let rotation: TagRotation
  private let stored: AsyncStream<(TenantID, LedgerJobID)>
  private let continuation: AsyncStream<(TenantID, LedgerJobID)>.Continuation

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

  func ledgerChangesStored(_ tenant: TenantID, _ job: LedgerJobID) { continuation.yield((tenant, job)) }

  /// Runs until cancelled: stored ledger jobs at once, everything else at each interval.
  public func run(sweepEvery interval: Duration = .seconds(20)) async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await (tenant, job) in self.stored {
          if Task.isCancelled { return }
          await self.attempt("ledgerChanges", tenant) { _ = try await self.applier.apply(job, of: tenant) }
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
    for tenant in tenants where !Task.isCancelled { await sweep(tenant) }
    await consents.sweep(tenants)
    await evidence.sweep(tenants)
  }

  /// One round of key rotation over all tenants; apart from the sweep, because ten million pairs take their time.
  public func rotateTags() async {
    for tenant in await tenants() where !Task.isCancelled {
      await attempt("tagRotation", tenant) { try await rotation.run(tenant) }
    }
  }

  private func tenants() async -> [TenantID] {
    guard let found = try? await core.database.platform([BoundStatement(TenantStore.ids)]) else {
      core.logger.error("jobs cannot read the tenants")
      return []
    }
    return found[0].rows.compactMap { (try? $0.uuid(0)).map { TenantID($0) } }
  }

  private func sweep(_ tenant: TenantID) async {
    let now = core.clock.now()
    await attempt("ledgerChanges", tenant) {
      for row in try await core.database.query(tenant, LedgerStore.storedJobs, [.uuid(tenant.uuid)]).rows {
        _ = try await applier.apply(LedgerJobID(try row.uuid(0)), of: tenant)
      }
    }
    // A minute's patience: a request that still runs forwards its own intents.
    await attempt("forwardIntents", tenant) {
      try await book.forward(tenant, sessionOrConsent: nil, before: now.addingTimeInterval(-60), actor: "job:forwardIntents")
    }
    await attempt("overduePairs", tenant) { try await endOverduePairs(tenant, now) }
    await attempt("cleaning", tenant) {
      _ = try await core.database.unit(
        tenant,
        [
          BoundStatement(IdempotencyStore.clean, [.uuid(tenant.uuid), .timestamp(now)]),
          // An answered login can be repeated for ten minutes after its session's end.
          BoundStatement(
            JobStore.cleanUsedSessions, [.uuid(tenant.uuid), .timestamp(now.addingTimeInterval(-StatelessSession.repeatGraceSeconds))]),
          BoundStatement(
            StaffStore.cleanSessions,
            [.uuid(tenant.uuid), .timestamp(now), .timestamp(now.addingTimeInterval(-StaffService.idleSeconds))]),
          BoundStatement(
            StaffStore.cleanAddresses, [.uuid(tenant.uuid), .timestamp(now.addingTimeInterval(-StaffService.restSeconds))]),
          BoundStatement(StaffStore.cleanDoors, [.uuid(tenant.uuid), .timestamp(now.addingTimeInterval(-86_400))]),
          BoundStatement(RateStore.clean, [.uuid(tenant.uuid), .timestamp(now.addingTimeInterval(-600))]),
          BoundStatement(JobStore.cleanSessions, [.uuid(tenant.uuid), .timestamp(now.addingTimeInterval(-86_400))]),
          BoundStatement(
            LatestItemsStore.emptyOld, [.uuid(tenant.uuid), .timestamp(now.addingTimeInterval(-LatestItemsService.rebuildSeconds))]),
        ])
    }
  }

  private func attempt(_ job: String, _ tenant: TenantID, _ work: () async throws -> Void) async {
    do {
      try await work()
    } catch {
      core.logger.error(
        "a job failed", metadata: ["job": "\(job)", "tenant": "\(tenant)", "error": "\((error as? Refusal)?.code ?? "internal")"])
    }
  }

  private func endOverduePairs(_ tenant: TenantID, _ now: Date) async throws {
    let keys = try await core.vault.tenantKeys(tenant)
    for row in try await core.database.query(tenant, PairStore.overdue, [.uuid(tenant.uuid), .timestamp(now)]).rows {
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
  }
}

/// SQL of cleaning.
enum JobStore {
  static let cleanUsedSessions = Statement("clean_used_sessions", "delete from used_sessions where tenant_id = $1 and expires_at <= $2")
  static let cleanSessions = Statement(
    "clean_sessions", "delete from sessions where tenant_id = $1 and state <> 'completed' and expires_at <= $2")
}
