/// Some whole rows of a file, as they lie there.
struct RowBlock: Sendable {
  let bytes: [UInt8]
  /// Line of the file on which the first row begins, from 1.
  let line: Int
}

/// Finds where rows end. Of a file of any length it holds a block and a piece in memory.
///
/// A row may not be longer than `CSVReader.maximumRowBytes`. One that is, or whose quotes do not close within that length, is bad: it ends with its first
/// line, and the next row begins on the next. So a stray quote costs one row, and not the rest of the file.
final class RowBlocks {
  private let file: InputFile
  /// What was read, from the beginning of a row on.
  private var rest: [UInt8]
  private var line: Int
  private var isAtEnd = false
  /// nil: rows are lines, as in a file of tags.
  private let separator: UInt8?

  static let blockLength = 1 << 18

  init(_ file: InputFile, rest: [UInt8], line: Int, separator: UInt8?) {
    self.file = file
    self.rest = rest
    self.line = line
    self.separator = separator
  }

  /// The next rows; nil at the end.
  func next() throws(LedgerToolError) -> RowBlock? {
    while true {
      while !isAtEnd, rest.count < Self.blockLength { isAtEnd = try !file.read(into: &rest) }
      guard !rest.isEmpty else { return nil }
      let end = isAtEnd ? rest.count : endOfRows()
      guard end > 0 else {
        try shortenFirstLine()
        continue
      }
      let bytes = Array(rest[..<end])
      let block = RowBlock(bytes: bytes, line: line)
      rest.removeFirst(end)
      line += bytes.count { $0 == 0x0A }
      return block
    }
  }

  /// Where the last whole row of what was read ends; 0 if there is none.
  private func endOfRows() -> Int {
    guard let separator, rest.contains(0x22) else { return (rest.lastIndex(of: 0x0A) ?? -1) + 1 }
    return rest.withUnsafeBufferPointer { bytes in
      var end = 0
      while let next = CSVRows.endOfRow(bytes, from: end, separator: separator, isWhole: false)?.next { end = next }
      return end
    }
  }

  /// Of a first line that is longer than a block, keeps so much that it is refused for its length.
  private func shortenFirstLine() throws(LedgerToolError) {
    rest.removeLast(rest.count - CSVReader.maximumRowBytes - 1)
    var piece: [UInt8] = []
    while true {
      piece.removeAll(keepingCapacity: true)
      guard try file.read(into: &piece) else {
        isAtEnd = true
        return
      }
      guard let end = piece.firstIndex(of: 0x0A) else { continue }
      rest += piece[end...]
      return
    }
  }
}

/// A cursor over the rows of a block (RFC 4180).
struct CSVRows: ~Copyable {
  /// Line of the file on which the row begins.
  private(set) var line: Int
  /// Whether the row can be read at all.
  private(set) var isReadable = false
  private let bytes: UnsafeBufferPointer<UInt8>
  private let separator: UInt8
  private var position = 0
  private var nextLine: Int
  /// Where fields lie: in the block, or in `unquoted` if the row holds quotes.
  private var fields: [Range<Int>] = []
  private var unquoted = Bytes()
  private var hasQuotes = false

  /// - Parameter bytes: those of a block; they must outlive the cursor.
  init(_ bytes: UnsafeBufferPointer<UInt8>, line: Int, separator: UInt8) {
    self.bytes = bytes
    self.separator = separator
    self.line = line
    nextLine = line
  }

  /// Goes to the next row; false at the end. Empty lines are skipped.
  mutating func next() -> Bool {
    while position < bytes.count, bytes[position] == 0x0A || bytes[position] == 0x0D {
      if bytes[position] == 0x0A { nextLine += 1 }
      position += 1
    }
    guard position < bytes.count, let row = Self.endOfRow(bytes, from: position, separator: separator, isWhole: true) else { return false }
    line = nextLine
    isReadable = row.isReadable
    fields.removeAll(keepingCapacity: true)
    if isReadable { split(position..<row.end) }
    for index in position..<row.next where bytes[index] == 0x0A { nextLine += 1 }
    position = row.next
    return true
  }

  var fieldCount: Int { fields.count }

