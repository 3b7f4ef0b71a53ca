import CoreMetrics
import Synchronization

/// What Prometheus calls its type.
enum SeriesKind: String, Sendable { case counter, gauge, histogram }

/// One label of a series.
struct LabelPair: Hashable, Sendable {
  let name: String
  let value: String

  /// `name="value"`, escaped as the text format wants it.
  var text: String {
    let escaped = value.flatMap { character -> [Character] in
      switch character {
      case "\\": ["\\", "\\"]
      case "\"": ["\\", "\""]
      case "\n": ["\\", "n"]
      default: [character]
      }
    }
    return "\(name)=\"\(String(escaped))\""
  }
}

/// What a series is called.
struct SeriesKey: Hashable, Comparable, Sendable {
  let name: String
  let labels: [LabelPair]

  func text(suffix: String = "", adding extra: LabelPair? = nil) -> String {
    let all = labels + (extra.map { [$0] } ?? [])
    return all.isEmpty ? name + suffix : "\(name)\(suffix){\(all.map(\.text).joined(separator: ","))}"
  }

  static func < (left: Self, right: Self) -> Bool {
    left.name == right.name ? left.text() < right.text() : left.name < right.name
  }
}

/// Something that can write its lines.
protocol Series: AnyObject, Sendable {
  static var kind: SeriesKind { get }
  func write(_ key: SeriesKey, into text: inout String)
}

final class CounterSeries: Series, CounterHandler {
  static let kind = SeriesKind.counter
  private let value = Atomic<Int64>(0)

  func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
  func reset() { value.store(0, ordering: .relaxed) }

  func write(_ key: SeriesKey, into text: inout String) { text += "\(key.text()) \(value.load(ordering: .relaxed))\n" }
}

final class FloatingPointCounterSeries: Series, FloatingPointCounterHandler {
  static let kind = SeriesKind.counter
  private let value = Mutex(0.0)

  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func reset() { value.withLock { $0 = 0 } }

  func write(_ key: SeriesKey, into text: inout String) { text += "\(key.text()) \(value.withLock { $0 })\n" }
}

final class GaugeSeries: Series, MeterHandler, RecorderHandler {
  static let kind = SeriesKind.gauge
  private let value = Mutex(0.0)

  func set(_ new: Int64) { value.withLock { $0 = Double(new) } }
  func set(_ new: Double) { value.withLock { $0 = new } }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func decrement(by amount: Double) { value.withLock { $0 -= amount } }
  func record(_ new: Int64) { set(new) }
  func record(_ new: Double) { set(new) }

  func write(_ key: SeriesKey, into text: inout String) { text += "\(key.text()) \(value.withLock { $0 })\n" }
}

final class HistogramSeries: Series, TimerHandler, RecorderHandler {
  static let kind = SeriesKind.histogram
  /// Upper bounds for durations, in seconds.
  static let seconds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
  /// Upper bounds for counts and sizes.
  static let sizes: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]

  private struct State {
    var counts: [UInt64]
    var sum = 0.0
  }

  private let bounds: [Double]
  private let state: Mutex<State>

  init(bounds: [Double]) {
    self.bounds = bounds
    state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock {
      $0.counts[bucket] += 1
      $0.sum += value
    }
  }

  func write(_ key: SeriesKey, into text: inout String) {
    let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
    var running: UInt64 = 0
    for (bound, count) in zip(bounds.map { "\($0)" } + ["+Inf"], counts) {
      running += count
      text += "\(key.text(suffix: "_bucket", adding: LabelPair(name: "le", value: bound))) \(running)\n"
    }
    text += "\(key.text(suffix: "_sum")) \(sum)\n\(key.text(suffix: "_count")) \(running)\n"
  }
}
