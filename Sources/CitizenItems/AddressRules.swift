/// Ruleset 1 for addresses (住所). Municipalities are known, towns are not: what their spelling means is decided by its characters alone.
///
/// 1. Spaces and dashes count only where they part numbers or capitals (`1-2 3` is `1-2-3`); elsewhere they are left out. A dash within katakana is the
///    prolonged sound mark, a prolonged sound mark after anything but kana a dash.
///    `2F` is 2階.
/// 2. A postcode before the address is left out.
/// 3. 大字, 小字 and 字 before a place are left out (not in 文字, 十字 and the like).
/// 4. Between kanji: ケ ヶ ヵ が ガ are ケ; の ノ 之 are ノ (but 日之出 is not 日の出: 清須市 has both); つ ツ ッ are ツ; 通り is 通; 上る 下る 入る are
///    上ル 下ル 入.
/// 5. 漢数字 are digits where they count: before 丁目 番 号 条 線 地割 and the like, after 第, in `一の三`, beside digits, at the end. 八五十 and 伊万里 are
///    no numbers. A number never grows into its neighbour.
/// 6. 丁目, 番地, 番, 号, 号室 and の between numbers are `-`; at the end of numbers they are left out. 番館, 番街, 号棟 and the like stay.
/// 7. Prefecture and county that were left out are written, where the municipality leaves no doubt (`AddressPlaces`).
///
/// ケ, ノ, ツ and 町 are never left out: there are neighbouring towns that differ by them alone.
enum AddressRules {
  /// Brings a folded text into canonical form.
  static func canonicalize(_ work: inout Workspace) throws(CanonicalRefusal) {
    try work.settle(apply)
    AddressPlaces.shared.writeOut(&work)
    guard work.text.count > 0 else { throw .empty }
  }

  /// All rules once. A rule is left out where the text has no letter that it looks at.
  private static func apply(_ work: inout Workspace) {
    if work.text.has(Kind.addressMark) { work.pass(parted) }
    if work.text.has(Kind.aza) { work.pass(withoutAza) }
    if work.text.has(Kind.iteration) { work.pass(Folding.withoutIterationMarks) }
    if work.text.has(Kind.joint) { work.pass(joined) }
    if work.text.has(Kind.numeral) { work.pass(AddressNumbers.inDigits) }
    if work.text.has(Kind.digit | Kind.addressMark) { work.pass(AddressNumbers.lots) }
    while let length = postcodeLength(work.text) { work.text.removeFirst(length) }
  }

  /// The form by all rules but the last; nil where there is none. For the table that the last rule uses.
  static func withoutPlaces(_ text: String) -> [Letter]? {
    var work = Workspace()
    do throws(CanonicalRefusal) {
      try text.folded(into: &work.text)
      try work.settle(apply)
    } catch {
      return nil
    }
    return (0..<work.text.count).map { work.text[$0] }
  }

  // MARK: rule 1

  private static func parted(_ source: borrowing Letters, into out: inout Letters) {
    var index = 0
    while index < source.count {
      let letter = source[index]
      guard letter.has(Kind.addressMark) else {
        out.append(letter)
        index += 1
        continue
      }
      guard isParting(letter, after: out.last) else {
        // 通り is 通 and 2F is 2階 here already, so that what follows sees 通 and 階.
        if isFloor(source, at: index, after: out.last) {
          out.append(.floor)
        } else if !isRiOfStreet(letter, after: out.last) {
          out.append(letter)
        }
        index += 1
        continue
      }
      var hasDash = false
      while index < source.count, isParting(source[index], after: .none) {
        hasDash = hasDash || source[index] == .dash
        index += 1
      }
      let before = out.last
      guard out.count > 0 else { continue }
      let after = source[index]
      if before.isSignificant, after.isSignificant {
        out.append(.dash)
      } else if hasDash, before.isKatakana, before != .prolonged, !after.isSignificant {
        out.append(.prolonged)
      }
    }
  }

  /// Space, dash, `#`, the middle dot; and ー where no kana stands before it.
  private static func isParting(_ letter: Letter, after before: Letter) -> Bool {
    guard letter.has(Kind.addressMark) else { return false }
    switch letter.scalar {
    case 0x20, 0x2D, 0x23, 0x30FB: return true
    case 0x30FC: return !before.isKana
    default: return false
    }
  }

