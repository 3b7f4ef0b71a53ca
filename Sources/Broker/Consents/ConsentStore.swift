internal import CitizenItems
internal import Foundation
internal import PostgreSQL

/// SQL of consents and their events.
enum ConsentStore {
  static let columns = """
    c.consent_id, c.subject_id, c.service_id, c.notice_id, c.notice_version, c.notice_digest, c.language, c.purposes, c.items, c.state, c.requested_at,
    c.given_at, c.valid_from, c.valid_until, c.updated_at, c.at_source, c.statement_digest, c.source_reference, c.received_at, c.channel
    """

  static let insert = Statement(
    "insert_consent",
    """
    insert into consents (tenant_id, consent_id, subject_id, service_id, notice_id, notice_version, notice_digest, language, purposes, items, state,
      session_id, statement_digest, requested_at, updated_at, at_source)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'requested', $11, $12, $13, $13, $14)
    """)
  /// The next line of the history.
  static let insertEvent = Statement(
    "insert_consent_event",
    """
    insert into consent_events (tenant_id, consent_id, sequence, at, state, actor, basis)
    select $1, $2, coalesce(max(sequence), 0) + 1, $3, $4, $5, $6 from consent_events where tenant_id = $1 and consent_id = $2
    """)
  static let setState = Statement(
    "set_consent_state", "update consents set state = $3, updated_at = $4 where tenant_id = $1 and consent_id = $2")
  /// What a signature, and a reception at J-LIS, tell of a consent. What is null stays as it is; `given_at` is set once.
  static let setTimes = Statement(
    "set_consent_times",
    """
    update consents set given_at = coalesce(given_at, $3), valid_from = coalesce($4, valid_from), valid_until = coalesce($5, valid_until),
      remind_at = coalesce($6, remind_at), prompt_at = coalesce($7, prompt_at), received_at = coalesce($8, received_at),
      source_reference = coalesce($9, source_reference)
    where tenant_id = $1 and consent_id = $2
    """)
  /// A renewal is of the session that signed it.
  static let setSession = Statement(
    "set_consent_session",
    "update consents set session_id = $3, statement_digest = $4 where tenant_id = $1 and consent_id = $2")
  static let lock = Statement(
    "lock_consent", "select \(columns) from consents c where c.tenant_id = $1 and c.consent_id = $2 for update")
  static let get = Statement("get_consent", "select \(columns) from consents c where c.tenant_id = $1 and c.consent_id = $2")
  static let ofSession = Statement(
    "consents_of_session", "select \(columns) from consents c where c.tenant_id = $1 and c.session_id = $2 order by c.consent_id")
  /// Earlier consents of the same subject, service and notice that a new one supersedes; $5 are the new ones.
  static let superseded = Statement(
    "superseded_consents",
    """
    select \(columns) from consents c where c.tenant_id = $1 and c.subject_id = $2 and c.notice_id = $3 and c.service_id = $4
      and c.state in ('given', 'renewed', 'pendingAtSource') and not (c.consent_id = any($5)) for update
    """)
  /// The consent in force to exactly the same, which a new signature renews.
  static let renewable = Statement(
    "renewable_consent",
    """
    select \(columns) from consents c where c.tenant_id = $1 and c.subject_id = $2 and c.notice_id = $3 and c.notice_version = $4
      and c.purposes @> $5 and c.purposes <@ $5 and c.items @> $6 and c.items <@ $6 and c.at_source = $7
      and c.state in ('given', 'renewed') and c.valid_until > $8
    order by c.consent_id desc limit 1 for update
    """)
  static let events = Statement(
    "consent_events",
    "select sequence, at, state, actor, basis from consent_events where tenant_id = $1 and consent_id = $2 order by sequence")
  /// In force for latest items, newest first.
  static let forLatestItems = Statement(
    "consents_for_latest_items",
    """
    select \(columns) from consents c where c.tenant_id = $1 and c.subject_id = $2 and c.at_source
      and c.state in ('given', 'renewed', 'cancelledAtSource', 'withdrawn', 'withdrawnLocally', 'revoked', 'expired') and c.given_at is not null
    order by (c.state in ('given', 'renewed')) desc, c.consent_id desc limit 1
    """)
  static let endable = Statement(
    "endable_consents",
    """
    select \(columns) from consents c where c.tenant_id = $1 and c.subject_id = $2 and c.state in ('given', 'renewed', 'pendingAtSource') for update
    """)
  static let insertIntent = Statement(
    "insert_intent",
    """
    insert into intents (tenant_id, intent_id, kind, subject_id, consent_id, payload_sealed, state, created_at) values ($1, $2, $3, $4, $5, $6, 'open', $7)
    """)
  /// A consent that ended here before J-LIS had it shall not come to have it, unless only to end it there too.
  static let openIntents = Statement(
    "open_intents",
    """
    select i.intent_id, i.kind, i.subject_id, i.consent_id, i.payload_sealed, s.jlis_service_id,
      (i.kind = 'forwardConsent' and c.state <> 'pendingAtSource' or i.kind = 'renewConsent' and c.state not in ('given', 'renewed')) and not exists (
        select 1 from intents o where o.tenant_id = i.tenant_id and o.consent_id = i.consent_id and o.kind = 'cancelConsent' and o.state = 'open'
      ) as ended
    from intents i join consents c on c.tenant_id = i.tenant_id and c.consent_id = i.consent_id
    join services s on s.tenant_id = c.tenant_id and s.service_id = c.service_id
    where i.tenant_id = $1 and i.state = 'open' and i.kind in ('forwardConsent', 'renewConsent', 'cancelConsent')
      and ($2::uuid is null or c.session_id = $2 or i.consent_id = $2) and i.created_at <= $3 order by i.intent_id limit 100
    """)
  /// The payload is emptied: J-LIS has it, and nothing of a latest-items consent's signature is kept (jpki.md §8).
  static let closeIntent = Statement(
    "close_intent",
    "update intents set state = $3, payload_sealed = null, done_at = $4 where tenant_id = $1 and intent_id = $2 and state = 'open'")
  static let isBeingCancelled = Statement(
    "consent_is_being_cancelled",
    "select exists (select from intents where tenant_id = $1 and consent_id = $2 and kind = 'cancelConsent' and state = 'open')")
  static let jlisServices = Statement(
    "jlis_services", "select service_id, jlis_service_id from services where tenant_id = $1 order by service_id")
  static let service = Statement("service_of_consent", "select jlis_service_id from services where tenant_id = $1 and service_id = $2")
}

extension Consent {
  /// Columns as ``ConsentStore`` names them.
  init(_ row: Row) throws {
    guard let state = ConsentState(rawValue: try row.text(9)) else { throw KeyError.damaged }
    self.init(
      id: ConsentID(try row.uuid(0)), subjectID: SubjectID(try row.uuid(1)), serviceID: try row.text(2),
      noticeID: NoticeID(try row.uuid(3)),
      version: try row.int(4), noticeDigest: try row.bytes(5), language: try row.text(6), purposes: try row.textArray(7),
      items: try row.textArray(8).compactMap { .init(rawValue: $0) }, state: state, requestedAt: try row.timestamp(10),
      givenAt: try row.optionalTimestamp(11), validFrom: try row.optionalTimestamp(12), validUntil: try row.optionalTimestamp(13),
      updatedAt: try row.timestamp(14), isAtSource: try row.bool(15), statementDigest: try row.bytes(16),
      sourceReference: try row.optionalText(17), receivedAt: try row.optionalTimestamp(18),
      channel: ConsentChannel(rawValue: try row.text(19)))
  }
}
