import Broker
import Foundation
import HummingbirdCore
import NIOCore

/// The lines of an NDJSON body as they arrive, in batches: what one part of the body completes. Never holds more than one part and one unfinished line.
///
/// A line ends with LF (a CR before it is dropped); the last one may lack its end. Empty lines are none.
struct NDJSONLines: AsyncSequence {
  typealias Element = LineBatch

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

    mutating func next() async throws -> LineBatch? {
      while !isAtEnd {
        guard let part = try await parts.next(isolation: #isolation) else {
          isAtEnd = true
          let last = splitter.finish()
          return last.count == 0 ? nil : last
        }
        let lines = part.withUnsafeReadableBytes { splitter.take($0) }
        if lines.count > 0 { return lines }
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
  mutating func take(_ bytes: UnsafeRawBufferPointer) -> LineBatch {
    var lines = LineBatch()
    guard let base = bytes.baseAddress else { return lines }
    lines.reserve(bytes: unfinished.count + bytes.count)
    var start = 0
    while start < bytes.count, let hit = memchr(base + start, 0x0A, bytes.count - start) {
      let end = UnsafeRawPointer(hit) - base
      if unfinished.isEmpty {
        Self.append(UnsafeRawBufferPointer(rebasing: bytes[start..<min(end, start + limit + 1)]), to: &lines)
      } else {
        keep(bytes[start..<end])
        unfinished.withUnsafeBytes { Self.append($0, to: &lines) }
        unfinished.removeAll(keepingCapacity: true)
      }
      start = end + 1
    }
    keep(bytes[start...])
    return lines
  }

  /// The last line, where it had no end.
  mutating func finish() -> LineBatch {
    defer { unfinished = [] }
    var lines = LineBatch()
    unfinished.withUnsafeBytes { Self.append($0, to: &lines) }
    return lines
  }

  /// A line may be one byte longer than the limit (its CR) before anything is dropped.
  private mutating func keep(_ slice: Slice<UnsafeRawBufferPointer>) {
    unfinished.append(contentsOf: slice.prefix(max(0, limit + 1 - unfinished.count)))
  }

  private static func append(_ line: UnsafeRawBufferPointer, to lines: inout LineBatch) {
    lines.append(line.last == UInt8(ascii: "\r") ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line)
  }
}
