internal import CitizenItems
internal import Glibc

/// The entries of a list, sorted, ready to be looked up: a mapped file, or a small list in memory. Prints as `<redacted>`.
struct RevocationIndex: Redacted {
  struct Found {
    let seconds: UInt32
    let code: RevocationReasonCode
  }

  let header: RevocationIndexFormat.Header
  private let storage: RevocationIndexStorage
  /// Every 512th short serial number: what a look-up reads first lies close together.
  private let fences: [UInt64]

  private static let stride = 512

  /// Takes an index that was just written to memory.
  init(memory bytes: [UInt8]) throws(RevocationIndexError) { try self.init(RevocationIndexStorage(copying: bytes)) }

  /// Maps a file and compares its checksum. It must be ours, and closed to others.
  init(mapping path: String) throws(RevocationIndexError) { try self.init(RevocationIndexStorage(mapping: path)) }

  private init(_ storage: RevocationIndexStorage) throws(RevocationIndexError) {
    guard let header = RevocationIndexFormat.Header(storage.bytes) else { throw .damaged }
    let records = UnsafeRawBufferPointer(
      rebasing: storage.bytes[header.length..<(storage.bytes.count - RevocationIndexFormat.paddingBytes)])
    guard Hash.sha256(records) == header.recordsDigest else { throw .damaged }
    self.header = header
    self.storage = storage
    var fences: [UInt64] = []
    fences.reserveCapacity(header.shortCount / Self.stride + 1)
    for record in Swift.stride(from: 0, to: header.shortCount, by: Self.stride) {
      fences.append(Self.serial(storage.bytes, header, record))
    }
    self.fences = fences
  }

  /// The entry of this serial.
  func find(_ serial: Serial) -> Found? {
    serial.bytes.count <= 8 ? findShort(serial.bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) : findLong(serial.bytes)
  }

  private func findShort(_ number: UInt64) -> Found? {
    guard number.leadingZeroBitCount >= 64 - 8 * header.shortWidth else { return nil }
    // The last fence that is not beyond the number.
    var low = 0
    var high = fences.count
    while low < high {
      let middle = (low + high) / 2
      if fences[middle] <= number { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let begin = (low - 1) * Self.stride
    low = begin
    high = min(begin + Self.stride, header.shortCount)
    while low < high {
      let middle = (low + high) / 2
      let found = Self.serial(storage.bytes, header, middle)
      if found == number { return value(at: header.length + middle * header.shortBytes + header.shortWidth) }
      if found < number { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  private func findLong(_ serial: [UInt8]) -> Found? {
    guard serial.count <= header.longWidth else { return nil }
    let wanted = [UInt8](repeating: 0, count: header.longWidth - serial.count) + serial
    let begin = header.length + header.shortCount * header.shortBytes
    var low = 0
    var high = header.longCount
    while low < high {
      let middle = (low + high) / 2
      let place = begin + middle * header.longBytes
      let order = wanted.withUnsafeBytes { memcmp($0.baseAddress!, storage.bytes.baseAddress! + place, header.longWidth) }
      if order == 0 { return value(at: place + header.longWidth) }
      if order > 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  private func value(at place: Int) -> Found {
    Found(
      seconds: UInt32(littleEndian: storage.bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)),
      code: RevocationReasonCode(rawValue: storage.bytes[place + 4]) ?? .other)
  }

  /// The serial number of a short record, as the upper part of one word: the padding behind the last record makes that readable.
  @inline(__always)
  private static func serial(_ bytes: UnsafeRawBufferPointer, _ header: RevocationIndexFormat.Header, _ record: Int) -> UInt64 {
    let word = bytes.loadUnaligned(fromByteOffset: header.length + record * header.shortBytes, as: UInt64.self)
    return UInt64(bigEndian: word) >> UInt64(64 - 8 * header.shortWidth)
  }
}

/// The bytes of an index.
///
/// Invariant behind `@unchecked Sendable`: the bytes are complete when `init` returns and only read afterwards. A mapped file is never written to again,
/// only replaced by rename, which leaves the mapped one as it is until nobody maps it.
private final class RevocationIndexStorage: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  init(copying source: [UInt8]) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 16)
    memory.copyBytes(from: source)
    bytes = UnsafeRawBufferPointer(memory)
    isMapped = false
  }

  init(mapping path: String) throws(RevocationIndexError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable }
    defer { close(descriptor) }
    var found = stat()
    guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else { throw .unreadable }
    // Whoever can write to it decides who is revoked.
    guard found.st_uid == geteuid(), found.st_mode & 0o077 == 0 else { throw .foreign }
    guard found.st_size > 0 else { throw .damaged }
    let size = Int(found.st_size)
    guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else { throw .unreadable }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
    isMapped = true
  }

  deinit {
    if isMapped { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) } else { bytes.deallocate() }
  }
}
