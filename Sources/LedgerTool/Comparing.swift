internal import CitizenItems

/// What `compare` found. Counts only.
public struct ComparingReport: Sendable, Hashable, Codable {
  /// Rows by verdict.
  public var same = 0, probable = 0, different = 0
  /// Rows that cannot be read.
  public var rejected = 0
}

/// `yonjo-ledger compare`: pairs of rows in, verdicts out.
public enum Comparing {
  /// Compares the two sides of each row (`card.name` … and `ledger.name` …) and writes `line,ref,verdict,why` as CSV. No item is written there.
  ///
  /// The review file is what staff decide from: the probable rows alone, with room for the decision: `line,ref,why,decision,by,basis`. `by` and `basis`
  /// are what `POST /v1/pairs` takes as `decision`. It holds items, those that differ and no others, only where that is asked for: staff who can look
  /// the customer up by the reference need none.
  ///
  /// - Parameters:
  ///   - review: where the review file goes; nil writes none.
  ///   - withItems: whether it shows both sides of the items that differ.
  /// - Throws: `LedgerToolError`.
  public static func run(
    _ path: String, mapping: ColumnMapping, output: String?, review: String? = nil, withItems: Bool = false, progress: Progress = .silent
  ) throws(LedgerToolError) -> ComparingReport {
    let reader = try CSVReader(path: path, mapping: mapping)
    let left = try ItemColumns(mapping, side: "left", header: reader.header)
    let right = try ItemColumns(mapping, side: "right", header: reader.header)
    let ref = try? mapping.column(of: "ref", side: nil, in: reader.header).indices.first
    var writer =
      try OutputFile(output)
    try writer.write("line,ref,verdict,why\n")
    var reviewed: ReviewFile? = nil
    if let review { reviewed = try ReviewFile(review, withItems: withItems) }
    var report = ComparingReport()
    var rows = 0
    while let block = try reader.blocks.next() {
      let verdicts = Self.verdicts(block, reader, left, right, ref ?? nil)
      for verdict in verdicts {
        guard let comparison = verdict.comparison else {
          report.rejected += 1
          try writer.write("\(verdict.line),,rejected,unreadable\n")
          continue
        }
        switch comparison.resemblance {
        case .same: report.same += 1
        case .probable:
          report.probable += 1
          try reviewed?.append(verdict, comparison)
        case .different: report.different += 1
        }
        try writer.write("\(verdict.line),\(CSVText.quoted(verdict.ref)),\(comparison.resemblance.rawValue),\(comparison.why)\n")
      }
      rows += verdicts.count
      progress.update(rows: rows, bytes: reader.file.position, of: reader.file.length)
    }
    try writer.finish()
    try reviewed?.finish()
    progress.end()
    return report
  }

  fileprivate struct Verdict {
    let line: Int
    let ref: String
    /// nil where the row cannot be read.
    let comparison: RowComparison?
    let items: (DeclaredItems, DeclaredItems)?
  }

  private static func verdicts(_ block: RowBlock, _ reader: CSVReader, _ left: ItemColumns, _ right: ItemColumns, _ ref: Int?) -> [Verdict]
  {
    block.bytes.withUnsafeBufferPointer { bytes in
      var cursor = CSVRows(bytes, line: block.line, separator: reader.separator)
      var verdicts: [Verdict] = []
      var room = Bytes()
      while cursor.next() {
        guard cursor.isReadable, let one = declared(left, cursor, &room), let another = declared(right, cursor, &room),
          let reference = ref.map({ reader.encoding.string(ItemColumns.trimmed(cursor[$0])) }) ?? ""
        else {
          verdicts.append(Verdict(line: cursor.line, ref: "", comparison: nil, items: nil))
          continue
        }
        verdicts.append(Verdict(line: cursor.line, ref: reference, comparison: one.compare(with: another), items: (one, another)))
      }
      return verdicts
    }
  }

  private static func declared(_ columns: ItemColumns, _ row: borrowing CSVRows, _ room: inout Bytes) -> DeclaredItems? {
    guard let items = columns.items(in: row, room: &room), let name = String(validating: items.name, as: UTF8.self),
      let address = String(validating: items.address, as: UTF8.self), let date = String(validating: items.dateOfBirth, as: UTF8.self),
      let sex = String(validating: items.sex, as: UTF8.self)
    else { return nil }
    return DeclaredItems(name: name, address: address, dateOfBirth: date, sex: sex)
  }
}

/// The file from which staff decide.
private struct ReviewFile: ~Copyable {
  private var file: OutputFile
  private let withItems: Bool

  init(_ path: String, withItems: Bool) throws(LedgerToolError) {
    var made = try OutputFile(path: path)
    // The mark lets spreadsheets know UTF-8.
    try made.write("\u{FEFF}line,ref,why,decision,by,basis" + (withItems ? ",card,ledger" : "") + "\n")
    file = consume made
    self.withItems = withItems
  }

  mutating func append(_ verdict: Comparing.Verdict, _ comparison: RowComparison) throws(LedgerToolError) {
    var line = "\(verdict.line),\(CSVText.forSpreadsheet(verdict.ref)),\(comparison.why),,,"
    if withItems, let (card, ledger) = verdict.items {
      for side in [card, ledger] { line += "," + CSVText.forSpreadsheet(Self.differing(side, comparison)) }
    }
    try file.write(line + "\n")
  }

  mutating func finish() throws(LedgerToolError) { try file.finish() }

  private static func differing(_ side: DeclaredItems, _ comparison: RowComparison) -> String {
    let items: [(Item, String?)] = [
      (.name, side.name), (.address, side.address), (.dateOfBirth, side.dateOfBirth), (.sex, side.sex),
    ]
    return items.compactMap { comparison.alike[$0] == nil ? nil : $1 }.joined(separator: " / ")
  }
}

/// Fields of CSV.
enum CSVText {
  /// Quoted where it has to be.
  static func quoted(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }

  /// The same for a spreadsheet: what it would take for a formula stands behind an apostrophe.
  static func forSpreadsheet(_ field: String) -> String {
    quoted(field.first.map { "=+-@\t".contains($0) } == true ? "'" + field : field)
  }
}
