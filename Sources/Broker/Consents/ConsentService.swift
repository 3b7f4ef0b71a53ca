internal import CitizenItems
public import Foundation
internal import JOSE
internal import JPKI
internal import PostgreSQL

/// Which consents to list.
public struct ConsentQuery: Sendable {
  /// Of this subject only.
  public var subjectID: SubjectID?
  /// Naming this purpose among theirs.
  public var purpose: String?
  /// In this state, as of ``at`` where that is set.
  public var state: ConsentState?
  /// Answer as of this instant, from history.
  public var at: Date?
  /// Given at this instant or later.
  public var givenAfter: Date?
  /// Given before this instant.
  public var givenBefore: Date?

  /// Every condition is optional; without any, all consents of the tenant.
  public init(
    subjectID: SubjectID? = nil, purpose: String? = nil, state: ConsentState? = nil, at: Date? = nil, givenAfter: Date? = nil,
    givenBefore: Date? = nil
  ) {
    self.subjectID = subjectID
    self.purpose = purpose
    self.state = state
    self.at = at
    self.givenAfter = givenAfter
    self.givenBefore = givenBefore
  }
}

/// How a signature over consents, or over a withdrawal, ended.
public struct ConsentSignatureOutcome: Sendable, Codable {
  /// The session's id, or for a withdrawal the session that ``WithdrawalSession`` named.
  public let id: ConsentSessionID
  /// How the verification ended.
  public let verdict: Verdict
  /// The consents concerned, as they stand; empty where the signature was refused.
  public var consents: [Consent]
  /// JWS (RFC 7515) for the tenant to keep; nil for withdrawals and refusals.
  public let receipt: String?
  /// The evidence row of this verification.
  public let evidence: VerificationEvidence
}

/// A withdrawal: the broker has stopped; a signature tells J-LIS.
public struct WithdrawalSession: Sendable, Codable {
  /// The session that a signature answers.
  public let id: ConsentSessionID
  /// The consent withdrawn.
  public let consentID: ConsentID
  /// `withdrawnLocally`: the broker has stopped.
  public let state: ConsentState
  /// What the card is to sign, with the signing certificate, to tell J-LIS.
  public let toBeSigned: [UInt8]
  /// The end of the time to sign; a later withdrawal gives another session.
  public let expiresAt: Date
}

/// 同意: sessions outside onboarding, queries as of any instant, history, receipts. Withdrawals are in ``WithdrawalService``.
public struct ConsentService: Sendable {
  let core: BrokerCore
  let book: ConsentBook

  /// Asks a known subject for consents.
  public func createSession(
    _ caller: Caller, subjectID: SubjectID, origin: String, selections: [ConsentSelection], request: RepeatableRequest
  ) async throws -> StartedConsentSession {
    try caller.require(.consentsWrite)
    try caller.require(origin: origin)
    guard (1...OnboardingService.maximumConsents).contains(selections.count) else {
      throw Refusal.field(
        "/consents", "consentsMissing", "Ask for 1 to \(OnboardingService.maximumConsents) consents.",
        nextStep: "Name notice, purposes and items.")
    }
    return try await core.idempotency.once(caller, request) { transaction in
      guard try await core.pairs.lock(subjectID, tenant: caller.tenantID, in: transaction) else { throw Refusal.notFound("subject") }
      let agreed = try await book.agree(selections, caller: caller, in: transaction)
      let id = core.ids.next(ConsentSessionKind.self)
      let toBeSigned = ToBeSigned(
        purpose: .consent, tenantID: caller.tenantID, sessionID: id.description, origin: origin, nonce: SessionNonce.make(),
        noticeDigest: agreed.noticeDigest, statementDigest: Array(agreed.statement.utf8).sha256
      ).bytes
      let now = core.clock.now()
      let expiresAt = now.addingTimeInterval(SessionRow.lifetimeSeconds)
      try await transaction.pipeline([
        BoundStatement(
          SessionStore.insert,
          [
            .uuid(caller.tenantID.uuid), .uuid(id.uuid), .text("consent"), .text(caller.clientID), .text(origin), .uuid(subjectID.uuid),
            .bytes(toBeSigned),
            .text(agreed.statement), .json(String(decoding: try JSONEncoder().encode(SessionRequest(consents: selections)), as: UTF8.self)),
            .timestamp(now), .timestamp(expiresAt),
          ]), core.audit.record(.consentSessionCreated, by: caller, subject: subjectID, object: id.description),
      ])
      return StartedConsentSession(id: id.description, toBeSigned: toBeSigned, consentStatement: agreed.statement, expiresAt: expiresAt)
    }
  }

