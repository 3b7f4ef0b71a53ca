/// What `diff` found. Counts only.
public struct DifferingReport: Sendable, Hashable, Codable {
  /// Customers in the old and in the new file.
  public var old = 0, new = 0
  /// Customers who came, left, or whose tags changed.
  public var came = 0, left = 0, changed = 0
  /// Rows left aside, in both files: unreadable, without a reference, or with one that stood before.
  public var rejected = 0
}

/// `yonjo-ledger diff`: two days' ledgers in, the changes between them out, as `push` takes them. Either file is a ledger as CSV or what `tag` made of it.
public enum Differing {
  /// Compares two files by reference and writes the changes as NDJSON.
  ///
  /// A customer whose keys gained a version is a change: old and new tags share one, which deletes nothing and hands over the other.
  ///
  /// - Parameter keys: asked for only if a file is CSV.
  /// - Throws: `LedgerToolError`.
  public static func run(
    old: String, new: String, mapping: ColumnMapping, output: String?, keys: () async throws(LedgerToolError) -> LedgerKeys
  ) async throws(LedgerToolError) -> DifferingReport {
    var report = DifferingReport()
    var before: [String: [String]] = [:]
    let areTags = (try LedgerRows.isTagFile(old), try LedgerRows.isTagFile(new))
    let keys: LedgerKeys? = areTags.0 && areTags.1 ? nil : try await keys()
    var oldRows = try rows(old, keys, mapping)
    while let row = try oldRows.next() {
      guard case .tagged(let ref, let tags) = row.content, !ref.isEmpty, before.updateValue(tags, forKey: ref) == nil else {
        report.rejected += 1
        continue
      }
      report.old += 1
    }
    var writer =
      try OutputFile(output)
    var seen: Set<String> = []
    var newRows = try rows(new, keys, mapping)
    while let row = try newRows.next() {
      guard case .tagged(let ref, let tags) = row.content, !ref.isEmpty, seen.insert(ref).inserted else {
        report.rejected += 1
        continue
      }
      report.new += 1
      let known = before.removeValue(forKey: ref)
      guard known != tags else { continue }
      if known == nil { report.came += 1 } else { report.changed += 1 }
      try writer.write(LedgerChange(before: known ?? [], after: tags, ref: ref).line + "\n")
    }
    for (ref, tags) in before.sorted(by: { $0.key < $1.key }) {
      report.left += 1
      try writer.write(LedgerChange(before: tags, after: nil, ref: ref).line + "\n")
    }
    try writer.flush()
    return report
  }

  private static func rows(_ path: String, _ keys: LedgerKeys?, _ mapping: ColumnMapping) throws(LedgerToolError) -> LedgerRows {
    if let keys, try !LedgerRows.isTagFile(path) { return try LedgerRows(path: path, keys: keys, mapping: mapping) }
    return try LedgerRows(tagFile: path)
  }
}
