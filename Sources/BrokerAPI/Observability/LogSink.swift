internal import Dispatch
internal import Foundation
internal import Synchronization

#if canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Where log lines go: a bounded buffer, emptied into a file descriptor by a thread of its own, so that a slow reader of the log stalls no request.
///
/// A full buffer (4 MiB) drops lines and says how many as soon as there is room again.
public final class LogSink: Sendable {
  private struct State {
    var buffer: [UInt8] = []
    var dropped = 0
    var isWriting = false
  }

  private static let limit = 4 << 20
  private let state = Mutex(State())
  /// Held while a batch is taken and written, so that batches keep their order and a flush waits for the one on its way.
  private let turn = Mutex<Void>(())
  private let descriptor: Int32

  /// Standard error.
  public static let standardError = LogSink(descriptor: 2)

  /// - Parameter descriptor: an open file descriptor, never closed by the sink.
  public init(descriptor: Int32) { self.descriptor = descriptor }

  /// Takes one line, without its line end.
  public func write(_ line: [UInt8]) {
    let mustStart = state.withLock { state -> Bool in
      guard state.buffer.count + line.count < Self.limit else {
        state.dropped += 1
        return false
      }
      state.buffer.append(contentsOf: line)
      state.buffer.append(UInt8(ascii: "\n"))
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if mustStart { LogWriter.shared.wake(self) }
  }

  /// Writes what is buffered on the calling thread: before the process ends.
  public func flush() { while drain() {} }

  /// One round; false once there is nothing left.
  fileprivate func drain() -> Bool { turn.withLock { _ in writeBatch() } }

  private func writeBatch() -> Bool {
    let batch = state.withLock { state -> [UInt8] in
      if state.dropped > 0 {
        state.buffer.append(
          contentsOf: Array("{\"level\":\"warning\",\"message\":\"log lines dropped\",\"count\":\(state.dropped)}\n".utf8))
        state.dropped = 0
      }
      let batch = state.buffer
      state.buffer.removeAll(keepingCapacity: batch.count <= 1 << 16)
      if batch.isEmpty { state.isWriting = false }
      return batch
    }
    guard !batch.isEmpty else { return false }
    batch.withUnsafeBytes { bytes in
      var offset = 0
      while offset < bytes.count {
        let written = posixWrite(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
        if written < 0 {
          if errno == EINTR { continue }
          return
        }
        offset += written
      }
    }
    return true
  }
}

/// `write(2)`; the name is taken by the sink's own method.
private func posixWrite(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int { write(descriptor, start, count) }

/// The one thread that empties sinks.
private final class LogWriter: Sendable {
  static let shared = LogWriter()
  private let waiting = Mutex<[LogSink]>([])
  private let signal = DispatchSemaphore(value: 0)

  private init() {
    let thread = Thread { [self] in
      while true {
        signal.wait()
        // Gathers what the next milliseconds bring: one waking for many lines, not one for each.
        Thread.sleep(forTimeInterval: 0.005)
        let sinks = waiting.withLock { sinks in
          defer { sinks = [] }
          return sinks
        }
        for sink in sinks { while sink.drain() {} }
      }
    }
    thread.name = "log"
    thread.start()
  }

  func wake(_ sink: LogSink) {
    waiting.withLock { $0.append(sink) }
    signal.signal()
  }
}
