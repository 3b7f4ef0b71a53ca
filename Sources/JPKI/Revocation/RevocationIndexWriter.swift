internal import Glibc

/// Where the bytes of an index go: a new file of mode 0600, or memory. The header is written last, into the room that was left for it.
struct RevocationIndexWriter: ~Copyable {
  private static let bufferBytes = 1 << 18
  /// So much is handed to the disk at a time, that others need not wait behind one large flush.
  private static let flushBytes = 1 << 23

  private let path: String?
  private let descriptor: Int32
  private let buffer: UnsafeMutablePointer<UInt8>
  private var used = 0
  private var position: Int
  private var flushed = 0
  private var memory: [UInt8] = []
  private let hash = RunningHash()
  private var isFinished = false

  /// - Parameters:
  ///   - path: a file that does not exist yet; nil: memory.
  ///   - room: how long the header will be.
  init(path: String?, room: Int) throws(RevocationIndexError) {
    self.path = path
    position = room
    var opened: Int32 = -1
    if let path {
      opened = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      // Whatever the umask.
      guard opened >= 0, fchmod(opened, 0o600) == 0 else {
        if opened >= 0 { close(opened) }
        throw .notWritten
      }
    } else {
      memory = [UInt8](repeating: 0, count: room)
    }
    descriptor = opened
    buffer = .allocate(capacity: Self.bufferBytes)
  }

  deinit {
    buffer.deallocate()
    if descriptor >= 0 { close(descriptor) }
    // What was not finished is nobody's.
    if !isFinished, let path { unlink(path) }
  }

  /// Puts one record behind those before.
  @inline(__always)
  mutating func add<Record: SortedRecord>(_ record: Record, width: Int) throws(RevocationIndexError) {
    if used + width + RevocationIndexFormat.valueBytes > Self.bufferBytes { try flush() }
    let place = buffer + used
    record.writeSerial(to: place, width: width)
    UnsafeMutableRawPointer(place + width).storeBytes(of: record.seconds.littleEndian, as: UInt32.self)
    place[width + 4] = record.code
    used &+= width &+ RevocationIndexFormat.valueBytes
  }

  /// Writes what is left, and the header, which learns the records' digest.
  mutating func finish(_ header: inout RevocationIndexFormat.Header) throws(RevocationIndexError) {
    try flush()
    guard let digest = hash.digest() else { throw .notWritten }
    header.recordsDigest = digest
    let encoded = header.encoded
    let padding = [UInt8](repeating: 0, count: RevocationIndexFormat.paddingBytes)
    if descriptor >= 0 {
      let isWritten =
        padding.withUnsafeBytes { descriptor.put($0, at: position) } && encoded.withUnsafeBytes { descriptor.put($0, at: 0) }
      guard isWritten, fsync(descriptor) == 0 else { throw .notWritten }
    } else {
      memory.replaceSubrange(0..<encoded.count, with: encoded)
      memory += padding
    }
    isFinished = true
  }

  /// The whole index, where it was written to memory.
  var bytes: [UInt8] { memory }

  @inline(never)
  private mutating func flush() throws(RevocationIndexError) {
    guard used > 0 else { return }
    let piece = UnsafeBufferPointer(start: buffer, count: used)
    hash.update(piece)
    if descriptor >= 0 {
      guard descriptor.put(UnsafeRawBufferPointer(piece), at: position) else { throw .notWritten }
      if position + used - flushed >= Self.flushBytes {
        guard fdatasync(descriptor) == 0 else { throw .notWritten }
        flushed = position + used
      }
    } else {
      memory += piece
    }
    position += used
    used = 0
  }
}
