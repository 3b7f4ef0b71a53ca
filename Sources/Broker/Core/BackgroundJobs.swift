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
  private let rotation: TagRotation
  private let stored: AsyncStream<(TenantID, LedgerJobID)>
  private let continuation: AsyncStream<(TenantID, LedgerJobID)>.Continuation
  /// How far each J-LIS service's cancellations were followed; a new process begins at the beginning, which changes nothing twice.
  private let cursors = Mutex<[String: String]>([:])

  /// - Parameter core: with connections of the jobs role.
  init(core: BrokerCore, book: ConsentBook) {
    self.core = core
    self.book = book
    applier = LedgerApplier(database: core.database, vault: core.vault, clock: core.clock, pairs: core.pairs, audit: core.audit)
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
  public func sweep() async { await eachTenant { await sweep($0) } }

  /// One round of key rotation over all tenants; apart from the sweep, because ten million pairs take their time.
  public func rotateTags() async {
    await eachTenant { tenant in await attempt("tagRotation", tenant) { try await rotation.run(tenant) } }
  }

  private func eachTenant(_ work: (TenantID) async -> Void) async {
    guard let tenants = try? await core.database.platform([BoundStatement(TenantStore.ids)]) else {
      core.logger.error("jobs cannot read the tenants")
      return
    }
    for row in tenants[0].rows {
      guard !Task.isCancelled, let uuid = try? row.uuid(0) else { return }
      await work(TenantID(uuid))
    }
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
    await attempt("expiredConsents", tenant) { try await expireConsents(tenant, now) }
    await attempt("cancellationsAtSource", tenant) { try await followCancellations(tenant) }
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

  private func expireConsents(_ tenant: TenantID, _ now: Date) async throws {
    try await core.database.transaction(tenant) { transaction in
      for row in try await transaction.query(ConsentStore.expiring, [.uuid(tenant.uuid), .timestamp(now)]).rows {
        let consent = try Consent(row)
        try await book.change(consent, to: .expired, actor: "job:expiredConsents", basis: "validUntil", tenant: tenant, in: transaction)
        try await transaction.pipeline([
          core.audit.record(
            .consentExpired, tenant: tenant, actor: "job:expiredConsents", subject: consent.subjectID, object: consent.id.description)
        ])
      }
    }
  }

  /// J-LIS does not push: cancellations are polled by service (jpki.md §8).
  private func followCancellations(_ tenant: TenantID) async throws {
    for row in try await core.database.query(tenant, ConsentStore.jlisServices, [.uuid(tenant.uuid)]).rows {
      let service = try row.text(1)
      var cursor = cursors.withLock { $0[service] }
      var hasMore = true
      while hasMore {
        let page = try await core.jlis.cancellations(serviceID: service, after: cursor)
        for cancellation in page.cancellations {
          guard let id = ConsentID(cancellation.consentID) else { continue }
          try await core.database.transaction(tenant) { transaction in
            guard let row = try await transaction.query(ConsentStore.lock, [.uuid(tenant.uuid), .uuid(id.uuid)]).rows.first else { return }
            let consent = try Consent(row)
            // A withdrawal that the source did not know of: now it has followed, and the tenant was told long ago.
            let ended: ConsentState = consent.state == .withdrawnLocally ? .withdrawn : .cancelledAtSource
            guard consent.state.canEnd || ended == .withdrawn else { return }
            // What we are telling J-LIS ourselves is settled by its answer to that, once.
            let telling = try await transaction.query(ConsentStore.isBeingCancelled, [.uuid(tenant.uuid), .uuid(id.uuid)])
            guard try !telling.rows[0].bool(0) else { return }
            try await book.change(consent, to: ended, actor: "jlis", basis: "cancellations", tenant: tenant, in: transaction)
            var statements = [
              core.audit.record(
                .consentWithdrawn, tenant: tenant, actor: "job:cancellationsAtSource", subject: consent.subjectID, object: id.description,
                outcome: ended.rawValue)
            ]
            if ended == .cancelledAtSource {
              statements.append(
                core.events.record(.consentCancelledAtSource, tenant: tenant, subject: consent.subjectID, consent: id))
            }
            try await transaction.pipeline(statements)
          }
        }
        cursor = page.cursor
        cursors.withLock { $0[service] = page.cursor }
        hasMore = page.hasMore
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
