import JPKI

/// What can be wrong with the next card's certificates and signatures (ECDSA on P-384), and what it may not do where nobody asked for it.
enum NextCardCases {
  private static func certificate(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout Recipe) -> Void
  ) -> RefusalCase {
    RefusalCase("P-384: " + name, result, reason) {
      var recipe = NextCard.recipe()
      spoil(&recipe)
      return certificateReason(recipe.signed(by: NextCard.rootKey), .signing, by: NextCard.verifier)
    }
  }

  private static func signature(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ make: @escaping @Sendable () -> [UInt8]
  ) -> RefusalCase {
    RefusalCase("P-384: " + name, result, reason) { NextCard.verify(NextCard.raw(make())) }
  }

  private static func message(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ spoil: @escaping @Sendable (inout MessageRecipe) -> Void
  ) -> RefusalCase {
    RefusalCase("P-384: CMS: " + name, result, reason) { NextCard.verify(NextCard.message(spoil)) }
  }

  /// SEQUENCE { r, s } around any two elements.
  private static func pair(_ r: [UInt8], _ s: [UInt8]) -> [UInt8] { Encoder.sequence(r, s) }
  private static let long = [UInt8](repeating: 0x11, count: 49)

  static let all: [RefusalCase] = [
    RefusalCase("P-384: a verifier that was not told of the next card", .certificateUntrusted, .issuerUnknown) {
      NextCard.verify(NextCard.raw(NextCard.signature), by: World.verifier)
    },
    certificate("an RSA key under an elliptic root", .certificateProfile, .publicKeyAlgorithm) {
      $0.publicKeyInfo = World.signingKey.publicKeyInfo
    },
    certificate("a key on P-256", .certificateProfile, .publicKeySize) {
      $0.publicKeyInfo = EllipticTestKey(EllipticTestKey.p256).publicKeyInfo
    },
    certificate("a compressed point", .certificateProfile, .publicKeyAlgorithm) {
      $0.publicKeyInfo = EllipticTestKey.info(EllipticTestKey.p384, [2 + (NextCard.cardKey.point[96] & 1)] + NextCard.cardKey.point[1...48])
    },
    certificate("a point beside the curve", .certificateProfile, .publicKeyAlgorithm) {
      $0.publicKeyInfo = EllipticTestKey.info(EllipticTestKey.p384, NextCard.cardKey.point.dropLast() + [NextCard.cardKey.point[96] ^ 1])
    },
    certificate("the point at infinity", .certificateProfile, .publicKeyAlgorithm) {
      $0.publicKeyInfo = EllipticTestKey.info(EllipticTestKey.p384, [0])
    },
    certificate("a curve by its parameters", .certificateProfile, .publicKeyAlgorithm) {
      $0.publicKeyInfo = Encoder.sequence(
        Encoder.sequence(Encoder.oid("1.2.840.10045.2.1"), Encoder.sequence(Encoder.integer(1))), Encoder.bits(NextCard.cardKey.point))
    },
    certificate("ecdsa-with-SHA256", .certificateProfile, .signatureAlgorithm) {
      $0.innerAlgorithm = Encoder.algorithm("1.2.840.10045.4.3.2", parameters: [])
      $0.outerAlgorithm = $0.innerAlgorithm
    },
    certificate("ecdsa-with-SHA384 with NULL", .certificateProfile, .signatureAlgorithm) {
      $0.innerAlgorithm = Encoder.algorithm(NextCard.ecdsaWithSHA384)
      $0.outerAlgorithm = $0.innerAlgorithm
    },
    certificate("sha256WithRSAEncryption", .certificateProfile, .signatureAlgorithm) {
      $0.innerAlgorithm = Encoder.algorithm(Algorithm.sha256WithRSA)
      $0.outerAlgorithm = $0.innerAlgorithm
    },
    certificate("keyUsage of key agreement", .certificateProfile, .keyUsage) {
      $0[ExtensionID.keyUsage]?.value = Encoder.bits([0xC8], unused: 3)
    },
    certificate("expired", .certificateExpired, .certificateExpired) { $0.notAfter = Encoder.utc("260630145959Z") },
    RefusalCase("P-384: signed by the card itself", .certificateUntrusted, .issuerSignature) {
      certificateReason(NextCard.recipe().signed(by: NextCard.cardKey), .signing, by: NextCard.verifier)
    },
    RefusalCase("P-384: an elliptic card under the RSA root", .certificateProfile, .publicKeyAlgorithm) {
      var recipe = World.signingRecipe()
      recipe.publicKeyInfo = NextCard.cardKey.publicKeyInfo
      return certificateReason(recipe.signed(by: World.signingAuthority.key), .signing, by: NextCard.verifier)
    },
    signature("nothing", .signatureInvalid, .ecdsaMalformed) { [] },
    signature("an RSA signature", .signatureInvalid, .ecdsaMalformed) { World.signature },
    signature("r and s side by side", .signatureInvalid, .ecdsaMalformed) { [UInt8](repeating: 0x11, count: 96) },
    signature("a byte after it", .signatureInvalid, .ecdsaMalformed) { NextCard.signature + [0] },
    signature("three numbers", .signatureInvalid, .ecdsaMalformed) {
      Encoder.sequence(Encoder.integer(1), Encoder.integer(1), Encoder.integer(1))
    },
    signature("r of zero", .signatureInvalid, .ecdsaMalformed) { pair(Encoder.integer(0), Encoder.integer(1)) },
    signature("a negative s", .signatureInvalid, .ecdsaMalformed) { pair(Encoder.integer(1), Encoder.element(2, [0x80])) },
    signature("a number in more bytes than it needs", .signatureInvalid, .ecdsaMalformed) {
      pair(Encoder.element(2, [0, 1]), Encoder.integer(1))
    },
    signature("r of 49 bytes", .signatureInvalid, .ecdsaMalformed) { pair(Encoder.integer(long), Encoder.integer(1)) },
    signature("larger than any key", .signatureInvalid, .signatureTooLarge) { [UInt8](repeating: 0x30, count: 513) },
    signature("one and one", .signatureInvalid, .ecdsaInvalid) { pair(Encoder.integer(1), Encoder.integer(1)) },
    signature("another card's key", .signatureInvalid, .ecdsaInvalid) { NextCard.rootKey.sign(World.message) },
    signature("another content", .signatureInvalid, .ecdsaInvalid) { NextCard.cardKey.sign(World.message + [0]) },
    signature("SHA-256", .signatureInvalid, .ecdsaInvalid) { NextCard.cardKey.sign(digest: sha256(World.message)) },
    signature("SHA-1", .signatureInvalid, .ecdsaInvalid) { NextCard.cardKey.sign(digest: sha1(World.message)) },
    RefusalCase("P-384: over a SHA-256, where only that is known", .signatureInvalid, .digestAlgorithmNotAccepted) {
      reason { () throws(VerificationFailure) in
        _ = try NextCard.verifier.verify(
          NextCard.raw(NextCard.signature), overDigest: sha256(World.message), kind: .signing, at: World.now)
      }
    },
    message("SHA-256", .signatureInvalid, .digestAlgorithmNotAccepted) { $0.digestAlgorithm = Encoder.algorithm(Algorithm.sha256) },
    message("rsaEncryption", .signatureInvalid, .cmsSignatureAlgorithm) { $0.signatureAlgorithm = Encoder.algorithm(Algorithm.rsa) },
    message("ecdsa-with-SHA256", .signatureInvalid, .cmsSignatureAlgorithm) {
      $0.signatureAlgorithm = Encoder.algorithm("1.2.840.10045.4.3.2", parameters: [])
    },
    message("ecdsa-with-SHA384 with NULL", .signatureInvalid, .cmsSignatureAlgorithm) {
      $0.signatureAlgorithm = Encoder.algorithm(NextCard.ecdsaWithSHA384)
    },
    message("another content", .signatureInvalid, .digestMismatch) { $0.attributes?[1] = MessageRecipe.digestAttribute(sha384([0])) },
    message("attributes that were not signed", .signatureInvalid, .ecdsaInvalid) { $0.signed = World.message },
    message("an RSA signature", .signatureInvalid, .ecdsaMalformed) { $0.signature = World.signature },
  ]
}
