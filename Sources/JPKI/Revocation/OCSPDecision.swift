public import Foundation

/// How exact clocks and responders have to be.
public struct OCSPTolerance: Sendable, Hashable {
  /// The widest skew that can be set, in seconds: whoever's clock is further off has to be repaired, not tolerated.
  public static let widestClockSkew: TimeInterval = 300

  /// How far clocks may differ, in seconds.
  public var clockSkew: TimeInterval
  /// How old an answer without nextUpdate may be, in seconds. Such an answer is never to be cached.
  public var maximumAgeWithoutNextUpdate: TimeInterval
  /// Whether a nonce that was sent must come back. One that comes back must be the one that was sent in any case (RFC 9654 §2.1).
  public var requiresNonce: Bool

  /// One minute of skew, at most five; 15 minutes of age, J-LIS's interval; nonces must come back.
  public init(clockSkew: TimeInterval = 60, maximumAgeWithoutNextUpdate: TimeInterval = 15 * 60, requiresNonce: Bool = true) {
    self.clockSkew = min(max(clockSkew, 0), Self.widestClockSkew)
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

  init(status: RevocationStatus, thisUpdate: Date?, nextUpdate: Date?, producedAt: Date?) {
    self.status = status
    self.thisUpdate = thisUpdate
    self.nextUpdate = nextUpdate
    self.producedAt = producedAt
  }

  /// No answer came: that is neither revoked nor good, whatever kept it away.
  public init(noAnswer reason: OCSPSilence) {
    self.init(status: .unknown(reason.reason), thisUpdate: nil, nextUpdate: nil, producedAt: nil)
  }
}

/// What kept an answer away.
public enum OCSPSilence: Sendable, Hashable, CaseIterable {
  /// No connection, an HTTP error, a redirection, or the door rests after failures.
  case unavailable
  /// Not within the time allowed.
  case timeout
  /// More bytes than are read.
  case tooLarge
  /// Of another content type.
  case malformed

  var reason: VerificationReason {
    switch self {
    case .unavailable: .ocspUnavailable
    case .timeout: .ocspTimeout
    case .tooLarge: .ocspTooLarge
    case .malformed: .ocspMalformed
    }
  }
}
