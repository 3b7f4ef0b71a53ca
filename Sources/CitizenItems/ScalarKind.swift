/// The classes of scalars that the rules ask for. All of them hold for folded text only.
extension UInt32 {
  /// `0`…`9`
  var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  /// `A`…`Z`
  var isLatinCapital: Bool { self >= 0x41 && self <= 0x5A }
  /// Letters and digits of scripts that put spaces between words: Latin, Greek, Cyrillic, and their combining marks.
  var isSpacedScript: Bool { isDigit || isLatinCapital || (self >= 0xC0 && self < 0x530 && self != 0xD7 && self != 0xF7) }
  /// Hiragana with ゝ and ゞ.
  var isHiragana: Bool { (self >= 0x3041 && self <= 0x3096) || self == 0x309D || self == 0x309E }
  /// Katakana with ー, ヽ and ヾ, without the middle dot.
  var isKatakana: Bool { (self >= 0x30A1 && self <= 0x30FA) || (self >= 0x30FC && self <= 0x30FE) || (self >= 0x31F0 && self <= 0x31FF) }
  /// Unified ideographs of planes 0, 2 and 3, 〇, 々 and 〻.
  var isKanji: Bool {
    (self >= 0x4E00 && self <= 0x9FFF) || (self >= 0x3400 && self <= 0x4DBF) || (self >= 0x20000 && self <= 0x3FFFF) || self == 0x3007
      || self == 0x3005
      || self == 0x303B || (self >= 0xFA0E && self <= 0xFA29)
  }
  /// A scalar next to which a number must not grow: digits, capitals, 漢数字.
  var isSignificant: Bool { isDigit || isLatinCapital || KanjiNumber.isNumeral(self) }
}
