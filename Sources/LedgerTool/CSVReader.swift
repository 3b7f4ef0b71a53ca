/// Rows of a CSV file (RFC 4180): UTF-8 with or without a mark, comma or tab, quotes, line ends of any kind. One row in memory.
public struct CSVReader: ~Copyable {
  /// A row, or why it cannot be read.
  public struct Row: Sendable {
    /// Line of the file on which the row begins, from 1.
    public let line: Int
    /// The fields; nil where the row cannot be read.
    public let fields: [String]?
  }

  /// Longest row, in bytes.
  public static let maximumRowBytes = 1 << 16

  private var bytes: ByteReader
  private let separator: UInt8
  private var line = 2
  /// The fields of the first line.
  public let header: [String]

  /// Opens a file and reads its header. The separator is a tab if the header holds one and no comma.
  ///
  /// - Throws: `LedgerToolError.unreadable`, `.noHeader`.
  public init(path: String) throws(LedgerToolError) {
    var bytes = try ByteReader(path: path)
    let (header, separator) = try Self.readHeader(&bytes, path)
    self.bytes = bytes
    self.header = header
    self.separator = separator
  }

  private static func readHeader(_ bytes: inout ByteReader, _ path: String) throws(LedgerToolError) -> ([String], UInt8) {
    guard let line = try bytes.line(limit: maximumRowBytes), line.isWhole else { throw .noHeader(path) }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let header = line.bytes.starts(with: mark) ? Array(line.bytes.dropFirst(3)) : line.bytes
    let separator: UInt8 = header.contains(0x09) && !header.contains(0x2C) ? 0x09 : 0x2C
    guard let text = String(validating: header, as: UTF8.self), !text.isEmpty else { throw .noHeader(path) }
    let fields = text.split(separator: separator == 0x09 ? "\t" : ",", omittingEmptySubsequences: false)
    return (fields.map { unquoted(String($0)) }, separator)
  }

  /// The next row; nil at the end. Empty lines are skipped.
  ///
  /// - Throws: `LedgerToolError.unreadable` if the file cannot be read on.
  public mutating func next() throws(LedgerToolError) -> Row? {
    while let byte = try bytes.peek(), byte == 0x0A || byte == 0x0D {
      _ = try bytes.next()
      if byte == 0x0A { line += 1 }
    }
    guard try bytes.peek() != nil else { return nil }
    let start = line
    var fields: [String] = []
    var isReadable = true
    var length = 0
    while true {
      let (field, end) = try readField(&length)
      if let field { fields.append(field) } else { isReadable = false }
      if end != separator { break }
    }
    return Row(line: start, fields: isReadable && length <= Self.maximumRowBytes ? fields : nil)
  }

  /// One field, nil where it is no UTF-8 or its quotes do not close; and the byte that ended it.
  private mutating func readField(_ length: inout Int) throws(LedgerToolError) -> (String?, UInt8?) {
    var field: [UInt8] = []
    var isWellFormed = true
    var end: UInt8?
    if try bytes.peek() == 0x22 {
      _ = try bytes.next()
      var isClosed = false
      while let byte = try bytes.next() {
        length += 1
        if byte == 0x0A { line += 1 }
        if byte == 0x22 {
          guard try bytes.peek() == 0x22 else {
            isClosed = true
            break
          }
          _ = try bytes.next()
        }
        if length <= Self.maximumRowBytes { field.append(byte) }
      }
      isWellFormed = isClosed
    }
    while let byte = try bytes.next() {
      length += 1
      if byte == separator || byte == 0x0A {
        end = byte
        if byte == 0x0A { line += 1 }
        break
      }
      if byte == 0x0D, try bytes.peek() == 0x0A { continue }
      if length <= Self.maximumRowBytes { field.append(byte) }
    }
    return (isWellFormed ? String(validating: field, as: UTF8.self) : nil, end)
  }

  private static func unquoted(_ field: String) -> String {
    let trimmed = field.filter { !$0.isWhitespace }
    return trimmed.count >= 2 && trimmed.hasPrefix("\"") && trimmed.hasSuffix("\"") ? String(trimmed.dropFirst().dropLast()) : trimmed
  }
}
