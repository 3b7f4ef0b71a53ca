/// How much two rows resemble each other. Only `same` is decided by a machine; `probable` is for a person at the bank, with what differs.
public enum Resemblance: String, Sendable, CaseIterable, Codable, Hashable {
  /// All four canonical forms are equal.
  case same
  /// Likely one person: something differs in a way that ledgers differ.
  case probable
  /// Another person.
  case different
}

/// In which way an item of two rows differs though both may be meant. Names no value.
public enum LikenessReason: String, Sendable, CaseIterable, Codable, Hashable {
  /// One side, or both, write the name in kana alone: a reading.
  case readingOnly
  /// One character differs, is missing or is too many.
  case oneCharacter
  /// The same words in another order.
  case wordOrder
  /// The same given name, another family name.
  case familyName
  /// One side leaves out prefecture, county or city.
  case beginningOmitted
  /// The building or the room differs, or stands on one side only.
  case building
  /// The whole item differs: the person may have moved.
  case moved
  /// A part of the date is unknown on one side.
  case partUnknown
  /// The sex is unknown or other on one side.
  case sexUnknown
  /// One side has no canonical form.
  case unreadable
  /// The item is missing on one side.
  case missing
}

/// The outcome of a comparison, and why it is not `same`: item by item, without values.
public struct RowComparison: Sendable, Hashable {
  /// The verdict over all items.
  public let resemblance: Resemblance
  /// Items that are alike but not equal.
  public let alike: [Item: LikenessReason]
  /// Items that differ.
  public let different: Set<Item>

  /// `name oneCharacter; address building`, items in their usual order.
  public var why: String {
    Item.allCases.compactMap { item in
      if different.contains(item) { return "\(item.rawValue) different" }
      return alike[item].map { "\(item.rawValue) \($0.rawValue)" }
    }.joined(separator: "; ")
  }
}

extension DeclaredItems {
  /// Compares two rows as a ledger's staff would: all four items equal is `same`; another name, date of birth or sex is `different`; anything between is
  /// `probable`. Two readings in kana are at most `probable`.
  public func compare(with other: DeclaredItems) -> RowComparison {
    let likenesses: [(Item, Likeness)] = [
      (.name, Likeness.ofNames(name, other.name)), (.address, Likeness.ofAddresses(address, other.address)),
      (.dateOfBirth, Likeness.ofDates(dateOfBirth, other.dateOfBirth)), (.sex, Likeness.ofSexes(sex, other.sex)),
    ]
    var alike: [Item: LikenessReason] = [:]
    var different: Set<Item> = []
    for (item, likeness) in likenesses {
      switch likeness {
      case .equal: break
      case .alike(let reason): alike[item] = reason
      case .different: different.insert(item)
      }
    }
    let resemblance: Resemblance = !different.isEmpty ? .different : alike.isEmpty ? .same : .probable
    return RowComparison(resemblance: resemblance, alike: alike, different: different)
  }
}

/// How one item of two rows compares.
enum Likeness: Hashable {
  case equal
  case alike(LikenessReason)
  case different

  static func ofNames(_ left: String?, _ right: String?) -> Likeness {
    guard let left, let right else { return .alike(.missing) }
    guard let first = try? CanonicalForm.canonical(.name, left), let second = try? CanonicalForm.canonical(.name, right) else {
      return .alike(.unreadable)
    }
    let kana = (NameRules.isKanaOnly(first), NameRules.isKanaOnly(second))
    if kana.0 != kana.1 { return .alike(.readingOnly) }
    if first == second { return kana.0 ? .alike(.readingOnly) : .equal }
    let words = (first.split(separator: " ").sorted(), second.split(separator: " ").sorted())
    if words.0.count > 1, words.0 == words.1 { return .alike(.wordOrder) }
    if differsByOne(first, second, atLeast: 3) { return .alike(.oneCharacter) }
    if let given = givenName(left), given == givenName(right) { return .alike(.familyName) }
    return .different
  }

