/// Questions to an OCSP responder (RFC 6960 §4.1), one certificate each, unsigned.
public enum OCSPRequestMessage {
  /// How the issuer is named in a CertID.
  public enum IssuerHash: String, Sendable, Hashable, CaseIterable {
    /// What every responder understands.
    case sha1
    /// Where the responder is known to understand it.
    case sha256
  }

  /// - Parameter nonce: 1…128 bytes, 32 by custom (RFC 9654 §2.1); nil asks without. Other lengths count as nil.
  public static func make(serial: Serial, issuer: TrustAnchor, nonce: [UInt8]?, hash: IssuerHash = .sha1) -> [UInt8] {
    let request = DERWriter.sequence(DERWriter.sequence(certID(serial, issuer, hash)))
    guard let nonce, (1...128).contains(nonce.count) else { return DERWriter.sequence(DERWriter.sequence(request)) }
    let value = DERWriter.octetString(DERWriter.octetString(nonce))
    let extensions = DERWriter.sequence(DERWriter.sequence(DERWriter.oid(.ocspNonce), value))
    return DERWriter.sequence(DERWriter.sequence(request, DERWriter.element(DERTag.contextConstructed(2), extensions)))
  }

  /// The same for a certificate that was verified.
  public static func make(certificate: VerifiedCertificate, nonce: [UInt8]?, hash: IssuerHash = .sha1) -> [UInt8] {
    make(serial: certificate.serial, issuer: certificate.issuer, nonce: nonce, hash: hash)
  }

  private static func certID(_ serial: Serial, _ issuer: TrustAnchor, _ hash: IssuerHash) -> [UInt8] {
    let identity = issuer.identity
    let (algorithm, name, key) =
      switch hash {
      case .sha1: (OID.sha1, identity.nameSHA1, identity.keySHA1)
      case .sha256: (OID.sha256, identity.nameSHA256, identity.keySHA256)
      }
    return DERWriter.sequence(
      DERWriter.sequence(DERWriter.oid(algorithm), DERWriter.null), DERWriter.octetString(name), DERWriter.octetString(key),
      DERWriter.element(DERTag.integer, serial.integerContent))
  }
}
