/// Times of the log's own formats: RFC 3339 in UTC with six digits of a second, always, so that the same time is the same text.
public enum AuditTime {
  /// `2026-04-01T01:00:00.123456Z` of microseconds since 1970; within the years 0 to 9999.
  public static func text(_ microseconds: Int64) -> String {
    let (seconds, fraction) = floor(microseconds, 1_000_000)
    let (days, inDay) = floor(seconds, 86_400)
    let shifted = days + 719_468
    let (era, dayOfEra) = floor(shifted, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(digits(inDay / 3600, 2)):\(digits(inDay / 60 % 60, 2)):"
      + "\(digits(inDay % 60, 2)).\(digits(fraction, 6))Z"
  }

  /// Reads exactly what ``text(_:)`` writes; nil for anything else.
  public static func microseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 27 else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      var value: Int64 = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), let fraction = number(20..<26), (1...12).contains(month)
    else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floor(shifted, 400)
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    let value = (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + fraction
    // What does not exist, such as 30 February, comes back as another text.
    return self.text(value) == text ? value : nil
  }

  private static func floor(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func digits(_ value: Int64, _ count: Int) -> String {
    let text = String(max(0, value))
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
  }
}
