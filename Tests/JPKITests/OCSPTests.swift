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
    #expect(try decide(recipe).reason == .ocspNonceMissing)
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
        recipe.der, serial: serial, issuer: World.signingAnchor, nonce: AnswerRecipe.nonce, at: World.now,
        responderStatus: { list.issuer == $1 ? list.status(of: $0, at: World.now) : .unknown(.crlIssuer) }
      ).reason
    }
    #expect(try reason(ListRecipe()) == nil)
    #expect(try reason(ListRecipe(entries: [ListRecipe.Entry(77, reason: 1)])) == .ocspResponderRevoked)
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

  @Test func theRightOneOfSeveralAnswersCounts() throws {
    var recipe = AnswerRecipe()
    var other = AnswerRecipe()
    other.serial = Encoder.integer(7)
    other.certificateStatus = AnswerRecipe.revoked(1)
    recipe.otherSingles = [other.single]
    #expect(try decide(recipe).status == .good)
  }

  @Test func aResponderOfTwoKeysIsBelievedByEither() throws {
    var recipe = AnswerRecipe()
    let name = AnswerRecipe.delegate().subject
    var former = AnswerRecipe.delegate()
    former.publicKeyInfo = World.otherCardKey.publicKeyInfo
    recipe.responder = Encoder.explicit(1, name)
    recipe.certificates.insert(former.signed(by: World.signingAuthority.key), at: 0)
    #expect(try decide(recipe).status == .good)
    former.notAfter = Encoder.utc("260630000000Z")
    recipe.certificates[0] = former.signed(by: World.signingAuthority.key)
    #expect(try decide(recipe).status == .good)
  }

  @Test func noClientToleratesClocksFurtherOffThanFiveMinutes() {
    #expect(OCSPTolerance(clockSkew: 86_400).clockSkew == 300)
  }

  @Test func anInquiryKnowsItsOwnAnswer() throws {
    let serial = try #require(Serial([0x01, 0xA2, 0xB3, 0xC4]))
    var random = MutationTests.Randomness(state: 1)
    var recipe = AnswerRecipe()
    let inquiry = try OCSPInquiry(
      serial: serial, issuer: World.signingAnchor, settings: OCSPSettings(hash: .sha256, nonceBytes: 1000), using: &random)
    // The nonce is the last thing in the request, and no longer than RFC 9654 lets it be.
    recipe.nonce = Array(inquiry.request.suffix(128))
    #expect(inquiry.decide(recipe.der, at: World.now).status == .good)
    #expect(inquiry.decide(AnswerRecipe().der, at: World.now).reason == .ocspNonce)
    recipe.nonce = nil
    #expect(inquiry.decide(recipe.der, at: World.now).reason == .ocspNonceMissing)
    let lenient = try OCSPInquiry(serial: serial, issuer: World.signingAnchor, settings: OCSPSettings(nonce: .optional), using: &random)
    #expect(lenient.decide(recipe.der, at: World.now).status == .good)
    #expect(lenient.decide(AnswerRecipe().der, at: World.now).reason == .ocspNonce)
    let bare = try OCSPInquiry(serial: serial, issuer: World.signingAnchor, settings: OCSPSettings(nonce: .none), using: &random)
    #expect(bare.request == OCSPRequestMessage.make(serial: serial, issuer: World.signingAnchor, nonce: nil))
    #expect(bare.decide(AnswerRecipe().der, at: World.now).status == .good)
  }

  @Test(arguments: ["RSA", "P-256", "P-384"]) func opensslVerifiesOurSignedQuestions(_ algorithm: String) throws {
    let client = algorithm == "RSA" ? ClientKey() : ClientKey(group: algorithm)
    let signer = try OCSPRequestSigner(certificatePEM: client.certificatePEM, keyPEM: client.keyPEM)
    let serial = try #require(Serial([0x01, 0xA2, 0xB3, 0xC4]))
    let request = try OCSPRequestMessage.make(
      serial: serial, issuer: World.signingAnchor, nonce: AnswerRecipe.nonce, hash: .sha256, signer: signer)
    func verifies(_ bytes: [UInt8]) -> Bool {
      let message = bytes.withUnsafeBufferPointer { buffer in
        var cursor = buffer.baseAddress
        return d2i_OCSP_REQUEST(nil, &cursor, buffer.count)
      }
      guard let message else { return false }
      defer {
        OCSP_REQUEST_free(message)
        ERR_clear_error()
      }
      // The signer is found by requestorName; whom the responder trusts is not the question here.
      return OCSP_request_is_signed(message) == 1 && OCSP_request_verify(message, nil, nil, UInt(OCSP_NOVERIFY)) == 1
    }
    #expect(verifies(request))
    var spoiled = request
    let nonce = try #require(spoiled.firstRange(of: AnswerRecipe.nonce))
    spoiled[nonce.lowerBound] ^= 1
    #expect(!verifies(spoiled))
    #expect("\(signer)" == "<redacted>")
  }

  @Test func aSignerWantsACertificateAndItsOwnKey() throws {
    let client = ClientKey()
    let other = ClientKey()
    #expect(throws: OCSPSignerError.certificate) { try OCSPRequestSigner(certificatePEM: "", keyPEM: client.keyPEM) }
    #expect(throws: OCSPSignerError.key) { try OCSPRequestSigner(certificatePEM: client.certificatePEM, keyPEM: "no key") }
    #expect(throws: OCSPSignerError.mismatch) { try OCSPRequestSigner(certificatePEM: client.certificatePEM, keyPEM: other.keyPEM) }
    let weak = ClientKey(bits: 1024)
    #expect(throws: OCSPSignerError.key) { try OCSPRequestSigner(certificatePEM: weak.certificatePEM, keyPEM: weak.keyPEM) }
  }

  @Test func aQuestionWithoutNonceHasNoExtensions() throws {
    let serial = try #require(Serial([0x80]))
    let plain = OCSPRequestMessage.make(serial: serial, issuer: World.signingAnchor, nonce: nil)
    let strange = OCSPRequestMessage.make(serial: serial, issuer: World.signingAnchor, nonce: [UInt8](repeating: 1, count: 129))
    #expect(plain == strange)
    #expect(plain.suffix(4) == [2, 2, 0, 0x80])
  }
}
