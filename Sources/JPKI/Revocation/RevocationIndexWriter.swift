internal import Glibc

/// Where the bytes of an index go: a new file of mode 0600, or memory. The header is written last, into the room that was left for it. Full buffers are
/// written beside whoever fills the next one.
struct RevocationIndexWriter: ~Copyable {
  private static let bufferBytes = 1 << 20

  private let path: String?
  private let target: IndexTarget
  private let beside = WorkBeside()
  private var buffer: UnsafeMutablePointer<UInt8>
  private var used = 0
  private var isFinished = false
  private var breath: Breath

  /// - Parameters:
  ///   - path: a file that does not exist yet; nil: memory.
  ///   - room: how long the header will be.
  init(path: String?, room: Int, _ pace: RevocationListPace) throws(RevocationIndexError) {
    self.path = path
    breath = Breath(pace)
    var opened: Int32 = -1
    if let path {
      opened = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      // Whatever the umask.
      guard opened >= 0, fchmod(opened, 0o600) == 0 else {
        if opened >= 0 { close(opened) }
        throw .notWritten
      }
    }
    target = IndexTarget(descriptor: opened, room: room, bufferBytes: Self.bufferBytes)
    buffer = .allocate(capacity: Self.bufferBytes)
  }

  deinit {
    beside.wait()
    buffer.deallocate()
    // What was not finished is nobody's.
    if !isFinished, let path { unlink(path) }
  }

  /// Puts one record behind those before.
  @inline(__always)
  mutating func add<Record: SortedRecord>(_ record: Record, width: Int) throws(RevocationIndexError) {
    if used + width + RevocationIndexFormat.valueBytes > Self.bufferBytes { try flush() }
    record.pack(to: buffer + used, width: width)
    used &+= width &+ RevocationIndexFormat.valueBytes
  }

  /// Writes what is left, and the header, which learns the records' digest.
  mutating func finish(_ header: inout RevocationIndexFormat.Header) throws(RevocationIndexError) {
    try flush()
    beside.wait()
    guard !target.isBroken, let digest = target.hash.digest() else { throw .notWritten }
    header.recordsDigest = digest
    guard target.close(with: header.encoded) else { throw .notWritten }
    isFinished = true
  }

  /// The whole index, where it was written to memory.
  var bytes: [UInt8] { target.memory }

  @inline(never)
  private mutating func flush() throws(RevocationIndexError) {
    guard used > 0 else { return }
    beside.wait()
    guard !target.isBroken else { throw .notWritten }
    swap(&buffer, &target.buffer)
    let count = used
    beside.begin { [target] in target.put(count) }
    used = 0
    breath.take()
  }
}

/// The file's side of a writer.
///
/// Invariant behind `@unchecked Sendable`: touched by one piece of work at a time, and by the writer only while none is under way (``WorkBeside/wait()``).
private final class IndexTarget: @unchecked Sendable {
  /// So much is handed to the disk at a time, that others need not wait behind one large flush.
  private static let flushBytes = 1 << 22

  private let descriptor: Int32
  private var position: Int
  private var flushed = 0
  let hash = RunningHash()
  private(set) var memory: [UInt8] = []
  private(set) var isBroken = false
  /// What is being written, or was.
  var buffer: UnsafeMutablePointer<UInt8>

  /// - Parameter descriptor: of the file, which is this one's from now on; -1: memory.
  init(descriptor: Int32, room: Int, bufferBytes: Int) {
    self.descriptor = descriptor
    position = room
    if descriptor < 0 { memory = [UInt8](repeating: 0, count: room) }
    buffer = .allocate(capacity: bufferBytes)
  }

  deinit {
    buffer.deallocate()
    if descriptor >= 0 { Glibc.close(descriptor) }
  }

  /// Puts the buffer's first bytes behind those before.
  func put(_ count: Int) {
    let piece = UnsafeBufferPointer(start: UnsafePointer(buffer), count: count)
    hash.update(piece)
    if descriptor >= 0 {
      guard descriptor.put(UnsafeRawBufferPointer(piece), at: position) else {
        isBroken = true
        return
      }
      if position + count - flushed >= Self.flushBytes {
        if fdatasync(descriptor) != 0 { isBroken = true }
        flushed = position + count
      }
    } else {
      memory += piece
    }
    position += count
  }

  /// Writes the padding behind the records and the header before them, down to the disk.
  func close(with header: [UInt8]) -> Bool {
    let padding = [UInt8](repeating: 0, count: RevocationIndexFormat.paddingBytes)
    guard descriptor >= 0 else {
      memory.replaceSubrange(0..<header.count, with: header)
      memory += padding
      return true
    }
    return padding.withUnsafeBytes { descriptor.put($0, at: position) } && header.withUnsafeBytes { descriptor.put($0, at: 0) }
      && fsync(descriptor) == 0
  }
}
