/// 性別, by the codes of the certificate (otherName .3).
public enum Sex: Int, Redacted, CaseIterable, Hashable {
  /// 男, code 1
  case male = 1
  /// 女, code 2
  case female = 2
  /// その他, code 3
  case other = 3
  /// 不明, code 9
  case unknown = 9

  /// The code of the certificate: `1`, `2`, `3` or `9`.
  ///
  /// - Throws: `ItemRefusal.sex` for anything else.
  public init(jpki code: String) throws(ItemRefusal) {
    switch code {
    case "1": self = .male
    case "2": self = .female
    case "3": self = .other
    case "9": self = .unknown
    default: throw .sex
    }
  }

  /// What people and ledgers write: the codes in any width, 男 女 男性 女性, `male`, `F` and the like, in any case.
  ///
  /// - Throws: `ItemRefusal.sex` if the text is none of them; an empty text is none.
  public init(text: String) throws(ItemRefusal) {
    guard text.utf8.count <= 32 else { throw .sex }
    switch PlainText.folded(text) {
    case "1", "男", "男性", "オトコ", "MALE", "M", "MAN": self = .male
    case "2", "女", "女性", "オンナ", "FEMALE", "F", "WOMAN": self = .female
    case "3", "ソノ他", "他", "OTHER", "X": self = .other
    case "9", "不明", "不詳", "UNKNOWN": self = .unknown
    default: throw .sex
    }
  }

  /// The code of the certificate: `1`, `2`, `3` or `9`; also the canonical form.
  public var code: String { String(rawValue) }
}
