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
  static func canonical(_ text: String) throws(CanonicalRefusal) -> String {
    let scalars = AddressPlaces.shared.writtenOut(try Folding.settled(try Folding.fold(text), by: applied))
    guard !scalars.isEmpty else { throw .empty }
    return Folding.text(scalars)
  }

  /// All rules once.
  private static func applied(_ scalars: [UInt32]) -> [UInt32] {
    var scalars = Folding.withoutIterationMarks(withoutAza(parted(scalars)))
    scalars = joined(scalars)
    scalars = AddressNumbers.inDigits(scalars)
    scalars = AddressNumbers.lots(scalars)
    return withoutPostcode(scalars)
  }

  /// The form by all rules but the last; nil where there is none. For the table that the last rule uses.
  static func withoutPlaces(_ text: String) -> [UInt32]? {
    guard let folded = try? Folding.fold(text) else { return nil }
    return try? Folding.settled(folded, by: applied)
  }

  // MARK: rule 1

  private static func parted(_ scalars: [UInt32]) -> [UInt32] {
    var out: [UInt32] = []
    out.reserveCapacity(scalars.count)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      guard isParting(scalar, after: out.last) else {
        // 通り is 通 and 2F is 2階 here already, so that what follows sees 通 and 階.
        if isFloor(scalars, at: index, after: out.last) {
          out.append(0x968E)
        } else if !isRiOfStreet(scalar, after: out.last) {
          out.append(scalar)
        }
        index += 1
        continue
      }
      var hasDash = false
      while index < scalars.count, isParting(scalars[index], after: nil) {
        hasDash = hasDash || scalars[index] == Folding.dash
        index += 1
      }
      guard let before = out.last else { continue }
      let after = index < scalars.count ? scalars[index] : nil
      if before.isSignificant, after?.isSignificant == true {
        out.append(Folding.dash)
      } else if hasDash, before.isKatakana, before != Folding.prolonged, after?.isSignificant != true {
        out.append(Folding.prolonged)
      }
    }
    return out
  }

  /// Space, dash, `#`, the middle dot; and ー where no kana stands before it.
  private static func isParting(_ scalar: UInt32, after before: UInt32?) -> Bool {
    switch scalar {
    case Folding.space, Folding.dash, 0x23, 0x30FB: true
    case Folding.prolonged: before.map { !$0.isKatakana && !$0.isHiragana } ?? true
    default: false
    }
  }

  /// `F` after digits and before nothing that continues it.
  private static func isFloor(_ scalars: [UInt32], at index: Int, after before: UInt32?) -> Bool {
    guard scalars[index] == 0x46, before?.isDigit == true else { return false }
    return index + 1 == scalars.count || !scalars[index + 1].isSpacedScript
  }

  private static func isRiOfStreet(_ scalar: UInt32, after before: UInt32?) -> Bool {
    (scalar == 0x308A || scalar == 0x30EA) && before == 0x901A
  }

  // MARK: rule 2

  /// Applied last, when all digits are digits. `〒` may be missing where a dash stands between three digits and four.
  private static func withoutPostcode(_ scalars: [UInt32]) -> [UInt32] {
    var rest = scalars[...]
    while let length = postcodeLength(rest) { rest = rest.dropFirst(length) }
    return Array(rest)
  }

  private static func postcodeLength(_ scalars: ArraySlice<UInt32>) -> Int? {
    let marked = scalars.first == 0x3012 ? 1 : 0
    let digits = scalars.dropFirst(marked)
    guard digits.prefix(3).count == 3, digits.prefix(3).allSatisfy(\.isDigit) else { return nil }
    let dash = digits.dropFirst(3).first == Folding.dash ? 1 : 0
    guard marked + dash > 0, digits.dropFirst(3 + dash).prefix(4).filter(\.isDigit).count == 4 else { return nil }
    guard let next = digits.dropFirst(7 + dash).first, next.isKanji, !next.isSignificant else { return nil }
    return marked + 7 + dash
  }

  // MARK: rule 3

  private static func withoutAza(_ scalars: [UInt32]) -> [UInt32] {
    let aza: UInt32 = 0x5B57  // 字
    guard scalars.contains(aza) else { return scalars }
    var out: [UInt32] = []
    out.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      guard scalar == aza, isPlaceMark(after: out) else {
        if !isRiOfStreet(scalar, after: out.last) { out.append(scalar) }
        continue
      }
      if let last = out.last, last == 0x5927 || last == 0x5C0F { out.removeLast() }  // 大 小
      if let last = out.last, last.isSignificant, index + 1 < scalars.count, scalars[index + 1].isSignificant { out.append(Folding.dash) }
    }
    return out
  }

  /// 文字, 十字, 万字, 丁字, 数字, 卍字 are words; at the very start and after digits 字 is no mark either.
  private static func isPlaceMark(after out: [UInt32]) -> Bool {
    guard let last = out.last, !last.isDigit else { return false }
    switch last {
    case 0x5B57, 0x6587, 0x5341, 0x4E07, 0x4E01, 0x6570, 0x534D: return false
    default: return true
    }
  }

  // MARK: rule 4

  private static func joined(_ scalars: [UInt32]) -> [UInt32] {
    var out: [UInt32] = []
    out.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      let next = index + 1 < scalars.count ? scalars[index + 1] : 0
      guard let last = out.last else {
        out.append(scalar)
        continue
      }
      switch scalar {
      case 0x30B1, 0x30F6, 0x30F5, 0x304C, 0x30AC:  // ケ ヶ ヵ が ガ
        out.append((last.isKanji || last.isDigit || last.isHiragana) && next.isKanji ? 0x30B1 : scalar)
      case 0x306E, 0x30CE, 0x4E4B:  // の ノ 之
        let isHinode = scalar == 0x4E4B && last == 0x65E5 && next == 0x51FA
        out.append(last.isKanji && next.isKanji && !isHinode ? 0x30CE : scalar)
      case 0x3064, 0x3063, 0x30C4, 0x30C3:  // つ っ ツ ッ
        out.append((last.isKanji || last.isDigit) && next.isKanji ? 0x30C4 : scalar)
      case 0x308B, 0x30EB:  // る ル after 上 下 入
        appendDirection(scalar, to: &out)
      default: out.append(scalar)
      }
    }
    return out
  }

  /// 上る 上ル 上がる are 上ル, 下る likewise; 西入る 西入ル are 西入.
  private static func appendDirection(_ scalar: UInt32, to out: inout [UInt32]) {
    let end = out.count
    let isBare = end >= 1 && (out[end - 1] == 0x4E0A || out[end - 1] == 0x4E0B)
    let hasGa = end >= 2 && (out[end - 1] == 0x304C || out[end - 1] == 0x30AC) && (out[end - 2] == 0x4E0A || out[end - 2] == 0x4E0B)
    if hasGa { out.removeLast() }
    if isBare || hasGa {
      out.append(0x30EB)
    } else if !(end >= 2 && out[end - 1] == 0x5165 && (out[end - 2] == 0x6771 || out[end - 2] == 0x897F)) {
      out.append(scalar)
    }
  }
}
