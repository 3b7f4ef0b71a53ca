internal import Glibc

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
