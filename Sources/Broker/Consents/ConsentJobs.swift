internal import CitizenItems
internal import Foundation
internal import JLIS
internal import Logging
internal import PostgreSQL

/// What becomes of consents without anybody's asking: they end with their time, are reminded of, are cancelled at J-LIS, are counted. One replica does
/// each at a time; rows are locked, and what is done is not done again.
struct ConsentJobs: Sendable {
  let core: BrokerCore
  let book: ConsentBook
  let leases: JobLeases

  /// How many rows a transaction takes, and how many transactions a round makes for one tenant.
  private static let rowsAtOnce: Int32 = 500
  private static let roundsAtOnce = 20

  /// One round over these tenants.
  func sweep(_ tenants: [TenantID]) async {
    await each("expiredConsents", tenants) { try await expire($0, core.clock.now()) }
    await each("unansweredConsents", tenants) { try await endUnanswered($0, core.clock.now()) }
    await each("consentReminders", tenants) { try await remind($0, core.clock.now()) }
    await each("consentRenewals", tenants) { try await prompt($0, core.clock.now()) }
    await each("cancellationsAtSource", tenants) { try await followCancellations($0) }
    await each("consentCounts", tenants) { try await count($0, core.clock.now()) }
  }

  private func each(_ job: String, _ tenants: [TenantID], _ work: (TenantID) async throws -> Int) async {
    await leases.holding(job) { extend in await core.round(of: job, over: tenants, while: extend, work) }
  }

  /// Takes rows of a statement, in transactions of their own, until none is left or the round is long enough. Returns how many.
  private func take(
    _ statement: Statement, _ tenant: TenantID, _ before: Date, _ work: (Consent, TenantTransaction) async throws -> Void
  ) async throws -> Int {
    var taken = 0
    for _ in 0..<Self.roundsAtOnce {
      let count = try await core.database.transaction(tenant) { transaction -> Int in
        let rows = try await transaction.query(statement, [.uuid(tenant.uuid), .timestamp(before), .int4(Self.rowsAtOnce)]).rows
        for row in rows { try await work(try Consent(row), transaction) }
        return rows.count
      }
      taken += count
      if count < Int(Self.rowsAtOnce) { break }
    }
    return taken
  }

  /// Ended at the very moment that the notice said, whenever the job comes to write so: the state as of any instant does not depend on a job.
  private func expire(_ tenant: TenantID, _ now: Date) async throws -> Int {
    try await take(ConsentJobStore.expired, tenant, now) { consent, transaction in
      _ = try await book.apply(
        .timePassed, to: consent, actor: "job:expiredConsents", basis: "validUntil", tenant: tenant, at: consent.validUntil, in: transaction
      )
      try await transaction.pipeline([
        core.events.record(.consentExpired, tenant: tenant, subject: consent.subjectID, consent: consent.id),
        core.audit.record(
          .consentExpired, tenant: tenant, actor: "job:expiredConsents", subject: consent.subjectID, object: consent.id.description),
      ])
    }
  }

  /// What was asked for and never answered.
  private func endUnanswered(_ tenant: TenantID, _ now: Date) async throws -> Int {
    try await take(ConsentJobStore.unanswered, tenant, now.addingTimeInterval(-SessionRow.lifetimeSeconds)) { consent, transaction in
      _ = try await book.apply(
        .unanswered, to: consent, actor: "job:unansweredConsents", basis: "sessionExpired", tenant: tenant,
        at: consent.requestedAt.addingTimeInterval(SessionRow.lifetimeSeconds), in: transaction)
      try await transaction.pipeline([
        core.audit.record(
          .consentExpired, tenant: tenant, actor: "job:unansweredConsents", subject: consent.subjectID, object: consent.id.description,
          outcome: "unanswered")
      ])
    }
  }

