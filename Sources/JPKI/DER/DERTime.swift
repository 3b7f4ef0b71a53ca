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

  fileprivate static func length(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970-01-01 of the proleptic Gregorian calendar. March is month 0, so that the leap day comes last.
  fileprivate static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let monthFromMarch = (month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }
}

/// UTCTime for lists of millions of entries: the months that it can name, computed once, and digits taken eight at a time. Answers what ``DERTime`` does.
struct UTCTimeTable: ~Copyable {
  private struct Month {
    /// Seconds since 1970 at its begin.
    let begin: Int64
    let days: UInt64
  }

  private let months: UnsafeMutablePointer<Month>

  init() {
    months = .allocate(capacity: 100 * 12)
    for year in 0..<100 {
      for month in 1...12 {
        let whole = year >= 50 ? 1900 + year : 2000 + year
        let begin = Int64(DERTime.days(whole, month, 1)) * 86_400
        (months + (year * 12 + month - 1)).initialize(to: Month(begin: begin, days: UInt64(DERTime.length(of: month, in: whole))))
      }
    }
  }

  deinit { months.deallocate() }

  /// The instant that thirteen bytes name.
  @inline(__always)
  func utc(_ bytes: UnsafePointer<UInt8>) throws(DERError) -> Int64 {
    let raw = UnsafeRawPointer(bytes)
    let date = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
    let time = UInt64(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    guard Self.areDigits(date), Self.areDigits(time | 0x3030_3030_0000_0000), bytes[12] == UInt8(ascii: "Z") else { throw .value }
    let (dates, times) = (Self.pairs(date), Self.pairs(time))
    let (year, month, day, hour) = (dates & 0xFF, dates >> 16 & 0xFF, dates >> 32 & 0xFF, dates >> 48 & 0xFF)
    let (minute, second) = (times & 0xFF, times >> 16 & 0xFF)
    guard month >= 1, month <= 12 else { throw .value }
    let found = months[Int(year * 12 + month - 1)]
    guard day >= 1, day <= found.days, hour < 24, minute < 60, second < 60 else { throw .value }
    return found.begin + Int64((day - 1) * 86_400 + hour * 3600 + minute * 60 + second)
  }

  /// Whether all eight bytes are ASCII digits.
  @inline(__always)
  private static func areDigits(_ bytes: UInt64) -> Bool {
    let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
    let zeros: UInt64 = 0x3030_3030_3030_3030
    return bytes & high == zeros && (bytes &+ 0x0606_0606_0606_0606) & high == zeros
  }

  /// In each even byte the number that its digit and the next one make.
  @inline(__always)
  private static func pairs(_ digits: UInt64) -> UInt64 {
    let values = digits & 0x0F0F_0F0F_0F0F_0F0F
    return values &* 10 &+ (values >> 8)
  }
}
