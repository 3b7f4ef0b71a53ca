internal import CitizenItems
internal import Foundation

/// What a command did, for people and for `--json`. Counts only.
public struct TaggingReport: Sendable, Hashable, Codable {
  /// Rows read.
  public var rows = 0
  /// Rows tagged.
  public var tagged = 0
  /// Rows left aside.
  public var rejected = 0
  /// Where line and reason of the rows left aside stand; nil if there are none.
  public var rejectedFile: String?
}

/// `yonjo-ledger tag`: a ledger as CSV in, its tags as NDJSON out, `{"ref":"…","tags":["hmac.1.1.…"]}` a row.
public enum Tagging {
  /// Tags a file. Rows that cannot be tagged go to `path.rejected.csv` and stop nothing.
  ///
  /// - Parameter card: the items were certified by cards and handed over; kana are a name then, not a reading.
  /// - Throws: `LedgerToolError`.
  public static func run(_ path: String, keys: LedgerKeys, mapping: ColumnMapping, card: Bool = false, output: String?)
    throws(LedgerToolError)
    -> TaggingReport
  {
    var writer =
      try OutputFile(output)
    var report = TaggingReport()
    let rejectedFile = path + ".rejected.csv"
    var rejected = RejectedRows(path: rejectedFile)
    var rows = try LedgerRows(path: path, keys: keys, mapping: mapping, card: card)
    while let row = try rows.next() {
      report.rows += 1
      switch row.content {
      case .tagged(let ref, let tags):
        report.tagged += 1
        try writer.write("{" + (ref.isEmpty ? "" : "\"ref\":\(JSONText.quoted(ref)),") + "\"tags\":\(JSONText.list(tags))}\n")
      case .rejected(let reason): try rejected.append(line: row.line, reason: reason)
      }
    }
    try writer.flush()
    try rejected.flush()
    report.rejected = rejected.count
    report.rejectedFile = rejected.count > 0 ? rejectedFile : nil
    return report
  }
}

/// The rows of a ledger with their tags: read from CSV and tagged, or read from a file that `tag` wrote.
struct LedgerRows: ~Copyable {
  /// A row with its tags, or why it has none.
  struct Row {
    enum Content {
      case tagged(ref: String, tags: [String])
      case rejected(String)
    }
    let line: Int
    let content: Content
  }

  private var reader: CSVReader?
  private var read: ((_ fields: [String]?) -> Row.Content)?
  private var lines: ByteReader?
  private var line = 0

  /// A ledger as CSV.
  init(path: String, keys: LedgerKeys, mapping: ColumnMapping, card: Bool = false) throws(LedgerToolError) {
    let reader = try CSVReader(path: path)
    let columns = try ItemColumns(mapping, header: reader.header)
    let ref = try mapping.index(of: "ref", side: nil, in: reader.header)
    read = { fields in Self.content(fields, columns, ref, keys, card) }
    self.reader = consume reader
  }

  /// A file that `tag` wrote.
  init(tagFile path: String) throws(LedgerToolError) { lines = try ByteReader(path: path) }

  /// Whether a file begins as one that `tag` wrote.
  static func isTagFile(_ path: String) throws(LedgerToolError) -> Bool {
    var reader = try ByteReader(path: path)
    return try reader.peek() == 0x7B
  }

  mutating func next() throws(LedgerToolError) -> Row? {
    if let read {
      guard let row = try reader?.next() else { return nil }
      return Row(line: row.line, content: read(row.fields))
    }
    guard let text = try lines?.line(limit: CSVReader.maximumRowBytes) else { return nil }
    line += 1
    return Row(line: line, content: text.isWhole ? Self.content(text.bytes) : .rejected("unreadable"))
  }

  private static func content(_ fields: [String]?, _ columns: ItemColumns, _ ref: Int, _ keys: LedgerKeys, _ card: Bool) -> Row.Content {
    guard let fields else { return .rejected("unreadable") }
    guard let items = columns.items(in: fields) else { return .rejected("missingItem") }
    switch TagMaker.tags(of: items, keys: keys, card: card) {
    case .success(let tags): return .tagged(ref: ref < fields.count ? fields[ref] : "", tags: tags)
    case .failure(let rejection): return .rejected(rejection.reason)
    }
  }

  private struct Line: Decodable {
    let ref: String?
    let tags: [String]
  }

  private static func content(_ bytes: [UInt8]) -> Row.Content {
    guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)), line.tags.allSatisfy({ (try? EdgeTag(parsing: $0)) != nil })
    else {
      return .rejected("unreadable")
    }
    return .tagged(ref: line.ref ?? "", tags: line.tags)
  }
}

/// Tags of a row, or which item keeps it from having any.
enum TagMaker {
  struct Rejection: Error {
    let reason: String
  }

  static func tags(of row: DeclaredItems, keys: LedgerKeys, card: Bool = false) -> Result<[String], Rejection> {
    do throws(CanonicalRefusal) {
      let tags = card ? try cardTags(of: row, keys) : try keys.tags(of: row)
      return .success(tags.map(\.text))
    } catch {
      return .failure(Rejection(reason: reason(row, error)))
    }
  }

  private static func cardTags(of row: DeclaredItems, _ keys: LedgerKeys) throws(CanonicalRefusal) -> [EdgeTag] {
    guard let date = try? DateOfBirth(text: row.dateOfBirth ?? "") else { throw .date }
    guard let sex = try? Sex(text: row.sex ?? "") else { throw .sex }
    return try keys.tags(
      of: FourItems(
        name: CertifiedText(declared: row.name ?? ""), address: CertifiedText(declared: row.address ?? ""), dateOfBirth: date, sex: sex))
  }

  /// `name unreadableCharacter`: the first item without a canonical form.
  private static func reason(_ row: DeclaredItems, _ refusal: CanonicalRefusal) -> String {
    for (item, text) in [(Item.name, row.name), (.address, row.address), (.dateOfBirth, row.dateOfBirth), (.sex, row.sex)] {
      do throws(CanonicalRefusal) { _ = try CanonicalForm.canonical(item, text ?? "") } catch {
        return "\(item.rawValue) \(error.rawValue)"
      }
    }
    return refusal.rawValue
  }
}