  /// `F` after digits and before nothing that continues it.
  private static func isFloor(_ source: borrowing Letters, at index: Int, after before: Letter) -> Bool {
    source[index].scalar == 0x46 && before.isDigit && !source[index + 1].isSpacedScript
  }

  private static func isRiOfStreet(_ letter: Letter, after before: Letter) -> Bool {
    (letter.scalar == 0x308A || letter.scalar == 0x30EA) && before.scalar == 0x901A
  }

  // MARK: rule 2

  /// Applied last, when all digits are digits. `〒` may be missing where a dash stands between three digits and four.
  private static func postcodeLength(_ text: borrowing Letters) -> Int? {
    let marked = text[0].scalar == 0x3012 ? 1 : 0
    for place in marked..<marked + 3 where !text[place].isDigit { return nil }
    let dash = text[marked + 3] == .dash ? 1 : 0
    guard marked + dash > 0 else { return nil }
    let start = marked + 3 + dash
    for place in start..<start + 4 where !text[place].isDigit { return nil }
    let next = text[start + 4]
    return next.isKanji && !next.isSignificant ? start + 4 : nil
  }

  // MARK: rule 3

  private static func withoutAza(_ source: borrowing Letters, into out: inout Letters) {
    for index in 0..<source.count {
      let letter = source[index]
      guard letter.has(Kind.aza), isPlaceMark(after: out.last) else {
        if !isRiOfStreet(letter, after: out.last) { out.append(letter) }
        continue
      }
      if out.last.scalar == 0x5927 || out.last.scalar == 0x5C0F { out.removeLast() }  // 大 小
      if out.last.isSignificant, source[index + 1].isSignificant { out.append(.dash) }
    }
  }

  /// 文字, 十字, 万字, 丁字, 数字, 卍字 are words; at the very start and after digits 字 is no mark either.
  private static func isPlaceMark(after last: Letter) -> Bool {
    guard last != .none, !last.isDigit else { return false }
    switch last.scalar {
    case 0x5B57, 0x6587, 0x5341, 0x4E07, 0x4E01, 0x6570, 0x534D: return false
    default: return true
    }
  }

  // MARK: rule 4

  private static func joined(_ source: borrowing Letters, into out: inout Letters) {
    for index in 0..<source.count {
      let letter = source[index]
      let last = out.last
      guard letter.has(Kind.joint), last != .none else {
        out.append(letter)
        continue
      }
      let next = source[index + 1]
      switch letter.scalar {
      case 0x30B1, 0x30F6, 0x30F5, 0x304C, 0x30AC:  // ケ ヶ ヵ が ガ
        out.append((last.isKanji || last.isDigit || last.isHiragana) && next.isKanji ? .ke : letter)
      case 0x306E, 0x30CE, 0x4E4B:  // の ノ 之
        let isHinode = letter.scalar == 0x4E4B && last.scalar == 0x65E5 && next.scalar == 0x51FA
        out.append(last.isKanji && next.isKanji && !isHinode ? .no : letter)
      case 0x3064, 0x3063, 0x30C4, 0x30C3:  // つ っ ツ ッ
        out.append((last.isKanji || last.isDigit) && next.isKanji ? .tsu : letter)
      default: appendDirection(letter, to: &out)  // る ル after 上 下 入
      }
    }
  }

  /// 上る 上ル 上がる are 上ル, 下る likewise; 西入る 西入ル are 西入.
  private static func appendDirection(_ letter: Letter, to out: inout Letters) {
    let last = out[out.count - 1].scalar
    let before = out[out.count - 2].scalar
    let isBare = last == 0x4E0A || last == 0x4E0B
    let hasGa = (last == 0x304C || last == 0x30AC) && (before == 0x4E0A || before == 0x4E0B)
    if hasGa { out.removeLast() }
    if isBare || hasGa {
      out.append(.ru)
    } else if !(last == 0x5165 && (before == 0x6771 || before == 0x897F)) {
      out.append(letter)
    }
  }
}
