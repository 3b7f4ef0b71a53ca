internal import CitizenItems
internal import Foundation
internal import JPKI
internal import Logging
internal import PostgreSQL

/// How a match in place of the registered seal ended.
public struct MatchAnswer: Sendable {
  /// The session's id.
  public let id: String
  /// How the verification ended.
  public let verdict: Verdict
  /// Whether an active pair of a subject in good standing has this card's tag.
  public let matched: Bool
  /// The subject of the pair; nil unless matched.
  public let subjectID: SubjectID?
  /// The pair that matched; nil unless matched.
  public let pair: PairReference?
  /// The evidence row of this verification.
  public let evidence: VerificationEvidence
}

/// What is known of a card tag. Proves nobody's presence.
public struct TagAnswer: Sendable {
  /// Whether any pair has this card tag, in whatever state.
  public let isKnown: Bool
  /// The active one, else the newest; nil where none is known.
  public let pair: PairReference?
}

/// 届出印に代わる照合: recognises a customer by a fresh card reading, or by a tag that the bank made.
public struct MatchService: Sendable {
  /// The most tags in one batch.
  public static let maximumBatch = 1000

  let core: BrokerCore
  private let lookUps: SharedLookUps

  init(core: BrokerCore) {
    self.core = core
    lookUps = SharedLookUps(database: core.database)
  }

  /// Begins a match: nothing is stored until it is answered.
  public func create(_ caller: Caller, origin: String) async throws -> StartedSession {
    try caller.require(.matching)
    try caller.require(origin: origin)
    let session = try StatelessSession.make(
      .match, caller: caller, origin: origin, subjectID: nil, uuid: core.ids.nextUUID(), at: core.clock.now(),
      keys: try await core.vault.platformKeys())
    return StartedSession(id: session.id, toBeSigned: session.toBeSigned(caller.tenantID), expiresAt: session.expiresAt)
  }

  /// Answers a match: the card signs with the signing certificate, its items become tags, an active pair with one of them matches.
  public func sign(_ caller: Caller, id: String, card: CardInput, request: RepeatableRequest) async throws -> MatchAnswer {
    try caller.require(.matching)
    let session = try StatelessSession.read(id, .match, caller: caller, at: core.clock.now(), keys: try await core.vault.platformKeys())
    let material = try await core.opener.open(card, caller: caller, session: id)
    let examination = try await core.examiner.examine(
      material.main, over: session.toBeSigned(caller.tenantID), kind: .signing, caller: caller)
    guard case .sound(let sound) = examination, let items = sound.certificate.items else {
      return try await refuse(caller, session, examination)
    }

    let keys = try await core.vault.tenantKeys(caller.tenantID)
    try keys.requireDigests()
    let tags = try await core.cardTags.make(items, keys)
    let digests = try await core.idempotency.digests(caller, request)
    let now = core.clock.now()
    let evidence = VerificationEvidence(id: core.ids.next(), at: now, sound.revocation)
    let row = try await core.database.query(
      caller.tenantID, MatchStore.answer,
      [
        .uuid(caller.tenantID.uuid), .uuid(session.uuid), .bytes(digests.key), .bytes(digests.fingerprint), .timestamp(now),
        .timestamp(session.expiresAt),
        .uuidArray(tags.flatMap(keys.digests).map(\.value)), .bytesArray(keys.indexes(of: sound.certificate.serial, kind: .signing)),
        .uuid(evidence.id.uuid),
        .text(evidence.method),
        .timestamp(optional: evidence.sourceTime), .uuid(core.ids.nextUUID()), .text(caller.actor), .text(caller.requestID),
        .bool(session.isOver(at: now)), .text(optional: evidence.purpose?.rawValue), evidence.sourceAgeSeconds.map { .int4($0) } ?? .null,
        .bool(evidence.isUnderOverride == true), .json(AuditTrail.json(sound.revocation.auditDetail)),
      ]
    ).rows[0]
    let outcome = try row.text(0)
    if outcome == "expired" { throw StatelessSession.expired }
    let verdict = outcome == "replayed" ? Verdict(.replayed) : Verdict.ok
    let matched = outcome == "matched"
    let told = try VerificationEvidence(told: row, at: 5, checkedAt: 9) ?? evidence
    if matched, try row.int(10) < tags.count, let subject = try row.optionalUUID(1) {
      await KeyVersionUptake(core: core).saw(tags, of: SubjectID(subject), tenant: caller.tenantID)
    }
    return MatchAnswer(
      id: id, verdict: verdict, matched: matched, subjectID: matched ? try row.optionalUUID(1).map(SubjectID.init) : nil,
      pair: matched ? try LoginService.pair(row, at: 2, keys) : nil, evidence: told)
  }

