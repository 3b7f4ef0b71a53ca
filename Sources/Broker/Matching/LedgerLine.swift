internal import CitizenItems
internal import Foundation

/// One line of an upload, read.
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

  /// Reads a line as it came, given without its end.
  init(_ line: UnsafeBufferPointer<UInt8>) throws(Unreadable) {
    guard line.count <= Self.maximumBytes else { throw Unreadable(reason: "lineTooLong") }
    // A decoder would take UTF-16 and UTF-32, too (RFC 8259 §8.1 does not).
    guard !line.contains(0), String(validating: line, as: UTF8.self) != nil else { throw Unreadable(reason: "lineMalformed") }
    guard let wire = try? JSONDecoder().decode(Wire.self, from: Data(line)) else { throw Unreadable(reason: "lineMalformed") }
    guard max(wire.before.count, wire.after?.count ?? 0) <= PairService.maximumTags else { throw Unreadable(reason: "tooManyTags") }
    guard KeptLine.referenceBytes.contains(wire.ref?.utf8.count ?? 1) else { throw Unreadable(reason: "refInvalid") }
    do {
      before = try wire.before.map { try EdgeTag(parsing: $0) }
      after = try wire.after.map { try $0.map { try EdgeTag(parsing: $0) } }
    } catch {
      throw Unreadable(reason: "tagMalformed")
    }
    ref = wire.ref
  }

  /// Reads a line that was kept; nil where it is damaged.
  init?(_ kept: KeptLine) {
    var rest = kept.bytes[...]
    func tags(_ count: UInt8) -> [EdgeTag]? {
      var tags: [EdgeTag] = []
      for _ in 0..<count {
        guard let tag = KeptLine.takeTag(&rest), let read = EdgeTag(decoded: tag) else { return nil }
        tags.append(read)
      }
      return tags
    }
    guard let beforeCount = rest.popFirst(), let before = tags(beforeCount), let afterCount = rest.popFirst() else { return nil }
    self.before = before
    if afterCount == KeptLine.null {
      after = nil
    } else {
      guard let after = tags(afterCount) else { return nil }
      self.after = after
    }
    ref = rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
  }

  private struct Wire: Decodable {
    let before: [String]
    let after: [String]?
    let ref: String?
  }
}