  static func ofAddresses(_ left: String?, _ right: String?) -> Likeness {
    guard let left, let right else { return .alike(.missing) }
    guard let first = try? CanonicalForm.canonical(.address, left), let second = try? CanonicalForm.canonical(.address, right) else {
      return .alike(.unreadable)
    }
    if first == second { return .equal }
    let (short, long) = first.unicodeScalars.count < second.unicodeScalars.count ? (first, second) : (second, first)
    if long.hasSuffix(short), short.unicodeScalars.count >= 6 { return .alike(.beginningOmitted) }
    if sameLot(first, second) { return .alike(.building) }
    return differsByOne(first, second, atLeast: 8) ? .alike(.oneCharacter) : .alike(.moved)
  }

  static func ofDates(_ left: String?, _ right: String?) -> Likeness {
    guard let left, let right else { return .alike(.missing) }
    guard let first = try? DateOfBirth(text: left), let second = try? DateOfBirth(text: right) else { return .alike(.unreadable) }
    if first == second { return .equal }
    for (one, another) in [(first.year, second.year), (first.month, second.month), (first.day, second.day)] {
      if let one, let another, one != another { return .different }
    }
    return .alike(.partUnknown)
  }

  static func ofSexes(_ left: String?, _ right: String?) -> Likeness {
    guard let left, let right else { return .alike(.missing) }
    guard let first = try? Sex(text: left), let second = try? Sex(text: right) else { return .alike(.unreadable) }
    if first == second { return .equal }
    let known: Set<Sex> = [.male, .female]
    return known.contains(first) && known.contains(second) ? .different : .alike(.sexUnknown)
  }

  /// The last word of a name written with a space, in canonical form.
  private static func givenName(_ text: String) -> String? {
    let words = text.split { $0 == " " || $0 == "\u{3000}" }
    guard words.count == 2 else { return nil }
    return try? CanonicalForm.canonical(.name, String(words[1]))
  }

  /// Equal up to the lot, and what follows is no number of the lot on either side; or a further number (a room) on one side only.
  private static func sameLot(_ left: String, _ right: String) -> Bool {
    let first = Array(left.unicodeScalars.map(\.value))
    let second = Array(right.unicodeScalars.map(\.value))
    var common = 0
    while common < Swift.min(first.count, second.count), first[common] == second[common] { common += 1 }
    guard first[..<common].contains(where: \.isDigit) else { return false }
    let rests = [first[common...], second[common...]]
    // Back to where a number begins, so that 1-2 and 1-23 do not share a lot.
    guard rests.allSatisfy({ $0.first?.isDigit != true }) else { return false }
    guard let last = first[..<common].last(where: { $0 != dash }),
      last.isDigit || rests.allSatisfy({ !$0.contains(where: \.isDigit) })
    else {
      return hasLotBefore(first[..<common])
    }
    return true
  }

  private static let dash: UInt32 = 0x2D

  /// Whether a lot, digits followed by something else, lies within.
  private static func hasLotBefore(_ scalars: ArraySlice<UInt32>) -> Bool {
    guard let end = scalars.lastIndex(where: \.isDigit) else { return false }
    return end + 1 < scalars.endIndex && scalars[scalars.startIndex...end].contains(dash)
  }

  /// One substitution, insertion or deletion; texts shorter than `atLeast` never.
  static func differsByOne(_ left: String, _ right: String, atLeast: Int) -> Bool {
    let first = Array(left.unicodeScalars)
    let second = Array(right.unicodeScalars)
    guard Swift.min(first.count, second.count) >= atLeast, abs(first.count - second.count) <= 1 else { return false }
    var start = 0
    while start < Swift.min(first.count, second.count), first[start] == second[start] { start += 1 }
    var end = 0
    while end < Swift.min(first.count, second.count) - start, first[first.count - 1 - end] == second[second.count - 1 - end] { end += 1 }
    let rest = (first[start..<first.count - end], second[start..<second.count - end])
    // A digit more or less is another house, not a slip of the pen.
    guard !(rest.0 + rest.1).contains(where: { $0.value.isDigit }) else { return false }
    return Swift.max(rest.0.count, rest.1.count) <= 1
  }
}
