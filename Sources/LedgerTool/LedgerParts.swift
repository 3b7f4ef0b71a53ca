internal import Foundation
internal import Glibc

/// Rows with their tags, as they are written to parts: by a digest of their reference, so that equal references meet in one part.
struct PartedRows: Sendable {
  private(set) var bytes: [UInt8] = []
  /// The part of each record, and where it ends.
  private(set) var records: [(part: Int, end: Int)] = []
  private(set) var rejected: [(line: Int, reason: String)] = []
  /// Rows read.
  let count: Int
  /// Whether the reference of every row could be read.
  private(set) var isWhole = true

  init(_ tagged: TaggedRows, parts: Int) {
    count = tagged.rows.count
    for row in tagged.rows {
      guard let ref = row.ref else {
        isWhole = false
        rejected.append((row.line, row.rejection ?? "unreadable"))
        continue
      }
      if let reason = row.rejection { rejected.append((row.line, reason)) }
      guard !ref.isEmpty else {
        if row.rejection == nil { rejected.append((row.line, "ref empty")) }
        continue
      }
      let text = tagged.refs[ref]
      PartRecords.append(line: row.line, ref: text, list: row.rejection == nil ? tagged.list(row) ?? [] : [], to: &bytes)
      records.append((Int(RefTable.digest(text) >> 32) % parts, bytes.count))
    }
  }
}

/// One row of a part: its line, and where in the part its reference and its list of tags stand.
struct PartRecord: Sendable {
  let line: Int
  let ref: Range<Int>
  /// Empty where the row has no tags.
  let list: Range<Int>
}

/// The records of a part: line (8 bytes), lengths of reference and list (4 bytes each), reference, list.
struct PartRecords: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> PartRecord? {
    guard position + 16 <= bytes.count else { return nil }
    let line = number(8)
    let ref = number(4)
    let list = number(4)
    defer { position += ref + list }
    return PartRecord(line: line, ref: position..<position + ref, list: position + ref..<position + ref + list)
  }

  private mutating func number(_ length: Int) -> Int {
    var value = 0
    for index in position..<position + length { value = value << 8 | Int(bytes[index]) }
    position += length
    return value
  }

  static func append(line: Int, ref: ArraySlice<UInt8>, list: ArraySlice<UInt8>, to out: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: line >> shift)) }
    for count in [ref.count, list.count] {
      for shift in stride(from: 24, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: count >> shift)) }
    }
    out.append(contentsOf: ref)
    out.append(contentsOf: list)
  }
}

/// The references of a part, each once.
struct RefTable {
  private(set) var rows: [PartRecord] = []
  private var digests: [UInt64] = []
  private var slots: [Int32]
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    slots = [Int32](repeating: -1, count: 1024)
  }

  var count: Int { rows.count }

  /// Takes up a row of this part; false if its reference stood before.
  mutating func insert(_ row: PartRecord) -> Bool {
    if rows.count * 2 >= slots.count { grow() }
    let digest = Self.digest(bytes[row.ref])
    var slot = Int(truncatingIfNeeded: digest) & (slots.count - 1)
    while slots[slot] >= 0 {
      let number = Int(slots[slot])
      if digests[number] == digest, bytes[rows[number].ref] == bytes[row.ref] { return false }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Int32(rows.count)
    rows.append(row)
    digests.append(digest)
    return true
  }

  /// The number of the row with the reference of a row of another part.
  func number(of row: PartRecord, in other: [UInt8]) -> Int? {
    let ref = other[row.ref]
    let digest = Self.digest(ref)
    var slot = Int(truncatingIfNeeded: digest) & (slots.count - 1)
    while slots[slot] >= 0 {
      let number = Int(slots[slot])
      if digests[number] == digest, bytes[rows[number].ref] == ref { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for (number, digest) in digests.enumerated() {
      var slot = Int(truncatingIfNeeded: digest) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(number)
    }
  }

  /// FNV-1a, then mixed (the finalizer of MurmurHash3), so that high and low bits both scatter.
  static func digest(_ ref: ArraySlice<UInt8>) -> UInt64 {
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in ref { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    digest = (digest ^ digest >> 33) &* 0xFF51_AFD7_ED55_8CCD
    digest = (digest ^ digest >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return digest ^ digest >> 33
  }
}

/// The parts of one ledger. One part lies in memory; several lie in files that have no name from the moment they are made (`$TMPDIR`, or /tmp), so that
/// nothing is left of them however the program ends.
struct LedgerParts: ~Copyable {
  let count: Int
  private var descriptors: [Int32] = []
  private var buffers: [[UInt8]]

  private static let partLength = 8 << 20
  private static let maximumCount = 192
  private static let bufferLength = 1 << 15

  /// As many parts as keep each of them small, for files of these names; at most 192, which makes a part of 100 MB of a ledger of 20 GB.
  static func count(for files: [String]) -> Int {
    let largest = files.map { size(of: $0) ?? 0 }.max() ?? 0
    return min(max((largest + partLength - 1) / partLength, 1), maximumCount)
  }

  static func size(of file: String) -> Int? {
    (try? FileManager.default.attributesOfItem(atPath: file))?[.size].flatMap { ($0 as? NSNumber)?.intValue }
  }

  init(_ count: Int) throws(LedgerToolError) {
    self.count = count
    buffers = [[UInt8]](repeating: [], count: count)
    guard count > 1 else { return }
    let directory = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    for _ in 0..<count {
      var template = Array((directory + "/yonjo-ledger-XXXXXX").utf8CString)
      let descriptor = mkstemp(&template)  // with 0600
      guard descriptor >= 0 else { throw .unwritable(directory) }
      _ = unlink(template)
      descriptors.append(descriptor)
    }
  }

  deinit {
    for descriptor in descriptors { close(descriptor) }
  }

  mutating func append(_ rows: PartedRows) throws(LedgerToolError) {
    var start = 0
    for (part, end) in rows.records {
      buffers[part].append(contentsOf: rows.bytes[start..<end])
      start = end
      if count > 1, buffers[part].count >= Self.bufferLength { try flush(part) }
    }
  }

  /// The bytes of a part, which is then empty.
  mutating func take(_ part: Int) throws(LedgerToolError) -> [UInt8] {
    guard count > 1 else {
      let bytes = buffers[part]
      buffers[part] = []
      return bytes
    }
    try flush(part)
    buffers[part] = []
    let handle = FileHandle(fileDescriptor: descriptors[part], closeOnDealloc: false)
    do {
      try handle.seek(toOffset: 0)
      let bytes = Array(try handle.readToEnd() ?? Data())
      try handle.truncate(atOffset: 0)
      return bytes
    } catch {
      throw .unwritable("a temporary file")
    }
  }

  private mutating func flush(_ part: Int) throws(LedgerToolError) {
    do {
      try FileHandle(fileDescriptor: descriptors[part], closeOnDealloc: false).write(contentsOf: Data(buffers[part]))
    } catch {
      throw .unwritable("a temporary file")
    }
    buffers[part].removeAll(keepingCapacity: true)
  }
}
