import CitizenItems
import Foundation
import Glibc
import JPKI
import Synchronization

/// What a program took that ran as a process of its own.
public struct ProcessMeasurement: Sendable {
  /// From its start to its end.
  public let seconds: Double
  /// The largest sum of its anonymous memory that was seen (RssAnon, every two milliseconds).
  public let anonymousBytes: Int
  /// What it printed.
  public let output: String

  /// Runs a program to its end and watches its memory.
  /// - Throws: `BenchFailure` where it cannot be started or does not end with 0.
  public static func run(_ program: String, _ arguments: [String]) throws -> ProcessMeasurement {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    let peak = Peak()
    let started = ContinuousClock.now
    do { try process.run() } catch { throw BenchFailure.unexpected("the program \(program)") }
    let status = "/proc/\(process.processIdentifier)/status"
    let watch = Thread {
      while peak.note(anonymousBytes(status)) { usleep(2000) }
    }
    watch.start()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let elapsed = started.duration(to: .now)
    peak.end()
    guard process.terminationStatus == 0 else {
      throw BenchFailure.unexpected("\(program) to end with 0, not \(process.terminationStatus)")
    }
    return ProcessMeasurement(
      seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18, anonymousBytes: peak.bytes,
      output: String(decoding: output, as: UTF8.self))
  }

  private final class Peak: Sendable {
    private let state = Mutex((bytes: 0, isOver: false))

    var bytes: Int { state.withLock { $0.bytes } }
    func end() { state.withLock { $0.isOver = true } }
    /// Whether more is wanted.
    func note(_ bytes: Int) -> Bool {
      state.withLock {
        $0.bytes = max($0.bytes, bytes)
        return !$0.isOver
      }
    }
  }

  /// RssAnon of proc(5).
  private static func anonymousBytes(_ status: String) -> Int {
    guard let file = fopen(status, "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      guard strncmp(line, "RssAnon:", 8) == 0 else { continue }
      return line.withUnsafeBufferPointer { atol($0.baseAddress! + 8) } * 1024
    }
    return 0
  }
}

/// How long a look-up takes in a mapped index.
public struct LookUpMeasurement: Sendable {
  /// Mean nanoseconds of one look-up.
  public let nanoseconds: Double
  /// How many of them were named in the list.
  public let found: Int
  /// How many there were.
  public let lookUps: Int

  /// Looks up serial numbers of four bytes, in no order.
  ///
  /// - Parameter issuer: the certificate of the list's issuer, an authority of the simulator's, DER.
  public static func run(index: String, issuer: [UInt8], lookUps: Int) throws -> LookUpMeasurement {
    let anchor = try TrustAnchor.root(issuer, kind: .signing, environment: .simulator)
    let list = try RevocationList(mapping: index, issuer: anchor)
    let now = Date()
    var random = SystemRandomNumberGenerator()
    let serials = (0..<lookUps).compactMap { _ in
      let number = UInt32.random(in: 0x0100_0000...0x7FFF_FFFF, using: &random)
      return Serial([UInt8(number >> 24), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)])
    }
    var found = 0
    let started = ContinuousClock.now
    for serial in serials {
      if case .revoked = list.status(of: serial, at: now) { found += 1 }
    }
    let elapsed = started.duration(to: .now)
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    return LookUpMeasurement(nanoseconds: seconds * 1e9 / Double(serials.count), found: found, lookUps: serials.count)
  }
}
