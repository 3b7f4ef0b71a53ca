public import CitizenItems
public import Foundation

/// `yonjo-ledger canonical`: lines in, canonical forms out.
public enum Canonicalizing {
  /// Writes the canonical form of each line; an empty line where there is none, so that lines stay beside each other.
  ///
  /// - Returns: lines read, and how many of them were refused.
  /// - Throws: `LedgerToolError.unreadable`, `.unwritable`.
  public static func run(_ item: Item, input: FileHandle, output: FileHandle) throws(LedgerToolError) -> (lines: Int, refused: Int) {
    let blocks = RowBlocks(InputFile(standardInput: input), rest: [], line: 1, separator: nil)
    var writer = OutputFile(standardOutput: output)
    var canonicalizer = Canonicalizer()
    var lines = 0
    var refused = 0
    while let block = try blocks.next() {
      let ends = block.bytes.indices.filter { block.bytes[$0] == 0x0A } + (block.bytes.last == 0x0A ? [] : [block.bytes.count])
      var out: [UInt8] = []
      var start = 0
      for end in ends {
        lines += 1
        let hasReturn = end > start && block.bytes[end - 1] == 0x0D
        block.bytes.withUnsafeBufferPointer { bytes in
          let line = UnsafeBufferPointer(rebasing: bytes[start..<(hasReturn ? end - 1 : end)])
          do throws(CanonicalRefusal) { try canonicalizer.append(item, line, to: &out) } catch { refused += 1 }
        }
        out.append(0x0A)
        start = end + 1
      }
      try writer.write(out)
    }
    try writer.finish()
    return (lines, refused)
  }
}
