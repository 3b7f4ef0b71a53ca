/// Rules 5 and 6 of `AddressRules`: numbers and what stands between them.
enum AddressNumbers {
  // MARK: rule 5

  /// Writes 漢数字 in digits where they count.
  static func inDigits(_ source: borrowing Letters, into out: inout Letters) {
    var index = 0
    while index < source.count {
      guard source[index].isNumeral else {
        out.append(source[index])
        index += 1
        continue
      }
      let end = endOfNumerals(source, from: index)
      if counts(source, end, out), let value = value(source, index..<end) {
        if out.last.isDigit { out.append(.dash) }
        append(value, to: &out)
        if source[end].isDigit { out.append(.dash) }
      } else {
        out.append(contentsOf: source, from: index, to: end)
      }
      index = end
    }
  }

  private static func value(_ source: borrowing Letters, _ run: Range<Int>) -> UInt64? {
    KanjiNumber.value(run.count) { source[run.lowerBound + $0].scalar }
  }

  private static func append(_ number: UInt64, to out: inout Letters) {
    var unit: UInt64 = 1
    while number / unit >= 10 { unit *= 10 }
    while unit > 0 {
      out.append(.digit(UInt32(truncatingIfNeeded: number / unit % 10)))
      unit /= 10
    }
  }

  private static func endOfNumerals(_ source: borrowing Letters, from start: Int) -> Int {
    var end = start
    while source[end].isNumeral { end += 1 }
    return end
  }

  /// Whether numerals that end at a place stand for a number there, after what is written already.
  private static func counts(_ source: borrowing Letters, _ end: Int, _ out: borrowing Letters) -> Bool {
    if isCounter(source, at: end) || out.last.scalar == 0x7B2C { return true }  // 第
    if out.count > 0, isBoundary(source, at: end) {
      if out.last.isDigit { return true }
      if out.last == .dash || out.last.isNo, out[out.count - 2].isDigit { return true }
    }
    guard end < source.count else { return true }
    let next = source[end]
    if next.isDigit || next.scalar == 0x28 || next.scalar == 0x29 { return true }
    return (next == .dash || next.isNo) && isNumber(source, at: end + 1)
  }

  /// 丁 番 号 条 線 階 区 組 棟 室 通, 地割, の通.
  private static func isCounter(_ source: borrowing Letters, at index: Int) -> Bool {
    switch source[index].scalar {
    case 0x4E01, 0x756A, 0x53F7, 0x6761, 0x7DDA, 0x968E, 0x533A, 0x7D44, 0x68DF, 0x5BA4, 0x901A: true
    case 0x5730: source[index + 1].scalar == 0x5272
    case 0x306E, 0x30CE: source[index + 1].scalar == 0x901A
    default: false
    }
  }

  /// Where a number may end without a word: the end, a dash, a bracket, digits, a counter.
  private static func isBoundary(_ source: borrowing Letters, at index: Int) -> Bool {
    guard index < source.count else { return true }
    let letter = source[index]
    return letter.isDigit || letter == .dash || letter.scalar == 0x28 || letter.scalar == 0x29 || isCounter(source, at: index)
      || (letter.isNo && isNumber(source, at: index + 1))
  }

  /// Digits, or numerals that end at a boundary.
  private static func isNumber(_ source: borrowing Letters, at index: Int) -> Bool {
    if source[index].isDigit { return true }
    return source[index].isNumeral && isBoundary(source, at: endOfNumerals(source, from: index))
  }

  // MARK: rule 6

  /// Writes what parts numbers as `-`, and leaves out what ends them.
  static func lots(_ source: borrowing Letters, into out: inout Letters) {
    var index = 0
    while index < source.count {
      let letter = source[index]
      guard letter.isDigit else {
        if !(letter.has(Kind.addressMark | Kind.no) && isNeedless(source, at: index, after: out)) { out.append(letter) }
        index += 1
        continue
      }
      while source[index].isDigit {
        out.append(source[index])
        index += 1
      }
      var isParted = false
      while let length = parting(source, at: index) {
        index += length
        isParted = true
      }
      if isParted, source[index].isASCII { out.append(.dash) }
    }
  }

  /// A dash beside which no number stands on both sides; the の of ハの74; the の of 5の通.
  private static func isNeedless(_ source: borrowing Letters, at index: Int, after out: borrowing Letters) -> Bool {
    let letter = source[index]
    let next = source[index + 1]
    let last = out.last
    if letter == .dash {
      return !(last.isASCII && next.isASCII) && !(last.isNumeral && next.isNumeral)
    }
    guard letter.isNo, out.count > 0 else { return false }
    if last.isDigit { return next.scalar == 0x901A }
    return next.isDigit && last.isKatakana && last != .prolonged && !last.isNo && !out[out.count - 2].isKatakana
  }

  /// Length of a word that parts or ends numbers, directly after digits; nil if there is none.
  private static func parting(_ source: borrowing Letters, at index: Int) -> Int? {
    let next = source[index + 1]
    switch source[index].scalar {
    case 0x2D: return 1
    case 0x4E01:  // 丁目, 丁
      if next.scalar == 0x76EE { return 2 }
      return next == .none || next.isDigit || next == .dash || next.isNo ? 1 : nil
    case 0x756A:  // 番地, 番
      if next.scalar == 0x5730 { return source[index + 2].scalar == 0x5272 ? 1 : 2 }
      return isWordWithBan(next.scalar) ? nil : 1
    case 0x53F7:  // 号室, 号
      if next.scalar == 0x5BA4 { return 2 }
      return isWordWithGo(next.scalar) ? nil : 1
    case 0x5BA4:  // 室
      return next == .none || next == .dash || next.scalar == 0x29 ? 1 : nil
    case 0x306E, 0x30CE, 0x4E4B, 0x4E3F: return next.isDigit ? 1 : nil
    default: return nil
    }
  }

  /// 番館 番街 番町 番丁 番通 番組 番外 番号
  private static func isWordWithBan(_ next: UInt32) -> Bool {
    switch next {
    case 0x9928, 0x8857, 0x753A, 0x4E01, 0x901A, 0x7D44, 0x5916, 0x53F7: true
    default: false
    }
  }

  /// 号棟 号館 号線 号地 号街 号車 号井
  private static func isWordWithGo(_ next: UInt32) -> Bool {
    switch next {
    case 0x68DF, 0x9928, 0x7DDA, 0x5730, 0x8857, 0x8ECA, 0x4E95: true
    default: false
    }
  }
}
