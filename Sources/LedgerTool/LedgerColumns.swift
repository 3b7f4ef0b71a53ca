internal import CitizenItems
internal import Foundation
internal import JOSE

/// Which columns of a CSV file hold what. Known names are Japanese and English; a bank's own names come from a mapping file.
public struct ColumnMapping: Sendable, Hashable {
  private let names: [String: String]

  /// The known names alone.
  public init() { names = [:] }

  /// A JSON object such as `{"name": "KANJI_NAME", "ref": "CUSTOMER", "before.name": "OLD_NAME"}`.
  ///
  /// - Throws: `LedgerToolError.unreadable`, `.mappingMalformed`.
  public init(path: String) throws(LedgerToolError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable(path) }
    guard let object = try? JSONValue(parsing: Array(data)).object else { throw .mappingMalformed(path) }
    var names: [String: String] = [:]
    let items = Set(Item.allCases.map(\.rawValue) + ["ref"])
    for (key, value) in object {
      guard let column = value.string, items.contains(String(key.split(separator: ".").last ?? "")) else { throw .mappingMalformed(path) }
      names[key] = column
    }
    self.names = names
  }

  func index(of item: String, side: String?, in header: [String]) throws(LedgerToolError) -> Int {
    let candidates = candidates(item, side)
    guard let index = header.firstIndex(where: { candidates.contains($0) }) else { throw .columnMissing(candidates) }
    return index
  }

  /// Names that a column may have, the mapping's own alone where it has one.
  private func candidates(_ item: String, _ side: String?) -> [String] {
    if let own = names[side.map { "\($0).\(item)" } ?? item] { return [own] }
    let known =
      switch item {
      case "name": ["name", "氏名"]
      case "address": ["address", "住所"]
      case "dateOfBirth": ["dateOfBirth", "生年月日"]
      case "sex": ["sex", "性別"]
      default: ["ref", "顧客番号"]
      }
    guard let side else { return known }
    let prefixes = Self.sides[side] ?? []
    return prefixes.flatMap { prefix in known.map { prefix + $0 } }
  }

  private static let sides: [String: [String]] = [
    "before": ["before.", "変更前"], "after": ["after.", "変更後"], "left": ["left.", "card.", "券面"], "right": ["right.", "ledger.", "元帳"],
  ]
}

/// Where the four items of one side stand in a row.
struct ItemColumns: Sendable {
  private let indices: [Int]

  init(_ mapping: ColumnMapping, side: String? = nil, header: [String]) throws(LedgerToolError) {
    var indices: [Int] = []
    for item in Item.allCases { indices.append(try mapping.index(of: item.rawValue, side: side, in: header)) }
    self.indices = indices
  }

  /// The items of a row; a field that is missing at the end of a row is empty. nil where all four are empty.
  func items(in fields: [String]) -> DeclaredItems? {
    let values = indices.map { $0 < fields.count ? fields[$0] : "" }
    guard values.contains(where: { !$0.isEmpty }) else { return nil }
    return DeclaredItems(name: values[0], address: values[1], dateOfBirth: values[2], sex: values[3])
  }
}
