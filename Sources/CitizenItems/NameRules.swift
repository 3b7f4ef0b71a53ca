/// Ruleset 1 for names (氏名). Each rule takes folded scalars.
///
/// 1. What stands in brackets is an addition (旧氏, 通称, a reading) and is left out, if anything stands outside.
/// 2. Spaces, middle dots, commas and full stops part words in Latin, Greek and Cyrillic (`MARY ANN` is not `MARYANN`); anywhere else they are left out.
/// 3. A dash after katakana that no Latin letter follows is the prolonged sound mark; `゠` and `=` between kana part words and are left out.
/// 4. ヶ between kanji is ケ.
///
/// Kana stay the kana they are: さくら is not サクラ, ニ is not 二, シヨウ is not ショウ.
enum NameRules {
  /// Brings a folded text into canonical form.
  static func canonicalize(_ work: inout Workspace) throws(CanonicalRefusal) {
    if work.text.has(Kind.nameMark | Kind.iteration | Kind.composing) { try work.settle(apply) }
    guard work.text.count > 0 else { throw .empty }
  }

  /// All rules once.
  private static func apply(_ work: inout Workspace) {
    if work.text.has(Kind.nameMark) {
      if hasBrackets(work.text) { work.pass(withoutBrackets) }
      work.pass(parted)
      work.pass(joined)
    }
    if work.text.has(Kind.iteration) { work.pass(Folding.withoutIterationMarks) }
  }

  /// Whether a canonical name is written in kana alone.
  static func isKanaOnly(_ canonical: String) -> Bool {
    canonical.unicodeScalars.allSatisfy { $0.value.isKatakana || $0.value.isHiragana || $0.value == 0x20 || $0.value == 0x2D }
  }

  /// The same of letters.
  static func isKanaOnly(_ canonical: borrowing Letters) -> Bool {
    for index in 0..<canonical.count {
      let letter = canonical[index]
      guard letter.isKana || letter == .space || letter == .dash else { return false }
    }
    return true
  }

  // MARK: rule 1

  private static func closing(_ opening: UInt32) -> UInt32? {
    switch opening {
    case 0x28: 0x29  // ( )
    case 0x5B: 0x5D  // [ ]
    case 0x3C: 0x3E  // < >
    case 0x7B: 0x7D  // { }
    case 0x3008, 0x300A, 0x300C, 0x300E, 0x3010, 0x3014, 0x3016, 0x3018: opening + 1  // 〈〉 《》 「」 『』 【】 〔〕 〖〗 〘〙
    default: nil
    }
  }

  private static func hasBrackets(_ text: borrowing Letters) -> Bool {
    for index in 0..<text.count where closing(text[index].scalar) != nil { return true }
    return false
  }

  private static func withoutBrackets(_ source: borrowing Letters, into out: inout Letters) {
    var open: [UInt32] = []
    var isAllSpace = true
    for index in 0..<source.count {
      let letter = source[index]
      if let end = closing(letter.scalar) {
        open.append(end)
      } else if let end = open.last {
        if letter.scalar == end {
          open.removeLast()
          out.append(.space)
        }
      } else {
        out.append(letter)
        isAllSpace = isAllSpace && letter == .space
      }
    }
    if !open.isEmpty || isAllSpace { out.copy(source) }
  }

  // MARK: rule 2

  private static func parted(_ source: borrowing Letters, into out: inout Letters) {
    var index = 0
    while index < source.count {
      guard isSeparator(source[index]) else {
        out.append(source[index])
        index += 1
        continue
      }
      while isSeparator(source[index]) { index += 1 }
      if out.last.isSpacedScript, source[index].isSpacedScript { out.append(.space) }
    }
  }

  private static func isSeparator(_ letter: Letter) -> Bool {
    guard letter.has(Kind.nameMark) else { return false }
    switch letter.scalar {
    case 0x20, 0x30FB, 0x2C, 0x2E, 0x3001, 0x3002: return true
    default: return false
    }
  }

  // MARK: rules 3 and 4

  private static func joined(_ source: borrowing Letters, into out: inout Letters) {
    for index in 0..<source.count {
      let letter = source[index]
      guard letter.has(Kind.nameMark) else {
        out.append(letter)
        continue
      }
      let next = source[index + 1]
      let last = out.last
      switch letter.scalar {
      case 0x2D where last.isKatakana && !next.isSpacedScript:
        if last != .prolonged { out.append(.prolonged) }
      case 0x30FC where !last.isKana: out.append(.dash)
      case 0x3D, 0x30A0:
        if !last.isKana || !next.isKana { out.append(.equals) }
      case 0x30F6: out.append(last.isKanji && next.isKanji ? .ke : letter)
      default: out.append(letter)
      }
    }
  }
}
