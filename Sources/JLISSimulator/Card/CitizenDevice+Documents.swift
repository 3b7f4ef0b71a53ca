import Crypto
public import JOSE

/// What the app makes where a document itself is signed, such as a contract, and no session was handed out.
extension CitizenDevice {
  /// The DER `DigestInfo` (RFC 8017 §9.2) around a SHA-256 digest that was made elsewhere.
  public static func digestInfo(ofDigest digest: [UInt8]) -> [UInt8] {
    DER.sequence(.sequence(.objectIdentifier(.sha256), .null), .octetString(digest)).bytes
  }

  /// CMS SignedData (RFC 5652 §5) by the signing certificate, which it carries: one signer, named by issuer and serial number, with the signed
  /// attributes contentType and messageDigest.
  ///
  /// - Parameter attached: whether the message carries the document, or only the signature over it.
  /// - Returns: DER.
  /// - Throws: ``CardRefusal`` where the card does not sign.
  public func signedMessage(over document: [UInt8], attached: Bool) throws(CardRefusal) -> [UInt8] {
    try signedMessage(overDigest: Array(SHA256.hash(data: document)), content: attached ? document : nil)
  }

  /// The same over a digest alone; detached.
  public func signedMessage(overDigest digest: [UInt8]) throws(CardRefusal) -> [UInt8] {
    try signedMessage(overDigest: digest, content: nil)
  }

  /// The card envelope of a document: it names the document's SHA-256 digest in place of a session, so that it serves for no other document.
  ///
  /// - Parameters:
  ///   - digest: SHA-256 of the document.
  ///   - message: a CMS message made by ``signedMessage(over:attached:)``; without it the envelope holds a raw signature over the digest.
  ///   - tenantID: to whom the person speaks.
  ///   - brokerKey: a key of the broker's `/jwks.json` with use `enc`.
  /// - Returns: JWE compact serialization.
  /// - Throws: ``CardRefusal``, or `JOSEError` for a key that cannot be encrypted to.
  public func documentEnvelope(digest: [UInt8], message: [UInt8]? = nil, tenantID: String, to brokerKey: JSONWebKey) throws -> String {
    var content: [String: JSONValue] = [:]
    if let message {
      content = ["format": "cms", "signature": .string(Base64URL.encode(message))]
    } else {
      content = try plainCard(digestInfo: Self.digestInfo(ofDigest: digest), authentication: false).object ?? [:]
    }
    content["tenantId"] = .string(tenantID)
    content["sessionId"] = .string(Base64URL.encode(digest))
    return try JSONWebEncryption.encrypt(try JSONValue.object(content).serialized(), to: brokerKey, header: ["typ": "card-envelope+jwe"])
  }

  private func signedMessage(overDigest digest: [UInt8], content: [UInt8]?) throws(CardRefusal) -> [UInt8] {
    let attributes: [DER] = [
      .sequence(.objectIdentifier(.contentTypeAttribute), .set(.objectIdentifier(.cmsData))),
      .sequence(.objectIdentifier(.messageDigestAttribute), .set(.octetString(digest))),
    ]
    // RFC 5652 §5.4: signed is the SET OF itself, not the implicit tag under which the message carries it.
    let signed = DER.set(attributes[0], attributes[1])
    let certificate = card.signingCertificate
    guard let (issuer, serial) = Self.issuerAndSerial(of: certificate) else { throw .keyUnusable }
    let signature = try card.sign(digestInfo: Self.digestInfo(of: signed.bytes))
    let sha256 = DER.sequence(.objectIdentifier(.sha256), .null)
    let signer = DER.sequence(
      .integer(1), .sequence(issuer, serial), sha256,
      .context(0, Array(signed.bytes.dropFirst(signed.bytes.count - Self.length(of: signed)))),
      .sequence(.objectIdentifier(.rsaEncryption), .null), .octetString(signature))
    let carried = content.map { [DER.explicit(0, .octetString($0))] } ?? []
    let data = DER.sequence(
      .integer(1), .set(sha256), .sequence([.objectIdentifier(.cmsData)] + carried), .context(0, certificate), .set(signer))
    return DER.sequence(.objectIdentifier(.cmsSignedData), .explicit(0, data)).bytes
  }

  /// Bytes of content of an element.
  private static func length(of element: DER) -> Int { header(element.bytes[...])?.content.count ?? 0 }

  /// Issuer and serial number, as the certificate writes them (RFC 5280 §4.1).
  private static func issuerAndSerial(of certificate: [UInt8]) -> (issuer: DER, serial: DER)? {
    guard let outer = header(certificate[...]), let body = header(certificate[outer.content]) else { return nil }
    var rest = certificate[body.content]
    var fields: [DER] = []
    while fields.count < 4, let field = header(rest) {
      fields.append(DER(encoded: Array(certificate[field.start..<field.content.upperBound])))
      rest = rest[field.content.upperBound...]
    }
    // version, serialNumber, signature, issuer
    return fields.count == 4 ? (fields[3], fields[1]) : nil
  }

  /// The first element of these bytes: where it starts, and where its content lies.
  private static func header(_ bytes: ArraySlice<UInt8>) -> (start: Int, content: Range<Int>)? {
    let start = bytes.startIndex
    guard bytes.count >= 2 else { return nil }
    let first = Int(bytes[start + 1])
    guard first >= 0x80 else { return start + 2 + first <= bytes.endIndex ? (start, start + 2..<start + 2 + first) : nil }
    let octets = first & 0x7F
    guard (1...3).contains(octets), bytes.count >= 2 + octets else { return nil }
    let length = bytes[(start + 2)..<(start + 2 + octets)].reduce(0) { $0 << 8 | Int($1) }
    let from = start + 2 + octets
    return from + length <= bytes.endIndex ? (start, from..<from + length) : nil
  }
}

extension ObjectIdentifier {
  // CMS (RFC 5652 §4, §5.1, §11.1, §11.2) and the algorithm of its signatures (RFC 3370 §3.2).
  static let cmsData = ObjectIdentifier(1, 2, 840, 113_549, 1, 7, 1)
  static let cmsSignedData = ObjectIdentifier(1, 2, 840, 113_549, 1, 7, 2)
  static let contentTypeAttribute = ObjectIdentifier(1, 2, 840, 113_549, 1, 9, 3)
  static let messageDigestAttribute = ObjectIdentifier(1, 2, 840, 113_549, 1, 9, 4)
  static let rsaEncryption = ObjectIdentifier(1, 2, 840, 113_549, 1, 1, 1)
}
