internal import COpenSSLShims

/// CMS SignedData with exactly one signer (RFC 5652 §5.4, §5.6). Embedded certificates are candidates for the signer's, never anchors.
///
/// The message may be BER, as streaming signers write it; what is signed or certified in it (attributes, certificates) is DER. Bytes after the message
/// are refused in both. Versions are not looked at: they say nothing that the fields do not. Unsigned attributes and embedded lists are not read.
struct SignedMessage {
  private let fields: SignedMessageFields
  private let signer: SignedMessageFields.Signer
  /// The certificate that the signer id names, still unverified.
  let signerCertificate: [UInt8]

  /// - Parameter certificate: handed in beside the message; it must be the signer's then.
  init(_ bytes: [UInt8], certificate: [UInt8]?) throws(VerificationFailure) {
    guard bytes.count <= JPKIProfile.maximumMessageBytes else { throw VerificationFailure(.signatureTooLarge) }
    // Streaming signers write BER: OpenSSL then writes the same message in DER.
    guard let fields = (try? SignedMessageFields(bytes)) ?? Self.normalised(bytes).flatMap({ try? SignedMessageFields($0) }) else {
      throw VerificationFailure(.cmsMalformed)
    }
    guard fields.isSignedData, fields.contentType == .cmsData else { throw VerificationFailure(.cmsContentType) }
    guard fields.signers.count == 1, let signer = fields.signers.first else { throw VerificationFailure(.cmsSignerCount) }
    // §5.1: who reads in one pass hashes with what is announced, and may refuse what is not.
    guard fields.digestAlgorithms.contains(signer.digestAlgorithm.oid) else { throw VerificationFailure(.cmsMalformed) }
    let candidates = certificate.map { [$0] } ?? fields.certificates
    guard let found = candidates.first(where: { Self.names(signer.id, $0) }) else { throw VerificationFailure(.cmsSignerCertificate) }
    self.fields = fields
    self.signer = signer
    signerCertificate = found
  }

  /// The signature and everything it binds: attached content, content type, digest.
  func verify(over expected: SignedContent, by key: PublicKey, allowed: Set<DigestAlgorithm>) throws(VerificationFailure) {
    let algorithm = try algorithm(allowed, key.version)
    guard let digest = expected.digest(algorithm) else { throw VerificationFailure(.digestAlgorithmNotAccepted) }
    if let attached = fields.content, algorithm.digest(of: attached) != digest { throw VerificationFailure(.cmsContentMismatch) }
    let signed: [UInt8]
    if let attributes = signer.attributes {
      guard try Self.messageDigest(attributes, contentType: fields.contentType) == digest else {
        throw VerificationFailure(.digestMismatch)
      }
      // §5.4: signed is the SET OF itself, not the implicit tag that it stands under.
      signed = algorithm.digest(of: DERWriter.element(DERTag.set, attributes))
    } else {
      signed = digest
    }
    try key.verify(card: signer.signature, allowed: [algorithm], content: signer.attributes == nil ? expected.bytes : nil) {
      $0 == algorithm ? signed : nil
    }
  }

  private func algorithm(_ allowed: Set<DigestAlgorithm>, _ version: ProfileVersion) throws(VerificationFailure) -> DigestAlgorithm {
    guard signer.digestAlgorithm.oid != .sha1, signer.signatureAlgorithm.oid != .sha1WithRSA else {
      throw VerificationFailure(.sha1NotAccepted)
    }
    guard signer.digestAlgorithm.parameters != .other, let algorithm = DigestAlgorithm(signer.digestAlgorithm.oid),
      (version == .p384 ? [.sha384] : allowed).contains(algorithm)
    else {
      throw VerificationFailure(.digestAlgorithmNotAccepted)
    }
    guard signer.signatureAlgorithm.oid != .rsaPSS else { throw VerificationFailure(.pssNotAccepted) }
    let isFitting =
      switch version {
      case .rsa2048:
        signer.signatureAlgorithm.parameters != .other
          && (signer.signatureAlgorithm.oid == .rsaEncryption || signer.signatureAlgorithm.rsaDigest == algorithm)
      case .p384: signer.signatureAlgorithm.ecdsaDigest == algorithm
      }
    guard isFitting else { throw VerificationFailure(.cmsSignatureAlgorithm) }
    return algorithm
  }

  /// messageDigest, once contentType is known to be that of the content (§11.1, §11.2): each exactly once with exactly one value.
  private static func messageDigest(_ attributes: [UInt8], contentType: OID) throws(VerificationFailure) -> [UInt8] {
    var types: [OID] = []
    var digests: [[UInt8]] = []
    do throws(DERError) {
      var reader = DERReader(attributes)
      while !reader.isAtEnd {
        var attribute = try reader.element(DERTag.sequence).reader()
        let type = try attribute.element(DERTag.oid).oid()
        var values = try attribute.element(DERTag.set).reader()
        try attribute.finish()
        guard type == .contentType || type == .messageDigest else { continue }
        let value = try values.element()
        try values.finish()
        if type == .contentType {
          types.append(try value.oid())
        } else {
          guard value.tag == DERTag.octetString else { throw .tag }
          digests.append(value.contentBytes)
        }
      }
    } catch {
      throw VerificationFailure(.cmsSignedAttributes)
    }
    guard types == [contentType], digests.count == 1 else { throw VerificationFailure(.cmsSignedAttributes) }
    return digests[0]
  }

  /// Whether the signer id is this certificate's: issuer and serial number byte for byte, or the key identifier.
  private static func names(_ id: SignedMessageFields.SignerID, _ der: [UInt8]) -> Bool {
    guard der.count <= JPKIProfile.maximumCertificateBytes, let fields = try? CertificateFields(der) else { return false }
    switch id {
    case .issuerAndSerial(let issuer, let serial): return fields.issuer.wholeBytes == issuer && fields.serial.contentBytes == serial
    case .keyIdentifier(let identifier):
      let value = try? fields.first(.subjectKeyIdentifier)?.element(DERTag.octetString)
      return value?.contentBytes == identifier
    }
  }

  private static func normalised(_ bytes: [UInt8]) -> [UInt8]? {
    var output: UnsafeMutablePointer<UInt8>?
    let length = yonjo_cms_to_der(bytes, bytes.count, &output)
    guard length > 0, let output else { return nil }
    defer { yonjo_free(output) }
    return Array(UnsafeBufferPointer(start: output, count: length))
  }
}
