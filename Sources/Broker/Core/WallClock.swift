public import Foundation
internal import Synchronization

/// The time of day, injected everywhere (law 8): SQL takes it as a parameter, tests move it.
public protocol WallClock: Sendable {
  /// Now, in whole milliseconds, so that a time survives JSON and PostgreSQL unchanged.
  func now() -> Date
}

extension Date {
  /// The nearest whole millisecond.
  public var wholeMilliseconds: Date { Date(timeIntervalSince1970: (timeIntervalSince1970 * 1000).rounded() / 1000) }
}

/// The machine's clock.
public struct SystemWallClock: WallClock {
  /// Stands for the machine's clock; has no state of its own.
  public init() {}
  /// The machine's time.
  public func now() -> Date { Date().wholeMilliseconds }
}

/// A clock that stands still until it is moved: for tests and scenarios.
public final class MovedClock: WallClock {
  private let time: Mutex<Date>

  /// - Parameter start: the first time that it tells.
  public init(_ start: Date) { time = Mutex(start.wholeMilliseconds) }

  /// The time to which it was moved last.
  public func now() -> Date { time.withLock { $0 } }

  /// Moves it on (or back) by seconds.
  public func advance(bySeconds seconds: TimeInterval) { time.withLock { $0 = $0.addingTimeInterval(seconds).wholeMilliseconds } }
}
