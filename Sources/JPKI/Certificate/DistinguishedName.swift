/// A Name (RFC 5280 §4.1.2.4) as a list of attributes; each relative name has exactly one.
struct DistinguishedName: Hashable {
  struct Attribute: Hashable {
    let type: OID
    let tag: UInt8
    let value: String
  }

  let attributes: [Attribute]

  init(_ element: DERElement) throws(DERError) {
    guard element.tag == DERTag.sequence else { throw .tag }
    var reader = try element.reader()
    var attributes: [Attribute] = []
    while !reader.isAtEnd {
      var set = try reader.element(DERTag.set).reader()
      var pair = try set.element(DERTag.sequence).reader()
      try set.finish()
      let type = try pair.element(DERTag.oid).oid()
      let value = try pair.element()
      try pair.finish()
      switch value.tag {
      case DERTag.utf8String: attributes.append(Attribute(type: type, tag: value.tag, value: try value.text()))
      case DERTag.printableString, DERTag.ia5String: attributes.append(Attribute(type: type, tag: value.tag, value: try value.ascii()))
      default: throw .tag
      }
      guard attributes.count <= 32 else { throw .length }
    }
    self.attributes = attributes
  }

  /// `C=JP, O=…`, for people.
  var text: String {
    attributes.map { attribute in
      let type =
        switch attribute.type {
        case .country: "C"
        case .organization: "O"
        case .organizationalUnit: "OU"
        case .locality: "L"
        case .commonName: "CN"
        default: attribute.type.dotted
        }
      return "\(type)=\(attribute.value)"
    }.joined(separator: ", ")
  }
}
