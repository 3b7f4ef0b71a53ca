public import Foundation
internal import JOSE
internal import JPKI
internal import PostgreSQL

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
      let requested = try await book.request(agreed, caller: caller, subject: subjectID, session: id, in: transaction)
      let stored = try JSONEncoder().encode(SessionRequest(consents: selections, requested: requested))
      try await transaction.pipeline([
        BoundStatement(
          SessionStore.insert,
          [
            .uuid(caller.tenantID.uuid), .uuid(id.uuid), .text("consent"), .text(caller.clientID), .text(origin), .uuid(subjectID.uuid),
            .bytes(toBeSigned), .text(agreed.statement), .json(String(decoding: stored, as: UTF8.self)),
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
          agreed, requested: session.request.requested ?? [],
          ConsentSigning(
            caller: caller, subject: subject, session: session.uuid, toBeSigned: session.toBeSigned, part: material.main, keys: keys),
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
      await KeyVersionUptake(core: core).saw(sound.certificate.items, of: session.subjectID, tenant: caller.tenantID)
      return try await finish(caller, session, outcome, claim)
    }
  }

  private func finish(
    _ caller: Caller, _ session: SessionRow, _ recorded: ConsentSignatureOutcome, _ claim: Idempotency.Claim
  ) async throws -> ConsentSignatureOutcome {
    var outcome = recorded
    if outcome.consents.contains(where: \.isAtSource) {
      try await book.forward(caller.tenantID, sessionOrConsent: session.uuid, before: .distantFuture, actor: caller.actor)
      outcome.consents = try await core.database.query(
        caller.tenantID, ConsentStore.ofSession, [.uuid(caller.tenantID.uuid), .uuid(session.uuid)]
      ).rows.map { try Consent($0) }
    }
    let stored = outcome
    try await core.database.transaction(caller.tenantID) { try await core.idempotency.finish(claim, stored, in: $0) }
    return outcome
  }

  /// The person said no: what was requested is refused, and the session is closed.
  public func refuse(_ caller: Caller, id: ConsentSessionID, request: RepeatableRequest) async throws -> [Consent] {
    try caller.require(.consentsWrite)
    return try await core.idempotency.once(caller, request) { transaction in
      let tenant = SQLValue.uuid(caller.tenantID.uuid)
      guard let row = try await transaction.query(SessionStore.get, [tenant, .uuid(id.uuid), .text("consent")]).rows.first else {
        throw Refusal.notFound("consent session")
      }
      let session = try SessionRow(row)
      guard let subject = session.subjectID, try await core.pairs.lock(subject, tenant: caller.tenantID, in: transaction) else {
        throw Refusal.notFound("consent session")
      }
      guard try await transaction.query(SessionStore.refuse, [tenant, .uuid(id.uuid)]).affectedRows == 1 else {
        throw Refusal(
          .conflict, "sessionClosed", "The session is closed: it was answered, or refused.", nextStep: "Look at the consents.")
      }
      var refused: [Consent] = []
      for requested in (session.request.requested ?? []).compactMap({ $0 }) {
        guard let row = try await transaction.query(ConsentStore.lock, [tenant, .uuid(requested.uuid)]).rows.first else { continue }
        let consent = try Consent(row)
        guard consent.state == .requested else { continue }
        refused.append(
          try await book.apply(
            .refusedByPerson, to: consent, actor: "person", basis: "session:" + id.description, tenant: caller.tenantID, in: transaction))
      }
      try await transaction.pipeline([
        core.audit.record(
          .consentRefused, by: caller, subject: subject, object: id.description, detail: ["consents": String(refused.count)])
      ])
      return refused
    }
  }

  /// Ends a consent by the controller (事業者による終了).
  public func revoke(_ caller: Caller, id: ConsentID, basis: String, request: RepeatableRequest) async throws -> Consent {
    try caller.require(.consentsWrite)
    return try await core.idempotency.once(caller, request) { transaction in
      let consent = try await book.lock(id, tenant: caller.tenantID, pairs: core.pairs, in: transaction)
      guard consent.standing(at: core.clock.now()) == consent.state else { throw ConsentBook.notInForce }
      let ended = try await book.apply(
        .revokedByController, to: consent, actor: caller.actor, basis: basis, tenant: caller.tenantID, in: transaction)
      try await transaction.pipeline([core.audit.record(.consentRevoked, by: caller, subject: consent.subjectID, object: id.description)])
      return ended
    }
  }
}
