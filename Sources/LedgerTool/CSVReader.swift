/// Rows of a CSV file (RFC 4180), one after another: in UTF-8 with or without a mark, or in CP932; comma, tab or what the mapping says; quotes; lines
/// that end with LF or CR LF. A block of rows in memory.
public final class CSVReader {
  /// A row, or why it cannot be read.
  public struct Row: Sendable {
    /// Line of the file on which the row begins, from 1.
    public let line: Int
    /// The fields; nil where the row is too long, its quotes do not close, or its bytes are not text in the file's encoding.
    public let fields: [String]?
  }

  /// Longest row, in bytes.
  public static let maximumRowBytes = 1 << 16

  /// The fields of the first line; empty where the mapping says that there is no header.
  public let header: [String]
  let separator: UInt8
  let encoding: TextEncoding
  let file: InputFile
  let blocks: RowBlocks
  private var rows: [Row] = []
  private var nextRow = 0

  /// Opens a file and reads its header. Unless the mapping says otherwise the separator is a tab if the header holds one and no comma.
  ///
  /// - Throws: `LedgerToolError.unreadable`, `.noHeader`, `.notText`.
  public init(path: String, mapping: ColumnMapping = ColumnMapping()) throws(LedgerToolError) {
    file = try InputFile(path: path)
    encoding = mapping.encoding
    var bytes: [UInt8] = []
    while bytes.count <= Self.maximumRowBytes, !bytes.contains(0x0A), try file.read(into: &bytes) {}
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    let line = bytes.prefix { $0 != 0x0A }
    separator = mapping.separator ?? (line.contains(0x09) && !line.contains(0x2C) ? 0x09 : 0x2C)
    guard mapping.hasHeader else {
      header = []
      blocks = RowBlocks(file, rest: bytes, line: 1, separator: separator)
      return
    }
    guard !line.isEmpty, line.count <= Self.maximumRowBytes else { throw .noHeader(path) }
    let end = line.count
    guard let names = Self.fields(of: Array(line), line: 1, separator: separator, encoding).first?.fields else { throw .notText(path) }
    header = names.map { name in
      String(name.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
    bytes.removeFirst(min(end + 1, bytes.count))
    blocks = RowBlocks(file, rest: bytes, line: 2, separator: separator)
  }

  /// The next row; nil at the end. Empty lines are skipped.
  ///
  /// - Throws: `LedgerToolError.unreadable` if the file cannot be read on.
  public func next() throws(LedgerToolError) -> Row? {
    while nextRow == rows.count {
      guard let block = try blocks.next() else { return nil }
      rows = Self.fields(of: block.bytes, line: block.line, separator: separator, encoding)
      nextRow = 0
    }
    nextRow += 1
    return rows[nextRow - 1]
  }

  private static func fields(of bytes: [UInt8], line: Int, separator: UInt8, _ encoding: TextEncoding) -> [Row] {
    bytes.withUnsafeBufferPointer { bytes in
      var cursor = CSVRows(bytes, line: line, separator: separator)
      var rows: [Row] = []
      while cursor.next() {
        var fields: [String]? = cursor.isReadable ? [] : nil
        for index in 0..<cursor.fieldCount {
          guard let field = encoding.string(cursor[index]) else {
            fields = nil
            break
          }
          fields?.append(field)
        }
        rows.append(Row(line: cursor.line, fields: fields))
      }
      return rows
    }
  }
}
