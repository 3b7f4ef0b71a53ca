import COpenSSL
import JPKI
import Testing

/// CMS SignedData.
struct MessageTests {
  private func verify(_ recipe: MessageRecipe, certificate: [UInt8]? = nil) -> VerificationReason? {
    SignatureCases.verify(CardSignature(format: .cms, signature: recipe.der, certificate: certificate))
  }

  @Test func aDetachedMessagePasses() { #expect(verify(MessageRecipe()) == nil) }

  @Test func anAttachedMessagePasses() { #expect(verify(MessageRecipe(attached: World.message)) == nil) }

  @Test func aMessageWithoutAttributesPasses() { #expect(verify(MessageRecipe(attributes: nil)) == nil) }

  @Test(arguments: [Algorithm.rsa, Algorithm.sha256WithRSA]) func bothSignatureIdentifiersPass(_ identifier: String) {
    #expect(verify(MessageRecipe(signatureAlgorithm: Encoder.algorithm(identifier))) == nil)
  }

  @Test func aSignerNamedByItsKeyPasses() {
    #expect(verify(MessageRecipe(signerID: Encoder.primitive(0, World.signingKey.identifier))) == nil)
  }

  @Test func theCertificateMayComeBesideTheMessage() {
    #expect(verify(MessageRecipe(certificates: []), certificate: World.signingCertificate) == nil)
  }

  @Test func otherCertificatesInTheMessageAreNoAnchors() {
    let strangers = [World.otherCardKey, World.signingAuthority.key].map { Authority.recipe(.signing, key: $0).signed(by: $0) }
    #expect(verify(MessageRecipe(certificates: strangers + [World.signingCertificate])) == nil)
  }

  @Test func indefiniteLengthsAreReadToo() {
    let der = MessageRecipe(attached: World.message).der
    // The outermost SEQUENCE in BER's indefinite form: 4 bytes of header become two, and two zero bytes end it.
    let ber = [0x30, 0x80] + der.dropFirst(4) + [0, 0]
    #expect(SignatureCases.verify(CardSignature(format: .cms, signature: ber, certificate: nil)) == nil)
  }

  @Test func bytesAfterAnIndefiniteMessageAreRefused() {
    let der = MessageRecipe(attached: World.message).der
    let ber = [0x30, 0x80] + der.dropFirst(4) + [0, 0]
    for rest in [[0], [0, 0], MessageRecipe().der] {
      #expect(SignatureCases.verify(CardSignature(format: .cms, signature: ber + rest, certificate: nil)) == .cmsMalformed)
    }
  }

  @Test func anIndefiniteCertificateIsRefusedEvenWhereTheMessageMayBeIndefinite() {
    let certificate = [0x30, 0x80] + World.signingCertificate.dropFirst(4) + [0, 0]
    // The signer's certificate is what the message was signed with, byte for byte; in BER nothing names it.
    let card = CardSignature(format: .cms, signature: MessageRecipe().der, certificate: certificate)
    #expect(SignatureCases.verify(card) == .cmsSignerCertificate)
  }

  @Test(arguments: [(DigestAlgorithm.sha384, Algorithm.sha384), (.sha512, Algorithm.sha512)])
  func aProfileMayAllowLongerDigests(_ algorithm: DigestAlgorithm, _ identifier: String) throws {
    let attributes = [
      MessageRecipe.contentTypeAttribute(), MessageRecipe.digestAttribute(algorithm.digest(of: World.message)),
    ]
    var recipe = MessageRecipe(digestAlgorithm: Encoder.algorithm(identifier), attributes: attributes)
    let signed = algorithm.digest(of: Encoder.element(0x31, attributes.flatMap { $0 }))
    recipe.signature = World.signingKey.sign(payload: digestInfo(identifier, signed))
    let card = CardSignature(format: .cms, signature: recipe.der, certificate: nil)
    #expect(SignatureCases.verify(card) == .digestAlgorithmNotAccepted)
    let verifier = CardVerifier(trust: World.trust, digests: [.sha256, algorithm])
    _ = try verifier.verify(card, over: World.message, kind: .signing, at: World.now)
  }

  @Test(arguments: [CMS_BINARY, CMS_BINARY | CMS_DETACHED, CMS_BINARY | CMS_STREAM | CMS_USE_KEYID]) func messagesThatOpenSSLMakesPass(
    _ flags: Int32
  ) throws {
    let der = try #require(OpenSSLMessage.make(over: World.message, flags: UInt32(flags)))
    #expect(SignatureCases.verify(CardSignature(format: .cms, signature: der, certificate: nil)) == nil)
    #expect(SignatureCases.verify(CardSignature(format: .cms, signature: der, certificate: nil), over: World.message + [1]) != nil)
  }
}

/// A message by OpenSSL's own CMS code.
enum OpenSSLMessage {
  static func make(over content: [UInt8], flags: UInt32) -> [UInt8]? {
    let certificate = OpenSSLView.x509(World.signingCertificate)
    let input = BIO_new_mem_buf(content, Int32(content.count))
    defer {
      X509_free(certificate)
      BIO_free(input)
    }
    return World.signingKey.withHandle { key in
      let message = CMS_sign(certificate, key, nil, input, flags)
      defer { CMS_ContentInfo_free(message) }
      if flags & UInt32(CMS_STREAM) != 0 { _ = CMS_final(message, input, nil, flags) }
      var output: UnsafeMutablePointer<UInt8>?
      let length = i2d_CMS_ContentInfo(message, &output)
      defer { CRYPTO_free(output, nil, 0) }
      return length > 0 ? Array(UnsafeBufferPointer(start: output, count: Int(length))) : nil
    }
  }
}
