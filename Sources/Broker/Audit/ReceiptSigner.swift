internal import Foundation
internal import JOSE

/// Signs receipts (証跡): JWS that a tenant keeps and anyone verifies with the published key alone.
struct ReceiptSigner: Sendable {
  /// What the claims mean. A reader refuses a schema that it does not know, so that a changed meaning is never taken for the old one.
  static let schema = "yonjo-receipt/1"

  let vault: KeyVault
  let issuer: String

  /// - Parameter claims: ids, digests, codes and times; never items.
  func sign(_ claims: [String: JSONValue], for tenant: TenantID, id: String, at now: Date) async throws -> String {
    guard let key = try await vault.platformKeys().receipt.first else { throw Refusal.unavailable("The key store") }
    var all = claims
    all["schema"] = .string(Self.schema)
    all["iss"] = .string(issuer)
    all["aud"] = .string(tenant.description)
    all["jti"] = .string(id)
    all["iat"] = .integer(Int64(now.timeIntervalSince1970))
    return try JSONWebToken.sign(JSONWebToken.Claims(all), type: "yonjo-receipt+jwt", key: key)
  }

  /// The receipt of a verification that was ok.
  func sign(_ receipt: VerificationReceipt, for tenant: TenantID) async throws -> String {
    try await sign(receipt.claims, for: tenant, id: receipt.evidence.id.description, at: receipt.evidence.checkedAt)
  }
}

/// What the receipt of a verification says: enough to be read in seven years with nothing but the published key.
struct VerificationReceipt: Sendable {
  let evidence: VerificationEvidence
  let claims: [String: JSONValue]

  /// - Parameters:
  ///   - signed: SHA-256 of what the card signed.
  ///   - caller: a `notVerifier` tenant's receipt does not say how and as of when revocation was looked at (jpki.md §9).
  ///   - particulars: what only this kind of verification has to say.
  init(
    _ evidence: VerificationEvidence, purpose: VerificationPurpose, signed: [UInt8], caller: Caller, subject: SubjectID?,
    particulars: [String: JSONValue]
  ) {
    var claims = particulars
    claims["purpose"] = .string(purpose.rawValue)
    claims["result"] = .string(Verdict.ok.result)
    claims["signed"] = .string(Base64URL.encode(signed))
    claims["signedAlgorithm"] = "SHA-256"
    claims["checkedAt"] = .integer(Int64(evidence.checkedAt.timeIntervalSince1970))
    if let subject { claims["sub"] = .string(subject.description) }
    if caller.status == .deemedVerifier {
      var revocation: [String: JSONValue] = ["method": .string(evidence.method)]
      if let time = evidence.sourceTime { revocation["sourceTime"] = .integer(Int64(time.timeIntervalSince1970)) }
      // Unknown, and passed by the tenant's documented override: whoever reads this in seven years must see it.
      if evidence.isUnderOverride == true { revocation["override"] = true }
      claims["revocation"] = .object(revocation)
    }
    self.evidence = evidence
    self.claims = claims
  }
}
