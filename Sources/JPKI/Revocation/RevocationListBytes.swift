internal import Glibc

/// Where a list's bytes come from: memory, or a file that is read piece by piece and never held.
enum RevocationListBytes {
  case memory([UInt8])
  case file(RevocationListFile)

  var count: Int {
    switch self {
    case .memory(let bytes): bytes.count
    case .file(let file): file.count
    }
  }

  /// A small part; the range must lie inside.
  func part(_ range: Range<Int>) throws(RevocationIndexError) -> [UInt8] {
    switch self {
    case .memory(let bytes): return Array(bytes[range])
    case .file(let file):
      var bytes = [UInt8](repeating: 0, count: range.count)
      var isWhole = false
      bytes.withUnsafeMutableBytes { isWhole = file.read(at: range.lowerBound, into: $0) }
      guard isWhole else { throw .unreadable }
      return bytes
    }
  }
}

/// A file open for reading. Reads name their place, so that nothing is shared but the descriptor.
final class RevocationListFile: Sendable {
  private let descriptor: Int32
  private let state: State
  let count: Int

  /// What changes when somebody writes.
  private struct State: Equatable {
    let size: Int
    let seconds: Int
    let nanoseconds: Int

    init?(_ descriptor: Int32) {
      var found = stat()
      guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else { return nil }
      size = Int(found.st_size)
      seconds = found.st_ctim.tv_sec
      nanoseconds = found.st_ctim.tv_nsec
    }
  }

  /// Nil where there is no regular file that may be read.
  init?(_ path: String) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    guard let state = State(descriptor) else {
      close(descriptor)
      return nil
    }
    self.state = state
    count = state.size
    // The kernel reads ahead, and forgets early.
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  deinit { close(descriptor) }

  /// Whether nobody has written to it since it was opened: the signature was verified in one pass over it, the entries are read in another.
  var isUnchanged: Bool { State(descriptor) == state }

  /// Fills the buffer. False where the file ends before, or cannot be read.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Bool { descriptor.fill(buffer, at: offset) }
}

extension Int32 {
  /// Reads from this descriptor until the buffer is full.
  func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Bool {
    var done = 0
    while done < buffer.count {
      let read = pread(self, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset + done))
      if read < 0, errno == EINTR { continue }
      guard read > 0 else { return false }
      done += read
    }
    return true
  }

  /// Writes all of the buffer to this descriptor.
  func put(_ buffer: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    var done = 0
    while done < buffer.count {
      let written = pwrite(self, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset + done))
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      done += written
    }
    return true
  }
}

/// A range of a list in pieces. Of each piece as much is consumed as was understood; the rest begins the next one.
struct RevocationListPieces: ~Copyable {
  /// One piece, where the bytes come from a file.
  static let pieceBytes = 1 << 20

  private let source: RevocationListBytes
  private let end: Int
  /// Where the next piece begins.
  private var position: Int
  private let buffer: UnsafeMutableRawBufferPointer
  private var held = 0
  private var breath: Breath

  init(_ source: RevocationListBytes, _ range: Range<Int>, _ pace: RevocationListPace) {
    breath = Breath(pace)
    self.source = source
    position = range.lowerBound
    end = range.upperBound
    let capacity =
      switch source {
      case .memory: 0
      case .file: min(Self.pieceBytes, range.count)
      }
    buffer = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Hands the next piece to `body`, which answers how much of it is done with. False when there is none.
  mutating func next(
    _ body: (UnsafeBufferPointer<UInt8>, _ isLast: Bool) throws(RevocationIndexError) -> Int
  ) throws(RevocationIndexError) -> Bool {
    guard position < end else { return false }
    switch source {
    case .memory(let bytes):
      let rest = position..<end
      position += try bytes.withUnsafeBufferPointer { all throws(RevocationIndexError) in
        try body(UnsafeBufferPointer(rebasing: all[rest]), true)
      }
    case .file(let file):
      let size = min(buffer.count, end - position)
      // What the last piece left over is at the front already.
      if size > held {
        let missing = UnsafeMutableRawBufferPointer(rebasing: buffer[held..<size])
        guard file.read(at: position + held, into: missing) else { throw .unreadable }
      }
      let piece = UnsafeRawBufferPointer(rebasing: buffer[..<size]).bindMemory(to: UInt8.self)
      let used = try body(piece, position + size == end)
      held = size - used
      if held > 0, let base = buffer.baseAddress { memmove(base, base + used, held) }
      position += used
      breath.take()
    }
    return true
  }
}
