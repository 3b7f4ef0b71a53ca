/// Reads the dates that people and ledgers write. Works on folded scalars; knows forms, leaves the calendar to `DateOfBirth`.
struct DateReader {
  private var rest: ArraySlice<UInt32>

  init(_ text: String) {
    var written = text.unicodeScalars.map(\.value)
    // A time of midnight, as databases export it, says nothing about the day.
    if let suffix = Self.midnights.first(where: { written.suffix($0.count).elementsEqual($0) }) { written.removeLast(suffix.count) }
    // Spaces are kept here as separators: `1980 2 17` is not `1980217`.
    var scalars: [UInt32] = []
    scalars.reserveCapacity(written.count)
    for scalar in written {
      var value = scalar
      if value >= 0xFF01, value <= 0xFF5E { value -= 0xFEE0 }
      if value == 0x3000 || value == 0xA0 || value == 0x09 { value = 0x20 }
      if value >= 0x61, value <= 0x7A { value -= 0x20 }
      if value == 0x20, scalars.last == 0x20 || scalars.isEmpty { continue }
      scalars.append(value)
    }
    while scalars.last == 0x20 { scalars.removeLast() }
    rest = scalars[...]
  }

  private static let midnights: [[UInt32]] = [" 00:00:00", "T00:00:00", " 0:00:00", " 0:00"].map { $0.unicodeScalars.map(\.value) }

  mutating func read() throws(ItemRefusal) -> DateOfBirth {
    if let (era, length) = JapaneseEra.leading(rest) {
      rest = rest.dropFirst(length)
      skipSpace()
      return try readEraDate(era)
    }
    if let first = rest.first, isDigit(first), rest.allSatisfy(isDigit) { return try readBareDigits() }
    guard let year = readNumber(), year.width == 4 || year.isKanji || year.value == 0 else { throw .dateForm }
    return try readMonthAndDay(year: year.value == 0 ? nil : year.value)
  }

  // MARK: forms

  private mutating func readEraDate(_ era: JapaneseEra) throws(ItemRefusal) -> DateOfBirth {
    // S550217: six bare digits after the letter.
    if rest.count == 6, rest.allSatisfy(isDigit) {
      let parts = pairs(rest)
      guard let year = era.gregorianYear(parts[0]) else { throw .dateValue }
      return try DateOfBirth(year: year, month: parts[1] == 0 ? nil : parts[1], day: parts[2] == 0 ? nil : parts[2])
    }
    var eraYear = 1
    if rest.first == 0x5143 {  // 元
      rest = rest.dropFirst()
    } else {
      guard let number = readNumber(), number.width <= 2 || number.isKanji else { throw .dateForm }
      eraYear = number.value
    }
    guard let year = era.gregorianYear(eraYear) else { throw .dateValue }
    return try readMonthAndDay(year: year)
  }

  private func readBareDigits() throws(ItemRefusal) -> DateOfBirth {
    let text = String(String.UnicodeScalarView(rest.compactMap(Unicode.Scalar.init)))
    switch rest.count {
    case 9: return try DateOfBirth(jpki: text)
    case 8: return try DateOfBirth(jpki: "0" + text)
    default: throw .dateForm
    }
  }

  /// After the year: `年2月17日`, `-2-17`, `年不詳`, `年2月日不詳`.
  private mutating func readMonthAndDay(year: Int?) throws(ItemRefusal) -> DateOfBirth {
    guard let first = rest.first else { throw .dateForm }
    if first == 0x5E74 {  // 年
      rest = rest.dropFirst()
      skipSpace()
      if skipUnknown() { return try DateOfBirth(year: year, month: nil, day: nil) }
      guard let month = readNumber(), rest.first == 0x6708 else { throw .dateForm }  // 月
      rest = rest.dropFirst()
      skipSpace()
      if skipUnknown() { return try DateOfBirth(year: year, month: month.value == 0 ? nil : month.value, day: nil) }
      guard let day = readNumber(), rest.first == 0x65E5, rest.count == 1 else { throw .dateForm }  // 日
      return try DateOfBirth(year: year, month: month.value == 0 ? nil : month.value, day: day.value == 0 ? nil : day.value)
    }
    guard isSeparator(first) else { throw .dateForm }
    rest = rest.dropFirst()
    guard let month = readNumber(), month.width <= 2, rest.first == first else { throw .dateForm }
    rest = rest.dropFirst()
    guard let day = readNumber(), day.width <= 2, rest.isEmpty else { throw .dateForm }
    return try DateOfBirth(year: year, month: month.value == 0 ? nil : month.value, day: day.value == 0 ? nil : day.value)
  }

  // MARK: pieces

  private struct Number {
    let value: Int
    let width: Int
    let isKanji: Bool
  }

  /// Digits in ASCII, or 漢数字 positional (五五) or with tens (五十五). At most four digits.
  private mutating func readNumber() -> Number? {
    skipSpaceIfBeforeDigit()
    let run = rest.prefix { isDigit($0) }
    if !run.isEmpty {
      guard run.count <= 4 else { return nil }
      rest = rest.dropFirst(run.count)
      return Number(value: run.reduce(0) { $0 * 10 + Int($1 - 0x30) }, width: run.count, isKanji: false)
    }
    let kanji = rest.prefix { KanjiNumber.isNumeral($0) }
    guard kanji.count <= 8, let value = KanjiNumber.value(kanji.count, { kanji[kanji.startIndex + $0] }), value <= 9999 else { return nil }
    rest = rest.dropFirst(kanji.count)
    return Number(value: Int(value), width: kanji.count, isKanji: true)
  }

  private mutating func skipUnknown() -> Bool {
    let unknowns: [[UInt32]] = [
      [0x4E0D, 0x8A73], [0x6708, 0x65E5, 0x4E0D, 0x8A73], [0x65E5, 0x4E0D, 0x8A73], [0x4E0D, 0x660E],  // 不詳 月日不詳 日不詳 不明
    ]
    for unknown in unknowns where rest.elementsEqual(unknown) {
      rest = []
      return true
    }
    return false
  }

  private mutating func skipSpace() {
    while rest.first == 0x20 { rest = rest.dropFirst() }
  }

  private mutating func skipSpaceIfBeforeDigit() {
    if rest.first == 0x20, let next = rest.dropFirst().first, isDigit(next) || KanjiNumber.isNumeral(next) { rest = rest.dropFirst() }
  }

  private func pairs(_ digits: ArraySlice<UInt32>) -> [Int] {
    let values = digits.map { Int($0) - 0x30 }
    return stride(from: 0, to: values.count, by: 2).map { values[$0] * 10 + values[$0 + 1] }
  }

  private func isDigit(_ value: UInt32) -> Bool { value >= 0x30 && value <= 0x39 }

  /// `-`, `/`, `.`, space, and the dashes that keyboards make of them.
  private func isSeparator(_ value: UInt32) -> Bool {
    switch value {
    case 0x2D, 0x2F, 0x2E, 0x20, 0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0x30FB: true
    default: false
    }
  }
}
