/// GeneralName (RFC 5280 §4.2.1.6), as far as the profile uses it. Our own strict reader: the four items come through here.
enum GeneralName {
  /// otherName: type, and the one element under `[0] EXPLICIT`.
  case other(OID, DERElement)
  /// directoryName: the Name.
  case directory(DERElement)
  /// uniformResourceIdentifier.
  case uri(String)
  /// Any other choice, unread.
  case unread

  init(_ element: DERElement) throws(DERError) {
    switch element.tag {
    case DERTag.contextConstructed(0):
      var reader = try element.reader()
      let type = try reader.element(DERTag.oid).oid()
      var wrapped = try reader.element(DERTag.contextConstructed(0)).reader()
      let value = try wrapped.element()
      try wrapped.finish()
      try reader.finish()
      // A type that nobody here knows is ignored, but not a value that cannot be one of its own tag.
      switch value.tag {
      case DERTag.oid: _ = try value.oid()
      case DERTag.integer, DERTag.enumerated: _ = try value.integerContent()
      case DERTag.boolean: _ = try value.boolean()
      case DERTag.null: try value.null()
      default: break
      }
      self = .other(type, value)
    case DERTag.contextConstructed(4):
      // A CHOICE inside an implicit tag is tagged explicitly (X.680 §31.2.7).
      var reader = try element.reader()
      let name = try reader.element(DERTag.sequence)
      try reader.finish()
      // Compared by its bytes, but a Name it must be.
      _ = try DistinguishedName(name)
      self = .directory(name)
    case DERTag.context(6):
      self = .uri(try element.ascii())
    case DERTag.context(1), DERTag.context(2):
      _ = try element.ascii()
      self = .unread
    case DERTag.context(7):
      self = .unread
    case DERTag.context(8):
      _ = try OID(content: element.bytes[element.content])
      self = .unread
    // x400Address and ediPartyName, whose content nobody here reads, are in no profile.
    default:
      throw .tag
    }
  }

  /// GeneralNames: SEQUENCE SIZE (1…), or the same under an implicit tag.
  static func list(_ element: DERElement) throws(DERError) -> [GeneralName] {
    var reader = try element.reader()
    var names: [GeneralName] = []
    while !reader.isAtEnd {
      names.append(try GeneralName(reader.element()))
      guard names.count <= 64 else { throw .length }
    }
    guard !names.isEmpty else { throw .value }
    return names
  }

  /// The Name in DER, if this is a directory name.
  var directoryName: DERElement? {
    if case .directory(let name) = self { name } else { nil }
  }
}
