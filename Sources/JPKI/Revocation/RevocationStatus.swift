public import Foundation

/// What a revocation means to whoever relied on the certificate. J-LIS's reason code itself never leaves this room.
public enum RevocationMeaning: String, Sendable, Hashable, CaseIterable {
  /// The certified content changed (affiliationChanged): the person moved or changed the name.
  case contentChanged
  /// The certificate ended for any other reason; a hold is never released, so it counts here too.
  case ended
}

/// Why a status is not known.
public typealias UnknownReason = VerificationReason

/// What is known of a certificate's revocation. Unknown is not good.
public enum RevocationStatus: Sendable, Hashable {
  /// Not revoked, as of the source's time.
  case good
  /// Revoked at that time.
  case revoked(RevocationMeaning, at: Date)
  /// Nobody can say, for this reason.
  case unknown(UnknownReason)

  /// Changed, ended, or why nobody can say; nil when good.
  public var reason: VerificationReason? {
    switch self {
    case .good: nil
    case .revoked(.contentChanged, _): .contentChanged
    case .revoked(.ended, _): .ended
    case .unknown(let reason): reason
    }
  }
}

/// CRLReason (RFC 5280 §5.3.1), for counting; what it means is `RevocationMeaning`.
public enum RevocationReasonCode: UInt8, Sendable, Hashable, CaseIterable {
  /// Discarded before delivery.
  case unspecified = 0
  /// The key is compromised.
  case keyCompromise = 1
  /// The authority is compromised.
  case cACompromise = 2
  /// The certified content changed.
  case affiliationChanged = 3
  /// Renewed.
  case superseded = 4
  /// Use ended.
  case cessationOfOperation = 5
  /// A suspected key; never released.
  case certificateHold = 6
  /// Privilege withdrawn.
  case privilegeWithdrawn = 9
  /// The attribute authority is compromised.
  case aACompromise = 10
  /// A code that RFC 5280 does not know, or no reason at all.
  case other = 255

  /// jpki.md §6.
  var meaning: RevocationMeaning { self == .affiliationChanged ? .contentChanged : .ended }
}
