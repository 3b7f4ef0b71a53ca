internal import CitizenItems
internal import Foundation
internal import JLIS
internal import JOSE
internal import JPKI
internal import Logging
internal import PostgreSQL

/// Onboarding: a person signs an application and consents with the signing certificate, and becomes a subject of the tenant.
public struct OnboardingService: Sendable {
  /// Within this time a repeat gets the items again, rebuilt from the repeated body (law 6), in seconds.
  static let rebuildSeconds: TimeInterval = 600
  static let maximumConsents = 16

  let core: BrokerCore
  let book: ConsentBook

  /// Begins an onboarding: the statement to read, the bytes to sign.
  public func create(_ caller: Caller, _ draft: OnboardingDraft, request: RepeatableRequest) async throws -> StartedConsentSession {
    try caller.require(.onboarding)
    try caller.require(origin: draft.origin)
    try Self.check(digest: draft.applicationDigest, "/application/digest")
    if let digest = draft.declaredItemsDigest { try Self.check(digest: digest, "/declaredItemsDigest") }
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    return try await core.idempotency.once(caller, request) { transaction in
      let agreed = try await book.agree(draft.consents, caller: caller, in: transaction)
      let id = core.ids.next(OnboardingKind.self)
      let toBeSigned = ToBeSigned(
        purpose: .onboarding, tenantID: caller.tenantID, sessionID: id.description, origin: draft.origin, nonce: SessionNonce.make(),
        applicationDigest: draft.applicationDigest, noticeDigest: agreed.noticeDigest, statementDigest: Array(agreed.statement.utf8).sha256,
        declaredItemsDigest: draft.declaredItemsDigest ?? []
      ).bytes
      let sessionRequest = SessionRequest(
        referenceIndex: draft.subjectReference.map { keys.index(ofReference: $0, kind: "subject") },
        applicationDigest: draft.applicationDigest,
        declaredItemsDigest: draft.declaredItemsDigest, consents: draft.consents)
      let now = core.clock.now()
      let expiresAt = now.addingTimeInterval(SessionRow.lifetimeSeconds)
      try await transaction.pipeline([
        BoundStatement(
          SessionStore.insert,
          [
            .uuid(caller.tenantID.uuid), .uuid(id.uuid), .text("onboarding"), .text(caller.clientID), .text(draft.origin), .null,
            .bytes(toBeSigned),
            .text(agreed.statement), .json(String(decoding: try JSONEncoder().encode(sessionRequest), as: UTF8.self)), .timestamp(now),
            .timestamp(expiresAt),
          ]), core.audit.record(.onboardingCreated, by: caller, object: id.description),
      ])
      return StartedConsentSession(id: id.description, toBeSigned: toBeSigned, consentStatement: agreed.statement, expiresAt: expiresAt)
    }
  }

  /// Where an onboarding stands.
  public func get(_ caller: Caller, id: OnboardingID) async throws -> OnboardingStatus {
    try caller.require(.onboarding)
    let row: SessionRow
    do {
      row = try await session(caller, id)
    } catch let refusal as Refusal where refusal.kind == .notFound {
      // A look that finds nothing is a look.
      _ = try await core.database.unit(
        caller.tenantID, [core.audit.record(.onboardingViewed, by: caller, object: id.description, outcome: "unknown")])
      throw refusal
    }
    _ = try await core.database.unit(
      caller.tenantID, [core.audit.record(.onboardingViewed, by: caller, subject: row.subjectID, object: id.description)])
    let isOver = row.state == "awaitingSignature" && core.clock.now() >= row.expiresAt
    return OnboardingStatus(
      id: id, status: isOver ? "expired" : row.state, createdAt: row.createdAt, expiresAt: row.expiresAt,
      outcome: try row.outcome.map { try JSONDecoder().decode(OnboardingOutcome.self, from: Data($0.utf8)) })
  }

  /// Takes the signature: verifies the card, asks J-LIS, binds, pairs, records consents and forwards them.
  public func sign(_ caller: Caller, id: OnboardingID, _ signature: OnboardingSignature, request: RepeatableRequest) async throws
    -> OnboardingAnswer
  {
    try caller.require(.onboarding)
    let ledgerTags = try PairService.parse(signature.ledgerTags, pointer: "/ledgerTag")
    try PairService.check(ledgerRef: signature.ledgerRef)
    if signature.ledgerRef != nil || !ledgerTags.isEmpty { try caller.require(.matching) }
    switch try await core.idempotency.claim(caller, request, as: OnboardingOutcome.self) {
    case .answered(let outcome, let at): return try await rebuild(caller, id, outcome, at, signature)
    case .claimed(let claim):
      do {
        return try await perform(caller, id, signature, ledgerTags, claim)
      } catch {
        await core.idempotency.release(claim)
        throw error
      }
    }
  }