  /// A field, valid until the next row; an empty one where the row has no more.
  subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
    guard index < fields.count else { return UnsafeBufferPointer(start: nil, count: 0) }
    return hasQuotes ? unquoted[fields[index]] : UnsafeBufferPointer(rebasing: bytes[fields[index]])
  }

  // MARK: ends

  /// Where a row ends, where the next one begins, and whether it can be read; nil if more bytes are needed to tell.
  ///
  /// - Parameter isWhole: whether no more bytes will come.
  static func endOfRow(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, separator: UInt8, isWhole: Bool)
    -> (end: Int, next: Int, isReadable: Bool)?
  {
    guard start < bytes.count else { return nil }
    let limit = start + CSVReader.maximumRowBytes
    var index = start
    var isFieldStart = true
    while index < bytes.count, index <= limit {
      let byte = bytes[index]
      if byte == 0x0A { return (index, index + 1, true) }
      if byte == 0x22, isFieldStart {
        guard let end = endOfQuotes(bytes, from: index + 1, limit: limit) else { break }
        index = end
        isFieldStart = false
        continue
      }
      isFieldStart = byte == separator
      index += 1
    }
    if index == bytes.count, isWhole, index - start <= CSVReader.maximumRowBytes { return (index, index, true) }
    // Bad, or not all of it is there yet.
    guard isWhole || bytes.count > limit else { return nil }
    var end = start
    while end < bytes.count, bytes[end] != 0x0A { end += 1 }
    if end == bytes.count { return isWhole ? (end, end, false) : nil }
    return (end, end + 1, false)
  }

  /// The place after the closing quote; nil if there is none.
  private static func endOfQuotes(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, limit: Int) -> Int? {
    var index = start
    while index < bytes.count, index <= limit {
      if bytes[index] == 0x22 {
        guard index + 1 < bytes.count, bytes[index + 1] == 0x22 else { return index + 1 }
        index += 1
      }
      index += 1
    }
    return nil
  }

  // MARK: fields

  private mutating func split(_ row: Range<Int>) {
    var end = row.upperBound
    hasQuotes = false
    for index in row where bytes[index] == 0x22 {
      hasQuotes = true
      break
    }
    if hasQuotes {
      splitQuoted(row)
      return
    }
    if end > row.lowerBound, bytes[end - 1] == 0x0D { end -= 1 }
    var start = row.lowerBound
    for index in row.lowerBound..<end where bytes[index] == separator {
      fields.append(start..<index)
      start = index + 1
    }
    fields.append(start..<end)
  }

  private mutating func splitQuoted(_ row: Range<Int>) {
    unquoted.removeAll()
    var index = row.lowerBound
    while true {
      let start = unquoted.count
      if index < row.upperBound, bytes[index] == 0x22 {
        index += 1
        while index < row.upperBound {
          if bytes[index] == 0x22 {
            index += 1
            guard index < row.upperBound, bytes[index] == 0x22 else { break }
          }
          unquoted.append(bytes[index])
          index += 1
        }
      }
      while index < row.upperBound, bytes[index] != separator {
        if !(bytes[index] == 0x0D && index + 1 == row.upperBound) { unquoted.append(bytes[index]) }
        index += 1
      }
      fields.append(start..<unquoted.count)
      guard index < row.upperBound else { return }
      index += 1
    }
  }
}

/// Bytes whose memory is kept and may be borrowed.
struct Bytes: ~Copyable {
  private(set) var count = 0
  private var capacity: Int
  private var base: UnsafeMutablePointer<UInt8>

  init() {
    capacity = 256
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  mutating func append(_ byte: UInt8) {
    if count == capacity { grow(to: capacity * 2) }
    base[count] = byte
    count += 1
  }

  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let start = bytes.baseAddress else { return }
    if count + bytes.count > capacity { grow(to: (count + bytes.count) * 2) }
    (base + count).update(from: start, count: bytes.count)
    count += bytes.count
  }

  mutating func removeAll() { count = 0 }

  /// Some of the bytes, valid until the next change.
  subscript(range: Range<Int>) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base + range.lowerBound, count: range.count) }

  private mutating func grow(to capacity: Int) {
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
    self.capacity = capacity
  }
}
