public import CitizenItems
public import Foundation
internal import JOSE
internal import JPKI
internal import PostgreSQL

/// A login or match that awaits its signature.
public struct StartedSession: Sendable {
  /// Carries the whole session, authenticated by a platform key; `lgn_…` or `mch_…`.
  public let id: String
  /// What the card is to sign: DigestInfo(SHA-256(these bytes)).
  public let toBeSigned: [UInt8]
  /// From then on only the repeat of an earlier answer is taken.
  public let expiresAt: Date
}

/// A pair as answers carry it.
public struct PairReference: Sendable, Codable {
  /// The pair.
  public let id: PairID
  /// How it stands now.
  public let state: PairState
  /// The bank's own reference of the customer.
  public let ledgerRef: String?
}

/// How a login ended.
public struct LoginAnswer: Sendable {
  /// The session's id.
  public let id: String
  /// How the verification ended.
  public let verdict: Verdict
  /// Whose card it is; nil unless the verdict is ok.
  public let subjectID: SubjectID?
  /// The subject's active pair, else the newest one; nil where there is none or the verdict is not ok.
  public let pair: PairReference?
  /// The signing certificate of the subject is known to have ended for a change of its items.
  public let itemsMayHaveChanged: Bool
  /// When the card was verified; a repeat tells the first time.
  public let authenticatedAt: Date
  /// Signed by the platform for the tenant's own session handling.
  public let idToken: String?
  /// The evidence row of this verification.
  public let evidence: VerificationEvidence
}

/// 利用者証明: a person proves with the authentication certificate that they are a subject whom this tenant knows.
public struct LoginService: Sendable {
  /// Lifetime of an id token, in seconds.
  static let idTokenLifetimeSeconds: TimeInterval = 300

  let core: BrokerCore

  /// Begins a login: nothing is stored until it is answered.
  public func create(_ caller: Caller, origin: String, subjectID: SubjectID?) async throws -> StartedSession {
    try caller.require(.login)
    try caller.require(origin: origin)
    let session = try StatelessSession.make(
      .login, caller: caller, origin: origin, subjectID: subjectID, uuid: core.ids.nextUUID(), at: core.clock.now(),
      keys: try await core.vault.platformKeys())
    return StartedSession(id: session.id, toBeSigned: session.toBeSigned(caller.tenantID), expiresAt: session.expiresAt)
  }

  /// Answers a login. A card that fails leaves the session open until its end; a sound one uses it up, and a second use is `replayed`.
  public func sign(_ caller: Caller, id: String, card: CardInput, request: RepeatableRequest) async throws -> LoginAnswer {
    try caller.require(.login)
    let platform = try await core.vault.platformKeys()
    let session = try StatelessSession.read(id, .login, caller: caller, at: core.clock.now(), keys: platform)
    let material = try await core.opener.open(card, caller: caller, session: id)
    let part = material.authentication ?? material.main
    let examination = try await core.examiner.examine(
      part, over: session.toBeSigned(caller.tenantID), kind: .authentication, caller: caller)
    guard case .sound(let sound) = examination else { return try await refuse(caller, session, examination) }

    let keys = try await core.vault.tenantKeys(caller.tenantID)
    let digests = try await core.idempotency.digests(caller, request)
    let now = core.clock.now()
    let evidence = VerificationEvidence(id: core.ids.next(), at: now, sound.revocation)
    let row = try await core.database.query(
      caller.tenantID, LoginStore.answer,
      [
        .uuid(caller.tenantID.uuid), .uuid(session.uuid), .bytes(digests.key), .bytes(digests.fingerprint), .timestamp(now),
        .timestamp(session.expiresAt),
        .bytesArray(keys.indexes(of: sound.certificate.serial, kind: .authentication)), .id(session.subjectID), .uuid(evidence.id.uuid),
        .text(evidence.method), .timestamp(optional: evidence.sourceTime), .uuid(core.ids.nextUUID()), .text(caller.actor),
        .text(caller.requestID),
        .bool(session.isOver(at: now)), .text(optional: evidence.purpose?.rawValue), evidence.sourceAgeSeconds.map { .int4($0) } ?? .null,
        .bool(evidence.isUnderOverride == true), .json(AuditTrail.json(sound.revocation.auditDetail)),
      ]
    ).rows[0]
    let verdict = Verdict(result: try row.text(0))
    if verdict.result == "expired" { throw StatelessSession.expired }
    let subjectID = verdict.isOK ? try row.optionalUUID(2).map(SubjectID.init) : nil
    let authenticatedAt = try row.optionalTimestamp(7) ?? now
    return LoginAnswer(
      id: id, verdict: verdict, subjectID: subjectID, pair: try verdict.isOK ? Self.pair(row, at: 3, keys) : nil,
      itemsMayHaveChanged: try row.bool(6), authenticatedAt: authenticatedAt,
      idToken: try subjectID.map { try idToken(caller, $0, session, authenticatedAt, platform) },
      evidence: try VerificationEvidence(told: row, at: 8, checkedAt: 7) ?? evidence)
  }

  private func refuse(_ caller: Caller, _ session: StatelessSession, _ examination: Examination) async throws -> LoginAnswer {
    guard case .refused(let verdict, let part) = examination else { throw Refusal.unavailable("The verifier") }
    let evidence = VerificationEvidence(id: core.ids.next(), at: core.clock.now(), part?.revocation)
    let subject = try await core.standing.noteRefused(caller, part)
    _ = try await core.database.unit(
      caller.tenantID,
      [
        VerificationStore.insert(
          evidence, tenant: caller.tenantID, purpose: .login, session: session.uuid, subject: subject, verdict: verdict),
        core.audit.record(
          .loginAnswered, by: caller, subject: subject, purpose: "signatureVerification", outcome: verdict.result,
          detail: part?.revocation.auditDetail ?? [:]),
      ])
    return LoginAnswer(
      id: session.id, verdict: verdict, subjectID: nil, pair: nil, itemsMayHaveChanged: false, authenticatedAt: evidence.checkedAt,
      idToken: nil,
      evidence: evidence)
  }

  private func idToken(_ caller: Caller, _ subject: SubjectID, _ session: StatelessSession, _ at: Date, _ keys: PlatformKeys) throws
    -> String
  {
    guard let key = keys.token.first else { throw Refusal.unavailable("The key store") }
    let claims = JSONWebToken.Claims([
      "iss": .string(core.issuer), "sub": .string(subject.description), "aud": .string(caller.clientID),
      "iat": .integer(Int64(at.timeIntervalSince1970)),
      "exp": .integer(Int64(at.timeIntervalSince1970 + Self.idTokenLifetimeSeconds)),
      "auth_time": .integer(Int64(at.timeIntervalSince1970)),
      "nonce": .string(Base64URL.encode(session.nonce)), "origin": .string(session.origin),
    ])
    return try JSONWebToken.sign(claims, type: "yonjo-id+jwt", key: key)
  }

  /// Columns `column`…`column + 2`: pair id, state, sealed ledger reference.
  static func pair(_ row: Row, at column: Int, _ keys: TenantKeys) throws -> PairReference? {
    guard let uuid = try row.optionalUUID(column), let state = PairState(rawValue: try row.text(column + 1)) else { return nil }
    return PairReference(
      id: PairID(uuid), state: state, ledgerRef: try PairRow.openReference(try row.optionalBytes(column + 2), pair: uuid, keys))
  }
}
