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
  /// Compares the two sides of each row (`card.name` … and `ledger.name` …) and writes `line,ref,verdict,why` as CSV. No item is written.
  ///
  /// - Throws: `LedgerToolError`.
  public static func run(_ path: String, mapping: ColumnMapping, output: String?) throws(LedgerToolError) -> ComparingReport {
    var reader = try CSVReader(path: path)
    let left = try ItemColumns(mapping, side: "left", header: reader.header)
    let right = try ItemColumns(mapping, side: "right", header: reader.header)
    let ref = try? mapping.index(of: "ref", side: nil, in: reader.header)
    var writer =
      try OutputFile(output)
    try writer.write("line,ref,verdict,why\n")
    var report = ComparingReport()
    while let row = try reader.next() {
      guard let fields = row.fields, let one = left.items(in: fields), let another = right.items(in: fields) else {
        report.rejected += 1
        try writer.write("\(row.line),,rejected,unreadable\n")
        continue
      }
      let comparison = one.compare(with: another)
      switch comparison.resemblance {
      case .same: report.same += 1
      case .probable: report.probable += 1
      case .different: report.different += 1
      }
      let reference = ref.flatMap { $0 < fields.count ? fields[$0] : nil } ?? ""
      try writer.write("\(row.line),\(quoted(reference)),\(comparison.resemblance.rawValue),\(comparison.why)\n")
    }
    try writer.flush()
    return report
  }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}
