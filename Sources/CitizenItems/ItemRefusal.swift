/// Why a text is not one of the four items. Carries no part of the text.
public enum ItemRefusal: String, Error, Sendable, Hashable, CustomStringConvertible {
  /// The substitute flags are not one `0` or `1` per character.
  case substituteFlags
  /// No form of a date of birth that is known.
  case dateForm
  /// The form is known, the day does not exist, or the era does not fit the year.
  case dateValue
  /// No code or word for a sex that is known.
  case sex

  /// A sentence for people, without the value.
  public var description: String {
    switch self {
    case .substituteFlags: "The substitute flags do not fit the text."
    case .dateForm: "The date of birth is in no known form."
    case .dateValue: "The date of birth is not a day of the calendar, or its era does not fit."
    case .sex: "The sex is in no known form."
    }
  }
}
