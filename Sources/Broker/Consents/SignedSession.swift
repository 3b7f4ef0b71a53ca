internal import Foundation
internal import JPKI
internal import PostgreSQL

/// What signatures over consents and over withdrawals have in common: a stored session, a signing certificate, one subject.
struct SignedSession: Sendable {
  let core: BrokerCore
  let caller: Caller
  let session: SessionRow
  let id: ConsentSessionID
  let purpose: ToBeSigned.Purpose

  /// Verifies the card over the session's bytes, and that it is the subject's.
  func examine(_ material: CardMaterial) async throws -> Examination {
    guard session.state == "awaitingSignature" else {
      throw Refusal(.conflict, "sessionClosed", "Too many signatures failed; the session is closed.", nextStep: "Start a new one.")
    }
    guard core.clock.now() < session.expiresAt else { throw StatelessSession.expired }
    let examination = try await core.examiner.examine(material.main, over: session.toBeSigned, kind: .signing, caller: caller)
    guard case .sound(let sound) = examination else { return examination }
    let indexes = try await core.vault.tenantKeys(caller.tenantID).indexes(of: sound.certificate.serial, kind: .signing)
    let found = try await core.database.query(
      caller.tenantID, StandingStore.bindingBySerial, [.uuid(caller.tenantID.uuid), .text("signing"), .bytesArray(indexes)])
    guard let row = found.rows.first, SubjectID(try row.uuid(1)) == session.subjectID else {
      // A sound card, of somebody else or not yet bound: it is not this person who agrees.
      return .refused(Verdict(.linkFailed), nil)
    }
    return examination
  }

  /// Records a refused signature; the session stays open for another try, up to a limit.
  func refuse(_ verdict: Verdict, _ part: SoundPart?, _ claim: Idempotency.Claim) async throws -> ConsentSignatureOutcome {
    _ = try await core.standing.noteRefused(caller, part)
    let outcome = ConsentSignatureOutcome(
      id: id, verdict: verdict, consents: [], receipt: nil,
      evidence: VerificationEvidence(id: core.ids.next(), at: core.clock.now(), part?.revocation))
    try await core.database.transaction(caller.tenantID) { transaction in
      try await transaction.pipeline([
        BoundStatement(SessionStore.attempt, [.uuid(caller.tenantID.uuid), .uuid(session.uuid), .int4(Int32(SessionRow.maximumAttempts))]),
        VerificationStore.insert(
          outcome.evidence, tenant: caller.tenantID, purpose: VerificationPurpose(purpose), session: session.uuid,
          subject: session.subjectID, verdict: verdict),
        core.audit.record(
          .consentSigned, by: caller, subject: session.subjectID, object: id.description, purpose: "signatureVerification",
          outcome: verdict.result,
          detail: ["session": purpose.rawValue].merging(part?.revocation.auditDetail ?? [:]) { $1 }),
      ])
      try await core.idempotency.finish(claim, outcome, in: transaction)
    }
    return outcome
  }

  /// Closes the session with its outcome; refuses where another signature was quicker.
  func complete(_ outcome: ConsentSignatureOutcome, subject: SubjectID, _ claim: Idempotency.Claim, in transaction: TenantTransaction)
    async throws
  {
    let completed = try await transaction.query(
      SessionStore.complete,
      [
        .uuid(caller.tenantID.uuid), .uuid(session.uuid), .uuid(subject.uuid), .text(Data(claim.digests.key).base64EncodedString()),
        .json(String(decoding: try JSONEncoder().encode(outcome), as: UTF8.self)),
      ])
    guard completed.affectedRows == 1 else {
      throw Refusal(.conflict, "concurrentChange", "Another signature completed this session.", nextStep: "Look at the consents.")
    }
  }
}
