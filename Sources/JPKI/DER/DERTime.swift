/// The two time types in the only form that DER and RFC 5280 §4.1.2.5 leave: to the second, in UTC, ending in `Z`.
enum DERTime {
  /// `YYMMDDHHMMSSZ`; 50…99 are the 1900s.
  @inline(__always)
  static func utc<Bytes: RandomAccessCollection>(_ bytes: Bytes, _ range: Range<Int>) throws(DERError) -> Int64
  where Bytes.Element == UInt8, Bytes.Index == Int {
    guard range.count == 13 else { throw .value }
    let year = try digits(bytes, range.lowerBound, 2)
    return try instant(year: year >= 50 ? 1900 + year : 2000 + year, bytes, range.lowerBound + 2)
  }

  /// `YYYYMMDDHHMMSSZ`.
  @inline(__always)
  static func generalized<Bytes: RandomAccessCollection>(_ bytes: Bytes, _ range: Range<Int>) throws(DERError) -> Int64
  where Bytes.Element == UInt8, Bytes.Index == Int {
    guard range.count == 15 else { throw .value }
    return try instant(year: digits(bytes, range.lowerBound, 4), bytes, range.lowerBound + 4)
  }

  @inline(__always)
  private static func instant<Bytes: RandomAccessCollection>(year: Int, _ bytes: Bytes, _ at: Int) throws(DERError) -> Int64
  where Bytes.Element == UInt8, Bytes.Index == Int {
    let month = try digits(bytes, at, 2)
    let day = try digits(bytes, at + 2, 2)
    let hour = try digits(bytes, at + 4, 2)
    let minute = try digits(bytes, at + 6, 2)
    let second = try digits(bytes, at + 8, 2)
    guard bytes[at + 10] == UInt8(ascii: "Z"), year >= 1, (1...12).contains(month), day >= 1, day <= length(of: month, in: year) else {
      throw .value
    }
    guard hour < 24, minute < 60, second < 60 else { throw .value }
    return Int64(days(year, month, day)) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  @inline(__always)
  private static func digits<Bytes: RandomAccessCollection>(_ bytes: Bytes, _ at: Int, _ count: Int) throws(DERError) -> Int
  where Bytes.Element == UInt8, Bytes.Index == Int {
    var value = 0
    for index in at..<(at + count) {
      let digit = bytes[index] &- 0x30
      guard digit < 10 else { throw .value }
      value = value * 10 + Int(digit)
    }
    return value
  }

  private static func length(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970-01-01 of the proleptic Gregorian calendar. March is month 0, so that the leap day comes last.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let monthFromMarch = (month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }
}
