import Foundation
import Glibc

/// Files that only their owner reads: 0600 in directories 0700.
enum PrivateFile {
  static func makeDirectory(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StateError.cannotWrite(path)
    }
  }

  static func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Replaces the file in one step, so that a reader sees the old content or the new, never a part.
  static func replace(_ path: String, _ bytes: [UInt8]) throws {
    let temporary = try write(beside: path, bytes)
    guard rename(temporary, path) == 0 else {
      unlink(temporary)
      throw StateError.cannotWrite(path)
    }
  }

  /// Creates the file in one step unless there is one already; whether it was created.
  static func createOnce(_ path: String, _ bytes: [UInt8]) throws -> Bool {
    let temporary = try write(beside: path, bytes)
    defer { unlink(temporary) }
    if link(temporary, path) == 0 { return true }
    guard errno == EEXIST else { throw StateError.cannotWrite(path) }
    return false
  }

  private static func write(beside path: String, _ bytes: [UInt8]) throws -> String {
    let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else { throw StateError.cannotWrite(path) }
    defer { close(descriptor) }
    var offset = 0
    while offset < bytes.count {
      let written = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 else {
        unlink(temporary)
        throw StateError.cannotWrite(path)
      }
      offset += written
    }
    return temporary
  }
}
