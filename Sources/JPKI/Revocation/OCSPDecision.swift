public import Foundation

/// How exact clocks and responders have to be.
public struct OCSPTolerance: Sendable, Hashable {
  /// How far clocks may differ, in seconds.
  public var clockSkew: TimeInterval
  /// How old an answer without nextUpdate may be, in seconds. Such an answer is never to be cached.
  public var maximumAgeWithoutNextUpdate: TimeInterval
  /// Whether a nonce that was sent must come back.
  public var requiresNonce: Bool

  /// One minute of skew; 15 minutes of age, J-LIS's interval; nonces must come back.
  public init(clockSkew: TimeInterval = 60, maximumAgeWithoutNextUpdate: TimeInterval = 15 * 60, requiresNonce: Bool = true) {
    self.clockSkew = max(clockSkew, 0)
    self.maximumAgeWithoutNextUpdate = max(maximumAgeWithoutNextUpdate, 0)
    self.requiresNonce = requiresNonce
  }
}

/// What an OCSP answer is worth.
public struct OCSPDecision: Sendable, Hashable {
  /// The status; unknown whenever anything about the answer is wrong.
  public let status: RevocationStatus
  /// The source's time, once the signature has verified.
  public let thisUpdate: Date?
  /// Until when the answer stands; nil: it must not be cached.
  public let nextUpdate: Date?
  /// When the answer was signed.
  public let producedAt: Date?
  /// Changed, ended, or why the status is unknown; nil when good.
  public var reason: VerificationReason? { status.reason }
}
