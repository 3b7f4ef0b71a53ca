/// A secret by which the broker makes tags, of either scheme. Prints as `<redacted>`.
public enum TagKey: Redacted, Equatable {
  /// Shared with the bank.
  case hmac(EdgeKey)
  /// The broker's alone.
  case voprf(VOPRFKey)

  /// 1, 2, … within tenant and scheme.
  public var version: Int {
    switch self {
    case .hmac(let key): key.version
    case .voprf(let key): key.version
    }
  }

  /// What both sides compare.
  public var fingerprint: String {
    switch self {
    case .hmac(let key): key.fingerprint
    case .voprf(let key): key.publicKey.fingerprint
    }
  }

  /// The tag of canonical items; for `voprf` it takes about a millisecond.
  ///
  /// - Throws: `TagError.keyForm` if the library refuses the key (it does not for one that was taken).
  public func tag(of canonical: [UInt8]) throws(TagError) -> EdgeTag {
    switch self {
    case .hmac(let key): EdgeTag.hmac(canonical, key: key)
    case .voprf(let key): try key.tag(of: canonical)
    }
  }
}
