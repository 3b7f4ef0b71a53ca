public import Foundation
public import JOSE
public import JPKI
internal import PostgreSQL

/// What an opened evidence envelope proves.
public struct OpenedEvidence: Sendable {
  /// The envelope.
  public let envelope: EvidenceEnvelope
  /// When the signature was verified the first time; it is proven again as of then.
  public let checkedAt: Date
  /// `ok`, or why the signature is not proven.
  public let result: String
  /// Finer, where it is not.
  public let reason: String?
  /// How revocation was looked at then: `ocsp`, `crl` or `none`.
  public let revocationMethod: String
  /// What the kept proof of it says now: `proven`, `stated` (a list's word, of which the time is kept), `override`, or why not.
  public let revocation: String
  /// When the source of the word on revocation knew it.
  public let sourceTime: Date?
  /// Who approved.
  public let approvers: [String]
  /// Files to keep: the signature, the certificate, what was signed, the responder's answer. The certificate holds items.
  public let parts: [String: [UInt8]]
}

/// Opens evidence envelopes: the operator's work, with the offline key at hand and two persons' approvals, on record.
public struct EvidenceAdministration: Sendable {
  private let database: Database
  private let clock: any WallClock
  private let ids: IdentifierSource
  private let audit: AuditTrail

  /// - Parameter database: connections of the operator role.
  public init(database: Database, clock: any WallClock) {
    self.database = database
    self.clock = clock
    ids = IdentifierSource(clock: clock)
    audit = AuditTrail(ids: ids, clock: clock)
  }

  /// What an opening needs.
  public struct Opening: Sendable {
    /// The envelope.
    public let envelope: EvidenceID
    /// Whose it is.
    public let tenant: TenantID
    /// The offline key.
    public let key: EvidencePrivateKey
    /// At least two.
    public let approvals: [String]
    /// Who may approve, by name.
    public let approvers: [String: JSONWebKey]
    /// Who opens it.
    public let operatorName: String

    /// Puts it together; nothing is checked yet.
    public init(
      envelope: EvidenceID, tenant: TenantID, key: EvidencePrivateKey, approvals: [String], approvers: [String: JSONWebKey],
      operatorName: String
    ) {
      self.envelope = envelope
      self.tenant = tenant
      self.key = key
      self.approvals = approvals
      self.approvers = approvers
      self.operatorName = operatorName
    }
  }

  /// Opens an envelope and proves its signature again. Recorded before anything of it is told; what was refused for its approvals is recorded, too.
  ///
  /// - Throws: `Refusal`: `notFound`, `evidenceShredded`, `evidenceKeyForeign`, `evidenceUnreadable`, those of ``EvidenceApproval``.
  public func open(_ opening: Opening, verifier: CardVerifier) async throws -> OpenedEvidence {
    let key: [SQLValue] = [.uuid(opening.tenant.uuid), .uuid(opening.envelope.uuid)]
    guard let row = try await database.query(opening.tenant, EvidenceStore.open, key).rows.first else {
      throw Refusal.notFound("evidence envelope")
    }
    let envelope = try EvidenceEnvelope(row)
    let approvals: [EvidenceApproval]
    do throws(Refusal) {
      approvals = try EvidenceApproval.check(
        opening.approvals, envelope: opening.envelope, of: opening.tenant, approvers: opening.approvers, at: clock.now())
    } catch {
      try await record(opening, envelope, outcome: error.code, statements: [])
      throw error
    }
    guard let sealed = try row.optionalBytes(9) else {
      throw Refusal(
        .conflict, "evidenceShredded", "The envelope was shredded at the end of its retention.", nextStep: "Nothing is left to open.")
    }
    guard envelope.keyID == opening.key.id else {
      throw Refusal(
        .unprocessable, "evidenceKeyForeign", "The envelope was sealed to another key.", nextStep: "Bring the key \(envelope.keyID).")
    }
    let place = EvidencePublicKey.place(
      tenant: opening.tenant, envelope: envelope.id, verification: envelope.verificationID, kind: envelope.kind)
    guard let plain = try? opening.key.open(sealed, place: place),
      let payload = try? JSONDecoder().decode(EvidencePayload.self, from: Data(plain)), payload.schema == EvidencePayload.schema,
      payload.tenantID == opening.tenant.description, payload.verificationID == envelope.verificationID.description
    else {
      throw Refusal(
        .conflict, "evidenceUnreadable", "The envelope does not open: it was changed, or put in another's place.",
        nextStep: "Look for the row in a backup; its digest stands beside it.")
    }
    let opened = Self.proof(payload, envelope, approvals.map(\.approver), verifier)
    try await record(
      opening, envelope, outcome: opened.result,
      statements: [
        BoundStatement(
          EvidenceStore.insertOpening,
          [
            .uuid(opening.tenant.uuid), .uuid(ids.nextUUID()), .uuid(envelope.id.uuid), .text(opening.operatorName),
            .textArray(approvals.map(\.approver)), .text(String(approvals[0].reason.prefix(500))), .text(opened.result),
            .timestamp(clock.now()),
          ])
      ])
    return opened
  }