  private func refuse(_ caller: Caller, _ session: StatelessSession, _ examination: Examination) async throws -> MatchAnswer {
    guard case .refused(let verdict, let part) = examination else { throw Refusal.unavailable("The verifier") }
    let evidence = VerificationEvidence(id: core.ids.next(), at: core.clock.now(), part?.revocation)
    let subject = try await core.standing.noteRefused(caller, part)
    _ = try await core.database.unit(
      caller.tenantID,
      [
        VerificationStore.insert(
          evidence, tenant: caller.tenantID, purpose: .match, session: session.uuid, subject: subject, verdict: verdict),
        core.audit.record(
          .matchAnswered, by: caller, subject: subject, purpose: "signatureVerification", outcome: verdict.result,
          detail: part?.revocation.auditDetail ?? [:]),
      ])
    return MatchAnswer(id: session.id, verdict: verdict, matched: false, subjectID: nil, pair: nil, evidence: evidence)
  }

  /// Looks one card tag up, for reconciliation.
  public func lookUp(_ caller: Caller, cardTag: String) async throws -> TagAnswer {
    try caller.require(.matching)
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    guard let digests = keys.digests(ofText: cardTag) else { throw Self.noTag(at: "/cardTag") }
    try keys.requireDigests()
    try await core.allowances.take(caller, one: .lookUp, digests[0].value)
    let asked = SharedLookUps.Asked(
      digests: digests, auditID: core.ids.nextUUID(), at: core.clock.now(), actor: caller.actor, requestID: caller.requestID)
    guard let row = try await lookUps.ask(caller.tenantID, asked) else { return TagAnswer(isKnown: false, pair: nil) }
    return TagAnswer(isKnown: true, pair: try LoginService.pair(row, at: 1, keys))
  }

  /// Prepares the look-up of a card tag where nothing has to be waited for: keys and allowance are at hand, the tag is one.
  ///
  /// - Returns: nil where ``lookUp(_:cardTag:)`` is to be asked, which waits, or says what is wrong; then nothing was counted.
  public func lookUpAtHand(_ caller: Caller, cardTag: String) -> LookUpAtHand? {
    guard caller.scopes.contains(.matching), let keys = core.vault.tenantKeysAtHand(caller.tenantID), !keys.tagsLackDigests,
      let digests = keys.digests(ofText: cardTag), let standing = core.allowances.takeLookUpAtHand(caller, digests[0].value)
    else { return nil }
    let asked = SharedLookUps.Asked(
      digests: digests, auditID: core.ids.nextUUID(), at: core.clock.now(), actor: caller.actor, requestID: caller.requestID)
    return LookUpAtHand(standing: standing, tenant: caller.tenantID, asked: asked, keys: keys, lookUps: lookUps)
  }

  private static func noTag(at pointer: String) -> Refusal {
    .field(pointer, "tagMalformed", "The tag is not scheme.keyVersion.ruleset.value.", nextStep: "Make it with `yonjo-ledger tag`.")
  }

  /// Looks up to 1,000 card tags up, in the order in which they came.
  public func lookUp(_ caller: Caller, cardTags: [String]) async throws -> [TagAnswer] {
    try caller.require(.matching)
    guard (1...Self.maximumBatch).contains(cardTags.count) else {
      throw Refusal.field("/cardTags", "batchSize", "A batch has 1 to \(Self.maximumBatch) tags.", nextStep: "Send several batches.")
    }
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    try keys.requireDigests()
    // For each tag as many as there are live peppers, the first of them of the first pepper.
    var digests: [TagDigest] = []
    digests.reserveCapacity(cardTags.count * keys.peppers.count)
    for (index, text) in cardTags.enumerated() {
      guard keys.appendDigests(ofText: text, to: &digests) else { throw Self.noTag(at: "/cardTags/\(index)") }
    }
    try await core.allowances.take(
      caller, each: .lookUp, stride(from: 0, to: digests.count, by: keys.peppers.count).map { digests[$0].value })
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(PairStore.lookUpMany, [.uuid(caller.tenantID.uuid), .uuidArray(digests.map(\.value))]),
        core.audit.record(.tagsLookedUp, by: caller, detail: ["count": String(cardTags.count)]),
      ])
    return try Self.answers(results[0].rows, digests, peppers: keys.peppers.count) {
      TagAnswer(isKnown: true, pair: try LoginService.pair($0, at: 1, keys))
    }
  }

  /// One answer a tag: that of the last row with one of its digests, which are `peppers` in a row.
  private static func answers(
    _ rows: RowList, _ digests: [TagDigest], peppers: Int, known: (Row) throws -> TagAnswer
  ) throws -> [TagAnswer] {
    var answers = [TagAnswer](repeating: TagAnswer(isKnown: false, pair: nil), count: digests.count / peppers)
    guard !rows.isEmpty else { return answers }
    var last: [UUID: Int] = [:]
    for (number, row) in rows.enumerated() { last[try row.uuid(0)] = number }
    for index in answers.indices {
      let number = digests[(index * peppers)..<((index + 1) * peppers)].compactMap { last[$0.value] }.max()
      if let number { answers[index] = try known(rows[number]) }
    }
    return answers
  }
}

/// A look-up that is prepared and not begun.
public struct LookUpAtHand: Sendable {
  /// What is left of the tenant's allowance.
  public let standing: RateStanding
  fileprivate let tenant: TenantID
  fileprivate let asked: SharedLookUps.Asked
  fileprivate let keys: TenantKeys
  fileprivate let lookUps: SharedLookUps

