import JPKI

extension ObjectIdentifier {
  // Attributes of names (X.520).
  static let commonName = ObjectIdentifier(2, 5, 4, 3)
  static let country = ObjectIdentifier(2, 5, 4, 6)
  static let locality = ObjectIdentifier(2, 5, 4, 7)
  static let organization = ObjectIdentifier(2, 5, 4, 10)
  static let organizationalUnit = ObjectIdentifier(2, 5, 4, 11)

  // Certificate and list extensions (RFC 5280 §4.2, §5.2).
  static let subjectKeyIdentifier = ObjectIdentifier(2, 5, 29, 14)
  static let keyUsage = ObjectIdentifier(2, 5, 29, 15)
  static let subjectAlternativeName = ObjectIdentifier(2, 5, 29, 17)
  static let issuerAlternativeName = ObjectIdentifier(2, 5, 29, 18)
  static let basicConstraints = ObjectIdentifier(2, 5, 29, 19)
  static let cRLNumber = ObjectIdentifier(2, 5, 29, 20)
  static let reasonCode = ObjectIdentifier(2, 5, 29, 21)
  static let deltaCRLIndicator = ObjectIdentifier(2, 5, 29, 27)
  static let issuingDistributionPoint = ObjectIdentifier(2, 5, 29, 28)
  static let cRLDistributionPoints = ObjectIdentifier(2, 5, 29, 31)
  static let certificatePolicies = ObjectIdentifier(2, 5, 29, 32)
  static let authorityKeyIdentifier = ObjectIdentifier(2, 5, 29, 35)
  static let extendedKeyUsage = ObjectIdentifier(2, 5, 29, 37)
  static let authorityInformationAccess = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 1, 1)

  // Purposes, policies, access methods (RFC 5280 §4.2.1.4, §4.2.1.12, §4.2.2.1; RFC 6960 §4.2.2.2).
  static let serverAuthentication = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 1)
  static let clientAuthentication = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 2)
  static let ocspSigning = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 3, 9)
  static let practiceStatement = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 2, 1)
  static let ocsp = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 48, 1)
  static let ocspBasic = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 48, 1, 1)
  static let ocspNonce = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 48, 1, 2)
  static let ocspNoCheck = ObjectIdentifier(1, 3, 6, 1, 5, 5, 7, 48, 1, 5)

  // Algorithms.
  static let sha256WithRSA = ObjectIdentifier(1, 2, 840, 113_549, 1, 1, 11)
  static let ecdsaWithSHA256 = ObjectIdentifier(1, 2, 840, 10_045, 4, 3, 2)
  static let ecdsaWithSHA384 = ObjectIdentifier(1, 2, 840, 10_045, 4, 3, 3)
  static let sha1 = ObjectIdentifier(1, 3, 14, 3, 2, 26)
  static let sha256 = ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 2, 1)

  // J-LIS (jpki.md §2, §3).
  private static let jlis = ObjectIdentifier(1, 2, 392, 200_149, 8, 5)
  private static let cardSigningPolicy = jlis.appending(1, 1, 20)
  private static let cardAuthenticationPolicy = jlis.appending(1, 3, 30)
  static let certifiedName = jlis.appending(5, 1)
  static let certifiedNameSubstitutes = jlis.appending(5, 2)
  static let certifiedSex = jlis.appending(5, 3)
  static let certifiedDateOfBirth = jlis.appending(5, 4)
  static let certifiedAddress = jlis.appending(5, 5)
  static let certifiedAddressSubstitutes = jlis.appending(5, 6)
}

extension ObjectIdentifier {
  /// The policy of signing certificates. Android's is known (jpki.md §4); the iPhone's is invented, to tell the two apart.
  static func signingPolicy(_ medium: CardMedium) -> ObjectIdentifier {
    switch medium {
    case .card: cardSigningPolicy
    case .android: jlis.appending(1, 1, 40)
    case .iphone: jlis.appending(1, 1, 41)
    }
  }

  /// The policy of authentication certificates. The phones' are not known, and invented here.
  static func authenticationPolicy(_ medium: CardMedium) -> ObjectIdentifier {
    switch medium {
    case .card: cardAuthenticationPolicy
    case .android: jlis.appending(1, 3, 40)
    case .iphone: jlis.appending(1, 3, 41)
    }
  }

  /// Below the arc that X.660 keeps for examples: nobody honours it.
  static let nobodys = ObjectIdentifier(2, 999, 1)
}

extension DER {
  /// `sha256WithRSAEncryption` with its NULL parameter (RFC 8017 appendix A.2.4).
  static let sha256WithRSAAlgorithm = DER.sequence(.objectIdentifier(.sha256WithRSA), .null)
  /// `ecdsa-with-SHA384`, parameters absent (RFC 5758 §3.2).
  static let ecdsaWithSHA384Algorithm = DER.sequence(.objectIdentifier(.ecdsaWithSHA384))
  /// `ecdsa-with-SHA256`, parameters absent (RFC 5758 §3.2).
  static let ecdsaWithSHA256Algorithm = DER.sequence(.objectIdentifier(.ecdsaWithSHA256))
}
