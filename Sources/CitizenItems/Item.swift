/// One of the four items (基本4情報). The raw value is the spelling of the API.
public enum Item: String, Sendable, CaseIterable, Codable, Hashable {
  /// 氏名
  case name
  /// 住所
  case address
  /// 生年月日
  case dateOfBirth
  /// 性別
  case sex
}

/// What a comparison of one declared item with the certified one yields; nothing finer leaves the broker.
public enum ItemComparison: String, Sendable, CaseIterable, Codable, Hashable {
  /// The canonical forms are equal.
  case match
  /// They are not, or one of them cannot be made, or the certified text carries a substitute character.
  case mismatch
}
