import Foundation
import Glibc
import Logging

/// This program a second time, as a process of its own that ends when this one does, however this one ends: it reads an input that nobody writes to,
/// and that the kernel closes.
final class OwnedProcess: Sendable {
  private let arguments: [String]
  private let environment: [String: String]
  private let logger: Logger

  /// - Parameter environment: what is set beside this process's own.
  init(arguments: [String], environment: [String: String], logger: Logger) {
    self.arguments = arguments
    self.environment = environment
    self.logger = logger
  }

  /// A directory of this process's own, not made yet.
  static func directory() -> String { FileManager.default.temporaryDirectory.appending(path: "yonjo-revocation-\(UUID().uuidString)").path }

  /// Runs it until cancelled; where it ends by itself, again after a pause.
  func run() async {
    while !Task.isCancelled {
      let ended = AsyncStream<Int32>.makeStream()
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.standardOutput = FileHandle.nullDevice
      let pipe = Pipe()
      process.standardInput = pipe
      process.terminationHandler = { process in
        ended.continuation.yield(process.terminationStatus)
        ended.continuation.finish()
      }
      do {
        try process.run()
      } catch {
        logger.error("the process that keeps revocation lists cannot be started", metadata: ["event": "revocationSyncNotStarted"])
        try? await Task.sleep(for: .seconds(5))
        continue
      }
      let code = await withTaskCancellationHandler {
        await ended.stream.first { _ in true }
      } onCancel: {
        try? pipe.fileHandleForWriting.close()
      }
      if Task.isCancelled { return }
      logger.error(
        "the process that keeps revocation lists ended; it is started again",
        metadata: ["event": "revocationSyncEnded", "code": "\(code ?? -1)"])
      try? await Task.sleep(for: .seconds(5))
    }
  }

  /// For the process that is owned: ends it with its input, and removes the directory that was made for it.
  static func endWithInput(removing directory: String) {
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while read(0, &byte, 1) != 0 {}
      try? FileManager.default.removeItem(atPath: directory)
      Program.end(0)
    }
  }
}

/// How much a process takes from others.
enum Priority {
  /// SCHED_IDLE of Linux, which glibc names under _GNU_SOURCE alone.
  private static let idle: Int32 = 5

  /// Every thread that is there runs when nobody else wants the processor (SCHED_IDLE of sched(7): at once makes room for whoever wakes, which a nice value
  /// does not); threads made later inherit it. The disk's priority follows the processor's (ioprio_set(2)).
  static func lower() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [] {
      guard let thread = UInt32(name) else { continue }
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), thread, 19)
      var parameters = sched_param(sched_priority: 0)
      _ = sched_setscheduler(pid_t(thread), idle, &parameters)
    }
  }
}
