extension OID {
  // X.520 attribute types
  static let commonName = OID(2, 5, 4, 3)
  static let country = OID(2, 5, 4, 6)
  static let locality = OID(2, 5, 4, 7)
  static let organization = OID(2, 5, 4, 10)
  static let organizationalUnit = OID(2, 5, 4, 11)

  // Extensions, RFC 5280 §4.2 and §5.2
  static let subjectKeyIdentifier = OID(2, 5, 29, 14)
  static let keyUsage = OID(2, 5, 29, 15)
  static let subjectAltName = OID(2, 5, 29, 17)
  static let issuerAltName = OID(2, 5, 29, 18)
  static let basicConstraints = OID(2, 5, 29, 19)
  static let crlNumber = OID(2, 5, 29, 20)
  static let reasonCode = OID(2, 5, 29, 21)
  static let holdInstructionCode = OID(2, 5, 29, 23)
  static let invalidityDate = OID(2, 5, 29, 24)
  static let deltaCRLIndicator = OID(2, 5, 29, 27)
  static let issuingDistributionPoint = OID(2, 5, 29, 28)
  static let certificateIssuer = OID(2, 5, 29, 29)
  static let crlDistributionPoints = OID(2, 5, 29, 31)
  static let certificatePolicies = OID(2, 5, 29, 32)
  static let nameConstraints = OID(2, 5, 29, 30)
  static let policyMappings = OID(2, 5, 29, 33)
  static let policyConstraints = OID(2, 5, 29, 36)
  static let inhibitAnyPolicy = OID(2, 5, 29, 54)
  static let authorityKeyIdentifier = OID(2, 5, 29, 35)
  static let extKeyUsage = OID(2, 5, 29, 37)
  static let authorityInfoAccess = OID(1, 3, 6, 1, 5, 5, 7, 1, 1)

  // What extensions name
  static let clientAuth = OID(1, 3, 6, 1, 5, 5, 7, 3, 2)
  static let ocspSigning = OID(1, 3, 6, 1, 5, 5, 7, 3, 9)
  static let cpsQualifier = OID(1, 3, 6, 1, 5, 5, 7, 2, 1)
  static let userNoticeQualifier = OID(1, 3, 6, 1, 5, 5, 7, 2, 2)
  static let ocspAccess = OID(1, 3, 6, 1, 5, 5, 7, 48, 1)
  static let ocspBasic = OID(1, 3, 6, 1, 5, 5, 7, 48, 1, 1)
  static let ocspNonce = OID(1, 3, 6, 1, 5, 5, 7, 48, 1, 2)
  static let ocspNoCheck = OID(1, 3, 6, 1, 5, 5, 7, 48, 1, 5)

  // Algorithms
  static let rsaEncryption = OID(1, 2, 840, 113549, 1, 1, 1)
  static let sha1WithRSA = OID(1, 2, 840, 113549, 1, 1, 5)
  static let rsaPSS = OID(1, 2, 840, 113549, 1, 1, 10)
  static let sha256WithRSA = OID(1, 2, 840, 113549, 1, 1, 11)
  static let sha384WithRSA = OID(1, 2, 840, 113549, 1, 1, 12)
  static let sha512WithRSA = OID(1, 2, 840, 113549, 1, 1, 13)
  static let ecdsaWithSHA256 = OID(1, 2, 840, 10045, 4, 3, 2)
  static let ecdsaWithSHA384 = OID(1, 2, 840, 10045, 4, 3, 3)
  static let sha1 = OID(1, 3, 14, 3, 2, 26)
  static let sha256 = OID(2, 16, 840, 1, 101, 3, 4, 2, 1)
  static let sha384 = OID(2, 16, 840, 1, 101, 3, 4, 2, 2)
  static let sha512 = OID(2, 16, 840, 1, 101, 3, 4, 2, 3)

  static let ellipticKey = OID(1, 2, 840, 10045, 2, 1)
  static let p384 = OID(1, 3, 132, 0, 34)

  // CMS, RFC 5652
  static let cmsData = OID(1, 2, 840, 113549, 1, 7, 1)
  static let cmsSignedData = OID(1, 2, 840, 113549, 1, 7, 2)
  static let contentType = OID(1, 2, 840, 113549, 1, 9, 3)
  static let messageDigest = OID(1, 2, 840, 113549, 1, 9, 4)
}
