/// The digests that a signature may be made over.
public enum DigestAlgorithm: String, Sendable, Hashable, CaseIterable {
  /// SHA-256: what cards sign today.
  case sha256
  /// SHA-384, where the profile allows it.
  case sha384
  /// SHA-512, where the profile allows it.
  case sha512

  /// Bytes of a digest.
  public var length: Int {
    switch self {
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  /// The digest of these bytes.
  public func digest(of bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .sha256: Hash.sha256(bytes)
    case .sha384: Hash.sha384(bytes)
    case .sha512: Hash.sha512(bytes)
    }
  }

  /// By the identifier inside a DigestInfo.
  init?(_ oid: OID) {
    switch oid {
    case .sha256: self = .sha256
    case .sha384: self = .sha384
    case .sha512: self = .sha512
    default: return nil
    }
  }

  /// By the identifier of an RSA signature.
  init?(signature oid: OID) {
    switch oid {
    case .sha256WithRSA: self = .sha256
    case .sha384WithRSA: self = .sha384
    case .sha512WithRSA: self = .sha512
    default: return nil
    }
  }
}
