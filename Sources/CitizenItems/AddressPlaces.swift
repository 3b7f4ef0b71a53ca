/// Rule 7 of `AddressRules`: prefecture and county that were left out, where the rest leaves no doubt.
///
/// A city whose name only one prefecture has, a ward of Tokyo whose name no other city's ward has, a county with its town, and a town or village within
/// its prefecture name their place: `千代田区…` is 東京都千代田区…, `北海道ニセコ町…` is 北海道虻田郡ニセコ町…. 府中市, 中央区 and a town alone do not.
struct AddressPlaces: Sendable {
  static let shared = AddressPlaces()

  /// Letters of beginnings and of what they stand for, in canonical form.
  private let letters: [Letter]
  private let beginnings: [Beginning]
  /// Numbers of beginnings, by hash with linear probing; -1 is free. Its size is a power of two.
  private let slots: [Int32]
  private let longest: Int

  private struct Beginning {
    let hash: UInt64
    /// Ranges of `letters`.
    let text, whole: Range<Int>
  }

  /// Writes out the beginning of an address in canonical form, the longest one that is known.
  func writeOut(_ work: inout Workspace) {
    var hash = Self.seed
    var found: Int?
    for index in 0..<Swift.min(longest, work.text.count) {
      let letter = work.text[index]
      hash = Self.mixed(hash, letter)
      guard index > 0, Self.endsMunicipality(letter.scalar), let number = number(of: hash, work.text, index + 1) else { continue }
      found = number
    }
    guard let found else { return }
    let beginning = beginnings[found]
    work.pass { text, out in
      for place in beginning.whole { out.append(letters[place]) }
      out.append(contentsOf: text, from: beginning.text.count, to: text.count)
    }
  }

  private func number(of hash: UInt64, _ text: borrowing Letters, _ length: Int) -> Int? {
    var slot = Self.slot(hash, slots.count)
    while slots[slot] >= 0 {
      let number = Int(slots[slot])
      let beginning = beginnings[number]
      if beginning.hash == hash, beginning.text.count == length,
        !(0..<length).contains(where: { letters[beginning.text.lowerBound + $0] != text[$0] })
      {
        return number
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// FNV-1a over the scalars.
  private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325
  private static func mixed(_ hash: UInt64, _ letter: Letter) -> UInt64 { (hash ^ UInt64(letter.scalar)) &* 0x0000_0100_0000_01B3 }
  private static func slot(_ hash: UInt64, _ size: Int) -> Int { Int(truncatingIfNeeded: (hash ^ hash >> 32) & UInt64(size - 1)) }

  /// 市 区 町 村
  private static func endsMunicipality(_ scalar: UInt32) -> Bool {
    scalar == 0x5E02 || scalar == 0x533A || scalar == 0x753A || scalar == 0x6751
  }

  /// Municipalities that accept another kanji for their name, beside variants of one: 塩竈市 says itself that it may be written 塩釜市.
  private static let alsoWritten = [("宮城県", "塩釜市", "塩竈市")]

  private struct Municipality {
    let prefecture: String
    let county: String?
    let name: String
    var whole: String { prefecture + (county ?? "") + name }
  }

  private init() {
    let municipalities = Self.read(MunicipalityTable.entries)
    // How many places each beginning could stand for.
    var meanings: [String: Set<String>] = [:]
    for municipality in municipalities {
      let whole = municipality.whole
      if let county = municipality.county {
        meanings[county + municipality.name, default: []].insert(whole)
        meanings[municipality.prefecture + municipality.name, default: []].insert(whole)
        continue
      }
      meanings[municipality.name, default: []].insert(whole)
      // A city with wards stands for itself, too; its wards make the names of wards doubtful.
      if municipality.name.hasSuffix("区"), let end = municipality.name.firstIndex(of: "市") {
        let city = municipality.name[...end]
        meanings[String(city), default: []].insert(municipality.prefecture + city)
        meanings[String(municipality.name[municipality.name.index(after: end)...]), default: []].insert(whole)
      }
    }
    for (prefecture, written, name) in Self.alsoWritten {
      for beginning in [written, prefecture + written] { meanings[beginning, default: []].insert(prefecture + name) }
    }
    var letters: [Letter] = []
    var beginnings: [Beginning] = []
    // Two beginnings of one canonical form must stand for one place, or it is not certain.
    var known: [[Letter]: Set<[Letter]>] = [:]
    for (beginning, wholes) in meanings {
      guard wholes.count == 1, let whole = wholes.first, Self.isWanted(beginning, whole), let key = AddressRules.withoutPlaces(beginning),
        let value = AddressRules.withoutPlaces(whole)
      else { continue }
      known[key, default: []].insert(value)
    }
    for (key, values) in known where values.count == 1 {
      guard let value = values.first else { continue }
      let start = letters.count
      letters += key + value
      beginnings.append(
        Beginning(
          hash: key.reduce(Self.seed, Self.mixed), text: start..<start + key.count, whole: start + key.count..<letters.count))
    }
    var size = 1
    while size < beginnings.count * 2 { size *= 2 }
    var slots = [Int32](repeating: -1, count: size)
    for (number, beginning) in beginnings.enumerated() {
      var slot = Self.slot(beginning.hash, size)
      while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = Int32(number)
    }
    self.letters = letters
    self.beginnings = beginnings
    self.slots = slots
    longest = beginnings.map(\.text.count).max() ?? 0
  }

  /// A town or village alone is not enough, nor is the ward of a city without its city.
  private static func isWanted(_ beginning: String, _ whole: String) -> Bool {
    if beginning.hasSuffix("市") { return true }
    if beginning.hasSuffix("区") { return beginning.contains("市") || whole.hasPrefix("東京都") }
    return beginning.contains("郡") || beginning.contains { $0 == "都" || $0 == "道" || $0 == "府" || $0 == "県" }
  }

  private static func read(_ table: StaticString) -> [Municipality] {
    let text = table.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    var prefecture = ""
    return text.split(whereSeparator: \.isWhitespace).compactMap { word in
      if word.hasSuffix(":") {
        prefecture = String(word.dropLast())
        return nil
      }
      let parts = word.split(separator: "/").map(String.init)
      return Municipality(prefecture: prefecture, county: parts.count == 2 ? parts[0] : nil, name: parts[parts.count - 1])
    }
  }
}
