internal import Foundation
internal import JPKI
internal import PostgreSQL

/// 撤回: stops us at once; the person's signature then tells J-LIS.
public struct WithdrawalService: Sendable {
  let core: BrokerCore
  let book: ConsentBook

  /// Withdraws: from this moment no latest items. Answers what the person signs to tell J-LIS.
  public func withdraw(_ caller: Caller, id: ConsentID, origin: String, request: RepeatableRequest) async throws -> WithdrawalSession {
    try caller.require(.consentsWrite)
    try caller.require(origin: origin)
    return try await core.idempotency.once(caller, request) { transaction in
      var consent = try await book.lock(id, tenant: caller.tenantID, pairs: core.pairs, in: transaction)
      let session = core.ids.next(ConsentSessionKind.self)
      if consent.standing(at: core.clock.now()).canEnd {
        // Nobody has to follow where nobody else has it: such a withdrawal is whole at once.
        consent = try await book.apply(
          consent.isAtSource ? .withdrawnBeforeSource : .withdrawn, to: consent, actor: "person", basis: "session:" + session.description,
          tenant: caller.tenantID, in: transaction)
        try await transaction.pipeline([
          core.events.record(.consentWithdrawn, tenant: caller.tenantID, subject: consent.subjectID, consent: id)
        ])
      } else if consent.state != .withdrawnLocally {
        throw ConsentBook.notInForce
      }
      let now = core.clock.now()
      let expiresAt = now.addingTimeInterval(SessionRow.lifetimeSeconds)
      let statement = "withdrawal of \(id)"
      let toBeSigned = ToBeSigned(
        purpose: .withdrawal, tenantID: caller.tenantID, sessionID: session.description, origin: origin, nonce: SessionNonce.make(),
        noticeDigest: consent.noticeDigest, statementDigest: Array(statement.utf8).sha256
      ).bytes
      var sessionRequest = SessionRequest()
      sessionRequest.consentID = id
      try await transaction.pipeline([
        BoundStatement(
          SessionStore.insert,
          [
            .uuid(caller.tenantID.uuid), .uuid(session.uuid), .text("withdrawal"), .text(caller.clientID), .text(origin),
            .uuid(consent.subjectID.uuid),
            .bytes(toBeSigned), .text(statement), .json(String(decoding: try JSONEncoder().encode(sessionRequest), as: UTF8.self)),
            .timestamp(now),
            .timestamp(expiresAt),
          ]), core.audit.record(.consentWithdrawn, by: caller, subject: consent.subjectID, object: id.description),
      ])
      return WithdrawalSession(id: session, consentID: id, state: consent.state, toBeSigned: toBeSigned, expiresAt: expiresAt)
    }
  }

  /// Takes the signature over a withdrawal, and forwards it to J-LIS. The newest session of the consent is the one that is signed.
  public func sign(_ caller: Caller, id: ConsentID, card: CardInput, request: RepeatableRequest) async throws -> ConsentSignatureOutcome {
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

  private func perform(_ caller: Caller, _ id: ConsentID, _ card: CardInput, _ claim: Idempotency.Claim) async throws
    -> ConsentSignatureOutcome
  {
    let result = try await core.database.query(
      caller.tenantID, WithdrawalStore.newestSession, [.uuid(caller.tenantID.uuid), .text(id.description)])
    guard let row = result.rows.first else { throw Refusal.notFound("withdrawal") }
    let session = try SessionRow(row)
    let sessionID = ConsentSessionID(session.uuid)
    let signed = SignedSession(core: core, caller: caller, session: session, id: sessionID, purpose: .withdrawal)
    if session.state == "completed" {
      guard session.completedBy == claim.digests.key, let text = session.outcome else {
        return try await signed.refuse(Verdict(.replayed), nil, claim)
      }
      return try await finish(caller, id, try JSONDecoder().decode(ConsentSignatureOutcome.self, from: Data(text.utf8)), claim)
    }
    let material = try await core.opener.open(card, caller: caller, session: sessionID.description)
    switch try await signed.examine(material) {
    case .refused(let verdict, let part): return try await signed.refuse(verdict, part, claim)
    case .sound(let sound):
      let keys = try await core.vault.tenantKeys(caller.tenantID)
      let evidence = VerificationEvidence(id: core.ids.next(), at: core.clock.now(), sound.revocation)
      let outcome = try await core.database.transaction(caller.tenantID) { transaction -> ConsentSignatureOutcome in
        guard let subject = session.subjectID, try await core.pairs.lock(subject, tenant: caller.tenantID, in: transaction),
          let locked = try await transaction.query(ConsentStore.lock, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]).rows.first
        else { throw Refusal.notFound("consent") }
        let consent = try Consent(locked)
        let outcome = ConsentSignatureOutcome(id: sessionID, verdict: .ok, consents: [consent], receipt: nil, evidence: evidence)
        try await signed.complete(outcome, subject: subject, claim, in: transaction)
        var statements = [
          VerificationStore.insert(
            evidence, tenant: caller.tenantID, purpose: .withdrawal, session: session.uuid, subject: subject, verdict: .ok),
          core.audit.record(
            .consentSigned, by: caller, subject: subject, object: id.description, purpose: "signatureVerification",
            detail: ["session": "withdrawal"].merging(sound.revocation.auditDetail) { $1 }),
        ]
        if consent.isAtSource {
          statements.append(try book.intent(.cancelConsent, consent, session.toBeSigned, material.main, keys))
        }
        try await transaction.pipeline(statements)
        return outcome
      }
      await KeyVersionUptake(core: core).saw(sound.certificate.items, of: session.subjectID, tenant: caller.tenantID)
      return try await finish(caller, id, outcome, claim)
    }
  }

  private func finish(
    _ caller: Caller, _ id: ConsentID, _ recorded: ConsentSignatureOutcome, _ claim: Idempotency.Claim
  ) async throws -> ConsentSignatureOutcome {
    // An unsent consent must reach J-LIS before its cancellation can: both intents are open then, in this order.
    try await book.forward(caller.tenantID, sessionOrConsent: id.uuid, before: .distantFuture, actor: caller.actor)
    var outcome = recorded
    outcome.consents = try await core.database.query(caller.tenantID, ConsentStore.get, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]).rows
      .map {
        try Consent($0)
      }
    let stored = outcome
    try await core.database.transaction(caller.tenantID) { try await core.idempotency.finish(claim, stored, in: $0) }
    return outcome
  }
}

/// SQL of withdrawals.
enum WithdrawalStore {
  static let newestSession = Statement(
    "newest_withdrawal_session",
    """
    select session_id, origin, subject_id, to_be_signed, statement, request::text, state, attempts, outcome->>'key', (outcome->'answer')::text, created_at,
      expires_at
    from sessions where tenant_id = $1 and purpose = 'withdrawal' and request->>'consentID' = $2 order by session_id desc limit 1
    """)
}
