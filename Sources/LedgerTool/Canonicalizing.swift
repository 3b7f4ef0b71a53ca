public import CitizenItems
public import Foundation

/// `yonjo-ledger canonical`: lines in, canonical forms out.
public enum Canonicalizing {
  /// Writes the canonical form of each line; an empty line where there is none, so that lines stay beside each other.
  ///
  /// - Returns: lines read, and how many of them were refused.
  /// - Throws: `LedgerToolError.unreadable`, `.unwritable`.
  public static func run(_ item: Item, input: FileHandle, output: FileHandle) throws(LedgerToolError) -> (lines: Int, refused: Int) {
    var reader = ByteReader(standardInput: input)
    var writer = OutputFile(standardOutput: output)
    var lines = 0
    var refused = 0
    while let (bytes, isWhole) = try reader.line(limit: CSVReader.maximumRowBytes) {
      lines += 1
      let text = isWhole ? String(validating: bytes, as: UTF8.self) : nil
      let form = text.flatMap { try? CanonicalForm.canonical(item, $0) }
      if form == nil { refused += 1 }
      try writer.write((form ?? "") + "\n")
    }
    try writer.flush()
    return (lines, refused)
  }
}
