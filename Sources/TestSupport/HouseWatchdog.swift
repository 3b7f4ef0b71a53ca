import Foundation
import Synchronization

/// Ends what a test process has started when that process ends without having cleaned up: killed, timed out, crashed.
///
/// A shell that waits for its standard input to close, which happens when the test process is gone. It kills the listed processes that still
/// work in the house's directory (a process number may have been given anew), and removes the directory.
final class HouseWatchdog: Sendable {
  private let pipe = Pipe()
  private let shell = Process()
  private let list: String

  init(directory: String) throws {
    list = directory + "/processes"
    _ = FileManager.default.createFile(atPath: list, contents: nil)
    let script = """
      read -r _
      while read -r pid; do
        if [ "$(readlink "/proc/$pid/cwd")" = "$0" ]; then kill -9 "$pid"; fi
      done <"$0/processes"
      rm -rf -- "$0"
      """
    for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] { _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC) }
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", script, directory]
    shell.standardInput = pipe.fileHandleForReading
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    try shell.run()
  }

  /// Adds a process.
  func watch(_ process: HouseProcess) {
    guard let file = FileHandle(forWritingAtPath: list) else { return }
    _ = try? file.seekToEnd()
    try? file.write(contentsOf: Data("\(process.identifier)\n".utf8))
    try? file.close()
  }

  /// Ends the watch: the directory goes, and what still runs in it.
  func end() { try? pipe.fileHandleForWriting.close() }
}