  private func record(_ opening: Opening, _ envelope: EvidenceEnvelope, outcome: String, statements: [BoundStatement]) async throws {
    _ = try await database.unit(
      opening.tenant,
      statements + [
        audit.record(
          .evidenceOpened, tenant: opening.tenant, actor: "operator:" + opening.operatorName, subject: envelope.subjectID,
          object: envelope.id.description, outcome: outcome)
      ])
  }

  /// The signature, verified as it was the first time: with what was signed, the certificate, the roots, as of then.
  private static func proof(
    _ payload: EvidencePayload, _ envelope: EvidenceEnvelope, _ approvers: [String], _ verifier: CardVerifier
  ) -> OpenedEvidence {
    var parts: [String: [UInt8]] = ["signature": Array(payload.main.signature)]
    parts["certificate.der"] = payload.main.certificate.map { Array($0) }
    parts["signed"] = payload.toBeSigned.map { Array($0) }
    parts["document.sha256"] = payload.documentDigest.map { Array($0) }
    parts["ocsp.der"] = payload.revocation.ocspResponse.map { Array($0) }
    parts["authentication.signature"] = payload.authentication.map { Array($0.signature) }
    parts["authentication.certificate.der"] = payload.authentication?.certificate.map { Array($0) }
    var result = VerificationResult.ok.rawValue
    var reason: String?
    var revocation = "stated"
    do throws(VerificationFailure) {
      let certificate = try verify(payload, verifier)
      if let response = payload.revocation.ocspResponse { revocation = proven(Array(response), certificate, payload.checkedAt) }
    } catch {
      result = error.result.rawValue
      reason = error.reason.rawValue
      revocation = "notLookedAt"
    }
    return OpenedEvidence(
      envelope: envelope, checkedAt: payload.checkedAt, result: result, reason: reason, revocationMethod: payload.revocation.method,
      revocation: payload.revocation.isUnderOverride ? "override" : revocation, sourceTime: payload.revocation.sourceTime,
      approvers: approvers, parts: parts)
  }

  private static func verify(_ payload: EvidencePayload, _ verifier: CardVerifier) throws(VerificationFailure) -> VerifiedCertificate {
    let signature = CardSignature(
      format: CardSignature.Format(rawValue: payload.main.format) ?? .raw, signature: Array(payload.main.signature),
      certificate: payload.main.certificate.map { Array($0) })
    if let signed = payload.toBeSigned {
      return try verifier.verify(signature, over: Array(signed), kind: .signing, at: payload.checkedAt)
    }
    return try verifier.verify(
      signature, overDigest: payload.documentDigest.map { Array($0) } ?? [], kind: .signing, at: payload.checkedAt)
  }

  /// The responder's answer as of then. Its nonce was looked at when it came; that a delegate's own certificate stood then was, too.
  private static func proven(_ response: [UInt8], _ certificate: VerifiedCertificate, _ at: Date) -> String {
    let decision = OCSPAnswer.verify(response, serial: certificate.serial, issuer: certificate.issuer, nonce: nil, at: at) { _, _ in .good }
    return decision.status == .good ? "proven" : decision.reason?.rawValue ?? "unknown"
  }
}