  /// Takes the signature over consents: by the signing certificate of the subject whom the session asked.
  public func sign(_ caller: Caller, id: ConsentSessionID, card: CardInput, request: RepeatableRequest) async throws
    -> ConsentSignatureOutcome
  {
    try caller.require(.consentsWrite)
    switch try await core.idempotency.claim(caller, request, as: ConsentSignatureOutcome.self) {
    case .answered(let outcome, _): return outcome
    case .claimed(let claim):
      do {
        return try await perform(caller, id, card, claim)
      } catch {
        await core.idempotency.release(claim)
        throw error
      }
    }
  }

  private func perform(_ caller: Caller, _ id: ConsentSessionID, _ card: CardInput, _ claim: Idempotency.Claim) async throws
    -> ConsentSignatureOutcome
  {
    let result = try await core.database.query(
      caller.tenantID, SessionStore.get, [.uuid(caller.tenantID.uuid), .uuid(id.uuid), .text("consent")])
    guard let row = result.rows.first else { throw Refusal.notFound("consent session") }
    let session = try SessionRow(row)
    let signed = SignedSession(core: core, caller: caller, session: session, id: id, purpose: .consent)
    if session.state == "completed" {
      guard session.completedBy == claim.digests.key, let text = session.outcome else {
        return try await signed.refuse(Verdict(.replayed), nil, claim)
      }
      return try await finish(caller, session, try JSONDecoder().decode(ConsentSignatureOutcome.self, from: Data(text.utf8)), claim)
    }
    let material = try await core.opener.open(card, caller: caller, session: id.description)
    switch try await signed.examine(material) {
    case .refused(let verdict, let part): return try await signed.refuse(verdict, part, claim)
    case .sound(let sound):
      let keys = try await core.vault.tenantKeys(caller.tenantID)
      let evidence = VerificationEvidence(id: core.ids.next(), at: core.clock.now(), sound.revocation)
      let outcome = try await core.database.transaction(caller.tenantID) { transaction -> ConsentSignatureOutcome in
        guard let subject = session.subjectID, try await core.pairs.lock(subject, tenant: caller.tenantID, in: transaction) else {
          throw Refusal.notFound("subject")
        }
        let agreed = try await book.agreedAgain(session.request.consents, caller: caller, in: transaction)
        let consents = try await book.give(
          agreed, caller: caller, subject: subject, session: session.uuid, signed: session.toBeSigned, by: material.main, keys: keys,
          in: transaction)
        let receipt = try await core.receipts.sign(
          VerificationReceipt(
            evidence, purpose: .consent, signed: session.toBeSigned.sha256, caller: caller, subject: subject,
            particulars: ["consents": .array(consents.map { .string($0.id.description) })]), for: caller.tenantID)
        let outcome = ConsentSignatureOutcome(id: id, verdict: .ok, consents: consents, receipt: receipt, evidence: evidence)
        try await signed.complete(outcome, subject: subject, claim, in: transaction)
        try await transaction.pipeline([
          VerificationStore.insert(
            evidence, tenant: caller.tenantID, purpose: .consent, session: session.uuid, subject: subject, verdict: .ok,
            documentDigest: Array(session.statement.utf8).sha256),
          core.audit.record(
            .consentSigned, by: caller, subject: subject, object: id.description, purpose: "signatureVerification",
            detail: sound.revocation.auditDetail),
        ])
        return outcome
      }
      return try await finish(caller, session, outcome, claim)
    }
  }

