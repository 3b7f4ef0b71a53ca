internal import Glibc

/// One entry as it is sorted and stored: a serial number, a time, a reason.
protocol SortedRecord: BitwiseCopyable, SendableMetatype {
  /// A byte of the serial number; 0 is the last.
  func digit(_ place: Int) -> Int
  func precedes(_ other: Self) -> Bool
  func hasSerial(of other: Self) -> Bool
  /// The serial number's last `width` bytes, big-endian.
  func writeSerial(to bytes: UnsafeMutablePointer<UInt8>, width: Int)
  /// How many bytes the serial number has.
  var length: Int { get }
  var seconds: UInt32 { get }
  var code: UInt8 { get }
  /// One that no other comes after.
  static var last: Self { get }
  /// Reads what `pack` wrote; up to eight bytes behind it are read, too, and mean nothing.
  init(packed bytes: UnsafePointer<UInt8>, width: Int)
}

extension SortedRecord {
  func writeSerial(to bytes: UnsafeMutablePointer<UInt8>, width: Int) {
    for place in 0..<width { bytes[width - 1 - place] = UInt8(digit(place)) }
  }

  /// The form of index and scratch file: serial number, time (little-endian), reason.
  @inline(__always)
  func pack(to bytes: UnsafeMutablePointer<UInt8>, width: Int) {
    writeSerial(to: bytes, width: width)
    UnsafeMutableRawPointer(bytes + width).storeBytes(of: seconds.littleEndian, as: UInt32.self)
    bytes[width + 4] = code
  }

  @inline(__always)
  static func value(_ bytes: UnsafePointer<UInt8>, _ width: Int) -> (seconds: UInt32, code: UInt8) {
    (UInt32(littleEndian: UnsafeRawPointer(bytes + width).loadUnaligned(as: UInt32.self)), bytes[width + 4])
  }

  /// Where a list names a certificate twice, an end outweighs a change.
  func graver(_ later: Self) -> Self { code == RevocationReasonCode.affiliationChanged.rawValue ? later : self }
}

/// A serial number of at most eight bytes.
struct ShortRecord: SortedRecord {
  let serial: UInt64
  let seconds: UInt32
  let code: UInt8

  @inline(__always) func digit(_ place: Int) -> Int { Int(truncatingIfNeeded: serial &>> (UInt64(place) &* 8)) & 0xFF }
  @inline(__always) func precedes(_ other: ShortRecord) -> Bool { serial < other.serial }
  @inline(__always) func hasSerial(of other: ShortRecord) -> Bool { serial == other.serial }
  var length: Int { (UInt64.bitWidth - serial.leadingZeroBitCount + 7) / 8 }

  static var last: ShortRecord { ShortRecord(serial: .max, seconds: 0, code: 0) }

  init(serial: UInt64, seconds: UInt32, code: UInt8) {
    self.serial = serial
    self.seconds = seconds
    self.code = code
  }

  @inline(__always)
  init(packed bytes: UnsafePointer<UInt8>, width: Int) {
    serial = UInt64(bigEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self)) &>> UInt64(64 &- width &* 8)
    (seconds, code) = Self.value(bytes, width)
  }
}

/// One of nine to twenty bytes.
struct LongRecord: SortedRecord {
  let high: UInt32
  let middle: UInt64
  let low: UInt64
  let seconds: UInt32
  let code: UInt8

  init(_ serial: UnsafeBufferPointer<UInt8>, seconds: UInt32, code: UInt8) {
    var words: (UInt32, UInt64, UInt64) = (0, 0, 0)
    for byte in serial {
      words.0 = words.0 << 8 | UInt32(truncatingIfNeeded: words.1 >> 56)
      words.1 = words.1 << 8 | words.2 >> 56
      words.2 = words.2 << 8 | UInt64(byte)
    }
    (high, middle, low) = words
    self.seconds = seconds
    self.code = code
  }

  static var last: LongRecord {
    let most = [UInt8](repeating: 0xFF, count: 20)
    return most.withUnsafeBufferPointer { LongRecord($0, seconds: 0, code: 0) }
  }

  init(packed bytes: UnsafePointer<UInt8>, width: Int) {
    let (seconds, code) = Self.value(bytes, width)
    self.init(UnsafeBufferPointer(start: bytes, count: width), seconds: seconds, code: code)
  }

