/// Questions to an OCSP responder (RFC 6960 §4.1), one certificate each.
public enum OCSPRequestMessage {
  /// How the issuer is named in a CertID.
  public enum IssuerHash: String, Sendable, Hashable, CaseIterable {
    /// What every responder understands.
    case sha1
    /// Where the responder is known to understand it.
    case sha256
  }

  /// An unsigned question.
  ///
  /// - Parameter nonce: 1…128 bytes, 32 by custom (RFC 9654 §2.1); nil asks without. Other lengths count as nil.
  public static func make(serial: Serial, issuer: TrustAnchor, nonce: [UInt8]?, hash: IssuerHash = .sha1) -> [UInt8] {
    DERWriter.sequence(tbsRequest(serial, issuer, nonce, hash, requestor: []))
  }

  /// The same for a certificate that was verified.
  public static func make(certificate: VerifiedCertificate, nonce: [UInt8]?, hash: IssuerHash = .sha1) -> [UInt8] {
    make(serial: certificate.serial, issuer: certificate.issuer, nonce: nonce, hash: hash)
  }

  /// The same with the client's signature, where there is a signer.
  public static func make(
    serial: Serial, issuer: TrustAnchor, nonce: [UInt8]?, hash: IssuerHash, signer: OCSPRequestSigner?
  ) throws(OCSPSignerError) -> [UInt8] {
    guard let signer else { return make(serial: serial, issuer: issuer, nonce: nonce, hash: hash) }
    let request = tbsRequest(serial, issuer, nonce, hash, requestor: signer.requestorName)
    return DERWriter.sequence(request, try signer.signature(over: request))
  }

  private static func tbsRequest(
    _ serial: Serial, _ issuer: TrustAnchor, _ nonce: [UInt8]?, _ hash: IssuerHash, requestor: [UInt8]
  ) -> [UInt8] {
    let list = DERWriter.sequence(DERWriter.sequence(certID(serial, issuer, hash)))
    guard let nonce, (1...128).contains(nonce.count) else { return DERWriter.sequence(requestor, list) }
    let value = DERWriter.octetString(DERWriter.octetString(nonce))
    let extensions = DERWriter.sequence(DERWriter.sequence(DERWriter.oid(.ocspNonce), value))
    return DERWriter.sequence(requestor, list, DERWriter.element(DERTag.contextConstructed(2), extensions))
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
