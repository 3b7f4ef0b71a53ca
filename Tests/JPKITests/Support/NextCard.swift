import JPKI

/// A root and a card of the next profile (ECDSA on P-384), beside those of `World` and under the same names.
enum NextCard {
  static let ecdsaWithSHA384 = "1.2.840.10045.4.3.3"

  static let rootKey = EllipticTestKey()
  static let cardKey = EllipticTestKey()
  static let root = rootRecipe().signed(by: rootKey)
  static let certificate = recipe().signed(by: rootKey)
  static let signature = cardKey.sign(World.message)
  /// Both generations of signing roots.
  static let trust = makeTrust([World.signingAuthority.certificate, root])
  static let verifier = CardVerifier(trust: trust)
  static let anchor = trust.anchors.first { $0.subjectKeyIdentifier == rootKey.identifier }!

  private static func makeTrust(_ roots: [[UInt8]]) -> TrustStore {
    do {
      return try TrustStore(
        environment: .simulator, signing: roots, authentication: [World.authenticationAuthority.certificate], versions: [.rsa2048, .p384])
    } catch {
      preconditionFailure("the tests' own roots are refused: \(error)")
    }
  }

  static func rootRecipe() -> Recipe { elliptic(Authority.recipe(.signing, key: rootKey, serial: 3)) }

  static func recipe() -> Recipe {
    var recipe = elliptic(World.signingRecipe())
    recipe.publicKeyInfo = cardKey.publicKeyInfo
    recipe[ExtensionID.authorityKeyIdentifier]?.value = Encoder.sequence(Encoder.primitive(0, rootKey.identifier))
    recipe[ExtensionID.subjectKeyIdentifier]?.value = Encoder.octets(cardKey.identifier)
    return recipe
  }

  private static func elliptic(_ recipe: Recipe) -> Recipe {
    var recipe = recipe
    recipe.innerAlgorithm = Encoder.algorithm(ecdsaWithSHA384, parameters: [])
    recipe.outerAlgorithm = recipe.innerAlgorithm
    return recipe
  }

  static func raw(_ signature: [UInt8], certificate: [UInt8] = certificate) -> CardSignature {
    World.raw(signature, certificate: certificate)
  }

  static func verify(_ signature: CardSignature, by verifier: CardVerifier = verifier) -> VerificationReason? {
    reason { () throws(VerificationFailure) in
      _ = try verifier.verify(signature, over: World.message, kind: .signing, at: World.now)
    }
  }

  /// A CMS message of the next card's.
  static func message(_ spoil: (inout MessageRecipe) -> Void = { _ in }) -> CardSignature {
    var recipe = MessageRecipe(
      certificates: [certificate], digestAlgorithm: Encoder.algorithm(Algorithm.sha384),
      signatureAlgorithm: Encoder.algorithm(ecdsaWithSHA384, parameters: []),
      attributes: [MessageRecipe.contentTypeAttribute(), MessageRecipe.digestAttribute(sha384(World.message))])
    recipe.key = cardKey
    spoil(&recipe)
    return CardSignature(format: .cms, signature: recipe.der, certificate: nil)
  }
}
