import COpenSSL
import Foundation
import JPKI
import Testing

struct OCSPTests {
  private func decide(_ recipe: AnswerRecipe, nonce: [UInt8]? = AnswerRecipe.nonce, _ tolerance: OCSPTolerance = OCSPTolerance()) throws
    -> OCSPDecision
  {
    try #require(OCSPCases.decide(recipe.der, nonce: nonce, tolerance: tolerance))
  }

  @Test func aGoodAnswerIsGoodUntilItsNextUpdate() throws {
    let decision = try decide(AnswerRecipe())
    #expect(decision.status == .good)
    #expect(decision.reason == nil)
    #expect(decision.thisUpdate == Date("2026-07-01T03:00:00Z"))
    #expect(decision.nextUpdate == Date("2026-07-01T03:15:00Z"))
    #expect(decision.producedAt == Date("2026-07-01T03:00:00Z"))
  }

  @Test(arguments: OCSPCases.all) func aSpoiledAnswerIsUnknownForOneReason(_ one: RefusalCase) {
    #expect(one.run() == one.expected)
  }

  @Test func aRevocationCarriesItsMeaningAndTime() throws {
    var recipe = AnswerRecipe()
    recipe.certificateStatus = AnswerRecipe.revoked(3)
    #expect(try decide(recipe).status == .revoked(.contentChanged, at: Date("2026-06-15T00:00:00Z")))
    recipe.certificateStatus = AnswerRecipe.revoked(5)
    #expect(try decide(recipe).status == .revoked(.ended, at: Date("2026-06-15T00:00:00Z")))
  }

  @Test func theIssuerMayAnswerItself() throws {
    var recipe = AnswerRecipe()
    recipe.key = World.signingAuthority.key
    recipe.certificates = []
    recipe.responder = Encoder.explicit(1, World.signingAuthority.name)
    #expect(try decide(recipe).status == .good)
    recipe.responder = Encoder.explicit(2, Encoder.octets(World.signingAuthority.key.identifier))
    #expect(try decide(recipe).status == .good)
  }

  @Test func aDelegateMayBeNamedByItsName() throws {
    var recipe = AnswerRecipe()
    recipe.responder = Encoder.explicit(1, AnswerRecipe.delegate().subject)
    #expect(try decide(recipe).status == .good)
  }

  @Test func aCertIDBySHA256IsUnderstood() throws {
    var recipe = AnswerRecipe()
    recipe.hashAlgorithm = Encoder.algorithm(Algorithm.sha256)
    recipe.nameHash = sha256(World.signingAuthority.name)
    let bits = Array(World.signingAuthority.key.publicKeyInfo.dropFirst(24))
    recipe.keyHash = sha256(bits)
    #expect(try decide(recipe).status == .good)
  }

  @Test func aNonceIsOptionalOnlyWhereTheClientSaysSo() throws {
    var recipe = AnswerRecipe()
    recipe.nonce = nil
    #expect(try decide(recipe).reason == .ocspNonce)
    #expect(try decide(recipe, OCSPTolerance(requiresNonce: false)).status == .good)
    #expect(try decide(recipe, nonce: nil).status == .good)
    recipe.nonce = [1]
    #expect(try decide(recipe, OCSPTolerance(requiresNonce: false)).reason == .ocspNonce)
  }

  @Test func anAnswerWithoutNextUpdateStandsWhileFreshAndIsNotToBeCached() throws {
    var recipe = AnswerRecipe()
    recipe.nextUpdate = nil
    let decision = try decide(recipe)
    #expect(decision.status == .good)
    #expect(decision.nextUpdate == nil)
  }

  @Test func clocksMayDifferByTheSkewAndNoMore() throws {
    var recipe = AnswerRecipe()
    recipe.thisUpdate = Encoder.generalized("20260701030030Z")
    recipe.producedAt = Encoder.generalized("20260701030030Z")
    #expect(try decide(recipe).status == .good)
    #expect(try decide(recipe, OCSPTolerance(clockSkew: 10)).reason == .ocspNotYetValid)
  }

  @Test func aDelegateWithoutNoCheckIsBelievedWhenAListVouchesForIt() throws {
    var recipe = AnswerRecipe()
    recipe.spoilDelegate { $0[ExtensionID.noCheck] = nil }
    let serial = try #require(Serial([0x01, 0xA2, 0xB3, 0xC4]))
    func reason(_ list: ListRecipe) throws -> VerificationReason? {
      let list = try RevocationList(verifying: list.der, issuer: World.signingAnchor, at: World.now)
      return OCSPAnswer.verify(
        recipe.der, serial: serial, issuer: World.signingAnchor, nonce: AnswerRecipe.nonce, at: World.now, revocationList: list
      ).reason
    }
    #expect(try reason(ListRecipe()) == nil)
    #expect(try reason(ListRecipe(entries: [ListRecipe.Entry(77, reason: 1)])) == .ocspResponderUnchecked)
  }

  @Test func nothingIsToldOfAnAnswerThatIsNotSigned() throws {
    var recipe = AnswerRecipe()
    recipe.key = World.otherCardKey
    let decision = try decide(recipe)
    #expect(decision.thisUpdate == nil && decision.nextUpdate == nil && decision.producedAt == nil)
  }

  @Test(arguments: OCSPRequestMessage.IssuerHash.allCases) func opensslReadsOurQuestions(_ hash: OCSPRequestMessage.IssuerHash) throws {
    let certificate = try World.verifier.verifyCertificate(World.signingCertificate, kind: .signing, at: World.now)
    let request = OCSPRequestMessage.make(certificate: certificate, nonce: AnswerRecipe.nonce, hash: hash)
    let parsed = request.withUnsafeBufferPointer { bytes in
      var cursor = bytes.baseAddress
      return d2i_OCSP_REQUEST(nil, &cursor, bytes.count)
    }
    let message = try #require(parsed)
    defer { OCSP_REQUEST_free(message) }
    #expect(OCSP_request_onereq_count(message) == 1)
    #expect(OCSP_REQUEST_get_ext_by_NID(message, NID_id_pkix_OCSP_Nonce, -1) == 0)
    // The CertID that OpenSSL makes of the same two certificates is ours.
    let subject = OpenSSLView.x509(World.signingCertificate)
    let issuer = OpenSSLView.x509(World.signingAuthority.certificate)
    let expected = OCSP_cert_to_id(hash == .sha1 ? EVP_sha1() : EVP_sha256(), subject, issuer)
    defer {
      X509_free(subject)
      X509_free(issuer)
      OCSP_CERTID_free(expected)
    }
    #expect(OCSP_id_cmp(OCSP_onereq_get0_id(OCSP_request_onereq_get0(message, 0)), expected) == 0)
  }

  @Test func aQuestionWithoutNonceHasNoExtensions() throws {
    let serial = try #require(Serial([0x80]))
    let plain = OCSPRequestMessage.make(serial: serial, issuer: World.signingAnchor, nonce: nil)
    let strange = OCSPRequestMessage.make(serial: serial, issuer: World.signingAnchor, nonce: [UInt8](repeating: 1, count: 129))
    #expect(plain == strange)
    #expect(plain.suffix(4) == [2, 2, 0, 0x80])
  }
}