  private func perform(
    _ caller: Caller, _ id: OnboardingID, _ signature: OnboardingSignature, _ ledgerTags: [EdgeTag], _ claim: Idempotency.Claim
  ) async throws -> OnboardingAnswer {
    let session = try await session(caller, id)
    let material = try await core.opener.open(signature.card, caller: caller, session: id.description)
    if session.state == "completed" {
      guard session.completedBy == claim.digests.key, let text = session.outcome else {
        return try await refuse(caller, session, id, Verdict(.replayed), nil, nil, claim)
      }
      // An earlier attempt died after its first transaction: what is left is to tell J-LIS.
      return try await finish(caller, session, JSONDecoder().decode(OnboardingOutcome.self, from: Data(text.utf8)), material, claim)
    }
    guard session.state == "awaitingSignature" else {
      throw Refusal(.conflict, "sessionClosed", "Too many signatures failed; the session is closed.", nextStep: "Start a new onboarding.")
    }
    guard core.clock.now() < session.expiresAt else { throw StatelessSession.expired }
    try checkDeclared(signature.declaredItems, session)

    let signing = try await core.examiner.examine(material.main, over: session.toBeSigned, kind: .signing, caller: caller)
    guard case .sound(let card) = signing, let items = card.certificate.items else {
      guard case .refused(let verdict, let part) = signing else { throw Refusal.unavailable("The verifier") }
      return try await refuse(caller, session, id, verdict, part, nil, claim)
    }
    var authentication: SoundPart?
    if let part = material.authentication {
      switch try await core.examiner.examine(part, over: session.toBeSigned, kind: .authentication, caller: caller) {
      case .refused(let verdict, let found): return try await refuse(caller, session, id, verdict, found, nil, claim)
      case .sound(let sound): authentication = sound
      }
    }
    let comparison = signature.declaredItems?.compare(with: items)
    if let comparison, comparison.values.contains(.mismatch) {
      return try await refuse(caller, session, id, Verdict(.itemsMismatch), card, comparison, claim)
    }
    if let authentication {
      do {
        guard try await core.jlis.belongTogether(signing: card.certificate.serial, authentication: authentication.certificate.serial) else {
          return try await refuse(caller, session, id, Verdict(.linkFailed), card, comparison, claim)
        }
      } catch let error as JLISError {
        core.logger.warning("J-LIS did not answer whether two certificates belong together", metadata: ["error": "\(error)"])
        throw Refusal.unavailable("J-LIS")
      }
    }
    let counterpart = try await counterpart(of: card)
    let outcome = try await record(
      caller, session, id, card, authentication, counterpart, comparison, ledgerTags, signature.ledgerRef, material, claim)
    return try await finish(caller, session, outcome, material, claim)
  }

  /// Whom the tenant knows by the card is the same person by the phone: J-LIS names the card's certificate (jpki.md §7). One serial a call (law 2).
  private func counterpart(of card: SoundPart) async throws -> Serial? {
    guard card.certificate.medium != .card else { return nil }
    do {
      return try await core.jlis.cardCounterpart(of: card.certificate.serial, kind: .signing)
    } catch {
      core.logger.warning("J-LIS did not answer whose phone it is", metadata: ["error": "\(error)"])
      throw Refusal.unavailable("J-LIS")
    }
  }

  private func session(_ caller: Caller, _ id: OnboardingID) async throws -> SessionRow {
    let result = try await core.database.query(
      caller.tenantID, SessionStore.get, [.uuid(caller.tenantID.uuid), .uuid(id.uuid), .text("onboarding")])
    guard let row = result.rows.first else { throw Refusal.notFound("onboarding") }
    return try SessionRow(row)
  }

  private func checkDeclared(_ declared: DeclaredItems?, _ session: SessionRow) throws(Refusal) {
    guard let wanted = session.request.declaredItemsDigest else { return }
    guard let declared, DeclaredItems.digest(of: declared) == wanted else {
      throw Refusal.field(
        "/declaredItems", "declaredItemsDigestMismatch", "The declared items are not those whose digest was signed.",
        nextStep: "Send the items and salt from which declaredItemsDigest was made.")
    }
  }

