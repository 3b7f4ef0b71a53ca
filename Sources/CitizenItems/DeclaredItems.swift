internal import Crypto

/// What a customer typed, or what a ledger row holds: plain text, item by item, nothing certified.
public struct DeclaredItems: Redacted, Equatable {
  /// 氏名 as typed.
  public let name: String?
  /// 住所 as typed.
  public let address: String?
  /// 生年月日 as typed, in any form that `DateOfBirth(text:)` reads.
  public let dateOfBirth: String?
  /// 性別 as typed, in any form that `Sex(text:)` reads.
  public let sex: String?
  /// A random value that keeps the digest from being guessed.
  public let salt: String?

  /// Takes the texts as they are.
  public init(name: String? = nil, address: String? = nil, dateOfBirth: String? = nil, sex: String? = nil, salt: String? = nil) {
    self.name = name
    self.address = address
    self.dateOfBirth = dateOfBirth
    self.sex = sex
    self.salt = salt
  }

  /// Compares each declared item with the certified one by canonical form. Items that were not declared are absent from the answer.
  ///
  /// A certified text with a substitute character matches nothing: which character the person's name really has is not known.
  public func compare(with certified: FourItems) -> [Item: ItemComparison] {
    var answer: [Item: ItemComparison] = [:]
    if let name { answer[.name] = Self.compare(.name, name, certified.name) }
    if let address { answer[.address] = Self.compare(.address, address, certified.address) }
    if let dateOfBirth { answer[.dateOfBirth] = (try? DateOfBirth(text: dateOfBirth)) == certified.dateOfBirth ? .match : .mismatch }
    if let sex { answer[.sex] = (try? Sex(text: sex)) == certified.sex ? .match : .mismatch }
    return answer
  }

  private static func compare(_ item: Item, _ declared: String, _ certified: CertifiedText) -> ItemComparison {
    guard !certified.hasSubstitutes, let left = try? CanonicalForm.canonical(item, declared),
      let right = try? CanonicalForm.canonical(item, certified.text)
    else { return .mismatch }
    return left == right ? .match : .mismatch
  }

  /// The digest that a card signs in place of the declared items (32 bytes): SHA-256 over the label `yonjo/declared-items/1` and name, address,
  /// date of birth, sex and salt, each with a four-byte big-endian length before its UTF-8 bytes; an absent field has the length `FFFFFFFF`.
  public static func digest(of items: DeclaredItems) -> [UInt8] {
    var bytes = LengthPrefixed()
    bytes.append("yonjo/declared-items/1")
    for field in [items.name, items.address, items.dateOfBirth, items.sex, items.salt] { bytes.append(field) }
    return Array(SHA256.hash(data: bytes.bytes))
  }
}
