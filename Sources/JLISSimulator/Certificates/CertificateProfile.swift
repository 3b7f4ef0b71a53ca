import Foundation
import JPKI

/// The extension profiles of jpki.md §1–3, written out once: which extensions, in which order, critical or not.
enum CertificateProfile {
  static let practiceStatementURI = "http://www.jpki.go.jp/cps.html"

  // MARK: Extensions that several profiles share

  static func keyUsage(_ bits: Set<Int>) -> Extension {
    Extension(identifier: .keyUsage, critical: true, value: .namedBits(bits))
  }

  static func subjectKeyIdentifier(_ identifier: [UInt8]) -> Extension {
    Extension(identifier: .subjectKeyIdentifier, critical: false, value: .octetString(identifier))
  }

  /// keyIdentifier, authorityCertIssuer and authorityCertSerialNumber, as the leaves carry it (jpki.md §2).
  static func authorityKeyIdentifier(_ issuer: IssuerIdentity) -> Extension {
    Extension(
      identifier: .authorityKeyIdentifier, critical: false,
      value: .sequence(
        .implicitPrimitive(0, issuer.keyIdentifier),
        .context(1, issuer.name.generalName.bytes),
        // The content of an INTEGER without its tag and length; serials of issuers are positive and short.
        .implicitPrimitive(2, Array(DER.integer(issuer.serial).bytes.dropFirst(2)))))
  }

  /// One point whose full name is a directoryName; never an address (jpki.md §2).
  static func distributionPoint(_ name: DistinguishedName) -> Extension {
    Extension(
      identifier: .cRLDistributionPoints, critical: false,
      value: .sequence(.sequence(.context(0, DER.context(0, name.generalName.bytes).bytes))))
  }

  static func issuerAlternativeName(_ name: DistinguishedName) -> Extension {
    Extension(identifier: .issuerAlternativeName, critical: false, value: .sequence(name.generalName))
  }

  static func policy(_ identifier: ObjectIdentifier) -> Extension {
    let qualifier = DER.sequence(.objectIdentifier(.practiceStatement), .ia5String(practiceStatementURI))
    return Extension(
      identifier: .certificatePolicies, critical: true,
      value: .sequence(.sequence(.objectIdentifier(identifier), .sequence(qualifier))))
  }

  static func ocspAddress(_ address: String) -> Extension {
    Extension(
      identifier: .authorityInformationAccess, critical: false,
      value: .sequence(.sequence(.objectIdentifier(.ocsp), .implicitPrimitive(6, Array(address.utf8)))))
  }

  // MARK: Profiles

  /// jpki.md §1.
  static func root(_ kind: CertificateKind, keyIdentifier: [UInt8]) -> [Extension] {
    [
      keyUsage([5, 6]),
      Extension(identifier: .subjectAlternativeName, critical: false, value: .sequence(AuthorityNames.japanese(kind).generalName)),
      Extension(identifier: .basicConstraints, critical: true, value: .sequence(.boolean(true))),
      distributionPoint(AuthorityNames.root(kind)),
      subjectKeyIdentifier(keyIdentifier),
    ]
  }

  /// jpki.md §2.
  static func authentication(
    municipality: Municipality, ocsp: String, issuer: IssuerIdentity, keyIdentifier: [UInt8], medium: CardMedium = .card
  ) -> [Extension] {
    [
      keyUsage([0]),
      Extension(identifier: .extendedKeyUsage, critical: false, value: .sequence(.objectIdentifier(.clientAuthentication))),
      policy(.authenticationPolicy(medium)),
      issuerAlternativeName(AuthorityNames.japanese(.authentication)),
      distributionPoint(AuthorityNames.distributionPoint(.authentication, municipality)),
      ocspAddress(ocsp),
      authorityKeyIdentifier(issuer),
      subjectKeyIdentifier(keyIdentifier),
    ]
  }

  /// jpki.md §3.
  static func signing(
    items: CertifiedItems, municipality: Municipality, ocsp: String, issuer: IssuerIdentity, keyIdentifier: [UInt8],
    medium: CardMedium = .card
  ) -> [Extension] {
    [
      keyUsage([0, 1]),
      policy(.signingPolicy(medium)),
      fourItems(items),
      issuerAlternativeName(AuthorityNames.japanese(.signing)),
      distributionPoint(AuthorityNames.distributionPoint(.signing, municipality)),
      ocspAddress(ocsp),
      authorityKeyIdentifier(issuer),
      subjectKeyIdentifier(keyIdentifier),
    ]
  }

  /// RFC 6960 §4.2.2.2: names the purpose, and by ocsp-nocheck asks nobody to check the responder itself.
  static func responder(
    issuer: IssuerIdentity, keyIdentifier: [UInt8], purpose: ObjectIdentifier = .ocspSigning, isUnchecked: Bool = true
  ) -> [Extension] {
    let noCheck = Extension(identifier: .ocspNoCheck, critical: false, value: .null)
    return [
      keyUsage([0]),
      Extension(identifier: .extendedKeyUsage, critical: true, value: .sequence(.objectIdentifier(purpose))),
    ] + (isUnchecked ? [noCheck] : []) + [authorityKeyIdentifier(issuer), subjectKeyIdentifier(keyIdentifier)]
  }

  /// Six otherNames in the order .1 .4 .3 .5 .2 .6 (jpki.md §3).
  static func fourItems(_ items: CertifiedItems) -> Extension {
    let names: [(ObjectIdentifier, String)] = [
      (.certifiedName, items.name.text),
      (.certifiedDateOfBirth, items.dateOfBirth),
      (.certifiedSex, items.sex),
      (.certifiedAddress, items.address.text),
      (.certifiedNameSubstitutes, items.name.substitutes),
      (.certifiedAddressSubstitutes, items.address.substitutes),
    ]
    return Extension(
      identifier: .subjectAlternativeName, critical: false,
      value: .sequence(
        names.map { identifier, text in
          .context(0, DER.objectIdentifier(identifier).bytes + DER.explicit(0, .utf8String(text)).bytes)
        }))
  }
}

/// How an issuer is named in what it issues.
struct IssuerIdentity: Sendable {
  let name: DistinguishedName
  let serial: [UInt8]
  let keyIdentifier: [UInt8]
}
