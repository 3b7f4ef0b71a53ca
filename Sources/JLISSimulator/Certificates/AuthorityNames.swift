import JPKI

/// The names of the simulated authorities: those of jpki.md §1 with `O=JPKI-SIM`, so that nobody takes one for the real or the test hierarchy.
enum AuthorityNames {
  static let organization = "JPKI-SIM"
  static let agency = "Japan Agency for Local Authority Information Systems"

  static func unit(_ kind: CertificateKind) -> String {
    switch kind {
    case .signing: "JPKI for digital signature"
    case .authentication: "JPKI for user authentication"
    }
  }

  /// Subject and issuer of the root.
  static func root(_ kind: CertificateKind) -> DistinguishedName {
    DistinguishedName([
      (.country, "JP"), (.organization, organization), (.organizationalUnit, unit(kind)), (.organizationalUnit, agency),
    ])
  }

  /// The Japanese name, as the root's subjectAltName and the leaves' issuerAltName carry it.
  static func japanese(_ kind: CertificateKind) -> DistinguishedName {
    let unit =
      switch kind {
      case .signing: "公的個人認証サービス署名用模擬"
      case .authentication: "公的個人認証サービス利用者証明用模擬"
      }
    return DistinguishedName([
      (.country, "JP"), (.organization, "公的個人認証サービス模擬"), (.organizationalUnit, unit), (.organizationalUnit, "地方公共団体情報システム機構模擬"),
    ])
  }

  /// The municipality's part of the revocation list (jpki.md §2): a name, no address.
  static func distributionPoint(_ kind: CertificateKind, _ municipality: Municipality) -> DistinguishedName {
    DistinguishedName([
      (.country, "JP"), (.organization, organization), (.organizationalUnit, unit(kind)), (.organizationalUnit, "CRL Distribution Points"),
      (.organizationalUnit, municipality.prefecture), (.commonName, "\(municipality.city) CRLDP"),
    ])
  }

  /// The delegated OCSP responder.
  static func responder(_ kind: CertificateKind) -> DistinguishedName {
    DistinguishedName([
      (.country, "JP"), (.organization, organization), (.organizationalUnit, unit(kind)), (.organizationalUnit, agency),
      (.commonName, "OCSP Responder"),
    ])
  }
}
