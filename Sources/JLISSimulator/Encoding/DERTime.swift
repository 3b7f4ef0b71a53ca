import Foundation

/// A moment's calendar fields, reckoned in the proleptic Gregorian calendar without Foundation's calendars (they are slow and follow the locale).
struct CivilTime: Sendable, Equatable {
  var year: Int
  var month: Int
  var day: Int
  var hour = 0
  var minute = 0
  var second = 0

  /// Japan Standard Time is nine hours ahead of UTC and knows no summer time.
  static let japanOffsetSeconds = 9 * 3600

  init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The fields of `date`, seconds rounded down, at a fixed offset from UTC.
  init(_ date: Date, offsetSeconds: Int = 0) {
    let seconds = Int(date.timeIntervalSince1970.rounded(.down)) + offsetSeconds
    let days = Int((Double(seconds) / 86_400).rounded(.down))
    let rest = seconds - days * 86_400
    // Days to year, month, day by eras of 400 years that begin on 1 March (Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = rest / 3600
    minute = rest % 3600 / 60
    second = rest % 60
  }

  /// The moment of these fields at a fixed offset from UTC.
  func date(offsetSeconds: Int = 0) -> Date {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    return Date(timeIntervalSince1970: Double(days * 86_400 + hour * 3600 + minute * 60 + second - offsetSeconds))
  }

  /// `YYYYMMDDhhmmss`.
  var digits: String {
    Self.padded(year, 4) + [month, day, hour, minute, second].map { Self.padded($0, 2) }.joined()
  }

  static func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}

extension DER {
  /// Certificate and list times: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). Always to the second, in UTC.
  static func time(_ date: Date) -> DER {
    let civil = CivilTime(date)
    guard (1950..<2050).contains(civil.year) else { return generalizedTime(date) }
    return DER(tag: 0x17, content: Array((civil.digits.dropFirst(2) + "Z").utf8))
  }

  /// OCSP times (RFC 6960 §4.2.2.1): GeneralizedTime without fractions.
  static func generalizedTime(_ date: Date) -> DER {
    DER(tag: 0x18, content: Array((CivilTime(date).digits + "Z").utf8))
  }
}

/// A birthday with parts that may be unknown, as the certificate writes it: `EYYYYMMDD`, E the era, the year Gregorian (jpki.md §3).
struct Birthday: Sendable, Equatable {
  let month: Int?
  let day: Int?

  /// nil unless the text is nine digits.
  init?(_ text: String) {
    let digits = text.utf8.map { Int($0) - 48 }
    guard digits.count == 9, digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
    let month = digits[5] * 10 + digits[6]
    let day = digits[7] * 10 + digits[8]
    self.month = (1...12).contains(month) ? month : nil
    self.day = (1...31).contains(day) ? day : nil
  }

  /// The last second, Japan time, of the fifth birthday after the day of issue. A birthday not fully known counts as the day of issue;
  /// one on 29 February falls on the 28th where the year has none.
  func fifthAfter(issue: Date) -> Date {
    let issued = CivilTime(issue, offsetSeconds: CivilTime.japanOffsetSeconds)
    let (month, day) = self.month.flatMap { month in self.day.map { (month, $0) } } ?? (issued.month, issued.day)
    let thisYearsIsAhead = (month, day) > (issued.month, issued.day)
    let year = issued.year + (thisYearsIsAhead ? 4 : 5)
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let fittingDay = month == 2 && day == 29 && !isLeap ? 28 : day
    return CivilTime(year: year, month: month, day: fittingDay, hour: 23, minute: 59, second: 59)
      .date(offsetSeconds: CivilTime.japanOffsetSeconds)
  }
}
