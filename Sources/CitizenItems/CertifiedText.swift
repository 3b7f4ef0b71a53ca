/// A name or an address, and which of its characters stand in for one that the certificate's character set (JIS X 0208 + 0212) lacks (代替文字).
public struct CertifiedText: Redacted, Equatable {
  /// The text as certified or declared.
  public let text: String
  /// One flag per Unicode scalar of `text`; empty where no flags were certified (declared text).
  public let substitutes: [Bool]

  /// Whether any character is a substitute: then the text equals no other for certain.
  public var hasSubstitutes: Bool { substitutes.contains(true) }

  /// A text without flags: what somebody typed, or what a ledger holds.
  public init(declared text: String) {
    self.text = text
    self.substitutes = []
  }

  /// A certified text with its flags, one `0` or `1` per Unicode scalar (profile of the signing certificate, otherNames .2 and .6).
  ///
  /// - Throws: `ItemRefusal.substituteFlags` if a flag is neither `0` nor `1`, or their number is not that of the characters.
  public init(text: String, flags: String) throws(ItemRefusal) {
    var substitutes: [Bool] = []
    for scalar in flags.unicodeScalars {
      switch scalar {
      case "0": substitutes.append(false)
      case "1": substitutes.append(true)
      default: throw .substituteFlags
      }
    }
    guard substitutes.count == text.unicodeScalars.count else { throw .substituteFlags }
    self.text = text
    self.substitutes = substitutes
  }
}
