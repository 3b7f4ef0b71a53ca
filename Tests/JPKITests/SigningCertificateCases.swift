import Foundation
import JPKI

/// What can be wrong with a signing certificate. Each is signed anew by the right authority unless the case is about that.
enum SigningCertificateCases {
  static let all: [RefusalCase] = form + trust + profile + items + time

  private static func spoiled(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout Recipe) -> Void
  ) -> RefusalCase {
    RefusalCase("signing: " + name, result, reason) {
      var recipe = World.signingRecipe()
      spoil(&recipe)
      return certificateReason(recipe.signed(by: World.signingAuthority.key), .signing)
    }
  }

  private static func person(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout CertifiedPerson) -> Void
  ) -> RefusalCase {
    spoiled(name, result, reason) {
      var person = CertifiedPerson()
      spoil(&person)
      $0[ExtensionID.subjectAltName] = .init(oid: ExtensionID.subjectAltName, value: person.generalNames)
    }
  }

  private static let form: [RefusalCase] = [
    RefusalCase("signing: nothing", .certificateProfile, .certificateMalformed) { certificateReason([], .signing) },
    RefusalCase("signing: larger than 16 KiB", .certificateProfile, .certificateTooLarge) {
      certificateReason([UInt8](repeating: 0x30, count: 16_385), .signing)
    },
    RefusalCase("signing: a byte after the certificate", .certificateProfile, .certificateMalformed) {
      certificateReason(World.signingCertificate + [0], .signing)
    },
    RefusalCase("signing: indefinite length", .certificateProfile, .certificateMalformed) {
      certificateReason([0x30, 0x80] + World.signingCertificate.dropFirst(4) + [0, 0], .signing)
    },
    spoiled("an element after the signature", .certificateProfile, .certificateMalformed) { $0.afterTBS = Encoder.null },
    spoiled("version 1 written out", .certificateProfile, .certificateMalformed) { $0.version = Encoder.explicit(0, Encoder.integer(0)) },
    spoiled("critical FALSE written out", .certificateProfile, .certificateMalformed) {
      $0.extensions = []
      $0.uniqueIdentifiers = Encoder.explicit(
        3, Encoder.sequence(Encoder.sequence(Encoder.oid(ExtensionID.keyUsage), Encoder.boolean(false), Encoder.octets([]))))
    },
    spoiled("a time with an offset", .certificateProfile, .certificateMalformed) { $0.notAfter = Encoder.utc("290217235959+0900") },
  ]

  private static let trust: [RefusalCase] = [
    RefusalCase("signing: an authentication certificate", .certificateUntrusted, .certificateOfOtherKind) {
      certificateReason(World.authenticationCertificate, .signing)
    },
    spoiled("production's name", .certificateUntrusted, .issuerName) { $0.issuer = Authority.name(.signing, organization: "JPKI") },
    spoiled("the name in PrintableString", .certificateUntrusted, .issuerName) {
      $0.issuer = Encoder.sequence(
        Encoder.set(Encoder.sequence(Encoder.oid("2.5.4.6"), Encoder.printable("JP"))),
        Encoder.set(Encoder.sequence(Encoder.oid("2.5.4.10"), Encoder.printable("JPKI-SIM"))),
        Encoder.set(Encoder.sequence(Encoder.oid("2.5.4.11"), Encoder.printable("JPKI for digital signature"))),
        Encoder.set(Encoder.sequence(Encoder.oid("2.5.4.11"), Encoder.printable("Japan Agency for Local Authority Information Systems"))))
    },
    spoiled("no authorityKeyIdentifier", .certificateUntrusted, .authorityKeyIdentifier) { $0[ExtensionID.authorityKeyIdentifier] = nil },
    spoiled("authorityKeyIdentifier without the key", .certificateUntrusted, .authorityKeyIdentifier) {
      $0[ExtensionID.authorityKeyIdentifier]?.value = Encoder.sequence()
    },
    spoiled("another root's serial number", .certificateUntrusted, .authorityKeyIdentifier) {
      $0[ExtensionID.authorityKeyIdentifier]?.value = World.signingAuthority.keyReference(serial: 7)
    },
    spoiled("the authentication root's key", .certificateUntrusted, .issuerUnknown) {
      $0[ExtensionID.authorityKeyIdentifier]?.value = Encoder.sequence(Encoder.primitive(0, World.authenticationAuthority.key.identifier))
    },
    spoiled("another generation's key named", .certificateUntrusted, .issuerSignature) {
      $0[ExtensionID.authorityKeyIdentifier]?.value = World.youngerSigningAuthority.keyReference
    },
    RefusalCase("signing: signed by a stranger", .certificateUntrusted, .issuerSignature) {
      certificateReason(World.signingRecipe().signed(by: World.otherCardKey), .signing)
    },
    RefusalCase("signing: signed by itself", .certificateUntrusted, .issuerSignature) {
      certificateReason(World.signingRecipe().signed(by: World.signingKey), .signing)
    },
  ]

  private static let profile: [RefusalCase] = [
    spoiled("version 2", .certificateProfile, .certificateVersion) { $0.version = Encoder.explicit(0, Encoder.integer(1)) },
    spoiled("serial number zero", .certificateProfile, .serialNumber) { $0.serial = Encoder.integer(0) },
    spoiled("a negative serial number", .certificateProfile, .serialNumber) { $0.serial = Encoder.element(2, [0x80, 1]) },
    spoiled("a serial number of 21 bytes", .certificateProfile, .serialNumber) {
      $0.serial = Encoder.integer([UInt8](repeating: 0x11, count: 21))
    },
    spoiled("two signature algorithms", .certificateProfile, .signatureAlgorithm) {
      $0.innerAlgorithm = Encoder.algorithm(Algorithm.sha384WithRSA)
    },
    spoiled("sha1WithRSAEncryption", .certificateProfile, .signatureAlgorithm) {
      $0.innerAlgorithm = Encoder.algorithm(Algorithm.sha1WithRSA)
      $0.outerAlgorithm = $0.innerAlgorithm
    },
    spoiled("a unique identifier", .certificateProfile, .uniqueIdentifier) { $0.uniqueIdentifiers = Encoder.primitive(2, [0, 1]) },
    spoiled("keyUsage twice", .certificateProfile, .extensionDuplicate) { $0.extensions.append($0.extensions[0]) },
    spoiled("a critical extension of nobody's", .certificateProfile, .extensionUnknownCritical) {
      $0.extensions.append(.init(oid: "1.2.392.200149.9.9", critical: true, value: Encoder.null))
    },
    spoiled("a critical authorityInfoAccess", .certificateProfile, .extensionUnknownCritical) {
      $0[ExtensionID.informationAccess]?.critical = true
    },
    spoiled("keyUsage with spare zero bits", .certificateProfile, .extensionMalformed) {
      $0[ExtensionID.keyUsage]?.value = Encoder.bits([0xC0], unused: 0)
    },
    spoiled("an extension with bytes left over", .certificateProfile, .extensionMalformed) { $0[ExtensionID.policies]?.value += [0] },
    spoiled("an otherName without its explicit tag", .certificateProfile, .extensionMalformed) {
      $0[ExtensionID.subjectAltName]?.value = Encoder.sequence(
        Encoder.explicit(0, Encoder.oid(CertifiedPerson.arc + "1"), Encoder.utf8("四情　花子")))
    },
    spoiled("GeneralizedTime before 2050", .certificateProfile, .validityEncoding) {
      $0.notBefore = Encoder.generalized("20240401000000Z")
    },
    spoiled("an end before the beginning", .certificateProfile, .validityEncoding) { $0.notAfter = Encoder.utc("240301145959Z") },
    spoiled("an elliptic key", .certificateProfile, .publicKeyAlgorithm) {
      let curve = Encoder.sequence(Encoder.oid("1.2.840.10045.2.1"), Encoder.oid("1.3.132.0.34"))
      $0.publicKeyInfo = Encoder.sequence(curve, Encoder.bits([4] + [UInt8](repeating: 7, count: 96)))
    },
    spoiled("a key of 1024 bits", .certificateProfile, .publicKeySize) { $0.publicKeyInfo = TestKey(bits: 1024).publicKeyInfo },
    spoiled("the exponent 3", .certificateProfile, .publicKeyExponent) { $0.publicKeyInfo = World.signingKey.publicKeyInfo(exponent: 3) },
    spoiled("an even exponent", .certificateProfile, .publicKeyExponent) {
      $0.publicKeyInfo = World.signingKey.publicKeyInfo(exponent: 65_538)
    },
    spoiled("an authority", .certificateProfile, .isCA) {
      $0.extensions.append(.init(oid: ExtensionID.basicConstraints, critical: true, value: Encoder.sequence(Encoder.boolean(true))))
    },
    spoiled("no authority, but a path length", .certificateProfile, .extensionMalformed) {
      $0.extensions.append(.init(oid: ExtensionID.basicConstraints, value: Encoder.sequence(Encoder.integer(0))))
    },
    spoiled("a user notice that is none", .certificateProfile, .extensionMalformed) {
      $0[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.1.20", notice: Encoder.integer(1))
    },
    spoiled("a user notice with a number for its text", .certificateProfile, .extensionMalformed) {
      $0[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.1.20", notice: Encoder.sequence(Encoder.integer(1)))
    },
    spoiled("a phone's certificate without a subject", .certificateProfile, .subjectName) {
      $0[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.1.40")
      $0.subject = Encoder.sequence()
    },
    spoiled("no keyUsage", .certificateProfile, .keyUsage) { $0[ExtensionID.keyUsage] = nil },
    spoiled("keyUsage not critical", .certificateProfile, .keyUsage) { $0[ExtensionID.keyUsage]?.critical = false },
    spoiled("keyUsage of an authentication certificate", .certificateProfile, .keyUsage) {
      $0[ExtensionID.keyUsage]?.value = Encoder.bits([0x80], unused: 7)
    },
    spoiled("keyUsage with keyEncipherment", .certificateProfile, .keyUsage) {
      $0[ExtensionID.keyUsage]?.value = Encoder.bits([0xE0], unused: 5)
    },
    spoiled("extKeyUsage", .certificateProfile, .extendedKeyUsage) {
      $0.extensions.append(.init(oid: ExtensionID.extKeyUsage, value: Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.3.2"))))
    },
    spoiled("no policy", .certificateProfile, .policies) { $0[ExtensionID.policies] = nil },
    spoiled("policies not critical", .certificateProfile, .policies) { $0[ExtensionID.policies]?.critical = false },
    spoiled("the authentication policy", .certificateProfile, .policyNotAllowed) {
      $0[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.3.30")
    },
    spoiled("the test policy outside the test environment", .certificateProfile, .policyNotAllowed) {
      $0[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.0.20")
    },
    spoiled("two policies", .certificateProfile, .policyNotAllowed) {
      $0[ExtensionID.policies]?.value = Encoder.sequence(
        Encoder.sequence(Encoder.oid("1.2.392.200149.8.5.1.1.20")), Encoder.sequence(Encoder.oid("1.2.3.4")))
    },
    spoiled("no distribution point", .certificateProfile, .distributionPoint) { $0[ExtensionID.distributionPoints] = nil },
    spoiled("a distribution point of production", .certificateProfile, .distributionPoint) {
      $0[ExtensionID.distributionPoints]?.value = World.distributionPoint(.signing, organization: "JPKI")
    },
    spoiled("a distribution point of the other kind", .certificateProfile, .distributionPoint) {
      $0[ExtensionID.distributionPoints]?.value = World.distributionPoint(.authentication)
    },
    spoiled("a distribution point by URI", .certificateProfile, .distributionPoint) {
      let uri = Encoder.explicit(0, Encoder.primitive(6, Array("http://crl.invalid/".utf8)))
      $0[ExtensionID.distributionPoints]?.value = Encoder.sequence(Encoder.sequence(Encoder.explicit(0, uri)))
    },
    spoiled("a subject without city", .certificateProfile, .subjectName) {
      $0.subject = Encoder.name([("2.5.4.6", "JP"), ("2.5.4.7", "Tokyo-to"), ("2.5.4.3", "2024")])
    },
    spoiled("a subject of another country", .certificateProfile, .subjectName) {
      $0.subject = Encoder.name([("2.5.4.6", "US"), ("2.5.4.7", "Tokyo-to"), ("2.5.4.7", "Kakuu-shi"), ("2.5.4.3", "2024")])
    },
  ]

  private static let items: [RefusalCase] = [
    spoiled("no subjectAltName", .certificateProfile, .itemMissing) { $0[ExtensionID.subjectAltName] = nil },
    person("no name", .certificateProfile, .itemMissing) { $0.omitted = [1] },
    person("no flags of the name", .certificateProfile, .itemMissing) { $0.omitted = [2] },
    person("no sex", .certificateProfile, .itemMissing) { $0.omitted = [3] },
    person("no date of birth", .certificateProfile, .itemMissing) { $0.omitted = [4] },
    person("no address", .certificateProfile, .itemMissing) { $0.omitted = [5] },
    person("no flags of the address", .certificateProfile, .itemMissing) { $0.omitted = [6] },
    person("the name twice", .certificateProfile, .itemDuplicate) { $0.stranger = CertifiedPerson.otherName(1, Encoder.utf8("四情　太郎")) },
    person("the name in a BMPString", .certificateProfile, .itemEncoding) {
      $0.omitted = [1]
      $0.stranger = CertifiedPerson.otherName(1, Encoder.element(30, [0x56, 0xDB, 0x60, 0xC5]))
    },
    person("the name in broken UTF-8", .certificateProfile, .itemEncoding) {
      $0.omitted = [1]
      $0.stranger = CertifiedPerson.otherName(1, Encoder.element(12, [0xE5, 0x9B]))
    },
    person("the name in overlong UTF-8", .certificateProfile, .itemEncoding) {
      $0.omitted = [1]
      $0.stranger = CertifiedPerson.otherName(1, Encoder.element(12, [0xC1, 0x81]))
    },
    person("an empty name", .certificateProfile, .itemEncoding) {
      $0.name = ""
      $0.nameFlags = ""
    },
    person("a control character", .certificateProfile, .itemEncoding) { $0.name = "四情\u{0}花子" },
    person("a name of 600 characters", .certificateProfile, .itemEncoding) {
      $0.name = String(repeating: "花", count: 600)
      $0.nameFlags = String(repeating: "0", count: 600)
    },
    person("one flag too few", .certificateProfile, .substituteFlags) { $0.nameFlags = "0000" },
    person("one flag too many", .certificateProfile, .substituteFlags) { $0.addressFlags += "0" },
    person("a flag of 2", .certificateProfile, .substituteFlags) { $0.nameFlags = "00020" },
    person("full-width flags", .certificateProfile, .substituteFlags) { $0.nameFlags = "０００００" },
    person("a date without era", .certificateProfile, .dateOfBirth) { $0.dateOfBirth = "19800217" },
    person("30 February", .certificateProfile, .dateOfBirth) { $0.dateOfBirth = "319800230" },
    person("a day outside its era", .certificateProfile, .dateOfBirth) { $0.dateOfBirth = "319990101" },
    person("era 6", .certificateProfile, .dateOfBirth) { $0.dateOfBirth = "620260101" },
    person("sex 0", .certificateProfile, .sex) { $0.sex = "0" },
    person("sex in words", .certificateProfile, .sex) { $0.sex = "女" },
  ]

  private static let time: [RefusalCase] = [
    spoiled("an expired certificate", .certificateExpired, .certificateExpired) { $0.notAfter = Encoder.utc("260630145959Z") },
    spoiled("a certificate of tomorrow", .certificateNotYetValid, .certificateNotYetValid) { $0.notBefore = Encoder.utc("260702000000Z") },
    RefusalCase("signing: longer valid than its root", .certificateUntrusted, .issuerNotValid) {
      var recipe = World.signingRecipe()
      recipe.notAfter = Encoder.utc("350217145959Z")
      return certificateReason(recipe.signed(by: World.signingAuthority.key), .signing, at: Date("2034-01-01T00:00:00Z"))
    },
  ]
}
