import Foundation

/// A program that was started by a test, with both outputs going to the end of a log file.
public final class HouseProcess: Sendable {
  /// For messages.
  public let name: String
  /// Both outputs, of every start that was given this file.
  public let log: String
  private let process: Process

  /// Starts it in `directory`, by which the watchdog of ``House`` knows it again.
  init(_ executable: String, _ arguments: [String], environment: [String: String], directory: String, log: String) throws {
    name = URL(fileURLWithPath: executable).lastPathComponent
    self.log = log
    if !FileManager.default.fileExists(atPath: log) {
      _ = FileManager.default.createFile(atPath: log, contents: nil, attributes: [.posixPermissions: 0o600])
    }
    guard let output = FileHandle(forWritingAtPath: log) else { throw HouseFailure("The log \(log) cannot be written.") }
    _ = fcntl(output.fileDescriptor, F_SETFL, O_APPEND)
    process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = environment
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    do {
      try process.run()
    } catch {
      throw HouseFailure("\(executable) cannot be started. Deploy/test builds it; YONJO_PROGRAMS says where it lies.")
    }
    try output.close()
  }

  /// Its process number.
  public var identifier: Int32 { process.processIdentifier }

  /// Whether it has not ended yet.
  public var isRunning: Bool { process.isRunning }

  /// Sends a signal; nothing happens where it has ended.
  public func signal(_ number: Int32) {
    if process.isRunning { kill(process.processIdentifier, number) }
  }

  /// `kill -9`, and waits until it is gone.
  public func end() async {
    signal(SIGKILL)
    _ = try? await exitCode(within: .seconds(20))
  }

  /// Waits for its end.
  /// - Returns: the exit code, or minus the signal that ended it.
  /// - Throws: ``HouseFailure`` where it runs still after that time.
  public func exitCode(within limit: Duration) async throws -> Int32 {
    let deadline = ContinuousClock.now + limit
    while process.isRunning {
      guard ContinuousClock.now < deadline else { throw HouseFailure("\(name) did not end within \(limit).", log: Self.tail(of: log)) }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  /// The last lines of a file.
  static func tail(of path: String, lines: Int = 25) -> String {
    let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
  }
}
