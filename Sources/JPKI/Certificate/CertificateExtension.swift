/// One extension (RFC 5280 §4.2).
struct CertificateExtension {
  let oid: OID
  let isCritical: Bool
  /// The DER inside the OCTET STRING.
  let bytes: [UInt8]
  let value: Range<Int>

  /// Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }.
  init(_ element: DERElement) throws(DERError) {
    guard element.tag == DERTag.sequence else { throw .tag }
    var reader = try element.reader()
    oid = try reader.element(DERTag.oid).oid()
    if let critical = try reader.optional(DERTag.boolean) {
      // DEFAULT FALSE is never written (X.690 §11.5).
      guard try critical.boolean() else { throw .value }
      isCritical = true
    } else {
      isCritical = false
    }
    bytes = element.bytes
    value = try reader.element(DERTag.octetString).content
    try reader.finish()
  }

  /// The extensions inside `[3]` of a certificate, `[0]` of a list, `[1]` of an answer.
  static func list(in wrapped: DERElement) throws(DERError) -> [CertificateExtension] {
    var wrapper = try wrapped.reader()
    var reader = try wrapper.element(DERTag.sequence).reader()
    try wrapper.finish()
    var extensions: [CertificateExtension] = []
    while !reader.isAtEnd {
      extensions.append(try CertificateExtension(reader.element()))
      // No profile here has more than a dozen.
      guard extensions.count <= 32 else { throw .length }
    }
    // SIZE (1..MAX)
    guard !extensions.isEmpty else { throw .value }
    return extensions
  }

  /// The one element that the value consists of.
  func element() throws(DERError) -> DERElement {
    var reader = DERReader(bytes, in: value)
    let element = try reader.element()
    try reader.finish()
    return element
  }

  func element(_ tag: UInt8) throws(DERError) -> DERElement {
    let element = try element()
    guard element.tag == tag else { throw .tag }
    return element
  }
}
