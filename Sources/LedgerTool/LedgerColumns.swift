internal import CitizenItems
internal import Foundation
internal import JOSE

/// Which columns of a CSV file hold what, and how. Known names are Japanese and English; a bank's own go into a mapping file.
public struct ColumnMapping: Sendable, Hashable {
  /// How one item stands in the file.
  struct Column: Sendable, Hashable {
    enum Place: Sendable, Hashable {
      case name(String)
      /// From 0.
      case position(Int)
    }
    /// One column, or several that are joined by spaces, in this order.
    var places: [Place] = []
    var date: DatePattern?
    /// What the bank's own codes mean, in the codes of the certificate.
    var codes: [String: String]?
  }

  /// How the file's bytes are text.
  public var encoding = TextEncoding.utf8
  /// Whether the first line names the columns.
  private(set) var hasHeader = true
  /// What parts fields; nil finds out between comma and tab.
  private(set) var separator: UInt8?
  private var columns: [String: Column] = [:]

  /// The known names alone.
  public init() {}

  /// A JSON object. Its members are `ref`, `name`, `address`, `dateOfBirth`, `sex`, with `before.`, `after.`, `card.` or `ledger.` in front where a row
  /// has two sides; each is the name of a column, its position from 1, a list of those (joined by spaces), or an object with `column` and one of
  /// `format` (of dates, see `DatePattern`, with `eras`) and `codes` (of sexes: `{"0": "male", "1": "female"}`). Beside them `header` (false: the file
  /// has none, and all columns are positions), `encoding` (`utf-8`, `cp932`) and `separator` (one character of ASCII).
  ///
  /// - Throws: `LedgerToolError.unreadable`, `.mappingMalformed`.
  public init(path: String) throws(LedgerToolError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable(path) }
    guard data.count <= 1 << 16, let object = try? JSONValue(parsing: Array(data)).object else {
      throw .mappingMalformed(path, "it is no JSON object")
    }
    for (key, value) in object {
      do throws(MappingRefusal) { try read(key, value) } catch { throw .mappingMalformed(path, "\(key): \(error.reason)") }
    }
  }

  private struct MappingRefusal: Error {
    let reason: String
  }

  private static let sides = ["before", "after", "card", "ledger", "left", "right"]

  private mutating func read(_ key: String, _ value: JSONValue) throws(MappingRefusal) {
    switch key {
    case "header":
      guard case .bool(let flag) = value else { throw MappingRefusal(reason: "true or false is expected") }
      hasHeader = flag
    case "encoding":
      guard let name = value.string, let known = TextEncoding(rawValue: name.lowercased()) else {
        throw MappingRefusal(reason: "utf-8 or cp932 is expected")
      }
      encoding = known
    case "separator":
      guard let text = value.string, let byte = text.utf8.first, text.utf8.count == 1, byte != 0x22, byte != 0x0A, byte != 0x0D, byte < 0x40
      else { throw MappingRefusal(reason: "one character of ASCII is expected, such as \\t or ;") }
      separator = byte
    default:
      let parts = key.split(separator: ".").map(String.init)
      guard let item = parts.last, parts.count <= 2, Item(rawValue: item) != nil || item == "ref",
        parts.count == 1 || Self.sides.contains(parts[0])
      else { throw MappingRefusal(reason: "there is no such item") }
      columns[key] = try column(item, value)
    }
  }

  private func column(_ item: String, _ value: JSONValue) throws(MappingRefusal) -> Column {
    guard let object = value.object else { return Column(places: try places(value)) }
    var column = Column(places: try places(object["column"] ?? .null))
    guard column.places.count == 1 || object.count == 1 else { throw MappingRefusal(reason: "format and codes are for one column") }
    for (key, value) in object where key != "column" {
      switch (key, item) {
      case ("format", "dateOfBirth"):
        guard let format = value.string, let pattern = DatePattern(format, eras: object["eras"]) else {
          throw MappingRefusal(
            reason: "format is made of YYYY or G and YY, of MM and DD, and of what stands between them; eras says what G means")
        }
        column.date = pattern
      case ("eras", "dateOfBirth") where object["format"] != nil: break
      case ("codes", "sex"):
        var codes: [String: String] = [:]
        for (code, meaning) in value.object ?? [:] {
          guard let sex = try? Sex(text: meaning.string ?? "") else {
            throw MappingRefusal(reason: "codes mean male, female, other or unknown")
          }
          codes[code] = sex.code
        }
        guard !codes.isEmpty else { throw MappingRefusal(reason: "codes is an object such as {\"0\": \"male\", \"1\": \"female\"}") }
        column.codes = codes
      default: throw MappingRefusal(reason: "\(key) means nothing here")
      }
    }
    return column
  }

  private func places(_ value: JSONValue) throws(MappingRefusal) -> [Column.Place] {
    if let list = value.array {
      guard !list.isEmpty, list.count <= 8 else { throw MappingRefusal(reason: "a list names one to eight columns") }
      var all: [Column.Place] = []
      for member in list { all += try places(member) }
      return all
    }
    if let name = value.string { return [.name(name)] }
    if let position = value.integer, position >= 1, position <= 4096 { return [.position(Int(position) - 1)] }
    throw MappingRefusal(reason: "the name of a column or its position from 1 is expected")
  }

  // MARK: looking up

  /// The column of an item on a side, with the places where it stands in the file.
  ///
  /// - Throws: `LedgerToolError.columnMissing`.
  func column(of item: String, side: String?, in header: [String]) throws(LedgerToolError) -> (column: Column, indices: [Int]) {
    for prefix in Self.prefixes(side) where prefix.isEmpty || prefix.hasSuffix(".") {
      guard let own = columns[prefix + item] else { continue }
      var indices: [Int] = []
      for place in own.places {
        switch place {
        case .position(let position): indices.append(position)
        case .name(let name):
          guard hasHeader, let index = header.firstIndex(of: name) else { throw .columnMissing([name]) }
          indices.append(index)
        }
      }
      return (own, indices)
    }
    let candidates = Self.prefixes(side).flatMap { prefix in (Self.known[item] ?? []).map { prefix + $0 } }
    guard let index = header.firstIndex(where: { candidates.contains($0) }) else { throw .columnMissing(candidates) }
    return (Column(), [index])
  }

  private static let known = [
    "ref": ["ref", "顧客番号"], "name": ["name", "氏名"], "address": ["address", "住所"], "dateOfBirth": ["dateOfBirth", "生年月日"],
    "sex": ["sex", "性別"],
  ]

  private static func prefixes(_ side: String?) -> [String] {
    switch side {
    case "before": ["before.", "変更前"]
    case "after": ["after.", "変更後"]
    case "left": ["left.", "card.", "券面"]
    case "right": ["right.", "ledger.", "元帳"]
    default: [""]
    }
  }
}

