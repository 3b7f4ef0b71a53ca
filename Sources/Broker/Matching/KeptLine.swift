internal import CitizenItems
internal import Foundation

/// One line of an upload as it is kept: the number of tags before, those tags (``EdgeTag/decode(_:into:)``), the number of tags after or ``null``, those
/// tags, the reference. Half as long as it came, and read in a fraction of the time.
struct KeptLine {
  /// In place of a number of tags: there is no list.
  static let null: UInt8 = 0xFF
  /// Lengths that a reference may have, in bytes.
  static let referenceBytes = 1...128
  /// The longest.
  static let maximumBytes = 2 + 2 * PairService.maximumTags * EdgeTag.maximumBytes + referenceBytes.upperBound

  let bytes: UnsafeRawBufferPointer

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Reads a line as it came, given without its end.
  ///
  /// - Parameter room: where it is kept; ``maximumBytes`` at least.
  init(_ line: UnsafeBufferPointer<UInt8>, in room: UnsafeMutableRawBufferPointer) throws(LedgerLine.Unreadable) {
    var usual = UsualLine(line, room)
    if line.count <= LedgerLine.maximumBytes, let count = usual.write() {
      bytes = UnsafeRawBufferPointer(rebasing: room[..<count])
      return
    }
    let read = try LedgerLine(line)
    var kept: [UInt8] = []
    func append(_ tags: [EdgeTag]) {
      kept.append(UInt8(tags.count))
      for tag in tags { tag.withBytes { kept.append(contentsOf: $0) } }
    }
    append(read.before)
    if let after = read.after { append(after) } else { kept.append(Self.null) }
    if let ref = read.ref { kept.append(contentsOf: ref.utf8) }
    guard kept.count <= room.count else { throw LedgerLine.Unreadable(reason: "lineTooLong") }
    room.copyBytes(from: kept)
    bytes = UnsafeRawBufferPointer(rebasing: room[..<kept.count])
  }

  /// Calls `body` with each tag before, in bytes.
  func forEachBefore(_ body: (UnsafeRawBufferPointer) -> Void) {
    var rest = bytes[...]
    for _ in 0..<(rest.popFirst() ?? 0) {
      guard let tag = Self.takeTag(&rest) else { return }
      body(tag)
    }
  }

  /// The tag that stands first; nil where there is none.
  static func takeTag(_ rest: inout Slice<UnsafeRawBufferPointer>) -> UnsafeRawBufferPointer? {
    guard let scheme = rest.first, let count = EdgeTag.length(scheme: scheme), rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
  }
}

/// A line as `yonjo-ledger` writes it: `{"before":[…],"after":[…],"ref":"…"}`, without blanks and without escapes; `after` may be `null`, `ref` may be
/// left out. Any other line, and any that is not right in every detail, a JSON reader must look at.
private struct UsualLine {
  private let line: UnsafeBufferPointer<UInt8>
  private let room: UnsafeMutableRawBufferPointer
  private var position = 0
  private var written = 0

  init(_ line: UnsafeBufferPointer<UInt8>, _ room: UnsafeMutableRawBufferPointer) {
    self.line = line
    self.room = room
  }

  /// Writes it as it is kept.
  ///
  /// - Returns: how many bytes; nil where it is none.
  mutating func write() -> Int? {
    guard take(#"{"before":["#), tags() else { return nil }
    if take(#","after":null"#) {
      append(KeptLine.null)
    } else {
      guard take(#","after":["#), tags() else { return nil }
    }
    if take(#","ref":""#) {
      guard let text = string(), KeptLine.referenceBytes.contains(text.count), Self.isText(text) else { return nil }
      room[written...].copyBytes(from: text)
      written += text.count
    }
    return take("}") && position == line.count ? written : nil
  }

  private mutating func append(_ byte: UInt8) {
    room[written] = byte
    written += 1
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard line.count - position >= count, let start = line.baseAddress, memcmp(start + position, text.utf8Start, count) == 0 else {
      return false
    }
    position += count
    return true
  }

  /// The rest of a list of tags, its end included.
  private mutating func tags() -> Bool {
    let countAt = written
    append(0)
    if take("]") { return true }
    repeat {
      guard room[countAt] < PairService.maximumTags, take("\""), let text = string(),
        let count = EdgeTag.decode(text, into: UnsafeMutableRawBufferPointer(rebasing: room[written...]))
      else { return false }
      written += count
      room[countAt] += 1
    } while take(",")
    return take("]")
  }

  /// The rest of a string, its end included, whatever is in it.
  private mutating func string() -> UnsafeBufferPointer<UInt8>? {
    guard let start = line.baseAddress, position < line.count,
      let end = memchr(start + position, 0x22, line.count - position)
    else { return nil }
    let count = UnsafeRawPointer(end) - UnsafeRawPointer(start + position)
    defer { position += count + 1 }
    return UnsafeBufferPointer(start: start + position, count: count)
  }

  private static func isText(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.allSatisfy { $0 >= 0x20 && $0 != 0x5C }
      && (text.allSatisfy { $0 < 0x80 } || String(validating: text, as: UTF8.self) != nil)
  }
}
