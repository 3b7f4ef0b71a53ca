internal import Foundation

/// A file read forward in pieces, byte by byte for its users. Holds one piece in memory.
struct ByteReader: ~Copyable {
  private let handle: FileHandle
  private let ownsHandle: Bool
  private let name: String
  private var piece: [UInt8] = []
  private var position = 0

  private static let pieceLength = 1 << 18

  init(path: String) throws(LedgerToolError) {
    guard let handle = FileHandle(forReadingAtPath: path) else { throw .unreadable(path) }
    self.handle = handle
    ownsHandle = true
    name = path
  }

  init(standardInput: FileHandle) {
    handle = standardInput
    ownsHandle = false
    name = "standard input"
  }

  deinit {
    if ownsHandle { try? handle.close() }
  }

  /// The next byte; nil at the end.
  mutating func next() throws(LedgerToolError) -> UInt8? {
    if position == piece.count, try !refill() { return nil }
    defer { position += 1 }
    return piece[position]
  }

  /// The byte after this one, without taking it.
  mutating func peek() throws(LedgerToolError) -> UInt8? {
    if position == piece.count, try !refill() { return nil }
    return piece[position]
  }

  /// A line without its end; nil at the end of the file. Of a line longer than `limit` the rest is dropped and `isWhole` is false.
  mutating func line(limit: Int) throws(LedgerToolError) -> (bytes: [UInt8], isWhole: Bool)? {
    guard try peek() != nil else { return nil }
    var bytes: [UInt8] = []
    var isWhole = true
    while true {
      if position == piece.count, try !refill() { break }
      let end = piece[position...].firstIndex(of: 0x0A) ?? piece.count
      if bytes.count + end - position <= limit {
        bytes += piece[position..<end]
      } else {
        isWhole = false
      }
      position = end
      if end < piece.count {
        position += 1
        break
      }
    }
    if bytes.last == 0x0D { bytes.removeLast() }
    return (bytes, isWhole)
  }

  private mutating func refill() throws(LedgerToolError) -> Bool {
    do { piece = Array(try handle.read(upToCount: Self.pieceLength) ?? Data()) } catch { throw .unreadable(name) }
    position = 0
    return !piece.isEmpty
  }
}
