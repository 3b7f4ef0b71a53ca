import CitizenItems
import COpenSSL
import Foundation
import JPKI
import Testing

/// The next card's profile: ECDSA on P-384, only where it is asked for.
struct NextCardTests {
  @Test func aRawSignaturePasses() throws {
    let certificate = try NextCard.verifier.verify(NextCard.raw(NextCard.signature), over: World.message, kind: .signing, at: World.now)
    #expect(certificate.issuer == NextCard.anchor)
    #expect(certificate.items?.name.text == "四情　花子")
    #expect(certificate.publicKeyFingerprint == sha256(NextCard.cardKey.publicKeyInfo))
  }

  @Test func theDigestAloneIsEnough() throws {
    _ = try NextCard.verifier.verify(
      NextCard.raw(NextCard.signature), overDigest: sha384(World.message), algorithm: .sha384, kind: .signing, at: World.now)
  }

  @Test func messagesPass() {
    #expect(NextCard.verify(NextCard.message()) == nil)
    #expect(NextCard.verify(NextCard.message { $0.attached = World.message }) == nil)
    #expect(NextCard.verify(NextCard.message { $0.attributes = nil }) == nil)
  }

  @Test func everySignatureOfTheCardPasses() {
    // r and s of any length: one in 128 signatures has a number of 47 bytes or fewer.
    for _ in 0..<300 { #expect(NextCard.verify(NextCard.raw(NextCard.cardKey.sign(World.message))) == nil) }
  }

  @Test func bothGenerationsOfCardsPassBesideEachOther() {
    #expect(certificateReason(World.signingCertificate, .signing, by: NextCard.verifier) == nil)
    #expect(certificateReason(NextCard.certificate, .signing, by: NextCard.verifier) == nil)
    #expect(Set(NextCard.trust.anchors.filter { $0.kind == .signing }.map(\.subject)).count == 1)
  }

  @Test func aRootOfTheNextProfileIsRefusedUnlessItIsAskedFor() {
    let authentication = [World.authenticationAuthority.certificate]
    #expect(throws: TrustStoreError.profile(.signing, rule: "signature.algorithm")) {
      try TrustStore(environment: .simulator, signing: [NextCard.root], authentication: authentication)
    }
    #expect(throws: TrustStoreError.profile(.authentication, rule: "signature.algorithm.p384")) {
      try TrustStore(environment: .simulator, signing: [NextCard.root], authentication: authentication, versions: [.p384])
    }
  }

  @Test func aRootOfAnotherCurveIsRefused() {
    let key = EllipticTestKey(EllipticTestKey.p256)
    var recipe = NextCard.rootRecipe()
    recipe.publicKeyInfo = key.publicKeyInfo
    #expect(throws: TrustStoreError.profile(.signing, rule: "key.curve.p384")) {
      try TrustStore(
        environment: .simulator, signing: [recipe.signed(by: key)], authentication: [World.authenticationAuthority.certificate],
        versions: [.rsa2048, .p384])
    }
  }

  @Test func everyRuleHoldsForTheNextCard() throws {
    let findings = try #require(NextCard.verifier.findings(NextCard.certificate, kind: .signing, at: World.now))
    #expect(findings.filter { !$0.holds }.map(\.rule.id) == [])
    let ids = findings.map(\.rule.id)
    #expect(ids.contains("key.curve.p384") && !ids.contains("key.size"))
  }

  @Test func opensslVerifiesTheCertificateThatPasses() throws {
    let root = try #require(OpenSSLView.x509(NextCard.root))
    let certificate = try #require(OpenSSLView.x509(NextCard.certificate))
    defer {
      X509_free(root)
      X509_free(certificate)
    }
    #expect(X509_verify(root, X509_get0_pubkey(root)) == 1)
    #expect(X509_verify(certificate, X509_get0_pubkey(root)) == 1)
  }

  @Test func mutatedSignaturesAndCertificatesAreRefused() {
    var random = MutationTests.Randomness(state: 21)
    var accepted = 0
    for _ in 0..<1500 {
      let signature = MutationTests.mutate(NextCard.signature, &random)
      if signature != NextCard.signature, NextCard.verify(NextCard.raw(signature)) == nil { accepted += 1 }
      let certificate = MutationTests.mutate(NextCard.certificate, &random)
      if certificate != NextCard.certificate, certificateReason(certificate, .signing, by: NextCard.verifier) == nil { accepted += 1 }
    }
    #expect(accepted == 0)
  }

  @Test func itsAuthorityPublishesLists() throws {
    var recipe = ListRecipe()
    recipe.algorithm = Encoder.algorithm(NextCard.ecdsaWithSHA384, parameters: [])
    recipe.keyIdentifier = NextCard.rootKey.identifier
    recipe.key = NextCard.rootKey
    func read() -> VerificationReason? {
      reason { () throws(VerificationFailure) in
        _ = try RevocationList(verifying: recipe.der, issuer: NextCard.anchor, at: World.now)
      }
    }
    #expect(read() == nil)
    let list = try RevocationList(verifying: recipe.der, trust: NextCard.trust, kind: .signing, at: World.now)
    #expect(list.status(of: try #require(Serial([7])), at: World.now).reason == .ended)
    // Another key of its kind, and another kind of algorithm.
    recipe.key = NextCard.cardKey
    #expect(read() == .crlSignature)
    recipe.key = NextCard.rootKey
    recipe.algorithm = Encoder.algorithm(Algorithm.sha256WithRSA)
    #expect(read() == .crlSignatureAlgorithm)
  }

  @Test func itsAuthorityAnswersOCSP() throws {
    var recipe = AnswerRecipe()
    recipe.responder = Encoder.explicit(2, Encoder.octets(NextCard.rootKey.identifier))
    recipe.keyHash = NextCard.rootKey.identifier
    recipe.certificates = []
    recipe.algorithm = Encoder.algorithm(NextCard.ecdsaWithSHA384, parameters: [])
    recipe.key = NextCard.rootKey
    func decide() throws -> OCSPDecision {
      OCSPAnswer.verify(
        recipe.der, serial: try #require(Serial([0x01, 0xA2, 0xB3, 0xC4])), issuer: NextCard.anchor, nonce: AnswerRecipe.nonce,
        at: World.now)
    }
    #expect(try decide().status == .good)
    // Another key of its kind, and another kind of algorithm.
    recipe.key = NextCard.cardKey
    #expect(try decide().reason == .ocspSignature)
    recipe.key = NextCard.rootKey
    recipe.algorithm = Encoder.algorithm(Algorithm.sha384WithRSA)
    #expect(try decide().reason == .ocspSignature)
  }
}