  func digit(_ place: Int) -> Int {
    switch place {
    case 0..<8: Int(truncatingIfNeeded: low >> (UInt64(place) * 8)) & 0xFF
    case 8..<16: Int(truncatingIfNeeded: middle >> (UInt64(place - 8) * 8)) & 0xFF
    default: Int(truncatingIfNeeded: high >> (UInt32(place - 16) * 8)) & 0xFF
    }
  }
  func precedes(_ other: LongRecord) -> Bool { (high, middle, low) < (other.high, other.middle, other.low) }
  func hasSerial(of other: LongRecord) -> Bool { low == other.low && middle == other.middle && high == other.high }
  var length: Int {
    if high != 0 { return 16 + (UInt32.bitWidth - high.leadingZeroBitCount + 7) / 8 }
    return 8 + (UInt64.bitWidth - middle.leadingZeroBitCount + 7) / 8
  }
}

/// Sorts more records than memory shall hold: parts are sorted in memory and put into a scratch file, beside whoever adds more, then merged. Equal serial
/// numbers come out once, the graver entry.
///
/// Memory: four buffers of `partRecords`, whatever the number of records. The scratch file has no name, mode 0600, and is gone with the process.
struct RecordSorter<Record: SortedRecord>: ~Copyable {
  /// So many records are sorted at once: 4 MiB of short ones.
  static var partRecords: Int { 1 << 18 }

  private let limit: Int
  private var records: UnsafeMutablePointer<Record>
  private var capacity: Int
  private var used = 0
  private let parts: SortedParts<Record>
  private let beside = WorkBeside()
  private(set) var isBroken = false
  /// The longest serial number, in bytes; to be asked after `finish`.
  private(set) var width = 0

  /// - Parameter scratch: a directory; nil keeps everything in memory.
  init(scratch: String?, partRecords: Int = partRecords) {
    limit = scratch == nil ? .max : partRecords
    parts = SortedParts(scratch: scratch ?? "", partRecords: partRecords)
    capacity = 256
    records = .allocate(capacity: capacity)
  }

  deinit {
    beside.wait()
    records.deallocate()
  }

  /// Takes one record. False when the scratch file cannot be written.
  @inline(__always)
  mutating func add(_ record: Record) -> Bool {
    if used == capacity { makeRoom() }
    records[used] = record
    used &+= 1
    return !isBroken
  }

  /// Sorts what is left; nothing may be added afterwards. From now on `width` is known.
  mutating func finish() throws(RevocationIndexError) {
    beside.wait()
    if parts.all.isEmpty {
      let spare = UnsafeMutablePointer<Record>.allocate(capacity: used)
      defer { spare.deallocate() }
      let sorted: UnsafeMutablePointer<Record>
      (width, sorted) = sortRecords(records, used, spare: spare)
      if sorted != records { records.update(from: sorted, count: used) }
    } else if used > 0 {
      putPart()
    }
    beside.wait()
    width = max(width, parts.width)
    guard !parts.isBroken else { throw .notWritten }
  }

  /// Hands out every record in order; to be called once, after `finish`.
  mutating func drain(_ body: (Record) throws(RevocationIndexError) -> Void) throws(RevocationIndexError) {
    var held: Record?
    func pass(_ record: Record) throws(RevocationIndexError) {
      guard let before = held else {
        held = record
        return
      }
      if before.hasSerial(of: record) {
        held = before.graver(record)
      } else {
        try body(before)
        held = record
      }
    }
    if parts.all.isEmpty {
      for index in 0..<used { try pass(records[index]) }
    } else {
      let memory = UnsafeMutableRawBufferPointer(start: records, count: capacity * MemoryLayout<Record>.stride)
      var merge = try PartMerge<Record>(descriptor: parts.descriptor, parts: parts.all, memory: memory)
      while let record = try merge.next() { try pass(record) }
    }
    if let held { try body(held) }
  }

  @inline(never)
  private mutating func makeRoom() {
    if capacity < limit {
      let grown = min(capacity * 2, limit)
      let larger = UnsafeMutablePointer<Record>.allocate(capacity: grown)
      larger.update(from: records, count: used)
      records.deallocate()
      records = larger
      capacity = grown
    } else {
      putPart()
    }
  }

  /// Hands what is held to be sorted and put behind the parts before; takes the buffer of the part before instead.
  private mutating func putPart() {
    beside.wait()
    isBroken = parts.isBroken
    swap(&records, &parts.buffer)
    let count = used
    beside.begin { [parts] in parts.put(count) }
    used = 0
  }
}

/// A sorted part in the scratch file.
private struct SortedPart {
  /// Where it lies, in bytes.
  let bytes: Range<Int>
  /// Of its serial numbers; each record has ``RevocationIndexFormat/valueBytes`` more.
  let width: Int

