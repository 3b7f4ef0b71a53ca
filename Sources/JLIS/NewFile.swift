import Glibc

/// A new file of mode 0600 that grows piece by piece.
final class NewFile: Sendable {
  private let descriptor: Int32

  /// - Throws: ``JLISError/unavailable`` where it cannot be made.
  init(_ path: String) throws(JLISError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .unavailable }
  }

  deinit { close(descriptor) }

  /// - Throws: ``JLISError/unavailable`` where the disk is full.
  func append(_ bytes: [UInt8]) throws(JLISError) {
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw .unavailable }
      offset += written
    }
  }
}
