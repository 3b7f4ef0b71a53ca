import JPKI

/// What can be wrong with a CMS message.
enum MessageCases {
  private static func message(
    _ name: String, _ reason: VerificationReason, certificate: [UInt8]? = nil, _ spoil: @escaping @Sendable (inout MessageRecipe) -> Void
  ) -> RefusalCase {
    RefusalCase("CMS: " + name, reason) {
      var recipe = MessageRecipe()
      spoil(&recipe)
      return SignatureCases.verify(CardSignature(format: .cms, signature: recipe.der, certificate: certificate))
    }
  }

  static let all: [RefusalCase] = [
    RefusalCase("CMS: nothing", .cmsMalformed) { SignatureCases.verify(CardSignature(format: .cms, signature: [], certificate: nil)) },
    RefusalCase("CMS: a bare RSA signature", .cmsMalformed) {
      SignatureCases.verify(CardSignature(format: .cms, signature: World.signature, certificate: World.signingCertificate))
    },
    RefusalCase("CMS: a byte after the message", .cmsMalformed) {
      SignatureCases.verify(CardSignature(format: .cms, signature: MessageRecipe().der + [0], certificate: nil))
    },
    RefusalCase("CMS: larger than 64 KiB", .signatureTooLarge) {
      SignatureCases.verify(CardSignature(format: .cms, signature: [UInt8](repeating: 0x30, count: 65_537), certificate: nil))
    },
    message("EnvelopedData", .cmsContentType) { $0.type = "1.2.840.113549.1.7.3" },
    message("a time-stamp's content type", .cmsContentType) { $0.contentType = "1.2.840.113549.1.9.16.1.4" },
    message("no signer", .cmsSignerCount) { $0.signerCount = 0 },
    message("two signers", .cmsSignerCount) { $0.signerCount = 2 },
    message("no certificate", .cmsSignerCertificate) { $0.certificates = [] },
    message("another serial number", .cmsSignerCertificate) { $0.signerID = MessageRecipe.issuerAndSerial(Encoder.integer(5)) },
    message("another certificate beside it", .cmsSignerCertificate, certificate: World.authenticationCertificate) { _ in },
    message("a stranger's certificate with the right number", .issuerSignature) {
      $0.certificates = [World.signingRecipe().signed(by: World.otherCardKey)]
    },
    message("SHA-1", .sha1NotAccepted) { $0.digestAlgorithm = Encoder.algorithm(Algorithm.sha1) },
    message("sha1WithRSAEncryption", .sha1NotAccepted) { $0.signatureAlgorithm = Encoder.algorithm(Algorithm.sha1WithRSA) },
    message("SHA-512 without a profile for it", .digestAlgorithmNotAccepted) { $0.digestAlgorithm = Encoder.algorithm(Algorithm.sha512) },
    message("PSS", .pssNotAccepted) { $0.signatureAlgorithm = Encoder.algorithm(Algorithm.pss, parameters: Encoder.sequence()) },
    message("an ECDSA identifier", .cmsSignatureAlgorithm) {
      $0.signatureAlgorithm = Encoder.algorithm("1.2.840.10045.4.3.2", parameters: [])
    },
    message("two digests", .cmsSignatureAlgorithm) { $0.signatureAlgorithm = Encoder.algorithm(Algorithm.sha384WithRSA) },
    message("no contentType", .cmsSignedAttributes) { $0.attributes?.remove(at: 0) },
    message("another contentType", .cmsSignedAttributes) {
      $0.attributes?[0] = MessageRecipe.contentTypeAttribute(MessageRecipe.signedData)
    },
    message("no messageDigest", .cmsSignedAttributes) { $0.attributes?.removeLast() },
    message("messageDigest twice", .cmsSignedAttributes) { $0.attributes?.append(MessageRecipe.digestAttribute(sha256(World.message))) },
    message("messageDigest with two values", .cmsSignedAttributes) {
      let digest = Encoder.octets(sha256(World.message))
      $0.attributes?[2] = MessageRecipe.attribute("1.2.840.113549.1.9.4", digest, digest)
    },
    message("the digest of another content", .digestMismatch) { $0.attributes = MessageRecipe.attributes(over: World.message + [0]) },
    message("another content attached", .cmsContentMismatch) { $0.attached = World.message + [0] },
    message("attributes that were not signed", .digestMismatch) { $0.signed = World.message },
    message("another card's key", .signatureNotByThisKey) { $0.key = World.otherCardKey },
  ]
}
