internal import Foundation
internal import Glibc
internal import Synchronization

/// Tells how far a long command is, on standard error: on a terminal one line that is written over, cut to its width; otherwise a log line now and then.
public final class Progress: Sendable {
  private struct State {
    var started: ContinuousClock.Instant
    var lastShown: ContinuousClock.Instant
    var hasLine = false
  }

  private let what: String
  /// The width of the terminal in columns; nil where there is none.
  private let width: @Sendable () -> Int?
  private let show: (@Sendable (String) -> Void)?
  private let now: @Sendable () -> ContinuousClock.Instant
  private let state: Mutex<State>

  /// Says nothing.
  public static let silent = Progress("", show: nil)

  /// Tells standard error.
  public static func onStandardError(_ what: String) -> Progress {
    Progress(what, width: { terminalWidth() }) { FileHandle.standardError.write(Data($0.utf8)) }
  }

  /// - Parameters:
  ///   - what: the command, with which each line begins.
  ///   - width: the width of the terminal in columns, asked for each line; nil where there is none.
  ///   - now: the clock.
  ///   - show: takes what is to be written; nil says nothing.
  public init(
    _ what: String, width: @escaping @Sendable () -> Int? = { nil }, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    show: (@Sendable (String) -> Void)?
  ) {
    self.what = what
    self.width = width
    self.show = show
    self.now = now
    state = Mutex(State(started: now(), lastShown: now()))
  }

  /// Says how far reading is: rows, and bytes of the whole, if its length is known.
  public func update(rows: Int, bytes: Int, of total: Int?) {
    tell { elapsed in
      var words = ["\(rows) rows"]
      if let total, total > 0 { words.append("\(min(bytes * 100 / total, 100)) %") }
      let rate = Double(rows) / max(elapsed, 0.001)
      words.append("\(Int(rate)) rows/s")
      if let total, bytes > 0, bytes < total { words.append(Self.left(elapsed * Double(total - bytes) / Double(bytes))) }
      return words
    }
  }

  /// Says how much of an upload is sent.
  public func sent(bytes: Int, of total: Int?) {
    tell { elapsed in
      var words = ["\(bytes / 1_000_000) MB sent"]
      if let total, total > 0 { words.append("\(min(bytes * 100 / total, 100)) %") }
      words.append("\(Int(Double(bytes) / 1_000_000 / max(elapsed, 0.001))) MB/s")
      if let total, bytes > 0, bytes < total { words.append(Self.left(elapsed * Double(total - bytes) / Double(bytes))) }
      return words
    }
  }

  /// Says that something is waited for.
  public func waiting(for what: String) { tell { _ in [what] } }

  /// Begins to measure anew, for the next part of the work.
  public func restart() {
    let start = now()
    state.withLock { $0.started = start }
  }

  /// Leaves the terminal's line empty; call it at the end.
  public func end() {
    guard let show else { return }
    let hadLine = state.withLock { state in
      defer { state.hasLine = false }
      return state.hasLine
    }
    if hadLine { show("\r\u{1B}[K") }
  }

  private func tell(_ words: (_ elapsed: Double) -> [String]) {
    guard let show else { return }
    let width = width()
    let time = now()
    let elapsed: Double? = state.withLock { state in
      guard state.lastShown.duration(to: time) >= (width == nil ? .seconds(10) : .milliseconds(200)) else { return nil }
      state.lastShown = time
      state.hasLine = width != nil
      let elapsed = state.started.duration(to: time)
      return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }
    guard let elapsed else { return }
    let line = "\(what): " + words(elapsed).joined(separator: ", ")
    // The last column stays free, or some terminals begin a new line.
    if let width { show("\r\u{1B}[K" + line.prefix(max(width - 1, 1))) } else { show(line + "\n") }
  }

  private static func left(_ seconds: Double) -> String {
    let whole = Int(min(seconds.rounded(.up), 86_400 * 99))
    switch whole {
    case ..<60: return "\(whole) s left"
    case ..<3600: return "\(whole / 60) min \(whole % 60) s left"
    default: return "\(whole / 3600) h \(whole / 60 % 60) min left"
    }
  }

  private static func terminalWidth() -> Int? {
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
