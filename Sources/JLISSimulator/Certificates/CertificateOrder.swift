import Foundation
import JPKI

/// All that an authority must know to issue one certificate of a card.
struct CertificateOrder: Sendable {
  let citizen: CitizenRecord
  let key: any CardPublicKey
  let keyID: String
  /// The moment from which the certificate counts.
  let issuedAt: Date
  let predecessor: Data?
  /// What the key lives in.
  var medium = CardMedium.card

  /// The certificate, signed by `authority` and naming `issuer` as the one who signed: another one in forged certificates.
  func issue(by authority: Authority, named issuer: IssuerIdentity, in state: SimulatorState) throws -> CertificateRecord {
    let serial = state.freshSerial(authority.name)
    let municipality = Municipality.of(address: citizen.items.address.text)
    let ocsp = Authority.ocspAddress(state.publicAddress, authority.kind)
    let notAfter = Birthday(citizen.items.dateOfBirth)?.fifthAfter(issue: issuedAt) ?? issuedAt.addingTimeInterval(5 * 365 * 86_400)
    let subject: DistinguishedName
    let extensions: [Extension]
    switch authority.kind {
    case .signing:
      subject = Self.signingSubject(municipality, issuedAt: issuedAt, sequence: state.certificates.count)
      extensions = CertificateProfile.signing(
        items: citizen.items, municipality: municipality, ocsp: ocsp, issuer: issuer, keyIdentifier: key.keyIdentifier,
        medium: medium)
    case .authentication:
      subject = Self.authenticationSubject(municipality)
      extensions = CertificateProfile.authentication(
        municipality: municipality, ocsp: ocsp, issuer: issuer, keyIdentifier: key.keyIdentifier, medium: medium)
    }
    let content = CertificateContent(
      serial: serial, algorithm: .sha256WithRSAAlgorithm, issuer: authority.distinguishedName.der, subject: subject.der,
      notBefore: issuedAt,
      notAfter: notAfter, subjectPublicKeyInfo: key.subjectPublicKeyInfo, extensions: extensions)
    return CertificateRecord(
      authority: authority.name, serial: Data(serial), citizenID: citizen.id,
      der: Data(try content.signed(by: authority.key.signature(over:))),
      keyID: keyID, notBefore: issuedAt, notAfter: notAfter, municipality: municipality.code,
      items: authority.kind == .signing ? citizen.items : nil, predecessor: predecessor,
      medium: medium == .card ? nil : medium.rawValue)
  }

  /// `CN=YYYYMMDDhhmmss` (Japan time) + five digits + nine characters of the window that issued (jpki.md §3).
  static func signingSubject(_ municipality: Municipality, issuedAt: Date, sequence: Int) -> DistinguishedName {
    let time = CivilTime(issuedAt, offsetSeconds: CivilTime.japanOffsetSeconds).digits
    return DistinguishedName([
      (.country, "JP"), (.locality, municipality.prefecture), (.locality, municipality.city),
      (.commonName, time + CivilTime.padded(sequence % 100_000, 5) + municipality.code + "003A"),
    ])
  }

  /// `CN=` fourteen capitals or digits + municipality + `003A` (jpki.md §2).
  static func authenticationSubject(_ municipality: Municipality) -> DistinguishedName {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    let random = String((0..<14).map { _ in alphabet[Int.random(in: alphabet.indices)] })
    return DistinguishedName([(.country, "JP"), (.commonName, random + municipality.code + "003A")])
  }
}
