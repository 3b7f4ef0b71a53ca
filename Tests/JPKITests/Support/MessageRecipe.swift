import JPKI

/// A CMS SignedData to be made, every part of which a test may spoil.
struct MessageRecipe {
  static let data = "1.2.840.113549.1.7.1"
  static let signedData = "1.2.840.113549.1.7.2"

  var type = MessageRecipe.signedData
  var contentType = MessageRecipe.data
  /// Attached content; nil is detached.
  var attached: [UInt8]?
  var certificates: [[UInt8]] = [World.signingCertificate]
  /// What the message announces; nil is `digestAlgorithm`.
  var announced: [UInt8]?
  var digestAlgorithm = Encoder.algorithm(Algorithm.sha256)
  var signatureAlgorithm = Encoder.algorithm(Algorithm.rsa)
  var signerID = MessageRecipe.issuerAndSerial()
  /// Attributes; nil signs the content itself.
  var attributes: [[UInt8]]? = MessageRecipe.attributes(over: World.message)
  /// What the signer signs in place of the attributes or the content.
  var signed: [UInt8]?
  /// The signature in place of the key's over all that.
  var signature: [UInt8]?
  var signerCount = 1
  var key: any TestSigner = World.signingKey

  static func issuerAndSerial(_ serial: [UInt8] = Encoder.integer(0x01A2_B3C4)) -> [UInt8] {
    Encoder.sequence(World.signingAuthority.name, serial)
  }

  static func attribute(_ oid: String, _ values: [UInt8]...) -> [UInt8] {
    Encoder.sequence(Encoder.oid(oid), Encoder.element(0x31, values.flatMap { $0 }))
  }

  static func contentTypeAttribute(_ type: String = data) -> [UInt8] { attribute("1.2.840.113549.1.9.3", Encoder.oid(type)) }
  static func digestAttribute(_ digest: [UInt8]) -> [UInt8] { attribute("1.2.840.113549.1.9.4", Encoder.octets(digest)) }

  static func attributes(over content: [UInt8]) -> [[UInt8]] {
    [contentTypeAttribute(), attribute("1.2.840.113549.1.9.5", Encoder.utc("260701030000Z")), digestAttribute(sha256(content))]
  }

  var der: [UInt8] {
    let list = attributes?.flatMap { $0 }
    let toSign = signed ?? list.map { Encoder.element(0x31, $0) } ?? attached ?? World.message
    let signer = Encoder.sequence(
      Encoder.integer(1), signerID, digestAlgorithm, list.map { Encoder.element(0xA0, $0) } ?? [], signatureAlgorithm,
      Encoder.octets(signature ?? key.sign(toSign)))
    let content = attached.map { Encoder.explicit(0, Encoder.octets($0)) } ?? []
    let data = Encoder.sequence(
      Encoder.integer(1), Encoder.set(announced ?? digestAlgorithm), Encoder.sequence(Encoder.oid(contentType), content),
      certificates.isEmpty ? [] : Encoder.element(0xA0, certificates.flatMap { $0 }),
      Encoder.element(0x31, (0..<signerCount).flatMap { _ in signer }))
    return Encoder.sequence(Encoder.oid(type), Encoder.explicit(0, data))
  }
}
