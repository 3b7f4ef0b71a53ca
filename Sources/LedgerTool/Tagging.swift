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

/// `yonjo-ledger tag`: a ledger as CSV in, its tags as NDJSON out, `{"ref":"…","tags":["hmac.1.1.…"]}` a row, in the ledger's order.
public enum Tagging {
  /// Tags a file, on all processors and in constant memory. Rows that cannot be tagged go to `path.rejected.csv` and stop nothing.
  ///
  /// - Parameter card: the items were certified by cards and handed over; kana are a name then, not a reading.
  /// - Throws: `LedgerToolError`.
  public static func run(
    _ path: String, keys: some LedgerTagger, mapping: ColumnMapping, card: Bool = false, output: String?, progress: Progress = .silent
  ) async throws(LedgerToolError) -> TaggingReport {
    let reader = try CSVReader(path: path, mapping: mapping)
    let layout = try LedgerLayout(reader, mapping: mapping, sides: [nil], origin: card ? .card : .ledger)
    var writer =
      try OutputFile(output)
    var report = TaggingReport()
    var rejected = RejectedRows(path: path + ".rejected.csv")
    try await RowPipeline.run(reader.blocks) { block throws(LedgerToolError) in
      TagLines(try await TaggedRows.make(block, layout, keys))
    } sink: { lines throws(LedgerToolError) in
      try writer.write(lines.bytes)
      for row in lines.rejected { try rejected.append(line: row.line, reason: row.reason) }
      report.rows += lines.count
      progress.update(rows: report.rows, bytes: reader.file.position, of: reader.file.length)
    }
    try writer.finish()
    try rejected.finish()
    report.rejected = rejected.count
    report.tagged = report.rows - rejected.count
    report.rejectedFile = rejected.count > 0 ? rejected.path : nil
    progress.end()
    return report
  }
}

/// The lines that `tag` writes for a block.
private struct TagLines: Sendable {
  var bytes: [UInt8] = []
  var rejected: [(line: Int, reason: String)] = []
  let count: Int

  init(_ tagged: TaggedRows) {
    count = tagged.rows.count
    bytes.reserveCapacity(tagged.lists.bytes.count + tagged.refs.count + count * 20)
    for row in tagged.rows {
      if let reason = row.rejection {
        rejected.append((row.line, reason))
        continue
      }
      bytes.append(0x7B)
      if let ref = row.ref, !ref.isEmpty {
        bytes.append(contentsOf: "\"ref\":".utf8)
        JSONText.append(tagged.refs[ref], to: &bytes)
        bytes.append(0x2C)
      }
      bytes.append(contentsOf: "\"tags\":".utf8)
      bytes.append(contentsOf: tagged.list(row) ?? [])
      bytes.append(0x7D)
      bytes.append(0x0A)
    }
  }
}
