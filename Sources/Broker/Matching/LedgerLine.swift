internal import CitizenItems
internal import Foundation

/// One line of the upload, read.
struct LedgerLine: Sendable {
  /// The longest line, in bytes.
  static let maximumBytes = 65_536

  let before: [EdgeTag]
  let after: [EdgeTag]?
  let ref: String?

  /// Why a line could not be read; it stops nothing.
  struct Unreadable: Error {
    /// A stable code, as `LedgerJob.InvalidLine` lists them.
    let reason: String
  }

  /// Reads a line, given without its end.
  init(_ line: UnsafeBufferPointer<UInt8>) throws(Unreadable) {
    guard line.count <= Self.maximumBytes else { throw Unreadable(reason: "lineTooLong") }
    if let usual = UsualLine(line) {
      try Self.check(tags: max(usual.before.count, usual.after?.count ?? 0), ref: usual.ref)
      before = try Self.tags(usual.before)
      if let texts = usual.after { after = try Self.tags(texts) } else { after = nil }
      ref = usual.ref
      return
    }
    guard let wire = try? JSONDecoder().decode(Wire.self, from: Data(line)) else { throw Unreadable(reason: "lineMalformed") }
    try Self.check(tags: max(wire.before.count, wire.after?.count ?? 0), ref: wire.ref)
    do {
      before = try wire.before.map { try EdgeTag(parsing: $0) }
      after = try wire.after.map { try $0.map { try EdgeTag(parsing: $0) } }
    } catch {
      throw Unreadable(reason: "tagMalformed")
    }
    ref = wire.ref
  }

  private static func check(tags: Int, ref: String?) throws(Unreadable) {
    guard tags <= PairService.maximumTags else { throw Unreadable(reason: "tooManyTags") }
    guard (1...128).contains(ref?.utf8.count ?? 1) else { throw Unreadable(reason: "refInvalid") }
  }

  private static func tags(_ texts: [UnsafeBufferPointer<UInt8>]) throws(Unreadable) -> [EdgeTag] {
    var tags: [EdgeTag] = []
    tags.reserveCapacity(texts.count)
    for text in texts {
      guard let tag = EdgeTag(utf8: text) else { throw Unreadable(reason: "tagMalformed") }
      tags.append(tag)
    }
    return tags
  }

  private struct Wire: Decodable {
    let before: [String]
    let after: [String]?
    let ref: String?
  }
}

/// A line as `yonjo-ledger` writes it: the known members, each at most once, without blanks between JSON's marks and without escapes in its strings. Points
/// into the line, so that nothing is copied; of any other line it is nil, and a JSON decoder must look at that.
private struct UsualLine {
  private(set) var before: [UnsafeBufferPointer<UInt8>] = []
  private(set) var after: [UnsafeBufferPointer<UInt8>]?
  private(set) var ref: String?

  private let line: UnsafeBufferPointer<UInt8>
  private var position = 0

  init?(_ line: UnsafeBufferPointer<UInt8>) {
    self.line = line
    var (hasBefore, hasAfter) = (false, false)
    guard take(0x7B) else { return nil }
    repeat {
      guard let name = string(), take(0x3A) else { return nil }
      if !hasBefore, name.elementsEqual("before".utf8), let texts = strings() {
        before = texts
        hasBefore = true
      } else if !hasAfter, name.elementsEqual("after".utf8) {
        hasAfter = true
        if takeNull() { continue }
        guard let texts = strings() else { return nil }
        after = texts
      } else if ref == nil, name.elementsEqual("ref".utf8), let text = string() {
        guard let text = String(validating: text, as: UTF8.self) else { return nil }
        ref = text
      } else {
        return nil
      }
    } while take(0x2C)
    guard hasBefore, take(0x7D), position == line.count else { return nil }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < line.count, line[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func takeNull() -> Bool {
    guard line[position...].starts(with: "null".utf8) else { return false }
    position += 4
    return true
  }

  private mutating func string() -> UnsafeBufferPointer<UInt8>? {
    guard take(0x22) else { return nil }
    let start = position
    while position < line.count {
      let byte = line[position]
      if byte == 0x22 {
        position += 1
        return UnsafeBufferPointer(rebasing: line[start..<(position - 1)])
      }
      guard byte >= 0x20, byte != 0x5C else { return nil }
      position += 1
    }
    return nil
  }

  private mutating func strings() -> [UnsafeBufferPointer<UInt8>]? {
    guard take(0x5B) else { return nil }
    var strings: [UnsafeBufferPointer<UInt8>] = []
    if take(0x5D) { return strings }
    repeat {
      guard let next = string() else { return nil }
      strings.append(next)
    } while take(0x2C)
    return take(0x5D) ? strings : nil
  }
}
