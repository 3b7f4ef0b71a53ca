import HummingbirdCore
import NIOCore

/// The lines of an NDJSON body as they arrive, in batches: what one part of the body completes. Never holds more than one part and one unfinished line.
///
/// A line ends with LF (a CR before it is dropped); the last one may lack its end. Empty lines are lines too, so that numbers agree with the sender's.
struct NDJSONLines: AsyncSequence {
  typealias Element = [[UInt8]]

  let body: RequestBody
  /// Longest line, in bytes without its end. Of a longer one only the beginning is kept, one byte more than this, so that the rules see that it is too long.
  let limit: Int

  struct AsyncIterator: AsyncIteratorProtocol {
    private var parts: RequestBody.AsyncIterator
    private var splitter: LineSplitter
    private var isAtEnd = false

    init(parts: RequestBody.AsyncIterator, limit: Int) {
      self.parts = parts
      splitter = LineSplitter(limit: limit)
    }

    mutating func next() async throws -> [[UInt8]]? {
      while !isAtEnd {
        guard let part = try await parts.next(isolation: #isolation) else {
          isAtEnd = true
          let last = splitter.finish()
          return last.map { [$0] }
        }
        let lines = part.withUnsafeReadableBytes { splitter.take($0) }
        if !lines.isEmpty { return lines }
      }
      return nil
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(parts: body.makeAsyncIterator(), limit: limit) }
}

/// Cuts bytes into lines, whatever the parts they come in.
struct LineSplitter {
  private let limit: Int
  private var unfinished: [UInt8] = []

  init(limit: Int) { self.limit = limit }

  /// The lines that end within these bytes.
  mutating func take(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      append(bytes[start..<end])
      lines.append(Self.withoutReturn(unfinished))
      unfinished.removeAll(keepingCapacity: true)
      start = end + 1
    }
    append(bytes[start...])
    return lines
  }

  /// The last line, where it had no end; nil where nothing is left.
  mutating func finish() -> [UInt8]? {
    guard !unfinished.isEmpty else { return nil }
    defer { unfinished = [] }
    return Self.withoutReturn(unfinished)
  }

  /// A line may be one byte longer than the limit (its CR) before anything is dropped.
  private mutating func append(_ slice: Slice<UnsafeRawBufferPointer>) {
    unfinished.append(contentsOf: slice.prefix(max(0, limit + 1 - unfinished.count)))
  }

  private static func withoutReturn(_ line: [UInt8]) -> [UInt8] { line.last == UInt8(ascii: "\r") ? Array(line.dropLast()) : line }
}
