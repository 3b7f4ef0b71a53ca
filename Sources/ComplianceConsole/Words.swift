import Broker
import CitizenItems
import Foundation

/// What the pages say, in both languages.
struct Words: Sendable {
  let language: Language

  /// For templates: `{{t.signIn}}`.
  var all: [String: String] { Self.tables[language] ?? [:] }

  subscript(_ key: String) -> String { Self.table[key].map { language == .ja ? $0.0 : $0.1 } ?? key }

  /// A name that the rules give to something; where there is no word for it, the name itself.
  func named(_ prefix: String, _ name: String) -> String {
    guard Self.table["\(prefix)_\(name)"] != nil else { return name }
    return self["\(prefix)_\(name)"]
  }

  func state(_ state: ConsentState) -> String { named("state", state.rawValue) }

  func item(_ item: Item) -> String { named("item", item.rawValue) }

  /// A person's name for who did something: staff and clients by their ids.
  func actor(_ actor: String) -> String {
    let halves = actor.split(separator: ":", maxSplits: 1)
    guard let first = halves.first else { return actor }
    let word = named("actor", String(first))
    return halves.count == 2 ? "\(word) \(halves[1])" : word
  }

  /// What a change of a consent's state rests on: our own codes by their words, what a company wrote as it stands.
  func basis(_ basis: String) -> String {
    let halves = basis.split(separator: ":", maxSplits: 1)
    guard let first = halves.first, Self.table["basis_\(first)"] != nil else { return basis }
    let word = named("basis", String(first))
    return halves.count == 2 ? "\(word) \(halves[1])" : word
  }

  /// What something is for; a company's own purposes as it named them.
  func purposes(_ purposes: [String]) -> String { list(purposes.map { named("purpose", $0) }) }

  /// Several things, as the language separates them.
  func list(_ things: [String]) -> String { things.joined(separator: language == .ja ? "、" : ", ") }

  /// Bytes, as people say them.
  func size(_ bytes: Int64) -> String {
    switch bytes {
    case ..<1_000: "\(bytes) B"
    case ..<1_000_000: "\(Double(bytes / 100) / 10) kB"
    case ..<1_000_000_000: "\(Double(bytes / 100_000) / 10) MB"
    default: "\(Double(bytes / 100_000_000) / 10) GB"
    }
  }

  /// Minutes in Japan, or seconds, where the order of things matters.
  func time(_ date: Date, seconds: Bool = false) -> String {
    let parts = Self.calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    let clock = Self.two(parts.minute ?? 0) + (seconds ? ":" + Self.two(parts.second ?? 0) : "")
    if language == .ja { return "\(parts.year ?? 0)年\(parts.month ?? 0)月\(parts.day ?? 0)日 \(parts.hour ?? 0):\(clock) JST" }
    return "\(parts.year ?? 0)-\(Self.two(parts.month ?? 0))-\(Self.two(parts.day ?? 0)) \(Self.two(parts.hour ?? 0)):\(clock) JST"
  }

  /// `2026-04` as a chart's axis says it.
  func month(_ text: String) -> String {
    let number = Int(text.suffix(2)) ?? 0
    return language == .ja ? "\(number)月" : Self.months[max(0, min(11, number - 1))]
  }

  /// `2026-04-01` as a chart's axis says it.
  func firstDay(_ text: String) -> String {
    language == .ja ? "\(Int(text.dropFirst(5).prefix(2)) ?? 0)/1" : "1 " + month(String(text.prefix(7)))
  }

  /// As `<input type="datetime-local">` writes an instant, in Japan; nil for what is none.
  static func instant(_ text: String) -> Date? {
    let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
    guard text.utf8.count <= 19, (5...6).contains(numbers.count), (1900...9999).contains(numbers[0]), (1...12).contains(numbers[1]),
      (1...31).contains(numbers[2]), (0...23).contains(numbers[3]), (0...59).contains(numbers[4])
    else { return nil }
    return calendar.date(
      from: DateComponents(
        year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
        second: numbers.count == 6 ? numbers[5] : 0))
  }

  /// The other way round.
  static func input(_ date: Date, seconds: Bool = false) -> String {
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    let minute = "\(parts.year ?? 0)-\(two(parts.month ?? 0))-\(two(parts.day ?? 0))T\(two(parts.hour ?? 0)):\(two(parts.minute ?? 0))"
    return seconds ? minute + ":" + two(parts.second ?? 0) : minute
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  static let calendar: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 9 * 3600) ?? .gmt
    return calendar
  }()

  private static let tables: [Language: [String: String]] = [.ja: table.mapValues { $0.0 }, .en: table.mapValues { $0.1 }]

  /// Japanese and English by key.
  static let table: [String: (String, String)] = {
    var table: [String: (String, String)] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
      if parts.count == 3 { table[parts[0]] = (parts[1], parts[2]) }
    }
    return table
  }()
}
