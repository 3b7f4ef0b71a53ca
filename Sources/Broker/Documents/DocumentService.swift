internal import CitizenItems
internal import Foundation
internal import JOSE
internal import JPKI
internal import PostgreSQL

/// 文書の署名検証: verifies what a person signed with the signing certificate without a session of ours, such as a contract or an application.
///
/// Of the document only the digest is known here. Verifying it again is no misuse: each time is evidence of its own.
public struct DocumentService: Sendable {
  let core: BrokerCore
  let book: ConsentBook

  /// A document and its signature, ready to be looked at.
  private struct Material {
    let part: CardMaterial.Part
    let digest: [UInt8]
  }

  /// Material, or why it cannot be looked at.
  private enum Reading {
    case material(Material)
    case refused(Verdict, digest: [UInt8]?)
  }

  /// Verifies form, trust, profile, validity, signature and revocation; recognises the person; hands over items that the consents name.
  ///
  /// - Throws: `Refusal`: `documentMissing`, `digestInvalid`, `documentPurposeInvalid`, those of cards, consents and idempotency.
  public func verify(_ caller: Caller, _ draft: DocumentDraft, request: RepeatableRequest) async throws -> DocumentAnswer {
    try caller.require(.documents)
    try Self.check(draft)
    switch try await core.idempotency.claim(caller, request, as: DocumentOutcome.self) {
    case .answered(let outcome, let at): return try await rebuild(caller, draft, outcome, at)
    case .claimed(let claim):
      do {
        return try await perform(caller, draft, claim)
      } catch {
        await core.idempotency.release(claim)
        throw error
      }
    }
  }

