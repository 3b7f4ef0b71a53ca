public import CitizenItems
public import Foundation
internal import JOSE
internal import PostgreSQL

/// Which consents to list. Every condition is optional; without any, all consents of the tenant.
public struct ConsentQuery: Sendable {
  /// Of this subject only.
  public var subjectID: SubjectID?
  /// Naming this purpose among theirs.
  public var purpose: String?
  /// Naming this item among theirs.
  public var item: Item?
  /// In this state, as of ``at`` where that is set.
  public var state: ConsentState?
  /// To this notice.
  public var noticeID: NoticeID?
  /// To this version of the notice.
  public var version: Int?
  /// Answer as of this instant, from history.
  public var at: Date?
  /// Given at this instant or later.
  public var givenAfter: Date?
  /// Given before this instant.
  public var givenBefore: Date?

  /// The conditions that are set are the ones that hold.
  public init(
    subjectID: SubjectID? = nil, purpose: String? = nil, item: Item? = nil, state: ConsentState? = nil, noticeID: NoticeID? = nil,
    version: Int? = nil, at: Date? = nil, givenAfter: Date? = nil, givenBefore: Date? = nil
  ) {
    self.subjectID = subjectID
    self.purpose = purpose
    self.item = item
    self.state = state
    self.noticeID = noticeID
    self.version = version
    self.at = at
    self.givenAfter = givenAfter
    self.givenBefore = givenBefore
  }

  /// The names of the conditions that are set, for the audit log: what was looked for, and never the values.
  var criteria: String {
    let all: [(String, Bool)] = [
      ("subject", subjectID != nil), ("purpose", purpose != nil), ("item", item != nil), ("state", state != nil),
      ("notice", noticeID != nil), ("version", version != nil), ("at", at != nil), ("given", hasPeriod),
    ]
    return all.filter(\.1).map(\.0).joined(separator: " ")
  }

  var hasPeriod: Bool { givenAfter != nil || givenBefore != nil }
}

/// Looks at consents, one and many, as they stand or as of any instant. Each look is audited.
extension ConsentService {
  /// One consent, as it stands.
  public func get(_ caller: Caller, id: ConsentID) async throws -> Consent {
    try caller.require(.consentsRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(ConsentStore.get, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        core.audit.record(.consentViewed, by: caller, object: id.description),
      ])
    guard let row = results[0].rows.first else { throw Refusal.notFound("consent") }
    var consent = try Consent(row)
    consent.state = consent.standing(at: core.clock.now())
    return consent
  }