  /// The first transaction: subject, bindings, pair, consents with their intents, verification, audit.
  private func record(
    _ caller: Caller, _ session: SessionRow, _ id: OnboardingID, _ card: SoundPart, _ authentication: SoundPart?,
    _ counterpart: Serial?, _ comparison: [Item: ItemComparison]?,
    _ ledgerTags: [EdgeTag], _ ledgerRef: String?, _ material: CardMaterial, _ claim: Idempotency.Claim
  ) async throws -> OnboardingOutcome {
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    let now = core.clock.now()
    let evidence = VerificationEvidence(id: core.ids.next(), at: now, card.revocation)
    let binder = SubjectBinder(core: core)
    var cardTags: [EdgeTag]?
    if caller.scopes.contains(.matching), let items = card.certificate.items { cardTags = try await core.cardTags.make(items, keys) }
    let tags = cardTags
    return try await core.database.transaction(caller.tenantID) { transaction in
      let agreed = try await book.agreedAgain(session.request.consents, caller: caller, in: transaction)
      let (subject, isNew) = try await binder.subject(
        for: card, authentication, counterpart: counterpart, referenceIndex: session.request.referenceIndex, keys: keys, in: transaction)
      try await binder.bind(card, to: subject, keys: keys, in: transaction)
      if let authentication { try await binder.bind(authentication, to: subject, keys: keys, in: transaction) }
      var pair: OnboardedPair?
      if let tags {
        let row = try await core.pairs.onboarded(
          subject, cardTags: tags, ledgerTags: ledgerTags, ledgerRef: ledgerRef, keys: keys, in: transaction)
        pair = row.map { OnboardedPair(id: $0.id, state: $0.state) }
      }
      let consents = try await book.give(
        agreed,
        ConsentSigning(
          caller: caller, subject: subject, session: session.uuid, toBeSigned: session.toBeSigned, part: material.main, keys: keys),
        in: transaction)
      let receipt = try await core.receipts.sign(
        VerificationReceipt(
          evidence, purpose: .onboarding, signed: session.toBeSigned.sha256, caller: caller, subject: subject,
          particulars: receiptClaims(session, comparison, consents)), for: caller.tenantID)
      let outcome = OnboardingOutcome(
        id: id, verdict: .ok, subjectID: subject, isNewSubject: isNew, itemComparison: Self.named(comparison), consents: consents,
        pair: pair,
        receipt: receipt, evidence: evidence)
      let completed = try await transaction.query(
        SessionStore.complete,
        [
          .uuid(caller.tenantID.uuid), .uuid(id.uuid), .uuid(subject.uuid), .text(Data(claim.digests.key).base64EncodedString()),
          .json(String(decoding: try JSONEncoder().encode(outcome), as: UTF8.self)),
        ])
      guard completed.affectedRows == 1 else {
        throw Refusal(
          .conflict, "concurrentChange", "Another signature completed this onboarding.", nextStep: "Look at GET /v1/onboardings/{id}.")
      }
      var addressed: [BoundStatement] = []
      if authentication != nil || card.certificate.medium != .card {
        addressed.append(
          core.audit.record(.sourceAddressed, by: caller, subject: subject, object: id.description, purpose: "linkConfirmation"))
      }
      let kept = try core.evidence.keep(
        EvidenceKeeper.Matter(
          kind: .identityConfirmation, evidence: evidence, subject: subject, toBeSigned: session.toBeSigned, documentDigest: nil,
          main: material.main, authentication: material.authentication, revocation: card.revocation), by: caller)
      try await transaction.pipeline(
        addressed + kept + [
          VerificationStore.insert(
            evidence, tenant: caller.tenantID, purpose: .onboarding, session: session.uuid, subject: subject, verdict: .ok,
            documentDigest: session.request.applicationDigest),
          core.audit.record(
            .onboardingSigned, by: caller, subject: subject, object: id.description, purpose: "signatureVerification",
            detail: ["verification": evidence.id.description, "consents": String(consents.count), "pair": pair?.state.rawValue ?? "none"]
              .merging(card.revocation.auditDetail) { $1 }),
        ])
      return outcome
    }
  }

  /// After the first transaction: J-LIS is told of consents, then the answer is stored.
  private func finish(
    _ caller: Caller, _ session: SessionRow, _ recorded: OnboardingOutcome, _ material: CardMaterial, _ claim: Idempotency.Claim
  ) async throws -> OnboardingAnswer {
    var outcome = recorded
    if outcome.consents.contains(where: \.isAtSource) {
      try await book.forward(caller.tenantID, sessionOrConsent: session.uuid, before: .distantFuture, actor: caller.actor)
      outcome.consents = try await core.database.query(
        caller.tenantID, ConsentStore.ofSession, [.uuid(caller.tenantID.uuid), .uuid(session.uuid)]
      ).rows.map { try Consent($0) }
    }
    let stored = outcome
    try await core.database.transaction(caller.tenantID) { try await core.idempotency.finish(claim, stored, in: $0) }
    return OnboardingAnswer(
      outcome: outcome, items: disclosed(caller, session.request.consents, material, session.toBeSigned, at: outcome.evidence.checkedAt),
      itemsHandedOver: false)
  }