  var recordBytes: Int { width + RevocationIndexFormat.valueBytes }
}

/// The scratch file's side of a sorter.
///
/// Invariant behind `@unchecked Sendable`: touched by one piece of work at a time, and by the sorter only while none is under way (``WorkBeside/wait()``).
private final class SortedParts<Record: SortedRecord>: @unchecked Sendable {
  private let scratch: String
  private let partRecords: Int
  private(set) var descriptor: Int32 = -1
  private(set) var all: [SortedPart] = []
  private(set) var width = 0
  private(set) var isBroken = false
  private var written = 0
  /// The part that is being put, or one that was.
  var buffer: UnsafeMutablePointer<Record>
  private let spare: UnsafeMutablePointer<Record>

  init(scratch: String, partRecords: Int) {
    self.scratch = scratch
    self.partRecords = partRecords
    // Untouched, and so without memory, until there is a second part.
    buffer = .allocate(capacity: partRecords)
    spare = .allocate(capacity: partRecords)
  }

  deinit {
    buffer.deallocate()
    spare.deallocate()
    if descriptor >= 0 { close(descriptor) }
  }

  /// Sorts the buffer's first records and puts them behind the parts before, in as few bytes as they need: what goes through a file costs more than what
  /// is done with it.
  func put(_ count: Int) {
    let (found, sorted) = sortRecords(buffer, count, spare: spare)
    // The number nought has a byte, too.
    let longest = max(found, 1)
    width = max(width, longest)
    if descriptor < 0 { descriptor = Self.scratchFile(scratch) }
    let part = SortedPart(bytes: written..<(written + count * (longest + RevocationIndexFormat.valueBytes)), width: longest)
    let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: count * MemoryLayout<Record>.stride)
    if let packed = bytes.bindMemory(to: UInt8.self).baseAddress {
      // A packed record is never longer than one in memory: in place, none is written over before it is read.
      let source = UnsafeRawPointer(sorted)
      for index in 0..<count {
        let record = source.loadUnaligned(fromByteOffset: index * MemoryLayout<Record>.stride, as: Record.self)
        record.pack(to: packed + index * part.recordBytes, width: longest)
      }
    }
    // Each part has room for a record at least when they are merged.
    let isWritten =
      all.count < partRecords && descriptor >= 0
      && descriptor.put(UnsafeRawBufferPointer(rebasing: bytes[..<part.bytes.count]), at: written)
    if !isWritten { isBroken = true }
    all.append(part)
    written = part.bytes.upperBound
  }

  /// A file of nobody's.
  private static func scratchFile(_ directory: String) -> Int32 {
    var template = Array((directory + "/scratch-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { return -1 }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }
}

/// Sorts byte by byte from the last, each pass stable: entries of one serial number keep the list's order. Answers the longest serial number's bytes, and
/// which of the two buffers holds the result.
private func sortRecords<Record: SortedRecord>(
  _ records: UnsafeMutablePointer<Record>, _ count: Int, spare: UnsafeMutablePointer<Record>
) -> (width: Int, sorted: UnsafeMutablePointer<Record>) {
  // Most serial numbers are shorter than they may be.
  var width = 0
  for index in 0..<count { width = max(width, records[index].length) }
  guard count > 1 else { return (width, records) }
  var isSorted = true
  for index in 1..<count where records[index].precedes(records[index - 1]) {
    isSorted = false
    break
  }
  if isSorted { return (width, records) }
  let places = UnsafeMutablePointer<Int>.allocate(capacity: 256)
  var from = records
  var to = spare
  for digit in 0..<width {
    places.initialize(repeating: 0, count: 256)
    for index in 0..<count { places[from[index].digit(digit)] += 1 }
    if places[from[0].digit(digit)] == count { continue }
    var next = 0
    for value in 0..<256 {
      let size = places[value]
      places[value] = next
      next += size
    }
    for index in 0..<count {
      let record = from[index]
      let value = record.digit(digit)
      to[places[value]] = record
      places[value] += 1
    }
    swap(&from, &to)
  }
  places.deallocate()
  return (width, from)
}

/// Sorted parts of one file as one sorted sequence, by a tree of losers: one comparison a level, and none that a processor would have to guess. The memory
/// is shared out among the parts.
private struct PartMerge<Record: SortedRecord>: ~Copyable {
  private struct Part {
    /// What is still in the file.
    var rest: Range<Int>
    let width: Int
    /// What is in memory, in bytes.
    var position = 0
    var end = 0

    var recordBytes: Int { width + RevocationIndexFormat.valueBytes }
  }

  private let descriptor: Int32
  private let memory: UnsafeMutableRawBufferPointer
  private let share: Int
  private let parts: UnsafeMutablePointer<Part>
  /// A power of two; leaves beyond the parts are over from the beginning.
  private let leaves: Int
  /// The record that each part would give next.
  private let heads: UnsafeMutablePointer<Record>
  /// The order among equals: the earlier part first, and those that are over last.
  private let turns: UnsafeMutablePointer<Int>
  /// At each inner node, who lost there.
  private let losers: UnsafeMutablePointer<Int>
  private var winner = 0

  init(descriptor: Int32, parts: [SortedPart], memory: UnsafeMutableRawBufferPointer) throws(RevocationIndexError) {
    self.descriptor = descriptor
    self.memory = memory
    // Records are read with up to eight bytes behind them.
    share = (memory.count - 8) / max(parts.count, 1)
    var leaves = 1
    while leaves < parts.count { leaves *= 2 }
    self.leaves = leaves
    self.parts = .allocate(capacity: leaves)
    heads = .allocate(capacity: leaves)
    turns = .allocate(capacity: leaves)
    losers = .allocate(capacity: leaves)
    for leaf in 0..<leaves {
      self.parts[leaf] = leaf < parts.count ? Part(rest: parts[leaf].bytes, width: parts[leaf].width) : Part(rest: 0..<0, width: 0)
      turns[leaf] = leaf
      try advance(leaf)
    }
    var winners = Array(repeating: 0, count: leaves) + Array(0..<leaves)
    for node in stride(from: leaves - 1, to: 0, by: -1) {
      let (one, other) = (winners[node * 2], winners[node * 2 + 1])
      let isOther = comes(other, heads[other], before: one, heads[one])
      winners[node] = isOther ? other : one
      losers[node] = isOther ? one : other
    }
    winner = winners[1]
  }

  deinit {
    parts.deallocate()
    heads.deallocate()
    turns.deallocate()
    losers.deallocate()
  }

  @inline(__always)
  mutating func next() throws(RevocationIndexError) -> Record? {
    let leaf = winner
    guard turns[leaf] < leaves else { return nil }
    let record = heads[leaf]
    try advance(leaf)
    var best = leaf
    var head = heads[leaf]
    var node = (leaf + leaves) / 2
    while node > 0 {
      let other = losers[node]
      let otherHead = heads[other]
      let isOther = comes(other, otherHead, before: best, head)
      losers[node] = isOther ? best : other
      best = isOther ? other : best
      head = isOther ? otherHead : head
      node /= 2
    }
    winner = best
    return record
  }

  /// Puts the next record of a part at its leaf, or what says that there is none.
  @inline(__always)
  private func advance(_ leaf: Int) throws(RevocationIndexError) {
    if parts[leaf].position == parts[leaf].end, try !refill(leaf) {
      heads[leaf] = .last
      turns[leaf] = leaf + leaves
      return
    }
    let bytes = memory.baseAddress! + parts[leaf].position
    heads[leaf] = Record(packed: bytes.assumingMemoryBound(to: UInt8.self), width: parts[leaf].width)
    parts[leaf].position += parts[leaf].recordBytes
  }

  @inline(never)
  private func refill(_ leaf: Int) throws(RevocationIndexError) -> Bool {
    let rest = parts[leaf].rest
    guard !rest.isEmpty else { return false }
    let size = min(share / parts[leaf].recordBytes * parts[leaf].recordBytes, rest.count)
    let room = UnsafeMutableRawBufferPointer(rebasing: memory[(leaf * share)..<(leaf * share + size)])
    guard descriptor.fill(room, at: rest.lowerBound) else { throw .unreadable }
    parts[leaf].rest = (rest.lowerBound + size)..<rest.upperBound
    parts[leaf].position = leaf * share
    parts[leaf].end = leaf * share + size
    return true
  }

  @inline(__always)
  private func comes(_ one: Int, _ record: Record, before other: Int, _ otherRecord: Record) -> Bool {
    let isLess: UInt8 = record.precedes(otherRecord) ? 1 : 0
    let isSame: UInt8 = record.hasSerial(of: otherRecord) ? 1 : 0
    let isEarlier: UInt8 = turns[one] < turns[other] ? 1 : 0
    return isLess | (isSame & isEarlier) != 0
  }
}