  /// One consent as of an instant; before its first event it was not there.
  public func get(_ caller: Caller, id: ConsentID, at instant: Date) async throws -> Consent {
    try caller.require(.consentsRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          ConsentQueryStore.asOf, [.uuid(caller.tenantID.uuid), .uuid(id.uuid), .timestamp(instant)]),
        core.audit.record(.consentViewed, by: caller, object: id.description, detail: ["asOf": "true"]),
      ])
    guard let row = results[0].rows.first else { throw Refusal.notFound("consent at that instant") }
    return try Self.consent(row, at: instant)
  }

  /// Its history, oldest first.
  public func events(_ caller: Caller, id: ConsentID) async throws -> [ConsentEvent] {
    try caller.require(.consentsRead)
    let key: [SQLValue] = [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(ConsentStore.events, key),
        core.audit.record(.consentViewed, by: caller, object: id.description, detail: ["events": "true"]),
      ])
    // Every consent has a first event.
    guard !results[0].rows.isEmpty else { throw Refusal.notFound("consent") }
    return try results[0].rows.map(Self.event)
  }

  static func event(_ row: Row) throws -> ConsentEvent {
    guard let state = ConsentState(rawValue: try row.text(2)) else { throw KeyError.damaged }
    return ConsentEvent(sequence: try row.int(0), at: try row.timestamp(1), state: state, actor: try row.text(3), basis: try row.text(4))
  }

  /// Consents, as they stand or as of an instant. Pages are stable while others write: what is new comes behind what was there. As of an instant a
  /// page may be shorter than asked for, even empty, and yet have a next one: each looks at a bounded number of consents.
  public func list(_ caller: Caller, _ query: ConsentQuery, limit: Int, pageToken: String?) async throws -> Page<Consent> {
    try await list(caller, query, reference: nil, limit: limit, pageToken: pageToken)
  }

  /// Consents of one customer, by the tenant's own reference; of all of its subjects where it names several.
  public func search(
    _ caller: Caller, subjectReference: String, _ query: ConsentQuery = ConsentQuery(), limit: Int, pageToken: String?
  ) async throws -> Page<Consent> {
    try caller.require(.consentsRead)
    let index = try await core.vault.tenantKeys(caller.tenantID).index(ofReference: subjectReference, kind: "subject")
    return try await list(caller, query, reference: index, limit: limit, pageToken: pageToken)
  }

  private func list(_ caller: Caller, _ query: ConsentQuery, reference: [UInt8]?, limit: Int, pageToken: String?) async throws
    -> Page<Consent>
  {
    try caller.require(.consentsRead)
    let limit = PageToken.limit(limit)
    let now = core.clock.now()
    let shape = Shape(query, reference: reference)
    let statement = try shape.statement(caller.tenantID, query, reference, now: now, limit: limit, pageToken: pageToken)
    let criteria = [reference == nil ? nil : "reference", query.criteria.isEmpty ? nil : query.criteria].compactMap { $0 }
    let results = try await core.database.unit(
      caller.tenantID,
      [
        statement,
        core.audit.record(
          .consentsListed, by: caller, subject: query.subjectID,
          detail: criteria.isEmpty ? [:] : ["by": criteria.joined(separator: " ")]),
      ])
    return try shape.page(results[0].rows, state: query.state, limit: limit) { try Self.consent($0, at: query.at ?? now) }
  }

  /// A row whose last column but those of the page is the state that the history gives.
  private static func consent(_ row: Row, at instant: Date) throws -> Consent {
    var consent = try Consent(row)
    guard let state = ConsentState(rawValue: try row.text(ConsentQueryStore.stateColumn)) else { throw KeyError.damaged }
    consent.state = state
    consent.state = consent.standing(at: instant)
    return consent
  }

  /// By which index a question is answered.
  private enum Shape {
    /// A person has few consents: all conditions are looked at on each.
    case subject, reference
    /// By the selections and states that fit, in the order of ids.
    case selections
    /// No condition: in the order of ids.
    case all
    /// By the selections that fit, in the order of their being given.
    case period
    /// As of an instant: in the order of ids, so many at once.
    case instant

    /// How many consents a page as of an instant looks at.
    static let scanned: Int32 = 1_000

    init(_ query: ConsentQuery, reference: [UInt8]?) {
      self =
        query.subjectID != nil
        ? .subject
        : reference != nil
          ? .reference : query.at != nil ? .instant : query.hasPeriod ? .period : query.criteria.isEmpty ? .all : .selections
    }

    func statement(
      _ tenant: TenantID, _ query: ConsentQuery, _ reference: [UInt8]?, now: Date, limit: Int, pageToken: String?
    ) throws -> BoundStatement {
      let more = SQLValue.int4(Int32(limit + 1))
      let version: SQLValue = query.version.map { .int4(Int32(clamping: $0)) } ?? .null
      let conditions: [SQLValue] = [
        .text(optional: query.purpose), .text(optional: query.item?.rawValue), .id(query.noticeID), version,
      ]
      let period: [SQLValue] = [.timestamp(optional: query.givenAfter), .timestamp(optional: query.givenBefore)]
      let states = (query.state.map { [$0] } ?? ConsentState.allCases).map(\.rawValue)
      let state = SQLValue.text(optional: query.state?.rawValue)
      switch self {
      case .subject, .reference:
        let who: SQLValue = query.subjectID.map { .uuid($0.uuid) } ?? .bytes(reference ?? [])
        return BoundStatement(
          self == .subject ? ConsentQueryStore.ofSubject : ConsentQueryStore.ofReference,
          [.uuid(tenant.uuid), .uuid(try PageToken.decode(pageToken)), who] + conditions + period
            + [state, .timestamp(optional: query.at), .timestamp(now), more, reference.map { .bytes($0) } ?? .null])
      case .selections:
        return BoundStatement(
          ConsentQueryStore.bySelection,
          [.uuid(tenant.uuid), .uuid(try PageToken.decode(pageToken))] + conditions + [.textArray(states), more])
      case .all:
        return BoundStatement(ConsentQueryStore.all, [.uuid(tenant.uuid), .uuid(try PageToken.decode(pageToken)), more])
      case .period:
        // One bound from below: where there are two, an index scan may begin at the lower one.
        let (after, id) = try PeriodToken.decode(pageToken) ?? (query.givenAfter ?? PeriodToken.earliest, try PageToken.decode(nil))
        return BoundStatement(
          ConsentQueryStore.byPeriod,
          [.uuid(tenant.uuid), .timestamp(after), .uuid(id)] + conditions + [.textArray(states), more]
            + [.timestamp(query.givenBefore ?? PeriodToken.latest)])
      case .instant:
        let at = query.at ?? now
        return BoundStatement(
          ConsentQueryStore.atInstant,
          [.uuid(tenant.uuid), .uuid(try PageToken.decode(pageToken)), .uuid(Self.bound(at))] + conditions + period
            + [state, .timestamp(at), more, .int4(Self.scanned)])
      }
    }

    /// - Parameter state: those that ended with their time and are not written so yet are left out of what was in force: such a page is shorter.
    func page(_ rows: some Collection<Row>, state: ConsentState?, limit: Int, _ make: (Row) throws -> Consent) throws -> Page<Consent> {
      let scan = ConsentQueryStore.stateColumn + 1
      // As of an instant there is always a row, which says how far was looked.
      let found = self == .instant ? rows.filter { !$0.isNull(0) } : Array(rows)
      let consents = try found.prefix(limit).map(make)
      var token: String?
      if found.count > limit, let last = consents.last {
        token = self == .period ? PeriodToken.encode(last) : PageToken.encode(last.id.uuid)
      } else if self == .instant, let edge = rows.first, try edge.int(scan + 1) >= Int(Self.scanned) {
        token = PageToken.encode(try edge.uuid(scan))
      }
      return Page(elements: consents.filter { state == nil || $0.state == state }, nextPageToken: token)
    }

    /// The smallest id of a time somewhat later: ids begin with the time at which they were made, which is that of the first event (clocks of two
    /// processes apart).
    private static func bound(_ instant: Date) -> UUID {
      let milliseconds = UInt64(min(max((instant.timeIntervalSince1970 + 600) * 1_000, 0), 281_474_976_710_655))
      return UUID(high: milliseconds << 16, low: 0)
    }
  }
}