  private static func check(_ draft: DocumentDraft) throws(Refusal) {
    if let digest = draft.digest, digest.count != 32 {
      throw Refusal.field(
        "/digest", "digestInvalid", "The digest is not 32 bytes of SHA-256.", nextStep: "Send SHA-256 in base64url without padding.")
    }
    let purpose = Array(draft.purpose.utf8)
    func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    guard (1...64).contains(purpose.count), isLetter(purpose[0]),
      purpose.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0) })
    else {
      throw Refusal.field(
        "/purpose", "documentPurposeInvalid", "The purpose is not a word such as contract or loanApplication.",
        nextStep: "Send a letter, then letters, digits, '.', '_' or '-', at most 64 in all; nothing personal.")
    }
  }

  private func perform(_ caller: Caller, _ draft: DocumentDraft, _ claim: Idempotency.Claim) async throws -> DocumentAnswer {
    // Before anything is looked at: what the request names must exist.
    let agreed =
      draft.consents.isEmpty
      ? AgreedConsents()
      : try await core.database.transaction(caller.tenantID) { try await book.agree(draft.consents, caller: caller, in: $0) }
    let material: Material
    switch try await read(caller, draft) {
    case .refused(let verdict, let digest): return try await refuse(caller, draft, digest, verdict, nil, claim)
    case .material(let read): material = read
    }
    switch try await core.examiner.examine(material.part, overDigest: material.digest, kind: .signing, caller: caller) {
    case .refused(let verdict, let part): return try await refuse(caller, draft, material.digest, verdict, part, claim)
    case .sound(let part):
      let outcome = try await record(caller, draft, agreed, material, part, claim)
      await KeyVersionUptake(core: core).saw(part.certificate.items, of: outcome.subjectID, tenant: caller.tenantID)
      return DocumentAnswer(outcome: outcome, items: Self.disclosed(caller, draft, part.certificate.items), itemsHandedOver: false)
    }
  }

  /// Opens the card and finds out which document it is about.
  private func read(_ caller: Caller, _ draft: DocumentDraft) async throws -> Reading {
    let part: CardMaterial.Part
    switch draft.signature {
    case .card(let input):
      if case .envelope = input, draft.digest == nil { throw Self.documentMissing }
      // In place of a session the envelope names the document (house.md, What a card signs).
      let material = try await core.opener.open(input, caller: caller, session: draft.digest.map { Base64URL.encode($0) } ?? "")
      guard material.authentication == nil else {
        throw Refusal.field(
          "/card/authentication", "authenticationNotTaken", "A document is signed with the signing certificate alone.",
          nextStep: "Leave authentication out.")
      }
      guard material.main.format == .cms else {
        guard let digest = draft.digest else { throw Self.documentMissing }
        return .material(Material(part: material.main, digest: digest))
      }
      part = material.main
    case .message:
      // Stands for the question whether this tenant may send plain material at all.
      _ = try await core.opener.open(
        .plain(CardMaterial(main: .init(format: .cms, signature: [], certificate: nil), authentication: nil)), caller: caller, session: "")
      part = .init(format: .cms, signature: [], certificate: nil)
    }
    let message: DocumentMessage.Read = if case .message(let read) = draft.signature { read } else { DocumentMessage.read(part.signature) }
    let detached: [UInt8]
    switch message.detached {
    case .failure(let failure): return .refused(Verdict(failure), digest: draft.digest)
    case .success(let bytes): detached = bytes
    }
    guard let digest = draft.digest ?? message.attachedDigest else { throw Self.documentMissing }
    guard message.attachedDigest == nil || message.attachedDigest == digest else {
      return .refused(Verdict(VerificationFailure(.cmsContentMismatch)), digest: digest)
    }
    return .material(Material(part: .init(format: .cms, signature: detached, certificate: part.certificate), digest: digest))
  }

  private static let documentMissing = Refusal.field(
    "/digest", "documentMissing", "It is not said which document was signed.",
    nextStep: "Send the document as content, or its SHA-256 as digest; only a plain CMS message may carry it inside.")

  /// One transaction: the subject if known, receipt, evidence, audit event, answer.
  private func record(
    _ caller: Caller, _ draft: DocumentDraft, _ agreed: AgreedConsents, _ material: Material, _ part: SoundPart, _ claim: Idempotency.Claim
  ) async throws -> DocumentOutcome {
    let digest = material.digest
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    let evidence = VerificationEvidence(id: core.ids.next(), at: core.clock.now(), part.revocation)
    return try await core.database.transaction(caller.tenantID) { transaction in
      let subject = try await subject(of: part, keys, in: transaction)
      var pair: OnboardedPair?
      if let subject, caller.scopes.contains(.matching) {
        let rows = try await core.pairs.pairs(of: subject, keys: keys, in: transaction)
        pair = (rows.last { $0.state == .active } ?? rows.last).map { OnboardedPair(id: $0.id, state: $0.state) }
      }
      let receipt = VerificationReceipt(
        evidence, purpose: .document, signed: digest, caller: caller, subject: subject,
        particulars: DocumentReceiptClaims.make(draft, agreed))
      let outcome = DocumentOutcome(
        verdict: .ok, digest: digest, subjectID: subject, pair: pair, receipt: try await core.receipts.sign(receipt, for: caller.tenantID),
        evidence: evidence)
      try await transaction.pipeline(
        try core.evidence.keep(
          EvidenceKeeper.Matter(
            kind: .documentSignature, evidence: evidence, subject: subject, toBeSigned: nil, documentDigest: digest, main: material.part,
            authentication: nil, revocation: part.revocation), by: caller))
      try await write(caller, draft, outcome, subject, claim, in: transaction)
      return outcome
    }
  }

  /// The subject whom this tenant knows by this certificate, if any.
  private func subject(of part: SoundPart, _ keys: TenantKeys, in transaction: TenantTransaction) async throws -> SubjectID? {
    let certificate = part.certificate
    let found = try await transaction.query(
      StandingStore.bindingBySerial,
      [
        .uuid(keys.tenantID.uuid), .text(certificate.kind.rawValue),
        .bytesArray(keys.indexes(of: certificate.serial, kind: certificate.kind)),
      ])
    guard let row = found.rows.first else { return nil }
    let subject = SubjectID(try row.uuid(1))
    return try await core.pairs.lock(subject, tenant: keys.tenantID, in: transaction) ? subject : nil
  }

  private func refuse(
    _ caller: Caller, _ draft: DocumentDraft, _ digest: [UInt8]?, _ verdict: Verdict, _ part: SoundPart?, _ claim: Idempotency.Claim
  ) async throws -> DocumentAnswer {
    let subject = try await core.standing.noteRefused(caller, part)
    let outcome = DocumentOutcome(
      verdict: verdict, digest: digest, subjectID: nil, pair: nil, receipt: nil,
      evidence: VerificationEvidence(id: core.ids.next(), at: core.clock.now(), part?.revocation))
    try await core.database.transaction(caller.tenantID) { transaction in
      try await write(caller, draft, outcome, subject, claim, in: transaction)
    }
    return DocumentAnswer(outcome: outcome, items: nil, itemsHandedOver: false)
  }

  /// Evidence, audit event and the answer to repeats (laws 4 and 6).
  private func write(
    _ caller: Caller, _ draft: DocumentDraft, _ outcome: DocumentOutcome, _ subject: SubjectID?, _ claim: Idempotency.Claim,
    in transaction: TenantTransaction
  ) async throws {
    var detail = ["purpose": draft.purpose, "consents": String(draft.consents.count)]
    detail["reason"] = outcome.verdict.reason
    try await transaction.pipeline([
      VerificationStore.insert(
        outcome.evidence, tenant: caller.tenantID, purpose: .document, session: nil, subject: subject, verdict: outcome.verdict,
        documentDigest: outcome.digest, documentPurpose: draft.purpose,
        notices: String(decoding: try JSONEncoder().encode(draft.consents), as: UTF8.self)),
      core.audit.record(
        .documentVerified, by: caller, subject: subject, object: outcome.evidence.id.description, purpose: "signatureVerification",
        outcome: outcome.verdict.result, detail: detail),
    ])
    try await core.idempotency.finish(claim, outcome, in: transaction)
  }

  /// A repeat of an answered request: items again within ten minutes, from the repeated body; later only word that they were handed over.
  private func rebuild(_ caller: Caller, _ draft: DocumentDraft, _ outcome: DocumentOutcome, _ at: Date) async throws -> DocumentAnswer {
    let isDisclosing = outcome.verdict.isOK && caller.status == .deemedVerifier && draft.consents.contains { !$0.items.isEmpty }
    guard isDisclosing, core.clock.now() < at.addingTimeInterval(OnboardingService.rebuildSeconds) else {
      return DocumentAnswer(outcome: outcome, items: nil, itemsHandedOver: isDisclosing)
    }
    guard case .material(let material) = try await read(caller, draft),
      let certificate = try? core.examiner.verifier.verify(
        CardSignature(format: material.part.format, signature: material.part.signature, certificate: material.part.certificate),
        overDigest: material.digest, kind: .signing, at: outcome.evidence.checkedAt)
    else { return DocumentAnswer(outcome: outcome, items: nil, itemsHandedOver: true) }
    return DocumentAnswer(outcome: outcome, items: Self.disclosed(caller, draft, certificate.items), itemsHandedOver: false)
  }

  /// Items of the certificate that the consents name; for deemed verifiers only (jpki.md §9).
  private static func disclosed(_ caller: Caller, _ draft: DocumentDraft, _ items: FourItems?) -> DisclosedItems? {
    let agreed = Set(draft.consents.flatMap(\.items))
    guard caller.status == .deemedVerifier, !agreed.isEmpty, let items else { return nil }
    return DisclosedItems(items, only: agreed)
  }
}

/// What a document's receipt says beside what every receipt of a verification says.
enum DocumentReceiptClaims {
  static func make(_ draft: DocumentDraft, _ agreed: AgreedConsents) -> [String: JSONValue] {
    var claims: [String: JSONValue] = ["documentPurpose": .string(draft.purpose)]
    if !agreed.notices.isEmpty {
      claims["notices"] = .array(
        zip(agreed.notices, agreed.selections).map { notice, selection in
          .object([
            "notice": .string(notice.id.description), "version": .integer(Int64(notice.version)),
            "digest": .string(Base64URL.encode(notice.digest)), "purposes": .array(selection.purposes.map { .string($0) }),
            "items": .array(selection.items.map { .string($0.rawValue) }),
          ])
        })
    }
    return claims
  }
}
