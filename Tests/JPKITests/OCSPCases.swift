import JPKI

/// What can be wrong with an OCSP answer, and what it can say.
enum OCSPCases {
  static func decide(_ der: [UInt8], nonce: [UInt8]? = AnswerRecipe.nonce, tolerance: OCSPTolerance = OCSPTolerance()) -> OCSPDecision? {
    guard let serial = Serial([0x01, 0xA2, 0xB3, 0xC4]) else { return nil }
    return OCSPAnswer.verify(der, serial: serial, issuer: World.signingAnchor, nonce: nonce, at: World.now, tolerance: tolerance)
  }

  private static func answer(_ name: String, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout AnswerRecipe) -> Void)
    -> RefusalCase
  {
    RefusalCase("OCSP: " + name, reason) {
      var recipe = AnswerRecipe()
      spoil(&recipe)
      return decide(recipe.der)?.reason
    }
  }

  private static func delegate(_ name: String, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout Recipe) -> Void)
    -> RefusalCase
  {
    answer("delegate " + name, reason) { $0.spoilDelegate(spoil) }
  }

  static let all: [RefusalCase] = form + responder + content

  private static let form: [RefusalCase] = [
    RefusalCase("OCSP: nothing", .ocspMalformed) { decide([])?.reason },
    RefusalCase("OCSP: larger than 64 KiB", .ocspTooLarge) { decide([UInt8](repeating: 0x30, count: 65_537))?.reason },
    RefusalCase("OCSP: a byte after it", .ocspMalformed) { decide(AnswerRecipe().der + [0])?.reason },
    answer("tryLater", .ocspUnsignedError) {
      $0.status = 3
      $0.hasBytes = false
    },
    answer("unauthorized, with a good answer inside", .ocspUnsignedError) { $0.status = 6 },
    answer("success without bytes", .ocspMalformed) { $0.hasBytes = false },
    answer("a response type of nobody's", .ocspMalformed) { $0.type = "1.3.6.1.5.5.7.48.1.9" },
    answer("producedAt in UTCTime", .ocspMalformed) { $0.producedAt = Encoder.utc("260701030000Z") },
    answer("two answers about one certificate", .ocspMalformed) { $0.singleCount = 2 },
  ]

  private static let responder: [RefusalCase] = [
    answer("sha1WithRSAEncryption", .ocspSignatureAlgorithm) { $0.algorithm = Encoder.algorithm(Algorithm.sha1WithRSA) },
    answer("signed by the card itself", .ocspSignature) { $0.key = World.signingKey },
    answer("an algorithm that was not used", .ocspSignature) { $0.algorithm = Encoder.algorithm(Algorithm.sha384WithRSA) },
    answer("no certificate of the delegate", .ocspResponder) { $0.certificates = [] },
    answer("a responder of another name", .ocspResponder) {
      $0.responder = Encoder.explicit(1, Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", "nobody")]))
    },
    answer("a delegate that the root did not sign", .ocspResponder) {
      $0.certificates = [AnswerRecipe.delegate().signed(by: World.otherCardKey)]
    },
    answer("a delegate of the other hierarchy", .ocspResponder) {
      var recipe = AnswerRecipe.delegate()
      recipe.issuer = World.authenticationAuthority.name
      recipe[ExtensionID.authorityKeyIdentifier]?.value = World.authenticationAuthority.keyReference
      $0.certificates = [recipe.signed(by: World.authenticationAuthority.key)]
    },
    answer("a card as responder", .ocspResponder) {
      $0.responder = Encoder.explicit(2, Encoder.octets(World.signingKey.identifier))
      $0.certificates = [World.signingCertificate]
      $0.key = World.signingKey
    },
    answer("a root of another generation as responder", .ocspSignature) {
      $0.responder = Encoder.explicit(1, World.signingAuthority.name)
      $0.key = World.youngerSigningAuthority.key
    },
    delegate("without OCSPSigning", .ocspResponder) { $0[ExtensionID.extKeyUsage] = nil },
    delegate("for time stamps", .ocspResponder) { $0[ExtensionID.extKeyUsage]?.value = Encoder.sequence(Encoder.oid("1.3.6.1.5.5.7.3.8")) },
    delegate("that is an authority", .ocspResponder) {
      $0.extensions.append(.init(oid: ExtensionID.basicConstraints, critical: true, value: Encoder.sequence(Encoder.boolean(true))))
    },
    delegate("that may only encipher keys", .ocspResponder) { $0[ExtensionID.keyUsage]?.value = Encoder.bits([0x20], unused: 5) },
    delegate("with an unknown critical extension", .ocspResponder) {
      $0.extensions.append(.init(oid: "1.2.392.200149.9.9", critical: true, value: Encoder.null))
    },
    delegate("expired", .ocspResponderExpired) { $0.notAfter = Encoder.utc("260630000000Z") },
    delegate("not yet valid", .ocspResponderExpired) { $0.notBefore = Encoder.utc("260702000000Z") },
    delegate("without ocsp-nocheck", .ocspResponderUnchecked) { $0[ExtensionID.noCheck] = nil },
  ]

  private static let content: [RefusalCase] = [
    answer("another serial number", .ocspOtherCertificate) { $0.serial = Encoder.integer(7) },
    answer("another issuer's key", .ocspOtherCertificate) { $0.keyHash = World.youngerSigningAuthority.key.identifier },
    answer("another issuer's name", .ocspOtherCertificate) { $0.nameHash = sha1(World.authenticationAuthority.name) },
    answer("a CertID by MD5", .ocspOtherCertificate) { $0.hashAlgorithm = Encoder.algorithm(Algorithm.md5) },
    answer("no answer at all", .ocspOtherCertificate) { $0.singleCount = 0 },
    answer("no nonce", .ocspNonce) { $0.nonce = nil },
    answer("another nonce", .ocspNonce) { $0.nonce = [UInt8](repeating: 0x43, count: 32) },
    answer("the nonce twice", .ocspNonce) {
      $0.extensions = [Encoder.extension("1.3.6.1.5.5.7.48.1.2", Encoder.octets(AnswerRecipe.nonce))]
    },
    answer("an unknown critical extension", .ocspExtensionUnknownCritical) {
      $0.extensions = [Encoder.extension("1.2.392.200149.9.9", critical: true, Encoder.null)]
    },
    answer("an unknown critical extension of the one answer", .ocspExtensionUnknownCritical) {
      $0.singleExtensions = [Encoder.extension("1.2.392.200149.9.9", critical: true, Encoder.null)]
    },
    answer("thisUpdate ahead", .ocspNotYetValid) { $0.thisUpdate = Encoder.generalized("20260701030200Z") },
    answer("producedAt ahead", .ocspNotYetValid) { $0.producedAt = Encoder.generalized("20260701030200Z") },
    answer("producedAt before thisUpdate", .ocspNotYetValid) { $0.producedAt = Encoder.generalized("20260701020000Z") },
    answer("nextUpdate before thisUpdate", .ocspNotYetValid) { $0.nextUpdate = Encoder.generalized("20260701024500Z") },
    answer("nextUpdate over", .ocspStale) {
      $0.thisUpdate = Encoder.generalized("20260701023000Z")
      $0.nextUpdate = Encoder.generalized("20260701024500Z")
    },
    answer("old, without nextUpdate", .ocspStale) {
      $0.thisUpdate = Encoder.generalized("20260701023000Z")
      $0.nextUpdate = nil
    },
    answer("unknown to the responder", .ocspUnknownCertificate) { $0.certificateStatus = Encoder.primitive(2, []) },
    answer("changed", .contentChanged) { $0.certificateStatus = AnswerRecipe.revoked(3) },
    answer("renewed", .ended) { $0.certificateStatus = AnswerRecipe.revoked(4) },
    answer("without reason", .ended) { $0.certificateStatus = AnswerRecipe.revoked(nil) },
    answer("for a reason of the future", .ended) { $0.certificateStatus = AnswerRecipe.revoked(42) },
  ]
}
