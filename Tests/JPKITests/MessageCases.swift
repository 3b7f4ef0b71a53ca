import JPKI

/// What can be wrong with a CMS message.
enum MessageCases {
  private static func message(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, certificate: [UInt8]? = nil,
    _ spoil: @escaping @Sendable (inout MessageRecipe) -> Void
  ) -> RefusalCase {
    RefusalCase("CMS: " + name, result, reason) {
      var recipe = MessageRecipe()
      spoil(&recipe)
      return SignatureCases.verify(CardSignature(format: .cms, signature: recipe.der, certificate: certificate))
    }
  }

  static let all: [RefusalCase] = [
    RefusalCase("CMS: nothing", .signatureInvalid, .cmsMalformed) {
      SignatureCases.verify(CardSignature(format: .cms, signature: [], certificate: nil))
    },
    RefusalCase("CMS: a bare RSA signature", .signatureInvalid, .cmsMalformed) {
      SignatureCases.verify(CardSignature(format: .cms, signature: World.signature, certificate: World.signingCertificate))
    },
    RefusalCase("CMS: a byte after the message", .signatureInvalid, .cmsMalformed) {
      SignatureCases.verify(CardSignature(format: .cms, signature: MessageRecipe().der + [0], certificate: nil))
    },
    RefusalCase("CMS: larger than 64 KiB", .signatureInvalid, .signatureTooLarge) {
      SignatureCases.verify(CardSignature(format: .cms, signature: [UInt8](repeating: 0x30, count: 65_537), certificate: nil))
    },
    message("EnvelopedData", .signatureInvalid, .cmsContentType) { $0.type = "1.2.840.113549.1.7.3" },
    message("a time-stamp's content type", .signatureInvalid, .cmsContentType) { $0.contentType = "1.2.840.113549.1.9.16.1.4" },
    message("no signer", .signatureInvalid, .cmsSignerCount) { $0.signerCount = 0 },
    message("two signers", .signatureInvalid, .cmsSignerCount) { $0.signerCount = 2 },
    message("no certificate", .signatureInvalid, .cmsSignerCertificate) { $0.certificates = [] },
    message("another serial number", .signatureInvalid, .cmsSignerCertificate) {
      $0.signerID = MessageRecipe.issuerAndSerial(Encoder.integer(5))
    },
    message("another certificate beside it", .signatureInvalid, .cmsSignerCertificate, certificate: World.authenticationCertificate) { _ in
    },
    message("a stranger's certificate with the right number", .certificateUntrusted, .issuerSignature) {
      $0.certificates = [World.signingRecipe().signed(by: World.otherCardKey)]
    },
    message("SHA-1", .signatureInvalid, .sha1NotAccepted) { $0.digestAlgorithm = Encoder.algorithm(Algorithm.sha1) },
    message("sha1WithRSAEncryption", .signatureInvalid, .sha1NotAccepted) {
      $0.signatureAlgorithm = Encoder.algorithm(Algorithm.sha1WithRSA)
    },
    message("SHA-512 without a profile for it", .signatureInvalid, .digestAlgorithmNotAccepted) {
      $0.digestAlgorithm = Encoder.algorithm(Algorithm.sha512)
    },
    message("PSS", .signatureInvalid, .pssNotAccepted) {
      $0.signatureAlgorithm = Encoder.algorithm(Algorithm.pss, parameters: Encoder.sequence())
    },
    message("an ECDSA identifier", .signatureInvalid, .cmsSignatureAlgorithm) {
      $0.signatureAlgorithm = Encoder.algorithm("1.2.840.10045.4.3.2", parameters: [])
    },
    message("two digests", .signatureInvalid, .cmsSignatureAlgorithm) {
      $0.signatureAlgorithm = Encoder.algorithm(Algorithm.sha384WithRSA)
    },
    message("no contentType", .signatureInvalid, .cmsSignedAttributes) { $0.attributes?.remove(at: 0) },
    message("another contentType", .signatureInvalid, .cmsSignedAttributes) {
      $0.attributes?[0] = MessageRecipe.contentTypeAttribute(MessageRecipe.signedData)
    },
    message("no messageDigest", .signatureInvalid, .cmsSignedAttributes) { $0.attributes?.removeLast() },
    message("messageDigest twice", .signatureInvalid, .cmsSignedAttributes) {
      $0.attributes?.append(MessageRecipe.digestAttribute(sha256(World.message)))
    },
    message("messageDigest with two values", .signatureInvalid, .cmsSignedAttributes) {
      let digest = Encoder.octets(sha256(World.message))
      $0.attributes?[2] = MessageRecipe.attribute("1.2.840.113549.1.9.4", digest, digest)
    },
    message("the digest of another content", .signatureInvalid, .digestMismatch) {
      $0.attributes = MessageRecipe.attributes(over: World.message + [0])
    },
    message("another content attached", .signatureInvalid, .cmsContentMismatch) { $0.attached = World.message + [0] },
    message("attributes that were not signed", .signatureInvalid, .digestMismatch) { $0.signed = World.message },
    message("a digest that is not announced", .signatureInvalid, .cmsMalformed) { $0.announced = Encoder.algorithm(Algorithm.sha512) },
    message("seventeen certificates", .signatureInvalid, .cmsMalformed) {
      $0.certificates = [[UInt8]](repeating: World.signingCertificate, count: 17)
    },
    message("the key identifier of another key", .signatureInvalid, .cmsSignerCertificate) {
      $0.signerID = Encoder.primitive(0, World.otherCardKey.identifier)
    },
    message("an authentication certificate", .certificateUntrusted, .certificateOfOtherKind) {
      $0.certificates = [World.authenticationCertificate]
      $0.signerID = Encoder.primitive(0, World.authenticationKey.identifier)
    },
    message("a root of its own inside", .certificateUntrusted, .issuerUnknown) {
      var recipe = World.signingRecipe()
      recipe[ExtensionID.authorityKeyIdentifier]?.value = Encoder.sequence(Encoder.primitive(0, World.otherCardKey.identifier))
      let root = Authority.recipe(.signing, key: World.otherCardKey).signed(by: World.otherCardKey)
      $0.certificates = [root, recipe.signed(by: World.otherCardKey)]
    },
    message("an expired certificate", .certificateExpired, .certificateExpired) {
      var recipe = World.signingRecipe()
      recipe.notAfter = Encoder.utc("260630145959Z")
      $0.certificates = [recipe.signed(by: World.signingAuthority.key)]
    },
    message("an empty set of attributes", .signatureInvalid, .cmsSignedAttributes) { $0.attributes = [] },
    message("an attribute that is none", .signatureInvalid, .cmsSignedAttributes) { $0.attributes?[1] = Encoder.null },
    message("contentType twice", .signatureInvalid, .cmsSignedAttributes) { $0.attributes?.append(MessageRecipe.contentTypeAttribute()) },
    message("a messageDigest that is no OCTET STRING", .signatureInvalid, .cmsSignedAttributes) {
      $0.attributes?[2] = MessageRecipe.attribute("1.2.840.113549.1.9.4", Encoder.utf8("digest"))
    },
    message("no signature", .signatureInvalid, .signatureLength) { $0.signature = [] },
    message("a PSS signature under another name", .signatureInvalid, .pssNotAccepted) {
      $0.signature = World.signingKey.signPSS(digest: sha256(World.message))
    },
    message("a bare hash of the attributes", .signatureInvalid, .bareHash) {
      $0.signature = World.signingKey.sign(
        payload: sha256(Encoder.element(0x31, MessageRecipe.attributes(over: World.message).flatMap { $0 })))
    },
    message("the content itself, without attributes", .signatureInvalid, .rawContent) {
      $0.attributes = nil
      $0.signature = World.signingKey.sign(payload: World.message)
    },
    message("a SHA-1 under the name of SHA-256", .signatureInvalid, .sha1NotAccepted) {
      $0.signature = World.signingKey.sign(payload: digestInfo(Algorithm.sha1, sha1(World.message)))
    },
    message("bytes after the DigestInfo", .signatureInvalid, .digestInfoTrailingBytes) {
      $0.signature = World.signingKey.sign(payload: digestInfo(Algorithm.sha256, sha256(World.message)) + [0])
    },
    message("another card's key", .signatureInvalid, .signatureNotByThisKey) { $0.key = World.otherCardKey },
  ]
}
