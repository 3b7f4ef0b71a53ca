/// The canonical form of the four items: the one spelling that all certain spellings of the same name or address share.
///
/// Equality of canonical forms is all that a machine decides alone; a false "same" is worse than a missed one. The rules are versioned as a whole:
/// a ruleset, once released, never changes a byte.
public enum CanonicalForm {
  /// The ruleset of this code.
  public static let ruleset = 1
  /// The version of Unicode from which its tables were generated.
  public static let unicodeVersion = FoldTable.unicodeVersion
  /// The longest text that is read, in bytes of UTF-8.
  public static let maximumBytes = 2048

  /// The canonical form of one item. Idempotent: the form of a form is itself.
  ///
  /// - Throws: `CanonicalRefusal`; every text yields a form or a refusal.
  public static func canonical(_ item: Item, _ text: String) throws(CanonicalRefusal) -> String {
    var canonicalizer = Canonicalizer()
    var form: [UInt8] = []
    try text.withUTF8Bytes { bytes throws(CanonicalRefusal) in try canonicalizer.append(item, bytes, to: &form) }
    return String(decoding: form, as: UTF8.self)
  }

  /// The canonical bytes of certified items, from which the card's tag is made.
  ///
  /// A text with substitute characters keeps them behind a mark, so that these bytes equal those of the same card and of nothing else.
  public static func bytes(of items: FourItems) throws(CanonicalRefusal) -> [UInt8] {
    joined(
      name: try certified(.name, items.name), address: try certified(.address, items.address), dateOfBirth: items.dateOfBirth.iso,
      sex: items.sex.code)
  }

  /// The canonical bytes of a ledger row, from which the ledger's tag is made. All four items must be there; the salt plays no part.
  ///
  /// A name in kana alone is most likely a reading: it is set apart by a mark, so that it never equals a card's name without a clerk's decision.
  public static func bytes(ofLedger items: DeclaredItems) throws(CanonicalRefusal) -> [UInt8] {
    guard let name = items.name, let address = items.address, let dateOfBirth = items.dateOfBirth, let sex = items.sex else {
      throw .missingItem
    }
    var canonicalizer = Canonicalizer()
    var out: [UInt8] = []
    do throws(RowRefusal) {
      try name.withUTF8Bytes { name throws(RowRefusal) in
        try address.withUTF8Bytes { address throws(RowRefusal) in
          try dateOfBirth.withUTF8Bytes { date throws(RowRefusal) in
            try sex.withUTF8Bytes { sex throws(RowRefusal) in
              try canonicalizer.append(RowText(name: name, address: address, dateOfBirth: date, sex: sex), from: .ledger, to: &out)
            }
          }
        }
      }
    } catch {
      throw error.refusal
    }
    return out
  }

  /// Marks a text that is not certain. No canonical form of a text holds it.
  static let uncertainMark = "\u{3013}"

  private static func certified(_ item: Item, _ text: CertifiedText) throws(CanonicalRefusal) -> String {
    guard text.hasSubstitutes else { return try canonical(item, text.text) }
    let flags = text.substitutes.map { $0 ? "1" : "0" }.joined()
    return uncertainMark + flags + uncertainMark + (try canonical(item, text.text))
  }

  private static func joined(name: String, address: String, dateOfBirth: String, sex: String) -> [UInt8] {
    var bytes = LengthPrefixed()
    for field in [name, address, dateOfBirth, sex] { bytes.append(field.utf8) }
    bytes.append(number: UInt32(ruleset))
    return bytes.bytes
  }
}
