import Foundation
import JPKI

/// A root with its key, and the responder to which it delegates OCSP.
struct Authority: Sendable {
  let name: AuthorityName
  let serial: [UInt8]
  let certificate: [UInt8]
  let key: RSAKey
  let responderCertificate: [UInt8]
  let responderKey: RSAKey

  var kind: CertificateKind { name.kind }

  var distinguishedName: DistinguishedName { AuthorityNames.root(kind) }

  /// How it is named in what it issues.
  var identity: IssuerIdentity { IssuerIdentity(name: distinguishedName, serial: serial, keyIdentifier: key.keyIdentifier) }

  init(_ record: AuthorityRecord, vault: KeyVault) throws {
    name = record.name
    serial = Array(record.serial)
    certificate = Array(record.certificate)
    key = try vault.key(record.keyID)
    responderCertificate = Array(record.responderCertificate)
    responderKey = try vault.key(record.responderKeyID)
  }

  /// Makes root and responder. They count from eight years ago, so that a certificate that has expired by now was issued in their time, for
  /// twenty-five years (the real roots: ten), so that tests may move the clock a long way.
  static func establish(_ name: AuthorityName, key: RSAKey, responderKey: RSAKey, vault: KeyVault, at moment: Date) throws
    -> AuthorityRecord
  {
    let distinguishedName = AuthorityNames.root(name.kind)
    let serial = DER.bigEndian(UInt64.random(in: 0x0100_0000...0x7FFF_FFFF))
    let issued = CivilTime(moment, offsetSeconds: CivilTime.japanOffsetSeconds)
    let notBefore = CivilTime(year: issued.year - 8, month: issued.month, day: 1, hour: 10).date(
      offsetSeconds: CivilTime.japanOffsetSeconds)
    let notAfter = CivilTime(year: issued.year + 17, month: issued.month, day: 1, hour: 23, minute: 59, second: 59)
      .date(offsetSeconds: CivilTime.japanOffsetSeconds)
    let root = try CertificateContent(
      serial: serial, algorithm: .sha256WithRSAAlgorithm, issuer: distinguishedName.der, subject: distinguishedName.der,
      notBefore: notBefore,
      notAfter: notAfter, subjectPublicKeyInfo: key.subjectPublicKeyInfo,
      extensions: CertificateProfile.root(name.kind, keyIdentifier: key.keyIdentifier)
    ).signed(by: key.signature(over:))
    let identity = IssuerIdentity(name: distinguishedName, serial: serial, keyIdentifier: key.keyIdentifier)
    let responder = try CertificateContent(
      serial: DER.bigEndian(UInt64.random(in: 0x0100_0000...0x7FFF_FFFF)), algorithm: .sha256WithRSAAlgorithm,
      issuer: distinguishedName.der,
      subject: AuthorityNames.responder(name.kind).der, notBefore: notBefore, notAfter: notAfter,
      subjectPublicKeyInfo: responderKey.subjectPublicKeyInfo,
      extensions: CertificateProfile.responder(issuer: identity, keyIdentifier: responderKey.keyIdentifier)
    ).signed(by: key.signature(over:))
    return AuthorityRecord(
      name: name, serial: Data(serial), certificate: Data(root), keyID: try vault.keep(key), responderCertificate: Data(responder),
      responderKeyID: try vault.keep(responderKey))
  }

  /// The responder's certificate as it should not be.
  func spoiledResponderCertificate(
    notBefore: Date, notAfter: Date, purpose: ObjectIdentifier = .ocspSigning, isUnchecked: Bool = true
  ) throws -> [UInt8] {
    try CertificateContent(
      serial: DER.bigEndian(UInt64.random(in: 0x0100_0000...0x7FFF_FFFF)), algorithm: .sha256WithRSAAlgorithm,
      issuer: distinguishedName.der, subject: AuthorityNames.responder(kind).der, notBefore: notBefore, notAfter: notAfter,
      subjectPublicKeyInfo: responderKey.subjectPublicKeyInfo,
      extensions: CertificateProfile.responder(
        issuer: identity, keyIdentifier: responderKey.keyIdentifier, purpose: purpose, isUnchecked: isUnchecked)
    ).signed(by: key.signature(over:))
  }

  /// A leaf's OCSP address.
  static func ocspAddress(_ publicAddress: String, _ kind: CertificateKind) -> String {
    "\(publicAddress)/ocsp/\(AuthorityName.genuine(kind).rawValue)"
  }
}
