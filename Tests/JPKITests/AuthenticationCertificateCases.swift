import JPKI

/// What can be wrong with an authentication certificate beyond what it shares with a signing one.
enum AuthenticationCertificateCases {
  private static func spoiled(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout Recipe) -> Void
  ) -> RefusalCase {
    RefusalCase("authentication: " + name, result, reason) {
      var recipe = World.authenticationRecipe()
      spoil(&recipe)
      return certificateReason(recipe.signed(by: World.authenticationAuthority.key), .authentication)
    }
  }

  static let all: [RefusalCase] = [
    RefusalCase("authentication: a signing certificate", .certificateUntrusted, .certificateOfOtherKind) {
      certificateReason(World.signingCertificate, .authentication)
    },
    spoiled("the signing root's key", .certificateUntrusted, .issuerUnknown) {
      $0[ExtensionID.authorityKeyIdentifier]?.value = Encoder.sequence(Encoder.primitive(0, World.signingAuthority.key.identifier))
    },
    spoiled("keyUsage of a signing certificate", .certificateProfile, .keyUsage) {
      $0[ExtensionID.keyUsage]?.value = Encoder.bits([0xC0], unused: 6)
    },
    spoiled("no extKeyUsage", .certificateProfile, .extendedKeyUsage) { $0[ExtensionID.extKeyUsage] = nil },
    spoiled("serverAuth as well", .certificateProfile, .extendedKeyUsage) {
      $0[ExtensionID.extKeyUsage]?.value = Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.3.2"), Encoder.oid("1.3.6.1.5.5.7.3.1"))
    },
    spoiled("any extended usage", .certificateProfile, .extendedKeyUsage) {
      $0[ExtensionID.extKeyUsage]?.value = Encoder.sequence(Encoder.oid("2.5.29.37.0"))
    },
    spoiled("the signing policy", .certificateProfile, .policyNotAllowed) {
      $0[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.1.20")
    },
    spoiled("a subjectAltName", .certificateProfile, .subjectAlternativeName) {
      $0.extensions.append(.init(oid: ExtensionID.subjectAltName, value: CertifiedPerson().generalNames))
    },
    spoiled("no issuerAltName", .certificateProfile, .issuerAlternativeName) { $0[ExtensionID.issuerAltName] = nil },
    spoiled("no authorityInfoAccess", .certificateProfile, .informationAccess) { $0[ExtensionID.informationAccess] = nil },
    spoiled("caIssuers alone", .certificateProfile, .informationAccess) {
      $0[ExtensionID.informationAccess]?.value = Encoder.sequence(
        Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.48.2"), Encoder.primitive(6, Array("http://ca.invalid/".utf8))))
    },
    spoiled("no subjectKeyIdentifier", .certificateProfile, .subjectKeyIdentifier) { $0[ExtensionID.subjectKeyIdentifier] = nil },
    spoiled("a CN in lower case", .certificateProfile, .subjectName) {
      $0.subject = Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", "ab12CD34EF56GH13221003A")])
    },
    spoiled("a CN with another end", .certificateProfile, .subjectName) {
      $0.subject = Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", "AB12CD34EF56GH13221003B")])
    },
    spoiled("a locality", .certificateProfile, .subjectName) {
      $0.subject = Encoder.name([("2.5.4.6", "JP"), ("2.5.4.7", "Tokyo-to"), ("2.5.4.3", "AB12CD34EF56GH13221003A")])
    },
    spoiled("expired", .certificateExpired, .certificateExpired) { $0.notAfter = Encoder.utc("260630145959Z") },
  ]
}
