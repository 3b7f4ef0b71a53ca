public import Foundation
public import JOSE

/// One person's word that an evidence envelope may be opened: a JWS by a key that only that person has. Form: our own (`yonjo-evidence-approval+jwt`).
public struct EvidenceApproval: Sendable {
  static let type = "yonjo-evidence-approval+jwt"
  /// How long it counts, in seconds.
  public static let lifetimeSeconds: TimeInterval = 24 * 60 * 60

  /// Who approved.
  public let approver: String
  /// Why.
  public let reason: String

  /// Signs an approval.
  ///
  /// - Throws: `JOSEError`.
  public static func sign(
    envelope: EvidenceID, of tenant: TenantID, approver: String, reason: String, at now: Date, key: SigningKey
  ) throws(JOSEError) -> String {
    try JSONWebToken.sign(
      JSONWebToken.Claims([
        "sub": .string(envelope.description), "aud": .string(tenant.description), "iss": .string(approver), "reason": .string(reason),
        "iat": .integer(Int64(now.timeIntervalSince1970)), "exp": .integer(Int64((now + lifetimeSeconds).timeIntervalSince1970)),
      ]), type: type, key: key)
  }

  /// Reads approvals and takes them only where two persons, each with a key of their own, approved this very opening within a day.
  ///
  /// - Parameter approvers: the public keys of those who may approve, by name.
  /// - Throws: `Refusal`: `approvalInvalid`, `approvalsMissing`.
  static func check(
    _ texts: [String], envelope: EvidenceID, of tenant: TenantID, approvers: [String: JSONWebKey], at now: Date
  ) throws(Refusal) -> [EvidenceApproval] {
    var found: [String: EvidenceApproval] = [:]
    var keys: Set<String> = []
    for text in texts.prefix(8) {
      let invalid = Refusal(
        .forbidden, "approvalInvalid", "An approval is not one for this envelope by somebody who may approve, or it is older than a day.",
        nextStep: "Have it made anew with `yonjo evidence approve`.")
      guard let (header, unverified) = try? JSONWebSignature.unverifiedParts(text.trimmingCharacters(in: .whitespacesAndNewlines)),
        header.type == type, let name = (try? JSONValue(parsing: unverified))?["iss"]?.string, var key = approvers[name]
      else { throw invalid }
      // By the key that was set down for that name, whatever the token says of its key.
      key.kid = header.keyID
      guard
        let (_, payload) = try? JSONWebSignature.verify(text.trimmingCharacters(in: .whitespacesAndNewlines), keys: [key]),
        let claims = try? JSONValue(parsing: payload), claims["sub"]?.string == envelope.description,
        claims["aud"]?.string == tenant.description, let reason = claims["reason"]?.string, !reason.isEmpty,
        let issued = claims["iat"]?.integer, let expires = claims["exp"]?.integer,
        Date(timeIntervalSince1970: TimeInterval(issued)) <= now.addingTimeInterval(60),
        TimeInterval(expires - issued) <= lifetimeSeconds, now < Date(timeIntervalSince1970: TimeInterval(expires))
      else { throw invalid }
      found[name] = EvidenceApproval(approver: name, reason: reason)
      keys.insert(key.thumbprint)
    }
    guard found.count >= 2, keys.count >= 2 else {
      throw Refusal(
        .forbidden, "approvalsMissing", "An envelope is opened with the approvals of two persons, each with a key of their own.",
        nextStep: "Have both run `yonjo evidence approve`, and give both files.")
    }
    return found.values.sorted { $0.approver < $1.approver }
  }
}
