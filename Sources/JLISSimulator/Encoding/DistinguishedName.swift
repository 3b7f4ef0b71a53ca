/// A distinguished name: one attribute to each relative name, in order.
struct DistinguishedName: Sendable, Equatable {
  let attributes: [Attribute]

  struct Attribute: Sendable, Equatable {
    let type: ObjectIdentifier
    let value: String
  }

  init(_ attributes: [(ObjectIdentifier, String)]) {
    self.attributes = attributes.map { Attribute(type: $0.0, value: $0.1) }
  }

  /// `C` is a PrintableString (X.520 prescribes it), everything else a UTF8String (jpki.md §1).
  var der: DER {
    .sequence(
      attributes.map { attribute in
        let value: DER = attribute.type == .country ? .printableString(attribute.value) : .utf8String(attribute.value)
        return .set(.sequence(.objectIdentifier(attribute.type), value))
      })
  }

  /// As GeneralName `[4] directoryName`: EXPLICIT, because Name is a CHOICE.
  var generalName: DER { .explicit(4, der) }
}
