extension ProfileRules {
  private static let everyone: Set<ProfileRule.Role> = [.signing, .authentication, .root]

  static let fields: [ProfileRule] = [
    ProfileRule("version", everyone, "X.509 version 3.", source: "RFC 5280 §4.1.2.1; jpki.md §2", .certificateVersion) {
      $0.fields.version == 3
    },
    ProfileRule("serial", everyone, "The serial number is positive and at most 20 bytes long.", source: "RFC 5280 §4.1.2.2", .serialNumber)
    {
      ((try? $0.fields.serial.positiveInteger())?.count ?? 0) > 0 && $0.fields.serial.content.count <= 20
    },
    ProfileRule("uniqueIdentifiers", everyone, "No unique identifiers.", source: "RFC 5280 §4.1.2.8", .uniqueIdentifier) {
      !$0.fields.hasUniqueIdentifiers
    },
    ProfileRule("extensions.once", everyone, "No extension appears twice.", source: "RFC 5280 §4.2", .extensionDuplicate) {
      $0.extensions.areUnique
    },
    ProfileRule(
      "extensions.wellFormed", everyone, "The known extensions are strict DER of their form.", source: "RFC 5280 §4.2.1",
      .extensionMalformed
    ) {
      $0.extensions.areWellFormed
    },
    ProfileRule("extensions.critical", everyone, "No critical extension is unknown.", source: "RFC 5280 §4.2", .extensionUnknownCritical) {
      $0.extensions.knowsAllCritical
    },
    ProfileRule(
      "validity.encoding", everyone, "Times are UTCTime through 2049, GeneralizedTime from 2050, and in order.",
      source: "RFC 5280 §4.1.2.5",
      .validityEncoding
    ) {
      $0.fields.notBefore.isWrittenAsDemanded && $0.fields.notAfter.isWrittenAsDemanded
        && $0.fields.notBefore.seconds <= $0.fields.notAfter.seconds
    },
    ProfileRule(
      "key.algorithm", everyone, "The key is RSA with NULL parameters.", source: "RFC 3279 §2.3.1; jpki.md §1, §2", .publicKeyAlgorithm,
      versions: [.rsa2048]
    ) {
      $0.fields.publicKey.isRSA
    },
    ProfileRule("key.size", everyone, "The key has 2048 bits.", source: "jpki.md §1, §2", .publicKeySize, versions: [.rsa2048]) {
      $0.fields.publicKey.modulusBits == 2048
    },
    ProfileRule(
      "key.exponent", everyone, "The public exponent is odd, above 2¹⁶ and below 2⁶⁴.", source: "FIPS 186-5 §5.4", .publicKeyExponent,
      versions: [.rsa2048]
    ) {
      let exponent = $0.fields.publicKey.exponent
      return (3...8).contains(exponent.count) && (exponent.last ?? 0) & 1 == 1
    },
    ProfileRule("key.usable", everyone, "The modulus is odd.", source: "RFC 8017 §3.1", .publicKeyAlgorithm, versions: [.rsa2048]) {
      ($0.fields.publicKey.modulus.last ?? 0) & 1 == 1
    },
    ProfileRule(
      "key.algorithm.p384", everyone, "The key is elliptic and names its curve.", source: "RFC 5480 §2.1.1; jpki.md §4",
      .publicKeyAlgorithm,
      versions: [.p384]
    ) { $0.fields.publicKey.isElliptic },
    ProfileRule(
      "key.curve.p384", everyone, "The curve is P-384.", source: "RFC 5480 §2.1.1.1; jpki.md §4", .publicKeySize, versions: [.p384]
    ) { $0.fields.publicKey.curve == .p384 },
    ProfileRule(
      "key.usable.p384", everyone, "The key is a point of the curve, uncompressed.", source: "RFC 5480 §2.2", .publicKeyAlgorithm,
      versions: [.p384]
    ) { $0.fields.key != nil },
  ]

