internal import Foundation

/// What `diff` found. Counts only.
public struct DifferingReport: Sendable, Hashable, Codable {
  /// Customers in the old and in the new file.
  public var old = 0, new = 0
  /// Customers who came, left, or whose tags changed.
  public var came = 0, left = 0, changed = 0
  /// Rows left aside, in both files: unreadable, without a reference, or with one that stood before.
  public var rejected = 0
  /// Customers who may have left, but are not said to have: the new file holds rows whose reference cannot be read.
  public var withheld = 0
  /// Where lines and reasons of the rows left aside stand, the old file's first.
  public var rejectedFiles: [String] = []
}

/// `yonjo-ledger diff`: two days' ledgers in, the changes between them out, as `push` takes them. Either file is a ledger as CSV or what `tag` made of it.
///
/// Constant memory: the rows of both go to parts on disk by a digest of their reference, and the parts are compared one by one.
public enum Differing {
  /// Compares two files by reference and writes the changes as NDJSON.
  ///
  /// A customer whose keys gained a version is a change: old and new tags share one, which deletes nothing and hands over the other. A customer whose new
  /// row has no tag (its line stands in `NEW.rejected.csv`) has not left, and is no change. While the new file holds a row whose very reference cannot be
  /// read, nobody is said to have left.
  ///
  /// - Parameters:
  ///   - leavingLimit: how many customers may have left; nil means a tenth of the old file's, and a hundred in any case. A file that an export cut short
  ///     must not delete the pairs of all whom it does not name.
  ///   - keys: asked for only if a file is CSV.
  /// - Throws: `LedgerToolError`; with `.tooManyLeft` no file of changes is made.
  public static func run<Tagger: LedgerTagger>(
    old: String, new: String, mapping: ColumnMapping, output: String?, leavingLimit: Int? = nil,
    progress: Progress = .silent, keys: () async throws(LedgerToolError) -> Tagger
  ) async throws(LedgerToolError) -> DifferingReport {
    let areTags = (try TagFile.isOne(old), try TagFile.isOne(new))
    let keys: Tagger? = areTags.0 && areTags.1 ? nil : try await keys()
    var report = DifferingReport()
    let count = LedgerParts.count(for: [old, new])
    var writer =
      try OutputFile(output)
    var oldRejected = RejectedRows(path: old + ".rejected.csv")
    var newRejected = RejectedRows(path: new + ".rejected.csv")
    var before = try LedgerParts(count)
    var after = try LedgerParts(count)
    var total = Total(files: [old, new])
    _ = try await fill(&before, old, areTags.0, keys, mapping, &oldRejected, &total, progress)
    let isWhole = try await fill(&after, new, areTags.1, keys, mapping, &newRejected, &total, progress)
    for part in 0..<count {
      let changes = try Comparison(before: try before.take(part), after: try after.take(part), isWhole: isWhole)
      try writer.write(changes.lines)
      report.old += changes.old
      report.new += changes.new
      report.came += changes.came
      report.left += changes.left
      report.changed += changes.changed
      report.withheld += changes.withheld
      for line in changes.oldRepeated { try oldRejected.append(line: line, reason: "ref repeated") }
      for line in changes.newRepeated { try newRejected.append(line: line, reason: "ref repeated") }
    }
    guard report.left <= leavingLimit ?? max(report.old / 10, 100) else { throw .tooManyLeft(report.left, of: report.old) }
    try oldRejected.finish()
    try newRejected.finish()
    try writer.finish()
    report.rejected = oldRejected.count + newRejected.count
    if oldRejected.count > 0 { report.rejectedFiles.append(oldRejected.path) }
    if newRejected.count > 0 { report.rejectedFiles.append(newRejected.path) }
    progress.end()
    return report
  }

  /// How far the reading of both files is.
  private struct Total {
    var rows = 0
    var earlier = 0
    let length: Int?

    init(files: [String]) {
      let sizes = files.map { LedgerParts.size(of: $0) }
      length = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
    }
  }

  /// - Returns: whether every row's reference could be read.
  private static func fill<Tagger: LedgerTagger>(
    _ parts: inout LedgerParts, _ path: String, _ isTagFile: Bool, _ keys: Tagger?, _ mapping: ColumnMapping,
    _ rejected: inout RejectedRows,
    _ total: inout Total, _ progress: Progress
  ) async throws(LedgerToolError) -> Bool {
    let count = parts.count
    var isWhole = true
    let file: InputFile
    let blocks: RowBlocks
    let work: @Sendable (RowBlock) async throws(LedgerToolError) -> PartedRows
    if isTagFile {
      file = try InputFile(path: path)
      blocks = RowBlocks(file, rest: [], line: 1, separator: nil)
      work = { block throws(LedgerToolError) in PartedRows(TagFile.read(block), parts: count) }
    } else {
      let reader = try CSVReader(path: path, mapping: mapping)
      let layout = try LedgerLayout(reader, mapping: mapping, sides: [nil])
      guard let keys else { throw .noLiveKey }
      file = reader.file
      blocks = reader.blocks
      work = { block throws(LedgerToolError) in PartedRows(try await TaggedRows.make(block, layout, keys), parts: count) }
    }
    try await RowPipeline.run(blocks, work: work) { rows throws(LedgerToolError) in
      try parts.append(rows)
      isWhole = isWhole && rows.isWhole
      for row in rows.rejected { try rejected.append(line: row.line, reason: row.reason) }
      total.rows += rows.count
      progress.update(rows: total.rows, bytes: total.earlier + file.position, of: total.length)
    }
    total.earlier += file.position
    return isWhole
  }
}

/// The changes of one part.
private struct Comparison {
  var lines: [UInt8] = []
  var old = 0, new = 0, came = 0, left = 0, changed = 0, withheld = 0
  var oldRepeated: [Int] = []
  var newRepeated: [Int] = []

  init(before: [UInt8], after: [UInt8], isWhole: Bool) throws(LedgerToolError) {
    var table = RefTable(before)
    // Not seen, seen, or named again.
    var seen: [Bool] = []
    for row in PartRecords(before) {
      if table.insert(row) {
        old += 1
      } else {
        oldRepeated.append(row.line)
      }
    }
    seen = [Bool](repeating: false, count: table.count)
    var strangers = RefTable(after)
    for row in PartRecords(after) {
      let known = table.number(of: row, in: after)
      guard strangers.insert(row) else {
        newRepeated.append(row.line)
        continue
      }
      if let known { seen[known] = true }
      // A row without tags says only that the customer is still there.
      guard !row.list.isEmpty else { continue }
      new += 1
      guard let known else {
        came += 1
        LedgerChange.append(before: nil, after: after[row.list], ref: after[row.ref], to: &lines)
        continue
      }
      let list = table.rows[known].list
      guard before[list] != after[row.list] else { continue }
      if list.isEmpty { came += 1 } else { changed += 1 }
      LedgerChange.append(before: list.isEmpty ? nil : before[list], after: after[row.list], ref: after[row.ref], to: &lines)
    }
    for (number, row) in table.rows.enumerated() where !seen[number] && !row.list.isEmpty {
      guard isWhole else {
        withheld += 1
        continue
      }
      left += 1
      LedgerChange.append(before: before[row.list], after: nil, ref: before[row.ref], to: &lines)
    }
  }
}