  /// Begins it: one audited look-up, in a transaction that others may share. `then` is called once, on any thread.
  public func begin(_ then: @escaping @Sendable (FoundTag) -> Void) {
    let keys = keys
    lookUps.ask(tenant, asked) { then(FoundTag(row: $0, keys: keys)) }
  }
}

/// What a look-up found, still sealed.
public struct FoundTag: Sendable {
  fileprivate let row: SharedLookUps.Answer
  fileprivate let keys: TenantKeys

  /// Opens it. Refuses as the look-up was refused.
  public func answer() throws -> TagAnswer {
    guard let row = try row.get() else { return TagAnswer(isKnown: false, pair: nil) }
    return TagAnswer(isKnown: true, pair: try LoginService.pair(row, at: 1, keys))
  }
}

/// SQL of matches: one statement, one round trip.
enum MatchStore {
  /// 1 tenant · 2 session uuid · 3 key digest · 4 fingerprint · 5 now · 6 session's end · 7 digests of the card's tags · 8 serial indexes · 9 verification id ·
  /// 10 method · 11 source time · 12 audit id · 13 actor · 14 request id · 15 the session's time is over ·
  /// 16 purpose of the revocation check · 17 age of its word · 18 passed by override · 19 the audit event's detail
  ///
  /// A repeat beside its first request is known as ``LoginStore/answer`` knows it.
  ///
  /// Good standing (house.md): the certificate presented is valid now (the caller checked), neither binding is known to have ended, the subject is not
  /// erased. The presented certificate may be newer than the bound one: then the bound one is known as changed, and the pair is stale anyway.
  static let answer = Statement(
    "answer_match",
    """
    with used as (
      insert into used_sessions (tenant_id, session_id, key_digest, fingerprint, used_at, expires_at, verification_id)
      select $1, $2, $3, $4, $5, $6, $9 where not $15
      on conflict (tenant_id, session_id) do update set used_at = used_sessions.used_at
        where used_sessions.key_digest = excluded.key_digest and used_sessions.fingerprint = excluded.fingerprint
      returning xmax = 0 as fresh, used_at, verification_id
    ), earlier as (
      select used_at, verification_id from used_sessions
      where $15 and tenant_id = $1 and session_id = $2 and key_digest = $3 and fingerprint = $4
    ), mine as (
      select exists (select 1 from used where fresh) as fresh,
        exists (select 1 from used where not fresh) or exists (select 1 from earlier) as repeated
    ), hit as (
      select p.pair_id, p.subject_id, p.state, p.ledger_ref_sealed
      from pair_tags t
      join pairs p on p.tenant_id = t.tenant_id and p.pair_id = t.pair_id and p.state = 'active'
      join subjects s on s.tenant_id = p.tenant_id and s.subject_id = p.subject_id and s.erased_at is null
      where t.tenant_id = $1 and t.side = 'card' and t.tag_digest = any($7)
        and not exists (select 1 from bindings b where b.tenant_id = $1 and b.subject_id = p.subject_id and b.superseded_at is null
          and b.status in ('changed', 'ended') and not (b.serial_index = any($8)))
      order by p.pair_id desc limit 1
    ), verdict as (
      select case when not fresh and not repeated then case when $15 then 'expired' else 'replayed' end
        when exists (select 1 from hit) then 'matched' else 'notMatched' end as outcome, repeated from mine
    ), proof as (
      select outcome, case when outcome in ('matched', 'notMatched') then 'ok' else outcome end as result, repeated from verdict
    ), first_time as (
      select verification_id, used_at from used where not fresh union all select verification_id, used_at from earlier
    ), told as (
      select v.method, v.source_time, v.result, v.revocation_override from first_time e join verifications v on v.tenant_id = $1 and v.verification_id = e.verification_id
    ), verified as (
      insert into verifications (tenant_id, verification_id, purpose, session_id, subject_id, result, method, source_time, checked_at,
        revocation_purpose, source_age_seconds, revocation_override)
      select $1, $9, 'match', $2, (select subject_id from hit), result, $10, $11, $5, $16, $17, $18
      from proof where outcome <> 'expired' and (not repeated or exists (select 1 from told where told.result <> proof.result))
    ), audited as (
      insert into audit_events (tenant_id, event_id, at, kind, actor, subject_id, purpose, outcome, request_id, detail)
      select $1, $12, $5, 'matchAnswered', $13, (select subject_id from hit), 'signatureVerification', outcome, $14, $19 from verdict
    )
    select p.outcome, h.subject_id, h.pair_id, h.state, h.ledger_ref_sealed,
      case when t.result <> p.result then null else e.verification_id end, t.method, t.source_time,
      coalesce(t.revocation_override, false), e.used_at,
      (select count(distinct c.key_version)::int4 from pair_tags c where c.tenant_id = $1 and c.pair_id = h.pair_id and c.side = 'card')
    from proof p left join hit h on true left join first_time e on true left join told t on true
    """)
}