/// A page token of a list in the order of being given: microseconds and id.
private enum PeriodToken {
  static let earliest = Date(timeIntervalSince1970: 0)
  static let latest = Date(timeIntervalSince1970: 4_102_444_800 * 2)

  static func encode(_ last: Consent) -> String? {
    guard let given = last.givenAt else { return nil }
    let microseconds = UInt64(bitPattern: Int64((given.timeIntervalSince1970 * 1_000_000).rounded()))
    return Base64URL.encode((0..<8).map { UInt8(truncatingIfNeeded: microseconds >> UInt64(56 - 8 * $0)) } + last.id.uuid.bytes)
  }

  /// Nil for the first page.
  static func decode(_ token: String?) throws(Refusal) -> (Date, UUID)? {
    guard let token, !token.isEmpty else { return nil }
    guard token.utf8.count == 32, let bytes = Base64URL.decode(token), bytes.count == 24, let id = UUID(bytes: bytes[8...]) else {
      throw Refusal(
        .invalid, "pageTokenInvalid", "The page token is not one of ours.",
        nextStep: "Take it from nextPageToken of an earlier answer, or leave it out.")
    }
    let microseconds = Int64(bitPattern: bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) })
    return (Date(timeIntervalSince1970: TimeInterval(microseconds) / 1_000_000), id)
  }
}

/// SQL of looking at consents: a statement for each way in, so that each has a plan by an index.
enum ConsentQueryStore {
  /// Which column is the state that the history gives, behind those of ``ConsentStore/columns``.
  static let stateColumn = 20

  /// As it is told of an instant $at: what is in force ends with its time, also before a job has written so (as ``Consent/standing(at:)``).
  private static func standing(_ state: String, at: String) -> String {
    """
    case when \(state) in ('given', 'renewed', 'pendingAtSource') and c.valid_until <= \(at)
      or \(state) = 'requested' and c.requested_at + interval '15 minutes' <= \(at) then 'expired' else \(state) end
    """
  }

  private static let history = """
    left join lateral (
      select state from consent_events e where e.tenant_id = c.tenant_id and e.consent_id = c.consent_id and e.at <= $11 order by sequence desc limit 1
    ) e on $11::timestamptz is not null
    """

  static let asOf = Statement(
    "consent_as_of",
    """
    select \(ConsentStore.columns), e.state from consents c cross join lateral (
      select state from consent_events e where e.tenant_id = c.tenant_id and e.consent_id = c.consent_id and e.at <= $3 order by sequence desc limit 1
    ) e where c.tenant_id = $1 and c.consent_id = $2
    """)

  /// 1 tenant · 2 last id of the page before · 3 subject · 4 purpose · 5 item · 6 notice · 7 version · 8 given from · 9 given before · 10 state ·
  /// 11 as of · 12 now · 13 limit · 14 reference
  private static func ofPerson(_ person: String) -> String {
    """
    select \(ConsentStore.columns), coalesce(e.state, c.state) from consents c \(history)
    where c.tenant_id = $1 and c.consent_id > $2 and \(person)
      and ($4::text is null or $4 = any(c.purposes)) and ($5::text is null or $5 = any(c.items))
      and ($6::uuid is null or c.notice_id = $6) and ($7::int4 is null or c.notice_version = $7)
      and ($8::timestamptz is null or c.given_at >= $8) and ($9::timestamptz is null or c.given_at < $9)
      and ($11::timestamptz is null or e.state is not null)
      and ($10::text is null or \(standing("coalesce(e.state, c.state)", at: "coalesce($11, $12)")) = $10)
    order by c.consent_id limit $13
    """
  }

