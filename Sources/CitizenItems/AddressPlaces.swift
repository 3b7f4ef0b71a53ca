/// Rule 7 of `AddressRules`: prefecture and county that were left out, where the rest leaves no doubt.
///
/// A city whose name only one prefecture has, a ward of Tokyo whose name no other city's ward has, a county with its town, and a town or village within
/// its prefecture name their place: `千代田区…` is 東京都千代田区…, `北海道ニセコ町…` is 北海道虻田郡ニセコ町…. 府中市, 中央区 and a town alone do not.
struct AddressPlaces: Sendable {
  static let shared = AddressPlaces()

  /// Beginnings in canonical form, and what they stand for.
  private let beginnings: [[UInt32]: [UInt32]]
  private let longest: Int

  /// Writes out the beginning of an address in canonical form, if it is one that is known.
  func writtenOut(_ scalars: [UInt32]) -> [UInt32] {
    var end = Swift.min(longest, scalars.count)
    while end >= 2 {
      if Self.endsMunicipality(scalars[end - 1]), let whole = beginnings[Array(scalars[..<end])] { return whole + scalars[end...] }
      end -= 1
    }
    return scalars
  }

  /// 市 区 町 村
  private static func endsMunicipality(_ scalar: UInt32) -> Bool {
    scalar == 0x5E02 || scalar == 0x533A || scalar == 0x753A || scalar == 0x6751
  }

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
    var beginnings: [[UInt32]: [UInt32]] = [:]
    for (beginning, wholes) in meanings {
      guard wholes.count == 1, let whole = wholes.first, Self.isWanted(beginning, whole), let key = AddressRules.withoutPlaces(beginning),
        let value = AddressRules.withoutPlaces(whole)
      else { continue }
      beginnings[key] = value
    }
    longest = beginnings.keys.map(\.count).max() ?? 0
    self.beginnings = beginnings
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
