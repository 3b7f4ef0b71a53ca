import COpenSSL
import Foundation
import JPKI
import Testing

struct SignatureTests {
  @Test func aCardsSignatureOverTheContentPasses() throws {
    let certificate = try World.verifier.verify(World.raw(World.signature), over: World.message, kind: .signing, at: World.now)
    #expect(certificate.items != nil)
  }

  @Test func anAuthenticationSignaturePasses() throws {
    let signature = World.authenticationKey.sign(World.message)
    let card = CardSignature(signature: signature, certificate: World.authenticationCertificate)
    let certificate = try World.verifier.verify(card, over: World.message, kind: .authentication, at: World.now)
    #expect(certificate.kind == .authentication)
  }

  @Test func absentParametersAreRefusedAsTheStandardSays() {
    let info = digestInfo(Algorithm.sha256, sha256(World.message), parameters: [])
    #expect(SignatureCases.verify(World.raw(World.signingKey.sign(payload: info))) == .digestInfoParameters)
  }

  @Test func theDigestAloneIsEnough() throws {
    _ = try World.verifier.verify(World.raw(World.signature), overDigest: sha256(World.message), kind: .signing, at: World.now)
    #expect(
      reason { () throws(VerificationFailure) in
        _ = try World.verifier.verify(World.raw(World.signature), overDigest: sha256([]), kind: .signing, at: World.now)
      } == .digestMismatch)
  }

  @Test(arguments: [(DigestAlgorithm.sha384, Algorithm.sha384), (.sha512, Algorithm.sha512)])
  func aProfileMayAllowLongerDigests(_ algorithm: DigestAlgorithm, _ identifier: String) throws {
    let verifier = CardVerifier(trust: World.trust, digests: [.sha256, algorithm])
    let info = digestInfo(identifier, algorithm.digest(of: World.message))
    _ = try verifier.verify(World.raw(World.signingKey.sign(payload: info)), over: World.message, kind: .signing, at: World.now)
    // Only the digest of another algorithm is known: it cannot be compared.
    #expect(
      reason { () throws(VerificationFailure) in
        _ = try verifier.verify(
          World.raw(World.signingKey.sign(payload: info)), overDigest: sha256(World.message), kind: .signing, at: World.now)
      } == .digestMismatch)
  }

  @Test func theCertificateIsJudgedBeforeTheSignature() {
    var recipe = World.signingRecipe()
    recipe.notAfter = Encoder.utc("260630145959Z")
    let expired = recipe.signed(by: World.signingAuthority.key)
    #expect(SignatureCases.verify(World.raw([1, 2, 3], certificate: expired)) == .certificateExpired)
    let forged = recipe.signed(by: World.otherCardKey)
    #expect(SignatureCases.verify(World.raw([1, 2, 3], certificate: forged)) == .issuerSignature)
  }

  @Test func anAuthenticationCertificateNeverPassesAsASigningOne() {
    let signature = World.authenticationKey.sign(World.message)
    #expect(SignatureCases.verify(World.raw(signature, certificate: World.authenticationCertificate)) == .certificateOfOtherKind)
  }

  @Test func opensslAgreesWithTheSignatureThatPasses() {
    World.signingKey.withHandle { key in
      let context = EVP_MD_CTX_new()
      defer { EVP_MD_CTX_free(context) }
      #expect(EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1)
      #expect(EVP_DigestVerify(context, World.signature, World.signature.count, World.message, World.message.count) == 1)
    }
  }
}
