#if XMLSignatures
  /// An XML signature (W3C xmldsig-core) over exactly one thing: enveloping, around the content in base64, or enveloped, in a document whose exclusive
  /// canonical form without the signature is the content. Exclusive canonicalization without comments, no other transform. Certificates in it are
  /// candidates for the signer's, never anchors.
  struct XMLSignature {
    private let fields: XMLSignatureFields
    /// The certificate to verify, still unverified.
    let signerCertificate: [UInt8]

    /// - Parameter certificate: handed in beside the signature; without it the signature must hold exactly one.
    init(_ bytes: [UInt8], certificate: [UInt8]?) throws(VerificationFailure) {
      guard bytes.count <= JPKIProfile.maximumMessageBytes else { throw VerificationFailure(.signatureTooLarge) }
      fields = try XMLSignatureFields(bytes)
      if let certificate {
        guard fields.certificates.isEmpty || fields.certificates.contains(certificate) else {
          throw VerificationFailure(.xmlSignerCertificate)
        }
        signerCertificate = certificate
      } else {
        guard fields.certificates.count == 1 else { throw VerificationFailure(.xmlSignerCertificate) }
        signerCertificate = fields.certificates[0]
      }
    }

    /// The signature and everything it binds: SignedInfo, the reference's digest, and the content.
    func verify(over expected: SignedContent, by key: PublicKey, allowed: Set<DigestAlgorithm>) throws(VerificationFailure) {
      let method = try signatureMethod(key.version, allowed)
      let reference = try digestMethod(key.version, allowed)
      let digest = reference.digest(of: fields.octets)
      guard fields.digest == digest else { throw VerificationFailure(.digestMismatch) }
      guard let wanted = expected.digest(reference) else { throw VerificationFailure(.digestAlgorithmNotAccepted) }
      guard wanted == digest else { throw VerificationFailure(.xmlContentMismatch) }
      try key.verify(card: signature(key.version), allowed: [method], content: fields.signedInfo) {
        $0 == method ? method.digest(of: fields.signedInfo) : nil
      }
    }

    private func signatureMethod(_ version: ProfileVersion, _ allowed: Set<DigestAlgorithm>) throws(VerificationFailure) -> DigestAlgorithm
    {
      let identifier = fields.signatureMethod
      guard !Self.sha1.contains(identifier) else { throw VerificationFailure(.sha1NotAccepted) }
      guard !identifier.contains("MGF1"), !identifier.hasSuffix("#rsa-pss") else { throw VerificationFailure(.pssNotAccepted) }
      switch version {
      case .rsa2048:
        guard let digest = Self.rsa[identifier] else { throw VerificationFailure(.xmlSignatureAlgorithm) }
        guard allowed.contains(digest) else { throw VerificationFailure(.digestAlgorithmNotAccepted) }
        return digest
      case .p384:
        guard identifier == Self.more + "ecdsa-sha384" else { throw VerificationFailure(.xmlSignatureAlgorithm) }
        return .sha384
      }
    }

    private func digestMethod(_ version: ProfileVersion, _ allowed: Set<DigestAlgorithm>) throws(VerificationFailure) -> DigestAlgorithm {
      guard !Self.sha1.contains(fields.digestMethod) else { throw VerificationFailure(.sha1NotAccepted) }
      guard let digest = Self.digests[fields.digestMethod], (version == .p384 ? [.sha384] : allowed).contains(digest) else {
        throw VerificationFailure(.digestAlgorithmNotAccepted)
      }
      return digest
    }

    /// As certificates write it: XML writes r and s side by side, each as long as the curve (RFC 4050 §3.3).
    private func signature(_ version: ProfileVersion) throws(VerificationFailure) -> [UInt8] {
      guard version == .p384 else { return fields.signature }
      guard fields.signature.count == 96 else { throw VerificationFailure(.ecdsaMalformed) }
      func integer(_ number: ArraySlice<UInt8>) -> [UInt8] {
        let magnitude = Array(number.drop(while: { $0 == 0 }))
        return DERWriter.element(DERTag.integer, (magnitude.first ?? 0x80) & 0x80 != 0 ? [0] + magnitude : magnitude)
      }
      return DERWriter.sequence(integer(fields.signature[..<48]), integer(fields.signature[48...]))
    }

    private static let more = "http://www.w3.org/2001/04/xmldsig-more#"
    private static let sha1: Set = [
      "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#dsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1",
      more + "ecdsa-sha1",
    ]
    private static let rsa: [String: DigestAlgorithm] = [
      more + "rsa-sha256": .sha256, more + "rsa-sha384": .sha384, more + "rsa-sha512": .sha512,
    ]
    private static let digests: [String: DigestAlgorithm] = [
      "http://www.w3.org/2001/04/xmlenc#sha256": .sha256, more + "sha384": .sha384, "http://www.w3.org/2001/04/xmlenc#sha512": .sha512,
    ]
  }
#endif
