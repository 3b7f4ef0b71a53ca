public import Foundation
public import JPKI

/// What was found out about one certificate, how, and how old the word is.
public struct RevocationDecision: Sendable {
  /// Where the word came from.
  public enum Method: String, Sendable, Codable {
    case crl, ocsp
    /// Nobody gave any.
    case none
  }

  /// Nil where no source could be asked: as good as unknown.
  public let status: RevocationStatus?
  /// Where the word came from.
  public let method: Method
  /// When the source says that it knew this (thisUpdate).
  public let sourceTime: Date?
  /// When the broker asked.
  public let checkedAt: Date
  /// Why the status is unknown or ended.
  public let reason: VerificationReason?
  /// What the word serves: the law asks it of every use of revocation data (52条1項).
  public let purpose: CheckPurpose
  /// Whether the status is unknown and passes all the same, by the tenant's override.
  public let isUnderOverride: Bool
  /// The responder's signed answer; nil where a list spoke, or nobody.
  let proof: [UInt8]?

  init(
    status: RevocationStatus?, method: Method, sourceTime: Date?, checkedAt: Date, purpose: CheckPurpose, isUnderOverride: Bool = false,
    proof: [UInt8]? = nil
  ) {
    self.status = status
    self.method = method
    self.sourceTime = sourceTime
    self.checkedAt = checkedAt
    reason = status?.reason
    self.purpose = purpose
    self.isUnderOverride = isUnderOverride
    self.proof = proof
  }

  /// How old the word was when it was used, in whole seconds; nil without a word.
  public var ageSeconds: Int? { sourceTime.map { Int(checkedAt.timeIntervalSince($0).rounded(.down)) } }

  /// Unknown is not good (law 5).
  var isUnknown: Bool {
    switch status {
    case .good, .revoked: false
    case .unknown, nil: true
    }
  }

  /// Whether what was signed may be relied on, as far as revocation goes.
  var passes: Bool { status == .good || isUnderOverride }

  /// The result that this gives to a verification that is sound otherwise.
  var result: VerificationResult {
    switch status {
    case .good: .ok
    case .revoked: .certificateRevoked
    case .unknown, nil: isUnderOverride ? .ok : .revocationUnknown
    }
  }

  /// What an audit event says of it.
  var auditDetail: [String: String] {
    var detail = ["revocation": method.rawValue]
    if let ageSeconds { detail["revocationAgeSeconds"] = String(ageSeconds) }
    if isUnderOverride { detail["revocationOverride"] = reason?.rawValue ?? "noSource" }
    return detail
  }

  /// The same word, let pass where the tenant's override says so. That the responder does not know the certificate is its signed word and stays.
  func overridden(by override: RevocationOverride?) -> RevocationDecision {
    guard let override, isUnknown, reason != .ocspUnknownCertificate, checkedAt < override.until else { return self }
    return RevocationDecision(
      status: status, method: method, sourceTime: sourceTime, checkedAt: checkedAt, purpose: purpose, isUnderOverride: true)
  }
}
