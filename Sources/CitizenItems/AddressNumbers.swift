/// Rules 5 and 6 of `AddressRules`: numbers and what stands between them.
enum AddressNumbers {
  // MARK: rule 5

  /// Writes 漢数字 in digits where they count.
  static func inDigits(_ scalars: [UInt32]) -> [UInt32] {
    var out: [UInt32] = []
    out.reserveCapacity(scalars.count)
    var index = 0
    while index < scalars.count {
      guard KanjiNumber.isNumeral(scalars[index]) else {
        out.append(scalars[index])
        index += 1
        continue
      }
      let end = endOfNumerals(scalars, from: index)
      if counts(scalars, index..<end, after: out), let value = KanjiNumber.value(of: scalars[index..<end]) {
        if let last = out.last, last.isDigit { out.append(Folding.dash) }
        out.append(contentsOf: String(value).unicodeScalars.map(\.value))
        if end < scalars.count, scalars[end].isDigit { out.append(Folding.dash) }
      } else {
        out.append(contentsOf: scalars[index..<end])
      }
      index = end
    }
    return out
  }

  private static func endOfNumerals(_ scalars: [UInt32], from start: Int) -> Int {
    var end = start
    while end < scalars.count, KanjiNumber.isNumeral(scalars[end]) { end += 1 }
    return end
  }

  /// Whether numerals stand for a number here.
  private static func counts(_ scalars: [UInt32], _ run: Range<Int>, after out: [UInt32]) -> Bool {
    let end = run.upperBound
    if isCounter(scalars, at: end) || out.last == 0x7B2C { return true }  // 第
    let bounded = isBoundary(scalars, at: end)
    if let last = out.last {
      if bounded, last.isDigit { return true }
      if bounded, last == Folding.dash || isNo(last), out.count >= 2, out[out.count - 2].isDigit { return true }
    }
    guard end < scalars.count else { return true }
    let next = scalars[end]
    if next.isDigit || next == 0x28 || next == 0x29 { return true }
    return (next == Folding.dash || isNo(next)) && isNumber(scalars, at: end + 1)
  }

  /// 丁 番 号 条 線 階 区 組 棟 室 通, 地割, の通.
  private static func isCounter(_ scalars: [UInt32], at index: Int) -> Bool {
    guard index < scalars.count else { return false }
    switch scalars[index] {
    case 0x4E01, 0x756A, 0x53F7, 0x6761, 0x7DDA, 0x968E, 0x533A, 0x7D44, 0x68DF, 0x5BA4, 0x901A: return true
    case 0x5730: return index + 1 < scalars.count && scalars[index + 1] == 0x5272
    case 0x306E, 0x30CE: return index + 1 < scalars.count && scalars[index + 1] == 0x901A
    default: return false
    }
  }

  /// Where a number may end without a word: the end, a dash, a bracket, digits, a counter.
  private static func isBoundary(_ scalars: [UInt32], at index: Int) -> Bool {
    guard index < scalars.count else { return true }
    let scalar = scalars[index]
    return scalar.isDigit || scalar == Folding.dash || scalar == 0x28 || scalar == 0x29 || isCounter(scalars, at: index)
      || (isNo(scalar) && isNumber(scalars, at: index + 1))
  }

  /// Digits, or numerals that end at a boundary.
  private static func isNumber(_ scalars: [UInt32], at index: Int) -> Bool {
    guard index < scalars.count else { return false }
    if scalars[index].isDigit { return true }
    guard KanjiNumber.isNumeral(scalars[index]) else { return false }
    return isBoundary(scalars, at: endOfNumerals(scalars, from: index))
  }

  /// の ノ 之 and 丿, which stands for ノ.
  private static func isNo(_ scalar: UInt32) -> Bool { scalar == 0x306E || scalar == 0x30CE || scalar == 0x4E4B || scalar == 0x4E3F }

  // MARK: rule 6

  /// Writes what parts numbers as `-`, and leaves out what ends them.
  static func lots(_ scalars: [UInt32]) -> [UInt32] {
    var out: [UInt32] = []
    out.reserveCapacity(scalars.count)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      guard scalar.isDigit else {
        if !isNeedless(scalars, at: index, after: out) { out.append(scalar) }
        index += 1
        continue
      }
      while index < scalars.count, scalars[index].isDigit {
        out.append(scalars[index])
        index += 1
      }
      var parted = false
      while let length = parting(scalars, at: index) {
        index += length
        parted = true
      }
      if parted, index < scalars.count, scalars[index].isDigit || scalars[index].isLatinCapital { out.append(Folding.dash) }
    }
    return out
  }

  /// A dash beside which no number stands on both sides; the の of ハの74; the の of 5の通.
  private static func isNeedless(_ scalars: [UInt32], at index: Int, after out: [UInt32]) -> Bool {
    let scalar = scalars[index]
    let next = index + 1 < scalars.count ? scalars[index + 1] : 0
    if scalar == Folding.dash {
      guard let last = out.last else { return true }
      let isBetweenASCII = (last.isDigit || last.isLatinCapital) && (next.isDigit || next.isLatinCapital)
      return !isBetweenASCII && !(KanjiNumber.isNumeral(last) && KanjiNumber.isNumeral(next))
    }
    guard isNo(scalar), let last = out.last else { return false }
    if last.isDigit { return next == 0x901A }
    return next.isDigit && last.isKatakana && last != Folding.prolonged && !isNo(last) && !(out.count >= 2 && out[out.count - 2].isKatakana)
  }

  /// Length of a word that parts or ends numbers, directly after digits; nil if there is none.
  private static func parting(_ scalars: [UInt32], at index: Int) -> Int? {
    guard index < scalars.count else { return nil }
    let next = index + 1 < scalars.count ? scalars[index + 1] : nil
    switch scalars[index] {
    case Folding.dash: return 1
    case 0x4E01:  // 丁目, 丁
      if next == 0x76EE { return 2 }
      guard let next else { return 1 }
      return next.isDigit || next == Folding.dash || isNo(next) ? 1 : nil
    case 0x756A:  // 番地, 番
      if next == 0x5730 { return index + 2 < scalars.count && scalars[index + 2] == 0x5272 ? 1 : 2 }
      return isWordWithBan(next) ? nil : 1
    case 0x53F7:  // 号室, 号
      if next == 0x5BA4 { return 2 }
      return isWordWithGo(next) ? nil : 1
    case 0x5BA4:  // 室
      guard let next else { return 1 }
      return next == Folding.dash || next == 0x29 ? 1 : nil
    case 0x306E, 0x30CE, 0x4E4B, 0x4E3F: return next?.isDigit == true ? 1 : nil
    default: return nil
    }
  }

  /// 番館 番街 番町 番丁 番通 番組 番外 番号
  private static func isWordWithBan(_ next: UInt32?) -> Bool {
    switch next {
    case 0x9928, 0x8857, 0x753A, 0x4E01, 0x901A, 0x7D44, 0x5916, 0x53F7: true
    default: false
    }
  }

  /// 号棟 号館 号線 号地 号街 号車 号井
  private static func isWordWithGo(_ next: UInt32?) -> Bool {
    switch next {
    case 0x68DF, 0x9928, 0x7DDA, 0x5730, 0x8857, 0x8ECA, 0x4E95: true
    default: false
    }
  }
}