/// How a bank writes dates that are not certain by themselves: `YYYY` (Gregorian) or `G` with `YY` (era and year), `MM`, `DD`, in any order, and whatever
/// stands between them. `GYYMMDD` with `{"3": "S", "4": "H"}` reads `3550217` as 1980-02-17.
struct DatePattern: Sendable, Hashable {
  private enum Part: Sendable, Hashable {
    case year, era, eraYear, month, day
    case byte(UInt8)
  }
  private var parts: [Part] = []
  private var eras: [UInt8: UInt8] = [:]

  /// nil where the pattern or the meanings of its eras are malformed.
  init?(_ format: String, eras: JSONValue?) {
    var rest = Array(format.utf8)[...]
    let words: [(String, Part)] = [("YYYY", .year), ("YY", .eraYear), ("MM", .month), ("DD", .day), ("G", .era)]
    while !rest.isEmpty, parts.count <= 16 {
      if let (word, part) = words.first(where: { rest.starts(with: $0.0.utf8) }) {
        guard !parts.contains(part) else { return nil }
        parts.append(part)
        rest = rest.dropFirst(word.utf8.count)
      } else if let byte = rest.popFirst() {
        parts.append(.byte(byte))
      }
    }
    let hasEra = parts.contains(.era)
    guard rest.isEmpty, parts.contains(.month), parts.contains(.day), hasEra == parts.contains(.eraYear), hasEra != parts.contains(.year)
    else {
      return nil
    }
    for (code, meaning) in eras?.object ?? [:] {
      guard code.utf8.count == 1, let byte = code.utf8.first, let letter = Self.letter(meaning.string ?? "") else { return nil }
      self.eras[byte] = letter
    }
    guard hasEra || self.eras.isEmpty else { return nil }
    if hasEra, self.eras.isEmpty { for letter in "MTSHR".utf8 { self.eras[letter] = letter } }
  }

