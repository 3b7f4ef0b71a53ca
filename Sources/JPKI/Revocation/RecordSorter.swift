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
}

extension SortedRecord {
  func writeSerial(to bytes: UnsafeMutablePointer<UInt8>, width: Int) {
    for place in 0..<width { bytes[width - 1 - place] = UInt8(digit(place)) }
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
/// Memory: three buffers of `partRecords`, whatever the number of records. The scratch file has no name, mode 0600, and is gone with the process.
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
    if parts.ranges.isEmpty { width = sortRecords(records, used) } else if used > 0 { putPart() }
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
    if parts.ranges.isEmpty {
      for index in 0..<used { try pass(records[index]) }
    } else {
      var merge = PartMerge<Record>(
        descriptor: parts.descriptor, parts: parts.ranges, memory: UnsafeMutableBufferPointer(start: records, count: capacity))
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

/// The scratch file's side of a sorter.
///
/// Invariant behind `@unchecked Sendable`: touched by one piece of work at a time, and by the sorter only while none is under way (``WorkBeside/wait()``).
private final class SortedParts<Record: SortedRecord>: @unchecked Sendable {
  private let scratch: String
  private let partRecords: Int
  private(set) var descriptor: Int32 = -1
  private(set) var ranges: [Range<Int>] = []
  private(set) var width = 0
  private(set) var isBroken = false
  private var written = 0
  /// The part that is being put, or one that was.
  var buffer: UnsafeMutablePointer<Record>

  init(scratch: String, partRecords: Int) {
    self.scratch = scratch
    self.partRecords = partRecords
    // Untouched, and so without memory, until there is a second part.
    buffer = .allocate(capacity: partRecords)
  }

  deinit {
    buffer.deallocate()
    if descriptor >= 0 { close(descriptor) }
  }

  /// Sorts the buffer's first records and puts them behind the parts before.
  func put(_ count: Int) {
    width = max(width, sortRecords(buffer, count))
    if descriptor < 0 { descriptor = Self.scratchFile(scratch) }
    let bytes = count * MemoryLayout<Record>.stride
    // Each part has room for a record at least when they are merged.
    let isWritten =
      ranges.count < partRecords && descriptor >= 0 && descriptor.put(UnsafeRawBufferPointer(start: buffer, count: bytes), at: written)
    if !isWritten { isBroken = true }
    ranges.append((written / MemoryLayout<Record>.stride)..<(written / MemoryLayout<Record>.stride + count))
    written += bytes
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

/// Sorts byte by byte from the last, each pass stable: entries of one serial number keep the list's order. Answers the longest serial number's bytes.
private func sortRecords<Record: SortedRecord>(_ records: UnsafeMutablePointer<Record>, _ count: Int) -> Int {
  // Most serial numbers are shorter than they may be.
  var width = 0
  for index in 0..<count { width = max(width, records[index].length) }
  guard count > 1 else { return width }
  var isSorted = true
  for index in 1..<count where records[index].precedes(records[index - 1]) {
    isSorted = false
    break
  }
  if isSorted { return width }
  let spare = UnsafeMutablePointer<Record>.allocate(capacity: count)
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
  if from != records { records.update(from: from, count: count) }
  places.deallocate()
  spare.deallocate()
  return width
}

/// Sorted parts of one file as one sorted sequence. The memory is shared out among them.
private struct PartMerge<Record: SortedRecord>: ~Copyable {
  private struct Part {
    /// What is still in the file, in records.
    var rest: Range<Int>
    /// What is in memory.
    var position = 0
    var end = 0
  }

  private let descriptor: Int32
  private let memory: UnsafeMutableBufferPointer<Record>
  private let share: Int
  private let parts: UnsafeMutablePointer<Part>
  /// A heap of parts, the least record at its root; among equals the earlier part.
  private let heap: UnsafeMutablePointer<(record: Record, part: Int)>
  private var size = 0
  private let count: Int

  init(descriptor: Int32, parts: [Range<Int>], memory: UnsafeMutableBufferPointer<Record>) {
    self.descriptor = descriptor
    self.memory = memory
    count = parts.count
    share = max(memory.count / max(parts.count, 1), 1)
    self.parts = .allocate(capacity: count)
    heap = .allocate(capacity: count)
    for (index, part) in parts.enumerated() { self.parts[index] = Part(rest: part) }
    isBegun = false
  }

  private var isBegun: Bool

  deinit {
    parts.deallocate()
    heap.deallocate()
  }

  mutating func next() throws(RevocationIndexError) -> Record? {
    if !isBegun {
      isBegun = true
      for part in 0..<count {
        guard let record = try take(part) else { continue }
        heap[size] = (record, part)
        size += 1
      }
      for root in stride(from: size / 2 - 1, through: 0, by: -1) { sink(root) }
    }
    guard size > 0 else { return nil }
    let (record, part) = heap[0]
    if let following = try take(part) {
      heap[0].record = following
    } else {
      size -= 1
      heap[0] = heap[size]
    }
    sink(0)
    return record
  }

  @inline(__always)
  private mutating func take(_ part: Int) throws(RevocationIndexError) -> Record? {
    if parts[part].position == parts[part].end, try !refill(part) { return nil }
    let record = memory[part * share + parts[part].position]
    parts[part].position += 1
    return record
  }

  @inline(never)
  private mutating func refill(_ part: Int) throws(RevocationIndexError) -> Bool {
    let rest = parts[part].rest
    guard !rest.isEmpty else { return false }
    let size = min(share, rest.count)
    let room = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: memory[(part * share)..<(part * share + size)]))
    guard descriptor.fill(room, at: rest.lowerBound * MemoryLayout<Record>.stride) else { throw .unreadable }
    parts[part].rest = (rest.lowerBound + size)..<rest.upperBound
    parts[part].position = 0
    parts[part].end = size
    return true
  }

  private mutating func sink(_ start: Int) {
    guard start < size else { return }
    let moved = heap[start]
    var place = start
    while true {
      var child = place * 2 + 1
      guard child < size else { break }
      if child + 1 < size, comes(heap[child + 1], before: heap[child]) { child += 1 }
      guard comes(heap[child], before: moved) else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = moved
  }

  @inline(__always)
  private func comes(_ one: (record: Record, part: Int), before other: (record: Record, part: Int)) -> Bool {
    if one.record.precedes(other.record) { return true }
    return one.record.hasSerial(of: other.record) && one.part < other.part
  }
}
