internal import Foundation

/// Who may answer for an issuer: itself, or whom it named (RFC 6960 §4.2.2.2).
enum OCSPResponder {
  /// The key that the answer must be signed with.
  static func key(for response: OCSPResponse, issuer: TrustAnchor, at: Date, revocationList: RevocationList?) throws(VerificationFailure)
    -> RSAPublicKey
  {
    let isIssuer =
      switch response.responder {
      case .name(let name): name == issuer.subject
      case .keyHash(let hash): hash == issuer.identity.keySHA1
      }
    if isIssuer {
      guard issuer.notBefore <= at, at.wholeSeconds <= issuer.notAfter.wholeSeconds else {
        throw VerificationFailure(.ocspResponderExpired)
      }
      return issuer.key
    }
    for der in response.certificates where der.count <= JPKIProfile.maximumCertificateBytes {
      guard let fields = try? CertificateFields(der), names(response.responder, fields) else { continue }
      return try delegate(fields, issuer, at, revocationList)
    }
    throw VerificationFailure(.ocspResponder)
  }

  private static func names(_ responder: OCSPResponse.Responder, _ fields: CertificateFields) -> Bool {
    switch responder {
    case .name(let name): fields.der[fields.subject.whole] == name[...]
    case .keyHash(let hash): Hash.sha1(fields.der[fields.publicKey.bits]) == hash
    }
  }

  /// A certificate issued directly by the anchor, for signing OCSP answers, in force.
  private static func delegate(
    _ fields: CertificateFields, _ issuer: TrustAnchor, _ at: Date, _ revocationList: RevocationList?
  ) throws(VerificationFailure) -> RSAPublicKey {
    let extensions = DecodedExtensions(fields.extensions)
    guard fields.version == 3, extensions.areUnique, extensions.areWellFormed, extensions.knowsAllCritical, !fields.hasUniqueIdentifiers,
      fields.der[fields.issuer.whole] == issuer.subject[...],
      extensions.authorityKey?.keyIdentifier ?? issuer.subjectKeyIdentifier == issuer.subjectKeyIdentifier,
      extensions.extendedKeyUsage?.contains(.ocspSigning) == true, extensions.basicConstraints?.isAuthority != true,
      extensions.keyUsage.map({ !$0.isDisjoint(with: [.digitalSignature, .nonRepudiation]) }) ?? true,
      (2048...8192).contains(fields.publicKey.modulusBits),
      fields.isSigned(by: issuer.key), let key = fields.rsaKey, let serial = Serial(fields.serial.contentBytes)
    else { throw VerificationFailure(.ocspResponder) }
    let now = at.wholeSeconds
    guard fields.notBefore.seconds <= now, now <= fields.notAfter.seconds else { throw VerificationFailure(.ocspResponderExpired) }
    if !extensions.hasNoCheck {
      // Without ocsp-nocheck somebody must say that the delegate still stands (RFC 6960 §4.2.2.2.1).
      guard let revocationList, revocationList.issuer == issuer, revocationList.status(of: serial, at: at) == .good else {
        throw VerificationFailure(.ocspResponderUnchecked)
      }
    }
    return key
  }
}
