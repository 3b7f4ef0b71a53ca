/// 生年月日: a Gregorian date whose year, month or day may be unknown. Equality is that of all three parts.
public struct DateOfBirth: Redacted, Hashable {
  /// Gregorian year, 1850…2200; nil where unknown.
  public let year: Int?
  /// 1…12; nil where unknown.
  public let month: Int?
  /// 1…31, a day of that month; nil where unknown.
  public let day: Int?

  /// `1980-02-17`; unknown parts are written with zeros: `1980-00-00`. Also the canonical form.
  public var iso: String { Self.digits(year ?? 0, 4) + "-" + Self.digits(month ?? 0, 2) + "-" + Self.digits(day ?? 0, 2) }

  /// Joins parts that are checked here.
  ///
  /// - Throws: `ItemRefusal.dateValue` if the parts are no day of the Gregorian calendar; with an unknown year, 29 February counts as one.
  public init(year: Int?, month: Int?, day: Int?) throws(ItemRefusal) {
    if let year, !(1850...2200).contains(year) { throw .dateValue }
    if let month, !(1...12).contains(month) { throw .dateValue }
    if let day, !(1...Self.days(inMonth: month, of: year)).contains(day) { throw .dateValue }
    self.year = year
    self.month = month
    self.day = day
  }

  /// The certificate's `EYYYYMMDD` (otherName .4): E = 1 Meiji … 5 Reiwa, 0 unknown; the year is Gregorian; `00` marks an unknown part.
  ///
  /// - Throws: `ItemRefusal.dateForm` if it is not nine digits, `.dateValue` if there is no such day or the era does not hold it.
  public init(jpki text: String) throws(ItemRefusal) {
    let digits = text.utf8.map { Int($0) - 0x30 }
    guard digits.count == 9, digits.allSatisfy({ (0...9).contains($0) }) else { throw .dateForm }
    let year = digits[1...4].reduce(0) { $0 * 10 + $1 }
    let month = digits[5] * 10 + digits[6]
    let day = digits[7] * 10 + digits[8]
    try self.init(year: year == 0 ? nil : year, month: month == 0 ? nil : month, day: day == 0 ? nil : day)
    if digits[0] != 0 {
      guard let era = JapaneseEra(rawValue: digits[0]) else { throw .dateValue }
      guard year == 0 || era.mayHold(year: year, month: month, day: day) else { throw .dateValue }
    }
  }

  /// What people and ledgers write, in any width: `1980-02-17`, `1980/2/17`, `1980年2月17日`, `19800217`, `昭和55年2月17日`, `S55.2.17`, `S550217`,
  /// `昭和五十五年二月十七日`, `平成元年…`, the certificate's nine digits; `00` or 不詳 for an unknown part.
  ///
  /// Two-digit years without era, seven bare digits (era codes differ between trades) and day-first orders are refused: they are not certain.
  /// An era year past the era's end within its last year (平成31年5月) is taken as written: the day is certain.
  ///
  /// - Throws: `ItemRefusal.dateForm` or `.dateValue`.
  public init(text: String) throws(ItemRefusal) {
    guard text.utf8.count <= 128 else { throw .dateForm }
    var reader = DateReader(text)
    self = try reader.read()
  }

  /// The forms that most ledgers hold, read without a detour: `19800217`, `1980-02-17`, `1980/2/17`, `1980.2.17`. nil for every other text, which may
  /// still be a date.
  static func plain(_ text: UnsafeBufferPointer<UInt8>) -> (year: Int, month: Int, day: Int)? {
    var numbers = (0, 0, 0)
    if text.count == 8 {
      for place in 0..<8 {
        guard let digit = digit(text[place]) else { break }
        switch place {
        case 0..<4: numbers.0 = numbers.0 * 10 + digit
        case 4..<6: numbers.1 = numbers.1 * 10 + digit
        default: numbers.2 = numbers.2 * 10 + digit
        }
        if place == 7 { return (numbers.0, numbers.1, numbers.2) }
      }
      numbers = (0, 0, 0)
    }
    guard (8...10).contains(text.count), text[4] == 0x2D || text[4] == 0x2F || text[4] == 0x2E else { return nil }
    var part = 0
    var width = 0
    for (place, byte) in text.enumerated() {
      if byte == text[4] {
        guard part == 0 ? place == 4 : width > 0, part < 2 else { return nil }
        part += 1
        width = 0
        continue
      }
      guard let digit = digit(byte), width < (part == 0 ? 4 : 2) else { return nil }
      width += 1
      switch part {
      case 0: numbers.0 = numbers.0 * 10 + digit
      case 1: numbers.1 = numbers.1 * 10 + digit
      default: numbers.2 = numbers.2 * 10 + digit
      }
    }
    return part == 2 && width > 0 ? (numbers.0, numbers.1, numbers.2) : nil
  }

  private static func digit(_ byte: UInt8) -> Int? { byte >= 0x30 && byte <= 0x39 ? Int(byte - 0x30) : nil }

  /// Appends `iso`.
  func write(to out: inout [UInt8]) {
    func write(_ value: Int) {
      out.append(UInt8(truncatingIfNeeded: 0x30 + value / 10 % 10))
      out.append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
    }
    write((year ?? 0) / 100)
    write((year ?? 0) % 100)
    out.append(0x2D)
    write(month ?? 0)
    out.append(0x2D)
    write(day ?? 0)
  }

  private static func digits(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: Swift.max(0, width - text.utf8.count)) + text
  }

  private static func days(inMonth month: Int?, of year: Int?) -> Int {
    switch month {
    case 4, 6, 9, 11: return 30
    case 2:
      guard let year else { return 29 }
      return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    default: return 31
    }
  }
}