  static let ofSubject = Statement(
    "consents_of_subject", ofPerson("c.subject_id = $3 and ($14::bytea is null or c.subject_id in (\(subjects)))"))
  static let ofReference = Statement("consents_of_reference", ofPerson("$3::bytea is not null and c.subject_id in (\(subjects))"))
  private static let subjects = "select s.subject_id from subjects s where s.tenant_id = $1 and s.reference_index = $14"

  /// The whole row of an id, one by one: what is joined otherwise might be read whole.
  private static let whole = """
    cross join lateral (
      select \(ConsentStore.columns), c.state as told from consents c where c.tenant_id = $1 and c.consent_id = k.consent_id offset 0
    ) c
    """
  private static func fitting(_ purpose: Int) -> String {
    """
    s.tenant_id = $1 and ($\(purpose)::text is null or $\(purpose) = any(s.purposes)) and ($\(purpose + 1)::text is null or $\(purpose + 1) = any(s.items))
      and ($\(purpose + 2)::uuid is null or s.notice_id = $\(purpose + 2)) and ($\(purpose + 3)::int4 is null or s.notice_version = $\(purpose + 3))
    """
  }

  /// 1 tenant · 2 last id of the page before · 3 purpose · 4 item · 5 notice · 6 version · 7 states to look through · 8 limit
  static let bySelection = Statement(
    "consents_by_selection",
    """
    select c.* from (
      select k.consent_id from consent_selections s cross join unnest($7::text[]) wanted cross join lateral (
        select c.consent_id from consents c
        where c.tenant_id = $1 and c.selection_id = s.selection_id and c.state = wanted and c.consent_id > $2 order by c.consent_id limit $8
      ) k where \(fitting(3)) order by k.consent_id limit $8
    ) k \(whole)
    order by c.consent_id
    """)

  /// 1 tenant · 2, 3 time and id of the last of the page before, or the beginning and no id · 4 purpose · 5 item · 6 notice · 7 version ·
  /// 8 states to look through · 9 limit · 10 before
  static let byPeriod = Statement(
    "consents_by_period",
    """
    select c.* from (
      select k.given_at, k.consent_id from consent_selections s cross join unnest($8::text[]) wanted cross join lateral (
        select c.given_at, c.consent_id from consents c
        where c.tenant_id = $1 and c.selection_id = s.selection_id and c.state = wanted and c.given_at < $10
          and (c.given_at, c.consent_id) > ($2, $3) order by c.given_at, c.consent_id limit $9
      ) k where \(fitting(4)) order by k.given_at, k.consent_id limit $9
    ) k \(whole)
    order by c.given_at, c.consent_id
    """)

  /// 1 tenant · 2 last id of the page before · 3 limit
  static let all = Statement(
    "all_consents",
    "select \(ConsentStore.columns), c.state as told from consents c where c.tenant_id = $1 and c.consent_id > $2 order by c.consent_id limit $3"
  )

  /// 1 tenant · 2 last id of the page before · 3 ids before · 4 purpose · 5 item · 6 notice · 7 version · 8 given from · 9 given before · 10 state ·
  /// 11 as of · 12 limit · 13 how many are looked at
  static let atInstant = Statement(
    "consents_at_instant",
    """
    with scanned as materialized (
      select * from consents where tenant_id = $1 and consent_id > $2 and consent_id < $3 order by consent_id limit $13
    )
    select c.*, edge.last, edge.looked from (
      select (select consent_id from scanned order by consent_id desc limit 1) as last, (select count(*) from scanned) as looked
    ) edge left join lateral (
      select \(ConsentStore.columns), e.state as told from scanned c cross join lateral (
        select state from consent_events e where e.tenant_id = c.tenant_id and e.consent_id = c.consent_id and e.at <= $11
        order by sequence desc limit 1
      ) e
      where ($4::text is null or $4 = any(c.purposes)) and ($5::text is null or $5 = any(c.items))
        and ($6::uuid is null or c.notice_id = $6) and ($7::int4 is null or c.notice_version = $7)
        and ($8::timestamptz is null or c.given_at >= $8) and ($9::timestamptz is null or c.given_at < $9)
        and ($10::text is null or \(standing("e.state", at: "$11")) = $10)
      order by c.consent_id limit $12
    ) c on true
    order by c.consent_id
    """)
}
