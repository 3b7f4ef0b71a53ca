internal import Foundation

/// Who may answer for an issuer: itself, or whom it named (RFC 6960 §4.2.2.2).
enum OCSPResponder {
  /// The keys one of which the answer must be signed with; never empty. More than one only where a responder of one name is just changing its key.
  static func keys(
    for response: OCSPResponse, issuer: TrustAnchor, at: Date, responderStatus: ((Serial, TrustAnchor) -> RevocationStatus)?
  ) throws(VerificationFailure) -> [PublicKey] {
    let isIssuer =
      switch response.responder {
      case .name(let name): name == issuer.subject
      case .keyHash(let hash): hash == issuer.identity.keySHA1
      }
    if isIssuer {
      guard issuer.notBefore <= at, at.wholeSeconds <= issuer.notAfter.wholeSeconds else {
        throw VerificationFailure(.ocspResponderExpired)
      }
      return [issuer.key]
    }
    var keys: [PublicKey] = []
    var failure = VerificationFailure(.ocspResponderMissing)
    for der in response.certificates where der.count <= JPKIProfile.maximumCertificateBytes {
      guard let fields = try? CertificateFields(der), names(response.responder, fields) else { continue }
      do throws(VerificationFailure) {
        keys.append(try delegate(fields, issuer, at, responderStatus))
      } catch {
        failure = error
      }
    }
    guard !keys.isEmpty else { throw failure }
    return keys
  }

  private static func names(_ responder: OCSPResponse.Responder, _ fields: CertificateFields) -> Bool {
    switch responder {
    case .name(let name): fields.der[fields.subject.whole] == name[...]
    case .keyHash(let hash): Hash.sha1(fields.der[fields.publicKey.bits]) == hash
    }
  }

  /// A certificate issued directly by the anchor, for signing OCSP answers, in force.
  private static func delegate(
    _ fields: CertificateFields, _ issuer: TrustAnchor, _ at: Date, _ responderStatus: ((Serial, TrustAnchor) -> RevocationStatus)?
  ) throws(VerificationFailure) -> PublicKey {
    let extensions = DecodedExtensions(fields.extensions)
    guard fields.der[fields.issuer.whole] == issuer.subject[...],
      extensions.authorityKey?.keyIdentifier ?? issuer.subjectKeyIdentifier == issuer.subjectKeyIdentifier,
      fields.isSigned(by: issuer.key)
    else { throw VerificationFailure(.ocspResponder) }
    guard extensions.extendedKeyUsage?.contains(.ocspSigning) == true else { throw VerificationFailure(.ocspResponderPurpose) }
    guard fields.version == 3, (try? DistinguishedName(fields.subject)) != nil, extensions.areUnique, extensions.areWellFormed,
      extensions.knowsAllCritical, !fields.hasUniqueIdentifiers,
      extensions.basicConstraints?.isAuthority != true,
      extensions.keyUsage.map({ !$0.isDisjoint(with: [.digitalSignature, .nonRepudiation]) }) ?? true,
      fields.publicKey.curve == .p384 || (2048...8192).contains(fields.publicKey.modulusBits), let key = fields.key,
      let serial = Serial(fields.serial.contentBytes)
    else { throw VerificationFailure(.ocspResponderProfile) }
    let now = at.wholeSeconds
    guard fields.notBefore.seconds <= now, now <= fields.notAfter.seconds else { throw VerificationFailure(.ocspResponderExpired) }
    if !extensions.hasNoCheck {
      // Without ocsp-nocheck somebody must say that the delegate still stands (RFC 6960 §4.2.2.2.1).
      switch responderStatus?(serial, issuer) {
      case .good: break
      case .revoked: throw VerificationFailure(.ocspResponderRevoked)
      case .unknown, nil: throw VerificationFailure(.ocspResponderUnchecked)
      }
    }
    return key
  }
}
