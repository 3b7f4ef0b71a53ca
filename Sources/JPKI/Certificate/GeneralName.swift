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
    case DERTag.context(1), DERTag.context(2), DERTag.contextConstructed(3), DERTag.contextConstructed(5), DERTag.context(7),
      DERTag.context(8):
      self = .unread
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
