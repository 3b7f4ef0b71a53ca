/// A scalar of a folded text together with what the rules ask of it: the scalar in the low 18 bits, its kinds above. One look into `ScalarTable` yields
/// both, and no rule has to ask again.
struct Letter: Hashable, Sendable {
  let bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  /// A scalar that stands in folded text, with its kinds.
  init(_ scalar: UInt32) { bits = scalar | Kind.of(scalar) }

  /// What stands before the first and after the last letter of a text: of no kind.
  static let none = Letter(bits: 0)
  static let space = Letter(bits: 0x20 | Kind.addressMark | Kind.nameMark)
  static let dash = Letter(bits: 0x2D | Kind.addressMark | Kind.nameMark)
  static let equals = Letter(bits: 0x3D | Kind.nameMark)
  static let middleDot = Letter(bits: 0x30FB | Kind.addressMark | Kind.nameMark)
  static let prolonged = Letter(bits: 0x30FC | Kind.katakana | Kind.addressMark | Kind.nameMark)
  static let no = Letter(bits: 0x30CE | Kind.katakana | Kind.joint | Kind.no)
  static let ke = Letter(bits: 0x30B1 | Kind.katakana | Kind.joint)
  static let tsu = Letter(bits: 0x30C4 | Kind.katakana | Kind.joint)
  static let ru = Letter(bits: 0x30EB | Kind.katakana | Kind.joint)
  static let floor = Letter(bits: 0x968E | Kind.kanji)
  static let repetition = Letter(bits: 0x3005 | Kind.kanji | Kind.iteration)

  /// A digit 0…9.
  static func digit(_ value: UInt32) -> Letter { Letter(bits: (0x30 + value) | Kind.digit | Kind.spaced) }

  var scalar: UInt32 { bits & Kind.scalars }
  /// Whether the letter is of one of these kinds.
  func has(_ kinds: UInt32) -> Bool { bits & kinds != 0 }

  var isDigit: Bool { has(Kind.digit) }
  /// Letters and digits of scripts that put spaces between words.
  var isSpacedScript: Bool { has(Kind.spaced) }
  var isHiragana: Bool { has(Kind.hiragana) }
  var isKatakana: Bool { has(Kind.katakana) }
  var isKana: Bool { has(Kind.hiragana | Kind.katakana) }
  var isKanji: Bool { has(Kind.kanji) }
  /// 漢数字
  var isNumeral: Bool { has(Kind.numeral) }
  /// A digit or a capital of ASCII.
  var isASCII: Bool { has(Kind.digit | Kind.capital) }
  /// A letter next to which a number must not grow: digits, capitals, 漢数字.
  var isSignificant: Bool { has(Kind.digit | Kind.capital | Kind.numeral) }
  /// の ノ 之 and 丿, which stands for ノ.
  var isNo: Bool { has(Kind.no) }
}

/// The kinds of letters, a bit each. What the rules look at has kinds of its own, so that a text without such a letter skips the rule.
enum Kind {
  static let scalars: UInt32 = 0x3_FFFF

  /// `0`…`9`
  static let digit: UInt32 = 1 << 18
  /// `A`…`Z`
  static let capital: UInt32 = 1 << 19
  /// `UInt32.isSpacedScript`
  static let spaced: UInt32 = 1 << 20
  static let hiragana: UInt32 = 1 << 21
  static let katakana: UInt32 = 1 << 22
  static let kanji: UInt32 = 1 << 23
  /// 漢数字 that `KanjiNumber` reads.
  static let numeral: UInt32 = 1 << 24
  /// What joins the letter before it or falls apart: combining marks of Latin, sound marks, Hangul syllables.
  static let composing: UInt32 = 1 << 25
  /// 々 〻 ゝ ゞ ヽ ヾ
  static let iteration: UInt32 = 1 << 26
  /// What rule 1 for addresses looks at: space, dashes, `#`, ・, ー, F, り.
  static let addressMark: UInt32 = 1 << 27
  /// What rule 4 for addresses looks at: ケ ヶ ヵ が ガ, の ノ 之, つ っ ツ ッ, る ル.
  static let joint: UInt32 = 1 << 28
  /// の ノ 之 丿
  static let no: UInt32 = 1 << 29
  /// What the rules for names look at: brackets, separators, dashes, `=`, ヶ.
  static let nameMark: UInt32 = 1 << 30
  /// 字
  static let aza: UInt32 = 1 << 31

  /// The kinds of a scalar of folded text.
  static func of(_ scalar: UInt32) -> UInt32 {
    var kinds: UInt32 = 0
    if scalar.isDigit { kinds |= digit }
    if scalar.isLatinCapital { kinds |= capital }
    if scalar.isSpacedScript { kinds |= spaced }
    if scalar.isHiragana { kinds |= hiragana }
    if scalar.isKatakana { kinds |= katakana }
    if scalar.isKanji { kinds |= kanji }
    if KanjiNumber.isNumeral(scalar) { kinds |= numeral }
    switch scalar {
    case 0x300...0x36F, 0x3099, 0x309A, 0xAC00...0xD7A3: kinds |= composing
    case 0x3005, 0x303B, 0x309D, 0x309E, 0x30FD, 0x30FE: kinds |= iteration
    case 0x20, 0x2D, 0x30FB, 0x30FC: kinds |= addressMark | nameMark
    case 0x23, 0x46, 0x308A, 0x30EA: kinds |= addressMark
    case 0x306E, 0x30CE, 0x4E4B: kinds |= joint | no
    case 0x4E3F: kinds |= no
    case 0x30F6: kinds |= joint | nameMark
    case 0x30B1, 0x30F5, 0x304C, 0x30AC, 0x3064, 0x3063, 0x30C4, 0x30C3, 0x308B, 0x30EB: kinds |= joint
    case 0x2C, 0x2E, 0x3001, 0x3002, 0x3D, 0x30A0, 0x28, 0x5B, 0x3C, 0x7B, 0x3008, 0x300A, 0x300C, 0x300E, 0x3010, 0x3014, 0x3016, 0x3018:
      kinds |= nameMark
    case 0x5B57: kinds |= aza
    default: break
    }
    return kinds
  }
}