  private static func letter(_ era: String) -> UInt8? {
    let names = ["M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"]
    return names.first { $0.key == era.uppercased() || $0.value == era }?.key.utf8.first
  }

  /// Appends the date in a form that needs no pattern; what does not follow the pattern as it is, marked so that it is refused.
  func append(_ text: UnsafeBufferPointer<UInt8>, to out: inout Bytes) {
    var era: UInt8?
    var year: [UInt8] = []
    var month: [UInt8] = []
    var day: [UInt8] = []
    var index = 0
    var follows = true
    func digits(_ count: Int) -> [UInt8] {
      let digits = Array(text[min(index, text.count)..<min(index + count, text.count)])
      index += count
      follows = follows && digits.count == count && digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
      return digits
    }
    for part in parts {
      switch part {
      case .year: year = digits(4)
      case .eraYear: year = digits(2)
      case .month: month = digits(2)
      case .day: day = digits(2)
      case .era:
        era = index < text.count ? eras[text[index]] : nil
        follows = follows && era != nil
        index += 1
      case .byte(let byte):
        follows = follows && index < text.count && text[index] == byte
        index += 1
      }
    }
    guard follows, index == text.count else {
      out.append(0x21)
      return
    }
    if let era { out.append(era) }
    for byte in year + [0x2D] + month + [0x2D] + day { out.append(byte) }
  }
}

/// Where the four items of one side stand in a row, and how they are read.
struct ItemColumns: Sendable {
  private let columns: [(column: ColumnMapping.Column, indices: [Int])]
  private let encoding: TextEncoding
  /// Whether every item is one column, taken as it is.
  private let isPlain: Bool

  init(_ mapping: ColumnMapping, side: String? = nil, header: [String]) throws(LedgerToolError) {
    var columns: [(column: ColumnMapping.Column, indices: [Int])] = []
    for item in Item.allCases { columns.append(try mapping.column(of: item.rawValue, side: side, in: header)) }
    self.columns = columns
    encoding = mapping.encoding
    isPlain =
      encoding == .utf8 && columns.allSatisfy { $0.indices.count == 1 && $0.column.date == nil && $0.column.codes == nil }
  }

  /// The items of the cursor's row; a field that is missing at the end of a row is empty. nil where all four are empty. They lie in the row or in
  /// `room`, and are valid until either changes.
  func items(in row: borrowing CSVRows, room: inout Bytes) -> RowText? {
    let items = isPlain ? plain(row) : made(row, &room)
    return items.name.isEmpty && items.address.isEmpty && items.dateOfBirth.isEmpty && items.sex.isEmpty ? nil : items
  }

  private func plain(_ row: borrowing CSVRows) -> RowText {
    RowText(
      name: row[columns[0].indices[0]], address: row[columns[1].indices[0]], dateOfBirth: row[columns[2].indices[0]],
      sex: row[columns[3].indices[0]])
  }

  private func made(_ row: borrowing CSVRows, _ room: inout Bytes) -> RowText {
    room.removeAll()
    var ends = [0]
    for (column, indices) in columns {
      read(column, indices, row, &room)
      ends.append(room.count)
    }
    return RowText(
      name: room[ends[0]..<ends[1]], address: room[ends[1]..<ends[2]], dateOfBirth: room[ends[2]..<ends[3]], sex: room[ends[3]..<ends[4]])
  }

  private func read(_ column: ColumnMapping.Column, _ indices: [Int], _ row: borrowing CSVRows, _ room: inout Bytes) {
    if let pattern = column.date {
      // A pattern reads ASCII, which both encodings write alike.
      let field = Self.trimmed(row[indices[0]])
      if !field.isEmpty { pattern.append(field, to: &room) }
      return
    }
    if let codes = column.codes {
      let code = encoding.string(Self.trimmed(row[indices[0]])) ?? "?"
      // A code without a meaning is refused as a sex.
      for byte in (code.isEmpty ? "" : codes[code] ?? "?").utf8 { room.append(byte) }
      return
    }
    let start = room.count
    for index in indices where !row[index].isEmpty {
      if room.count > start { room.append(0x20) }
      encoding.append(row[index], to: &room)
    }
  }

  /// Without the spaces that fields of fixed width are filled with.
  static func trimmed(_ field: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var start = 0
    var end = field.count
    while start < end, field[start] == 0x20 { start += 1 }
    while end > start, field[end - 1] == 0x20 { end -= 1 }
    return UnsafeBufferPointer(rebasing: field[start..<end])
  }
}
