import SwiftASN1
import Testing

/// Reads a certificate field by field with SwiftASN1: neither the simulator's encoder nor the JPKI room's reader has a hand in it.
struct CertificateReader {
  struct Attribute: Equatable, CustomStringConvertible {
    let type: String
    let tag: ASN1Identifier
    let value: String
    var description: String { "\(type)=\(tag == .printableString ? "P" : tag == .utf8String ? "U" : "?"):\(value)" }
  }

  struct Extension: Equatable {
    let oid: String
    let critical: Bool
    let value: [UInt8]
  }

  let version: [UInt8]
  let serial: [UInt8]
  let innerAlgorithm: [UInt8]
  let outerAlgorithm: [UInt8]
  let issuer: [Attribute]
  let subject: [Attribute]
  let notBefore: String
  let notAfter: String
  let validityTags: [ASN1Identifier]
  let subjectPublicKeyInfo: [UInt8]
  let extensions: [Extension]

  init(_ der: [UInt8]) throws {
    let outer = try Self.children(DER.parse(der))
    try #require(outer.count == 3)
    let fields = try Self.children(outer[0])
    // version, serial, algorithm, issuer, validity, subject, key, extensions: neither unique identifier is there.
    try #require(fields.count == 8)
    version = try Self.primitive(Self.children(fields[0])[0])
    serial = try Self.primitive(fields[1])
    innerAlgorithm = Array(fields[2].encodedBytes)
    outerAlgorithm = Array(outer[1].encodedBytes)
    issuer = try Self.name(fields[3])
    let validity = try Self.children(fields[4])
    notBefore = String(decoding: try Self.primitive(validity[0]), as: UTF8.self)
    notAfter = String(decoding: try Self.primitive(validity[1]), as: UTF8.self)
    validityTags = validity.map(\.identifier)
    subject = try Self.name(fields[5])
    subjectPublicKeyInfo = Array(fields[6].encodedBytes)
    extensions = try Self.children(Self.children(fields[7])[0]).map { node in
      let parts = try Self.children(node)
      return Extension(oid: try Self.oid(parts[0]), critical: parts.count == 3, value: try Self.primitive(parts[parts.count - 1]))
    }
  }

  func value(_ oid: String) throws -> [UInt8] { try #require(extensions.first { $0.oid == oid }).value }

  static func children(_ node: ASN1Node) throws -> [ASN1Node] {
    guard case .constructed(let nodes) = node.content else { throw Unreadable() }
    return Array(nodes)
  }

  static func primitive(_ node: ASN1Node) throws -> [UInt8] {
    guard case .primitive(let bytes) = node.content else { throw Unreadable() }
    return Array(bytes)
  }

  static func oid(_ node: ASN1Node) throws -> String {
    "\(try ASN1ObjectIdentifier(derEncoded: node))"
  }

  static func name(_ node: ASN1Node) throws -> [Attribute] {
    try children(node).map { set in
      let elements = try children(set)
      try #require(elements.count == 1)
      let parts = try children(elements[0])
      return Attribute(type: try oid(parts[0]), tag: parts[1].identifier, value: String(decoding: try primitive(parts[1]), as: UTF8.self))
    }
  }

  struct Unreadable: Error {}
}

/// Attribute types by their usual letters.
enum AttributeType {
  static let c = "2.5.4.6"
  static let l = "2.5.4.7"
  static let o = "2.5.4.10"
  static let ou = "2.5.4.11"
  static let cn = "2.5.4.3"
}

extension CertificateReader.Attribute {
  static func printable(_ type: String, _ value: String) -> Self { .init(type: type, tag: .printableString, value: value) }
  static func utf8(_ type: String, _ value: String) -> Self { .init(type: type, tag: .utf8String, value: value) }
}
