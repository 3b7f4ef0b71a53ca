public import CitizenItems

/// A My Number Card as software: two keys, two certificates, no PIN (it never transits anyway). Prints as `<redacted>`.
public struct VirtualCard: Redacted {
  private let signing: Slot
  private let authentication: Slot

  struct Slot: Sendable {
    let certificate: [UInt8]
    let key: RSAKey
  }

  init(signing: Slot, authentication: Slot) {
    self.signing = signing
    self.authentication = authentication
  }

  /// 署名用電子証明書, DER.
  public var signingCertificate: [UInt8] { signing.certificate }
  /// 利用者証明用電子証明書, DER.
  public var authenticationCertificate: [UInt8] { authentication.certificate }

  /// Signs with the signing key what the caller supplies. As with the real card it should be a DER DigestInfo and nobody checks (jpki.md §5).
  ///
  /// - Returns: 256 bytes.
  /// - Throws: ``CardRefusal`` beyond 245 bytes.
  public func sign(digestInfo: [UInt8]) throws(CardRefusal) -> [UInt8] {
    try signing.key.signature(aroundDigestInfo: digestInfo)
  }

  /// The same with the authentication key.
  public func authenticate(digestInfo: [UInt8]) throws(CardRefusal) -> [UInt8] {
    try authentication.key.signature(aroundDigestInfo: digestInfo)
  }
}