  private func finish(
    _ caller: Caller, _ session: SessionRow, _ recorded: ConsentSignatureOutcome, _ claim: Idempotency.Claim
  ) async throws -> ConsentSignatureOutcome {
    var outcome = recorded
    if outcome.consents.contains(where: { $0.state == .pendingAtSource }) {
      try await book.forward(caller.tenantID, sessionOrConsent: session.uuid, before: .distantFuture, actor: caller.actor)
      outcome.consents = try await core.database.query(
        caller.tenantID, ConsentStore.ofSession, [.uuid(caller.tenantID.uuid), .uuid(session.uuid)]
      ).rows.map { try Consent($0) }
    }
    let stored = outcome
    try await core.database.transaction(caller.tenantID) { try await core.idempotency.finish(claim, stored, in: $0) }
    return outcome
  }

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
    return try Consent(row)
  }

  /// Its history, oldest first.
  public func events(_ caller: Caller, id: ConsentID) async throws -> [ConsentEvent] {
    _ = try await get(caller, id: id)
    return try await core.database.query(caller.tenantID, ConsentStore.events, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]).rows.map {
      row in
      guard let state = ConsentState(rawValue: try row.text(2)) else { throw KeyError.damaged }
      return ConsentEvent(sequence: try row.int(0), at: try row.timestamp(1), state: state, actor: try row.text(3), basis: try row.text(4))
    }
  }

  /// A signed receipt of a consent as it stands (ISO/IEC TS 27560 fields).
  public func receipt(_ caller: Caller, id: ConsentID) async throws -> String {
    let consent = try await get(caller, id: id)
    let events = try await events(caller, id: id)
    let now = core.clock.now()
    let receipt = try await core.receipts.sign(
      ConsentReceiptClaims.make(consent, events, tenant: caller.tenantID), for: caller.tenantID, id: id.description, at: now)
    _ = try await core.database.unit(
      caller.tenantID, [core.audit.record(.receiptIssued, by: caller, subject: consent.subjectID, object: id.description)])
    return receipt
  }

  /// Consents, as they stand or as of an instant.
  public func list(_ caller: Caller, _ query: ConsentQuery, limit: Int, pageToken: String?) async throws -> Page<Consent> {
    try await list(caller, query, referenceIndex: nil, limit: limit, pageToken: pageToken)
  }

  private func list(_ caller: Caller, _ query: ConsentQuery, referenceIndex: [UInt8]?, limit: Int, pageToken: String?) async throws
    -> Page<Consent>
  {
    try caller.require(.consentsRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          ConsentStore.list,
          [
            .uuid(caller.tenantID.uuid), .uuid(try PageToken.decode(pageToken)), .id(query.subjectID), .text(optional: query.purpose),
            .text(optional: query.state?.rawValue), .timestamp(optional: query.at), .timestamp(optional: query.givenAfter),
            .timestamp(optional: query.givenBefore), .int4(Int32(PageToken.limit(limit) + 1)), .bytes(optional: referenceIndex),
          ]),
        core.audit.record(
          .consentsListed, by: caller, subject: query.subjectID,
          detail: referenceIndex != nil ? ["by": "reference"] : query.at == nil ? [:] : ["asOf": "true"]),
      ])
    return try PageToken.page(results[0].rows, limit: limit) { row in
      var consent = try Consent(row)
      if let state = ConsentState(rawValue: try row.text(16)) { consent.state = state }
      return consent
    } id: {
      $0.id.uuid
    }
  }

  /// Consents of one customer, by the tenant's own reference; of all of its subjects where it names several.
  public func search(_ caller: Caller, subjectReference: String, limit: Int, pageToken: String?) async throws -> Page<Consent> {
    try caller.require(.consentsRead)
    let index = try await core.vault.tenantKeys(caller.tenantID).index(ofReference: subjectReference, kind: "subject")
    return try await list(caller, ConsentQuery(), referenceIndex: index, limit: limit, pageToken: pageToken)
  }

  /// Ends a consent by the controller (事業者による終了).
  public func revoke(_ caller: Caller, id: ConsentID, basis: String, request: RepeatableRequest) async throws -> Consent {
    try caller.require(.consentsWrite)
    return try await core.idempotency.once(caller, request) { transaction in
      guard let row = try await transaction.query(ConsentStore.lock, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]).rows.first else {
        throw Refusal.notFound("consent")
      }
      var consent = try Consent(row)
      guard consent.state.canEnd else { throw WithdrawalService.notInForce }
      try await book.change(consent, to: .revoked, actor: caller.actor, basis: basis, tenant: caller.tenantID, in: transaction)
      try await transaction.pipeline([core.audit.record(.consentRevoked, by: caller, subject: consent.subjectID, object: id.description)])
      consent.state = .revoked
      return consent
    }
  }
}

/// The members of a consent receipt: the fields of ISO/IEC TS 27560 that the record has.
enum ConsentReceiptClaims {
  static func make(_ consent: Consent, _ events: [ConsentEvent], tenant: TenantID) -> [String: JSONValue] {
    [
      "purpose": .string("consentReceipt"), "schema_version": .string("27560:2023"), "record_id": .string(consent.id.description),
      "pii_principal_id": .string(consent.subjectID.description),
      "notice": .object([
        "privacy_notice": .string("\(consent.noticeID)/\(consent.version)"), "digest": .string(Base64URL.encode(consent.noticeDigest)),
        "language": .string(consent.language),
      ]),
      "processing": .object([
        "purpose": .array(consent.purposes.map { .string($0) }), "lawful_basis": .string("consent"),
        "pii_information": .array(consent.items.map { .string($0.rawValue) }), "pii_controllers": .array([.string(tenant.description)]),
        "jurisdiction": .string("JP"), "service": .string(consent.serviceID),
      ]),
      "state": .string(consent.state.rawValue),
      "valid_until": consent.validUntil.map { .integer(Int64($0.timeIntervalSince1970)) } ?? .null,
      "events": .array(
        events.map {
          .object([
            "event_time": .integer(Int64($0.at.timeIntervalSince1970)), "event_state": .string($0.state.rawValue),
            "event_type": .string("explicit"),
            "entity_id": .string($0.actor),
          ])
        }),
    ]
  }
}
