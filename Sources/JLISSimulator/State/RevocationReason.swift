/// Why a certificate was revoked, with the meaning J-LIS gives the codes of RFC 5280 §5.3.1 (jpki.md §6).
public enum RevocationReason: String, Sendable, Codable, CaseIterable {
  /// Discarded before delivery. Written by leaving the reason out (RFC 5280: "unspecified (0) … should be absent").
  case unspecified
  /// The card's key is known to somebody else.
  case keyCompromise
  /// The authority's key is known to somebody else.
  case cACompromise
  /// Certified content, that is one of the four items, has changed.
  case affiliationChanged
  /// Renewed.
  case superseded
  /// Use has ended: given up by the holder, or the holder has died.
  case cessationOfOperation
  /// A key is suspected; never released.
  case certificateHold

  /// `CRLReason` (RFC 5280 §5.3.1).
  var code: UInt8 {
    switch self {
    case .unspecified: 0
    case .keyCompromise: 1
    case .cACompromise: 2
    case .affiliationChanged: 3
    case .superseded: 4
    case .cessationOfOperation: 5
    case .certificateHold: 6
    }
  }
}
