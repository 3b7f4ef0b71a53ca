internal import CitizenItems
internal import StrictJSON

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
    guard let wire = Wire(line) else { throw Unreadable(reason: "lineMalformed") }
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

  /// The members of a line. `after` must be there, since its absence would mean that the customer left, and so must be no other member, since it could be
  /// `after` misspelt.
  private struct Wire {
    var before: [String]
    var after: [String]?
    var ref: String?

    init?(_ line: UnsafeBufferPointer<UInt8>) {
      guard case .object(let members)? = try? JSONReader.read(UnsafeRawBufferPointer(line)) else { return nil }
      var lists: [String: [String]] = [:]
      var isAfterNull = false
      for member in members {
        switch (member.name, member.value) {
        case ("before", .array(let tags)), ("after", .array(let tags)):
          lists[member.name] = tags.compactMap { if case .string(let tag) = $0 { tag } else { nil } }
          guard lists[member.name]?.count == tags.count else { return nil }
        case ("after", .null): isAfterNull = true
        case ("ref", .string(let text)): ref = text
        case ("ref", .null): ref = nil
        default: return nil
        }
      }
      guard let before = lists["before"], lists["after"] != nil || isAfterNull else { return nil }
      self.before = before
      after = lists["after"]
    }
  }
}