  static let usage: [ProfileRule] = [
    ProfileRule("authority.none", leaves, "The certificate is not one of an authority.", source: "jpki.md §5; RFC 5280 §4.2.1.9", .isCA) {
      $0.extensions.basicConstraints?.isAuthority != true
    },
    ProfileRule(
      "authority.unmentioned", [.authentication], "There is no basicConstraints.", source: "jpki.md §2", .isCA, .high, .observes
    ) { $0.extensions.basicConstraints == nil },
    ProfileRule("keyUsage.critical", everyone, "keyUsage is there and critical.", source: "jpki.md §1–3; RFC 5280 §4.2.1.3", .keyUsage) {
      $0.extensions.keyUsage != nil && $0.fields.first(.keyUsage)?.isCritical == true
    },
    ProfileRule(
      "keyUsage.signing", [.signing], "keyUsage is digitalSignature and nonRepudiation, nothing else.", source: "jpki.md §3", .keyUsage
    ) {
      $0.extensions.keyUsage == [.digitalSignature, .nonRepudiation]
    },
    ProfileRule(
      "keyUsage.authentication", [.authentication], "keyUsage is digitalSignature, nothing else.", source: "jpki.md §2", .keyUsage
    ) {
      $0.extensions.keyUsage == .digitalSignature
    },
    ProfileRule("extKeyUsage.signing", [.signing], "There is no extKeyUsage.", source: "jpki.md §3", .extendedKeyUsage) {
      $0.extensions.extendedKeyUsage == nil
    },
    ProfileRule(
      "extKeyUsage.authentication", [.authentication], "extKeyUsage is clientAuth alone.", source: "jpki.md §2", .extendedKeyUsage
    ) {
      $0.extensions.extendedKeyUsage == [.clientAuth]
    },
    ProfileRule("policies.critical", leaves, "certificatePolicies is there and critical.", source: "jpki.md §2, §3", .policies) {
      $0.extensions.policies != nil && $0.fields.first(.certificatePolicies)?.isCritical == true
    },
    ProfileRule(
      "policies.allowed", leaves, "There is one policy, and it is on this environment's list for the kind.", source: "jpki.md §2–5",
      .policyNotAllowed
    ) { $0.policy != nil },
    ProfileRule(
      "policies.statement", leaves, "The policy's qualifier names the CPS.", source: "jpki.md §2", .policies, .middle, .observes
    ) { $0.extensions.policies?.first?.statement == JPKIProfile.certificationPracticeStatement },
  ]

  static let root: [ProfileRule] = [
    ProfileRule(
      "root.name", [.root], "Subject and issuer are byte for byte the name of this environment and kind.", source: "jpki.md §1", .issuerName
    ) {
      $0.fields.der[$0.fields.issuer.whole] == $0.issuerName[...] && $0.fields.der[$0.fields.subject.whole] == $0.issuerName[...]
    },
    ProfileRule("root.signature", [.root], "The root signed itself.", source: "jpki.md §1", .issuerSignature) { examination in
      examination.fields.key.map(examination.fields.isSigned(by:)) ?? false
    },
    ProfileRule("root.authority", [.root], "basicConstraints is critical, says CA, and has no path length.", source: "jpki.md §1", .isCA) {
      $0.extensions.basicConstraints?.isAuthority == true && $0.extensions.basicConstraints?.hasPathLength == false
        && $0.fields.first(.basicConstraints)?.isCritical == true
    },
    ProfileRule("root.keyUsage", [.root], "keyUsage is keyCertSign and cRLSign.", source: "jpki.md §1", .keyUsage) {
      $0.extensions.keyUsage == [.keyCertSign, .cRLSign]
    },
    ProfileRule(
      "root.keyIdentifier", [.root], "There is a subjectKeyIdentifier.", source: "jpki.md §1; RFC 5280 §4.2.1.2", .subjectKeyIdentifier
    ) {
      $0.extensions.subjectKeyIdentifier != nil
    },
    ProfileRule(
      "root.alternativeName", [.root], "subjectAltName is a directory name, in Japanese.", source: "jpki.md §1", .subjectAlternativeName,
      .high,
      .observes
    ) { ($0.extensions.subjectAlternativeNames?.first?.directoryName) != nil },
    ProfileRule(
      "root.distributionPoint", [.root], "The distribution point is the root's own name.", source: "jpki.md §1", .distributionPoint, .high,
      .observes
    ) { $0.extensions.distributionPoints?.first?.first?.directoryName.map(\.wholeBytes) == $0.issuerName },
    ProfileRule("root.order", [.root], "The extensions stand in their order.", source: "jpki.md §1", .extensionMalformed, .high, .observes)
    {
      $0.fields.extensions.map(\.oid.dotted) == JPKIProfile.rootExtensions
    },
  ]
}
