public import Foundation
internal import PostgreSQL

/// How many consents stood in each state at the end of a day.
public struct ConsentCount: Sendable {
  /// The day in Japan, such as `2026-04-01`.
  public let day: String
  /// By state; states in which none stood are left out.
  public let consents: [ConsentState: Int]
}

/// How far apart the days of a count lie.
public enum ConsentCountInterval: String, Sendable, CaseIterable {
  case day
  /// The first days of months.
  case month
}

extension ConsentService {
  /// So many days at most in one answer.
  public static let maximumCounts = 400

  /// Counts by state over time: at the end of each day (in Japan), and of today so far.
  ///
  /// - Parameters:
  ///   - from: the first day; nil: thirty days (or a year, by month) before the last.
  ///   - until: the last day; nil: today. Days to come are left out.
  /// - Throws: `Refusal`: `periodInvalid` for a period that ends before it begins or has more than ``maximumCounts`` days.
  public func counts(_ caller: Caller, from: Date?, until: Date?, interval: ConsentCountInterval) async throws -> [ConsentCount] {
    try caller.require(.consentsRead)
    let now = core.clock.now()
    let calendar = JapaneseCalendar.calendar
    let last = calendar.startOfDay(for: min(until ?? now, now))
    let usual = calendar.date(byAdding: interval == .day ? .day : .year, value: interval == .day ? -29 : -1, to: last)
    let first = calendar.startOfDay(for: from ?? usual ?? last)
    let days = Self.days(from: first, until: last, interval)
    guard let days else {
      throw Refusal.field(
        "/from", "periodInvalid", "The period ends before it begins, or has more than \(Self.maximumCounts) days or months.",
        nextStep: "Ask for a shorter one, or by month.")
    }
    // Asked for first: with the instant itself PostgreSQL knows how few events came since, and takes the index.
    let counted = try await core.database.query(caller.tenantID, ConsentCountStore.lastDay, [.uuid(caller.tenantID.uuid)]).rows.first
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          ConsentCountStore.counts,
          [
            .uuid(caller.tenantID.uuid), .textArray(days), .timestamp(now), .text(optional: try counted?.text(0)),
            .timestamp(try counted?.timestamp(1) ?? Date(timeIntervalSince1970: 0)),
          ]),
        core.audit.record(.consentsCounted, by: caller, detail: ["days": String(days.count)]),
      ])
    var counts: [String: [ConsentState: Int]] = [:]
    for row in results[0].rows {
      guard let state = ConsentState(rawValue: try row.text(1)) else { throw KeyError.damaged }
      let count = try row.int(2)
      if count != 0 { counts[try row.text(0), default: [:]][state] = count }
    }
    return days.map { ConsentCount(day: $0, consents: counts[$0] ?? [:]) }
  }

  private static func days(from first: Date, until last: Date, _ interval: ConsentCountInterval) -> [String]? {
    let calendar = JapaneseCalendar.calendar
    guard first <= last else { return nil }
    var day = first
    if interval == .month, calendar.component(.day, from: first) != 1 {
      day = calendar.nextDate(after: first, matching: DateComponents(day: 1), matchingPolicy: .nextTime) ?? first
    }
    var days: [String] = []
    while day <= last {
      guard days.count < maximumCounts else { return nil }
      days.append(JapaneseCalendar.day(day))
      guard let next = calendar.date(byAdding: interval == .day ? .day : .month, value: 1, to: day) else { return nil }
      day = next
    }
    return days
  }
}

/// SQL of counts.
enum ConsentCountStore {
  /// The last day that a job has counted, and the instant at which it ended.
  static let lastDay = Statement(
    "last_counted_day",
    """
    select to_char(day, 'YYYY-MM-DD'), (day + 1)::timestamp at time zone 'Asia/Tokyo' from consent_counts
    where tenant_id = $1 order by day desc limit 1
    """)

  /// What a job has counted (``ConsentJobStore/count``), and what came since: 1 tenant · 2 days · 3 now · 4 the last day counted · 5 its end
  static let counts = Statement(
    "consent_counts",
    """
    with changes as (
      select (e.at at time zone 'Asia/Tokyo')::date as day, e.state, p.state as before
      from consent_events e left join consent_events p on p.tenant_id = e.tenant_id and p.consent_id = e.consent_id and p.sequence = e.sequence - 1
      where e.tenant_id = $1 and e.at >= $5 and e.at <= $3
    ), sums as (
      select day, state, sum(change) as change from (
        select day, state, count(*) as change from changes group by 1, 2
        union all select day, before, -count(*) from changes where before is not null group by 1, 2
        union all select day, state, consents from consent_counts where tenant_id = $1 and day = $4::text::date
      ) one group by 1, 2
    )
    select to_char(d.day, 'YYYY-MM-DD'), x.state, x.consents::int8 from unnest($2::text[]::date[]) d(day) cross join lateral (
      select c.state, c.consents::numeric from consent_counts c where c.tenant_id = $1 and c.day = d.day and c.day <= $4::text::date
      union all
      select s.state, sum(s.change) from sums s where s.day <= d.day and d.day > coalesce($4::text::date, '-infinity') group by 1
    ) x order by 1, 2
    """)
}