  /// Yearly (jpki.md §8): the tenant is told to remind the person. Years that a broker slept through are one reminder.
  private func remind(_ tenant: TenantID, _ now: Date) async throws -> Int {
    try await take(ConsentJobStore.toRemind, tenant, now) { consent, transaction in
      var next = Validity.aYear(after: consent.givenAt ?? now)
      while next <= now { next = Validity.aYear(after: next) }
      try await transaction.pipeline([
        BoundStatement(ConsentJobStore.reminded, [.uuid(tenant.uuid), .uuid(consent.id.uuid), .timestamp(next)]),
        core.events.record(.consentReminder, tenant: tenant, subject: consent.subjectID, consent: consent.id),
        core.audit.record(
          .consentReminded, tenant: tenant, actor: "job:consentReminders", subject: consent.subjectID, object: consent.id.description),
      ])
    }
  }

  /// Once for each validity: the tenant is told that the person may renew.
  private func prompt(_ tenant: TenantID, _ now: Date) async throws -> Int {
    try await take(ConsentJobStore.toPrompt, tenant, now) { consent, transaction in
      try await transaction.pipeline([
        BoundStatement(ConsentJobStore.prompted, [.uuid(tenant.uuid), .uuid(consent.id.uuid)]),
        core.events.record(.consentExpiring, tenant: tenant, subject: consent.subjectID, consent: consent.id),
        core.audit.record(
          .consentReminded, tenant: tenant, actor: "job:consentRenewals", subject: consent.subjectID, object: consent.id.description,
          outcome: "expiring"),
      ])
    }
  }

  /// J-LIS does not push: cancellations are polled by service (jpki.md §8). The cursor is kept, so that whoever has the lease goes on where it was.
  private func followCancellations(_ tenant: TenantID) async throws -> Int {
    var followed = 0
    for row in try await core.database.query(tenant, ConsentStore.jlisServices, [.uuid(tenant.uuid)]).rows {
      let service = try row.text(1)
      let key: [SQLValue] = [.uuid(tenant.uuid), .text(service)]
      var cursor = try await core.database.query(tenant, ConsentJobStore.cursor, key).rows.first?.text(0)
      var hasMore = true
      while hasMore {
        let page = try await core.jlis.cancellations(serviceID: service, after: cursor)
        for cancellation in page.cancellations {
          guard let id = ConsentID(cancellation.consentID) else { continue }
          try await follow(id, tenant)
          followed += 1
        }
        if page.cursor != cursor {
          _ = try await core.database.query(
            tenant, ConsentJobStore.keepCursor, key + [.text(page.cursor), .timestamp(core.clock.now())])
        }
        cursor = page.cursor
        hasMore = page.hasMore
      }
    }
    return followed
  }

  private func follow(_ id: ConsentID, _ tenant: TenantID) async throws {
    try await core.database.transaction(tenant) { transaction in
      let consent: Consent
      do {
        consent = try await book.lock(id, tenant: tenant, pairs: core.pairs, in: transaction)
      } catch is Refusal {
        return
      }
      guard let ended = ConsentTransitions.state(after: .cancelledAtSource, from: consent.state) else { return }
      // What we are telling J-LIS ourselves is settled by its answer to that, once.
      let telling = try await transaction.query(ConsentStore.isBeingCancelled, [.uuid(tenant.uuid), .uuid(id.uuid)])
      guard try !telling.rows[0].bool(0) else { return }
      _ = try await book.apply(
        .cancelledAtSource, to: consent, actor: "jlis", basis: "cancellations", tenant: tenant, in: transaction)
      var statements = [
        core.audit.record(
          .consentWithdrawn, tenant: tenant, actor: "job:cancellationsAtSource", subject: consent.subjectID, object: id.description,
          outcome: ended.rawValue)
      ]
      // A withdrawal that the source did not know of: now it has followed, and the tenant was told long ago.
      if ended == .cancelledAtSource {
        statements.append(core.events.record(.consentCancelledAtSource, tenant: tenant, subject: consent.subjectID, consent: id))
      }
      try await transaction.pipeline(statements)
    }
  }

  /// Writes how many consents stood in each state at the end of each day that is over, an hour after its end: no transaction lasts that long.
  private func count(_ tenant: TenantID, _ now: Date) async throws -> Int {
    var days = 0
    let settled = JapaneseCalendar.day(now.addingTimeInterval(-3_600 - 86_400))
    for _ in 0..<Self.roundsAtOnce {
      let counted = try await core.database.query(tenant, ConsentJobStore.count, [.uuid(tenant.uuid), .text(settled)])
      if counted.affectedRows == 0 { break }
      days += 1
    }
    return days
  }
}

