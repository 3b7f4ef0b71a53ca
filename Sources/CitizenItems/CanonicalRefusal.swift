/// Why a text has no canonical form. Carries no part of the text.
public enum CanonicalRefusal: String, Error, Sendable, Hashable, CustomStringConvertible {
  /// Nothing is left after spaces and marks are taken away.
  case empty
  /// More than `CanonicalForm.maximumBytes` of UTF-8.
  case tooLong
  /// A control character, an unassigned or private code point (外字), or a mark for an unreadable character (〓, U+FFFD).
  case unreadableCharacter
  /// The date of birth is in no known form, or no day.
  case date
  /// The sex is in no known form.
  case sex
  /// The rules do not come to rest on this text; no name and no address does that.
  case unsettled
  /// An item that all four need is missing.
  case missingItem

  /// A sentence for people, without the text.
  public var description: String {
    switch self {
    case .empty: "The text is empty."
    case .tooLong: "The text is longer than \(CanonicalForm.maximumBytes) bytes."
    case .unreadableCharacter: "The text holds a control, private or unreadable character."
    case .date: "The date of birth is in no known form, or is no day of the calendar."
    case .sex: "The sex is in no known form."
    case .unsettled: "The text cannot be brought into a canonical form."
    case .missingItem: "One of the four items is missing."
    }
  }
}
