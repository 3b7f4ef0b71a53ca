import SwiftASN1

/// What an `OCSPRequest` (RFC 6960 §4.1.1) asks, and whether it is signed.
struct OCSPQuestion: Sendable {
  let certificates: [CertificateID]
  /// The nonce extension's value as it came, to be echoed.
  let nonce: [UInt8]?
  let signature: Signature

  enum Signature: Sendable {
    case absent
    /// By the certificate that the request carries, whose subject the request names.
    case valid
    case invalid
  }

  struct CertificateID: Sendable {
    /// The whole `CertID`, to be echoed.
    let encoded: [UInt8]
    let hash: HashAlgorithm
    let issuerNameHash: [UInt8]
    let issuerKeyHash: [UInt8]
    /// Big-endian without leading zeros.
    let serial: [UInt8]
  }

  enum HashAlgorithm: Sendable {
    case sha1, sha256
  }

  private static let largestRequestBytes = 8192
  private static let mostCertificates = 16

  /// nil where the bytes are no such request, or are beyond the limits.
  init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.largestRequestBytes, let request = try? SwiftASN1.DER.parse(bytes) else { return nil }
    guard let outer = Self.children(request), let content = outer.first, var fields = Self.children(content).map({ $0[...] }) else {
      return nil
    }
    signature = outer.count < 2 ? .absent : OCSPRequestSignature.isValid(outer[1], over: content) ? .valid : .invalid
    // version [0] and requestorName [1], both optional.
    while let field = fields.first, field.identifier.tagClass == .contextSpecific, field.identifier.tagNumber < 2 {
      fields = fields.dropFirst()
    }
    guard let list = fields.popFirst().flatMap(Self.children), (1...Self.mostCertificates).contains(list.count) else { return nil }
    let certificates = list.compactMap { Self.children($0)?.first.flatMap(CertificateID.init) }
    guard certificates.count == list.count else { return nil }
    self.certificates = certificates
    let extensions = fields.first.flatMap(Self.children)?.first.flatMap(Self.children) ?? []
    nonce = extensions.lazy.compactMap(Self.nonce).first
  }

  static func children(_ node: ASN1Node) -> [ASN1Node]? {
    guard case .constructed(let nodes) = node.content else { return nil }
    return Array(nodes)
  }

  static func primitive(_ node: ASN1Node, _ identifier: ASN1Identifier) -> [UInt8]? {
    guard node.identifier == identifier, case .primitive(let bytes) = node.content else { return nil }
    return Array(bytes)
  }

  private static func nonce(_ node: ASN1Node) -> [UInt8]? {
    guard let parts = children(node), let first = parts.first, let last = parts.last,
      primitive(first, .objectIdentifier) == ObjectIdentifier.ocspNonce.content
    else { return nil }
    return primitive(last, .octetString)
  }
}

extension OCSPQuestion.CertificateID {
  init?(_ node: ASN1Node) {
    guard let parts = OCSPQuestion.children(node), parts.count == 4,
      let algorithm = OCSPQuestion.children(parts[0])?.first.flatMap({ OCSPQuestion.primitive($0, .objectIdentifier) }),
      let nameHash = OCSPQuestion.primitive(parts[1], .octetString), let keyHash = OCSPQuestion.primitive(parts[2], .octetString),
      let serial = OCSPQuestion.primitive(parts[3], .integer)
    else { return nil }
    switch algorithm {
    case ObjectIdentifier.sha1.content: hash = .sha1
    case ObjectIdentifier.sha256.content: hash = .sha256
    default: return nil
    }
    encoded = Array(node.encodedBytes)
    issuerNameHash = nameHash
    issuerKeyHash = keyHash
    self.serial = Array(serial.drop { $0 == 0 })
  }
}