/// SQL of the consents' jobs.
enum ConsentJobStore {
  static let expired = Statement(
    "expired_consents",
    """
    select \(ConsentStore.columns) from consents c where c.tenant_id = $1 and c.state in ('given', 'renewed', 'pendingAtSource') and c.valid_until <= $2
    order by c.valid_until limit $3 for update skip locked
    """)
  static let unanswered = Statement(
    "unanswered_consents",
    """
    select \(ConsentStore.columns) from consents c where c.tenant_id = $1 and c.state = 'requested' and c.requested_at <= $2
    order by c.consent_id limit $3 for update skip locked
    """)
  static let toRemind = Statement(
    "consents_to_remind",
    """
    select \(ConsentStore.columns) from consents c where c.tenant_id = $1 and c.state in ('given', 'renewed') and c.remind_at <= $2 and c.valid_until > $2
    order by c.remind_at limit $3 for update skip locked
    """)
  static let reminded = Statement(
    "consent_reminded", "update consents set remind_at = $3 where tenant_id = $1 and consent_id = $2")
  static let toPrompt = Statement(
    "consents_to_prompt",
    """
    select \(ConsentStore.columns) from consents c where c.tenant_id = $1 and c.state in ('given', 'renewed') and c.prompt_at <= $2 and c.valid_until > $2
    order by c.prompt_at limit $3 for update skip locked
    """)
  static let prompted = Statement(
    "consent_prompted", "update consents set prompt_at = null where tenant_id = $1 and consent_id = $2")
  static let cursor = Statement(
    "source_cursor", "select cursor from source_cursors where tenant_id = $1 and jlis_service_id = $2")
  static let keepCursor = Statement(
    "keep_source_cursor",
    """
    insert into source_cursors (tenant_id, jlis_service_id, cursor, polled_at) values ($1, $2, $3, $4)
    on conflict (tenant_id, jlis_service_id) do update set cursor = $3, polled_at = $4
    """)
  /// From the last day that was counted (or the first event) to $2, at most a month at once: the sums so far, and what each day added and took. Not
  /// while a consent's end in that time is still to be written.
  static let count = Statement(
    "count_consents",
    """
    with last as (
      select max(day) as day from consent_counts where tenant_id = $1
    ), first as (
      select coalesce((select day from last) + 1,
        (select (at at time zone 'Asia/Tokyo')::date from consent_events where tenant_id = $1 order by at limit 1)) as day
    ), until as (
      select least($2::text::date, (select day from first) + 30) as day
    ), days as (
      select generate_series((select day from first), (select day from until), interval '1 day')::date as day
    ), changes as (
      select (e.at at time zone 'Asia/Tokyo')::date as day, e.state, p.state as before
      from consent_events e left join consent_events p on p.tenant_id = e.tenant_id and p.consent_id = e.consent_id and p.sequence = e.sequence - 1
      where e.tenant_id = $1 and e.at < ((select day + 1 from until)::timestamp at time zone 'Asia/Tokyo')
        and e.at >= ((select day from first)::timestamp at time zone 'Asia/Tokyo')
    ), sums as (
      select day, state, sum(change) as change from (
        select day, state, count(*) as change from changes group by 1, 2
        union all select day, before, -count(*) from changes where before is not null group by 1, 2
        union all select day, state, consents from consent_counts where tenant_id = $1 and day = (select day from last)
      ) one group by 1, 2
    )
    insert into consent_counts (tenant_id, day, state, consents)
    select $1, d.day, s.state, sum(s.change) from days d join sums s on s.day <= d.day
    where coalesce((
      select c.valid_until from consents c where c.tenant_id = $1 and c.state in ('given', 'renewed', 'pendingAtSource') and c.valid_until is not null
      order by c.valid_until limit 1
    ) >= ((select day + 1 from until)::timestamp at time zone 'Asia/Tokyo'), true)
    group by 1, 2, 3 on conflict do nothing
    """)
}
