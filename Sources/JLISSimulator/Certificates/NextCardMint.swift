public import CitizenItems
import Crypto
public import Foundation
public import JPKI

/// Roots and cards of the profile planned for 2028 (ECDSA on P-384 with SHA-384; jpki.md §4), for those who want to be ready for them. They stand
/// beside the simulator's state: no list and no responder speaks for them. Nothing is known of the real ones but the algorithm; all else is as
/// today's, under the same names.
public struct NextCardMint: Sendable {
  private struct Root: Sendable {
    let key: P384.Signing.PrivateKey
    let certificate: [UInt8]
    let identity: IssuerIdentity
  }

  private let moment: Date
  private let signing: Root
  private let authentication: Root

  /// Makes a root of each kind that counts from `moment` for ten years.
  public init(at moment: Date) throws {
    self.moment = moment
    signing = try Self.establish(.signing, at: moment)
    authentication = try Self.establish(.authentication, at: moment)
  }

  /// The root certificate, DER.
  public func root(_ kind: CertificateKind) -> [UInt8] { root(of: kind).certificate }

  /// A card, valid for ten years from the mint's moment.
  ///
  /// - Parameters: as of ``SimulatedJLIS/newCitizen(name:address:dateOfBirth:sex:certificates:)``.
  /// - Throws: ``SimulatorRefusal`` for items that no certificate can carry.
  public func card(name: String, address: String, dateOfBirth: String, sex: String) throws -> NextCard {
    let items = try SimulatedJLIS.certified(name: name, address: address, dateOfBirth: dateOfBirth, sex: sex)
    let municipality = Municipality.of(address: items.address.text)
    let keys = (P384.Signing.PrivateKey(), P384.Signing.PrivateKey())
    return NextCard(
      signingKey: keys.0,
      signingCertificate: try issue(
        .signing, subject: CertificateOrder.signingSubject(municipality, issuedAt: moment, sequence: 1), key: keys.0,
        CertificateProfile.signing(
          items: items, municipality: municipality, ocsp: Self.ocsp, issuer: signing.identity, keyIdentifier: Self.identifier(keys.0))),
      authenticationKey: keys.1,
      authenticationCertificate: try issue(
        .authentication, subject: CertificateOrder.authenticationSubject(municipality), key: keys.1,
        CertificateProfile.authentication(
          municipality: municipality, ocsp: Self.ocsp, issuer: authentication.identity, keyIdentifier: Self.identifier(keys.1))))
  }

  private static let ocsp = "http://ocsp.invalid/next"

  private func root(of kind: CertificateKind) -> Root {
    switch kind {
    case .signing: signing
    case .authentication: authentication
    }
  }

  private func issue(
    _ kind: CertificateKind, subject: DistinguishedName, key: P384.Signing.PrivateKey, _ extensions: [Extension]
  ) throws -> [UInt8] {
    try Self.certificate(
      serial: Self.serial(), issuer: AuthorityNames.root(kind), subject: subject, from: moment, key: key, extensions,
      signedBy: root(of: kind).key)
  }

  private static func establish(_ kind: CertificateKind, at moment: Date) throws -> Root {
    let key = P384.Signing.PrivateKey()
    let name = AuthorityNames.root(kind)
    let serial = serial()
    let certificate = try certificate(
      serial: serial, issuer: name, subject: name, from: moment, key: key,
      CertificateProfile.root(kind, keyIdentifier: identifier(key)), signedBy: key)
    return Root(
      key: key, certificate: certificate, identity: IssuerIdentity(name: name, serial: serial, keyIdentifier: identifier(key)))
  }

  private static func certificate(
    serial: [UInt8], issuer: DistinguishedName, subject: DistinguishedName, from moment: Date, key: P384.Signing.PrivateKey,
    _ extensions: [Extension], signedBy authority: P384.Signing.PrivateKey
  ) throws -> [UInt8] {
    let day = CivilTime(moment, offsetSeconds: CivilTime.japanOffsetSeconds)
    // The first of a month: every year has that day.
    let end = CivilTime(year: day.year + 10, month: day.month, day: 1, hour: 23, minute: 59, second: 59)
    return try CertificateContent(
      serial: serial, algorithm: .ecdsaWithSHA384Algorithm, issuer: issuer.der, subject: subject.der, notBefore: moment,
      notAfter: end.date(offsetSeconds: CivilTime.japanOffsetSeconds), subjectPublicKeyInfo: Array(key.publicKey.derRepresentation),
      extensions: extensions
    ).signed { Array(try authority.signature(for: SHA384.hash(data: $0)).derRepresentation) }
  }

  private static func serial() -> [UInt8] { DER.bigEndian(UInt64.random(in: 0x0100_0000...0x7FFF_FFFF)) }

  /// SHA-1 of the key's bits (RFC 5280 §4.2.1.2 method 1).
  private static func identifier(_ key: P384.Signing.PrivateKey) -> [UInt8] {
    Array(Insecure.SHA1.hash(data: key.publicKey.x963Representation))
  }
}

/// A card of the profile planned for 2028 as software. Prints as `<redacted>`.
public struct NextCard: Redacted {
  let signingKey: P384.Signing.PrivateKey
  /// 署名用電子証明書, DER.
  public let signingCertificate: [UInt8]
  let authenticationKey: P384.Signing.PrivateKey
  /// 利用者証明用電子証明書, DER.
  public let authenticationCertificate: [UInt8]

  /// ECDSA over the content's SHA-384 by the signing key: SEQUENCE { r, s } in DER (RFC 3279 §2.2.3).
  public func sign(_ content: [UInt8]) throws -> [UInt8] {
    Array(try signingKey.signature(for: SHA384.hash(data: content)).derRepresentation)
  }

  /// The same with the authentication key.
  public func authenticate(_ content: [UInt8]) throws -> [UInt8] {
    Array(try authenticationKey.signature(for: SHA384.hash(data: content)).derRepresentation)
  }
}