  /// A refused card: counted, evidenced, audited; the session stays open for another try, up to a limit.
  private func refuse(
    _ caller: Caller, _ session: SessionRow, _ id: OnboardingID, _ verdict: Verdict, _ part: SoundPart?,
    _ comparison: [Item: ItemComparison]?,
    _ claim: Idempotency.Claim
  ) async throws -> OnboardingAnswer {
    let subject = try await core.standing.noteRefused(caller, part)
    let outcome = OnboardingOutcome(
      id: id, verdict: verdict, subjectID: nil, isNewSubject: false, itemComparison: Self.named(comparison), consents: [], pair: nil,
      receipt: nil,
      evidence: VerificationEvidence(id: core.ids.next(), at: core.clock.now(), part?.revocation))
    try await core.database.transaction(caller.tenantID) { transaction in
      try await transaction.pipeline([
        BoundStatement(SessionStore.attempt, [.uuid(caller.tenantID.uuid), .uuid(session.uuid), .int4(Int32(SessionRow.maximumAttempts))]),
        VerificationStore.insert(
          outcome.evidence, tenant: caller.tenantID, purpose: .onboarding, session: session.uuid, subject: subject, verdict: verdict),
        core.audit.record(
          .onboardingSigned, by: caller, subject: subject, object: id.description, purpose: "signatureVerification",
          outcome: verdict.result,
          detail: (verdict.reason.map { ["reason": $0] } ?? [:]).merging(part?.revocation.auditDetail ?? [:]) { $1 }),
      ])
      try await core.idempotency.finish(claim, outcome, in: transaction)
    }
    return OnboardingAnswer(outcome: outcome, items: nil, itemsHandedOver: false)
  }

  /// A repeat of an answered signature: items again within ten minutes, from the repeated body; later only word that they were handed over.
  private func rebuild(
    _ caller: Caller, _ id: OnboardingID, _ outcome: OnboardingOutcome, _ at: Date, _ signature: OnboardingSignature
  ) async throws -> OnboardingAnswer {
    let session = try await session(caller, id)
    let isDisclosing = outcome.verdict.isOK && caller.status == .deemedVerifier && !Self.agreedItems(session.request.consents).isEmpty
    guard isDisclosing, core.clock.now() < at.addingTimeInterval(Self.rebuildSeconds) else {
      return OnboardingAnswer(outcome: outcome, items: nil, itemsHandedOver: isDisclosing)
    }
    let material = try await core.opener.open(signature.card, caller: caller, session: id.description)
    return OnboardingAnswer(
      outcome: outcome, items: disclosed(caller, session.request.consents, material, session.toBeSigned, at: outcome.evidence.checkedAt),
      itemsHandedOver: false)
  }

  /// Items of the card that were agreed to; for deemed verifiers only (jpki.md §9).
  private func disclosed(
    _ caller: Caller, _ selections: [ConsentSelection], _ material: CardMaterial, _ toBeSigned: [UInt8], at: Date
  ) -> DisclosedItems? {
    let agreed = Self.agreedItems(selections)
    guard caller.status == .deemedVerifier, !agreed.isEmpty,
      let certificate = try? core.examiner.verifier.verify(
        CardSignature(format: material.main.format, signature: material.main.signature, certificate: material.main.certificate),
        over: toBeSigned,
        kind: .signing, at: at), let items = certificate.items
    else { return nil }
    return DisclosedItems(items, only: agreed)
  }

  private static func agreedItems(_ selections: [ConsentSelection]) -> Set<Item> { Set(selections.flatMap(\.items)) }

  private static func named(_ comparison: [Item: ItemComparison]?) -> [String: ItemComparison]? {
    comparison.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.key.rawValue, $0.value) }) }
  }

  private static func check(digest: [UInt8], _ pointer: String) throws(Refusal) {
    guard digest.count == 32 else {
      throw Refusal.field(
        pointer, "digestInvalid", "The digest is not 32 bytes of SHA-256.", nextStep: "Send SHA-256 in base64url without padding.")
    }
  }

  private func receiptClaims(_ session: SessionRow, _ comparison: [Item: ItemComparison]?, _ consents: [Consent]) -> [String: JSONValue] {
    var claims: [String: JSONValue] = ["consents": .array(consents.map { .string($0.id.description) })]
    if let digest = session.request.applicationDigest { claims["application"] = .string(Base64URL.encode(digest)) }
    if let comparison {
      claims["items"] = .object(Dictionary(uniqueKeysWithValues: comparison.map { ($0.key.rawValue, .string($0.value.rawValue)) }))
    }
    return claims
  }
}

/// Fresh randomness for what is to be signed.
enum SessionNonce {
  /// 32 bytes of the system's generator.
  static func make() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }
}
