import Foundation
import Glibc
import Synchronization

/// The state, shared by every process that names the same directory: changes are made under a file lock on the newest content, and reading
/// loads anew what another process has written. Without a directory the state lives in memory and dies with this object.
final class StateStore: Sendable {
  private let directory: String?
  private let held: Mutex<Held>

  private struct Held {
    var state = SimulatorState()
    var stamp: Stamp?
  }

  /// What tells one version of the file from the next: each is a new file, renamed into place.
  private struct Stamp: Equatable {
    let inode: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int
  }

  init(directory: String?) throws {
    self.directory = directory
    held = Mutex(Held())
    if let directory { try PrivateFile.makeDirectory(directory) }
  }

  private var path: String? { directory.map { "\($0)/state.json" } }

  /// Looks at the newest state.
  func read<Result>(_ body: (SimulatorState) throws -> Result) throws -> Result {
    let state = try held.withLock { held in
      try refresh(&held)
      return held.state
    }
    return try body(state)
  }

  /// Changes the newest state and keeps it; what `body` throws leaves everything as it was. `body` must be quick: everybody else waits.
  func change<Result: Sendable>(_ body: (inout SimulatorState) throws -> Result) throws -> Result {
    try held.withLock { held in
      guard let directory, let path else { return try Self.attempt(&held.state, body) }
      let lock = try FileLock("\(directory)/lock")
      defer { lock.release() }
      try refresh(&held)
      var changed = held.state
      let result = try body(&changed)
      try PrivateFile.replace(path, Array(try changed.json()))
      held.state = changed
      held.stamp = Self.stamp(of: path)
      return result
    }
  }

  private static func attempt<Result>(_ state: inout SimulatorState, _ body: (inout SimulatorState) throws -> Result) throws -> Result {
    var changed = state
    let result = try body(&changed)
    state = changed
    return result
  }

  private func refresh(_ held: inout Held) throws {
    guard let path, let stamp = Self.stamp(of: path), stamp != held.stamp else { return }
    do {
      held.state = try SimulatorState(json: Data(PrivateFile.read(path)))
    } catch {
      throw StateError.notAState(path)
    }
    // A version written between the two looks has a stamp of its own and is read at the next look.
    held.stamp = stamp
  }

  private static func stamp(of path: String) -> Stamp? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Stamp(
      inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: Int(status.st_mtim.tv_sec),
      nanoseconds: Int(status.st_mtim.tv_nsec))
  }
}

/// An exclusive `flock` on a file of its own; released by the kernel as well if the process dies.
struct FileLock {
  private let descriptor: Int32

  /// Waits until the lock is free.
  init(_ path: String) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StateError.cannotLock(path) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        close(descriptor)
        throw StateError.cannotLock(path)
      }
    }
  }

  func release() {
    close(descriptor)
  }
}
