public import Foundation
internal import PostgreSQL

/// One thing that happened with a person.
public struct TimelineEntry: Sendable {
  /// What kind of thing it is.
  public enum Kind: String, Sendable {
    /// A consent's state changed: `object` is the consent, `outcome` the state, `by` the actor, `basis` what it rests on.
    case consent
    /// A card was verified: `outcome` the result, `by` what it was for, `basis` how revocation was looked at.
    case verification
    /// A status check (現況確認): `outcome` the signing certificate's standing, `by` the purpose, `basis` the method.
    case check
  }

  /// When.
  public let at: Date
  /// What.
  public let kind: Kind
  /// Its id.
  public let object: String
  /// How it ended.
  public let outcome: String
  /// See ``Kind``.
  public let by: String
  /// See ``Kind``.
  public let basis: String
}

/// A name with a count.
public struct ConsoleCount: Sendable, Equatable {
  /// A month, or a purpose.
  public let name: String
  /// How many.
  public let count: Int
}

/// What the console's first page shows beside the consents by state.
public struct ConsoleOverview: Sendable {
  /// How many consents stood in each state on the first days of eleven months, oldest first, and today so far.
  public let course: [ConsentCount]
  /// Consents that the person ended, here or at J-LIS, by month (`2026-04`, Japan); twelve, oldest first.
  public let endings: [ConsoleCount]
  /// Verifications of the last thirty days by what they were for.
  public let verifications: [ConsoleCount]
  /// Status checks of the last thirty days by purpose; empty for a `notVerifier`.
  public let checks: [ConsoleCount]
  /// Pairs that wait for a decision; nil for a `notVerifier`.
  public let undecidedPairs: Int?
  /// What J-LIS is still to be told.
  public let openIntents: Int
}

/// A nightly file of ledger changes, as the console tells of it.
public struct ConsoleLedgerJob: Sendable {
  /// The job.
  public let id: LedgerJobID
  /// `receiving`, `stored`, `applying`, `done`.
  public let state: String
  /// Lines.
  public let received: Int
  /// Pairs deleted.
  public let deleted: Int
  /// Pairs that became active.
  public let activated: Int
  /// Lines that could not be read.
  public let invalid: Int
  /// When it began.
  public let createdAt: Date
  /// When it changed last.
  public let updatedAt: Date
}

/// What the console shows beyond the other services. Each look is audited.
public struct ConsoleService: Sendable {
  /// The most entries of a timeline.
  public static let maximumEntries = 200

  let core: BrokerCore
  let consents: ConsentService

  /// What happened with a person, newest first, as far as it was known at an instant.
  public func timeline(_ caller: Caller, subjectID: SubjectID, at instant: Date?) async throws -> [TimelineEntry] {
    try caller.require(.consentsRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          ConsoleStore.timeline,
          [
            .uuid(caller.tenantID.uuid), .uuid(subjectID.uuid), .timestamp(instant ?? core.clock.now()), .int4(Int32(Self.maximumEntries)),
            .bool(caller.status == .deemedVerifier),
          ]),
        core.audit.record(
          .timelineViewed, by: caller, subject: subjectID, detail: instant == nil ? [:] : ["asOf": "true"]),
      ])
    return try results[0].rows.map { row in
      guard let kind = TimelineEntry.Kind(rawValue: try row.text(1)) else { throw KeyError.damaged }
      let uuid = try row.uuid(2)
      let object =
        switch kind {
        case .consent: ConsentID(uuid).description
        case .verification: VerificationID(uuid).description
        case .check: StatusCheckID(uuid).description
        }
      return TimelineEntry(
        at: try row.timestamp(0), kind: kind, object: object, outcome: try row.text(3), by: try row.text(4), basis: try row.text(5))
    }
  }

  /// Counts for the first page.
  public func overview(_ caller: Caller) async throws -> ConsoleOverview {
    try caller.require(.consentsRead)
    let now = core.clock.now()
    let tenant = SQLValue.uuid(caller.tenantID.uuid)
    let months = Self.months(until: now)
    let month = SQLValue.uuid(Self.leastID(at: now.addingTimeInterval(-30 * 86_400)))
    let course = try await courseOfConsents(caller, now)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(ConsoleStore.endings, [tenant, .timestamp(months.start)]),
        BoundStatement(ConsoleStore.verifications, [tenant, month]), BoundStatement(ConsoleStore.checks, [tenant, month]),
        BoundStatement(ConsoleStore.waiting, [tenant]),
        core.audit.record(.overviewViewed, by: caller),
      ])
    func counts(_ result: QueryResult) throws -> [ConsoleCount] {
      try result.rows.map { ConsoleCount(name: try $0.text(0), count: try $0.int(1)) }
    }
    let endings = Dictionary(try counts(results[0]).map { ($0.name, $0.count) }) { first, _ in first }
    let isVerifier = caller.status == .deemedVerifier
    return ConsoleOverview(
      course: course,
      endings: months.names.map { ConsoleCount(name: $0, count: endings[$0] ?? 0) }, verifications: try counts(results[1]),
      checks: isVerifier ? try counts(results[2]) : [], undecidedPairs: isVerifier ? try results[3].rows[0].int(0) : nil,
      openIntents: try results[3].rows[0].int(1))
  }

  /// The newest files of ledger changes.
  public func ledgerJobs(_ caller: Caller) async throws -> [ConsoleLedgerJob] {
    try caller.require(.auditRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [BoundStatement(ConsoleStore.ledgerJobs, [.uuid(caller.tenantID.uuid)]), core.audit.record(.jobsViewed, by: caller)])
    return try results[0].rows.map { row in
      ConsoleLedgerJob(
        id: LedgerJobID(try row.uuid(0)), state: try row.text(1), received: try row.int(2), deleted: try row.int(3),
        activated: try row.int(4), invalid: try row.int(5), createdAt: try row.timestamp(6), updatedAt: try row.timestamp(7))
    }
  }

  private func courseOfConsents(_ caller: Caller, _ now: Date) async throws -> [ConsentCount] {
    let calendar = JapaneseCalendar.calendar
    let today = calendar.startOfDay(for: now)
    let yesterday = calendar.date(byAdding: .day, value: -1, to: today) ?? today
    // The eleven first days before today.
    let newest = calendar.dateInterval(of: .month, for: yesterday)?.start ?? yesterday
    let oldest = calendar.date(byAdding: .month, value: -10, to: newest) ?? newest
    return try await consents.counts(caller, from: oldest, until: yesterday, interval: .month)
      + consents.counts(caller, from: today, until: today, interval: .day)
  }

  /// The last twelve months in Japan, this one included.
  private static func months(until now: Date) -> (start: Date, names: [String]) {
    let calendar = JapaneseCalendar.calendar
    let this = calendar.dateInterval(of: .month, for: now)?.start ?? now
    let starts = (0..<12).reversed().map { calendar.date(byAdding: .month, value: -$0, to: this) ?? this }
    return (starts[0], starts.map { String(JapaneseCalendar.day($0).prefix(7)) })
  }

  /// The least UUIDv7 of a time (RFC 9562 §5.7), a little earlier for clocks that differ.
  private static func leastID(at time: Date) -> UUID {
    UUID(high: UInt64(max(0, (time.timeIntervalSince1970 - 600) * 1000)) << 16, low: 0)
  }
}
