public import CoreMetrics
internal import Synchronization

/// A small back end for swift-metrics that answers `/metrics` in Prometheus' text format (version 0.0.4).
///
/// Counters and gauges are one atomic each, histograms one short lock; nothing is allocated once a metric exists.
/// At most ``seriesLimit`` series are kept: what comes after is counted in `yonjo_metrics_dropped_total` and goes nowhere.
public final class MetricsRegistry: MetricsFactory {
  /// Series (names with their labels) in all.
  public static let seriesLimit = 10_000

  private struct State {
    var series: [SeriesKey: any Series] = [:]
    var kinds: [String: SeriesKind] = [:]
    var dropped = 0
  }

  private let state = Mutex(State())

  /// An empty registry.
  public init() {}

  /// A whole-number counter; its name ends in `_total`.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, dimensions, suffix: "_total") { CounterSeries() }
  }

  /// A fractional counter; its name ends in `_total`.
  public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
    series(label, dimensions, suffix: "_total") { FloatingPointCounterSeries() }
  }

  /// A gauge.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions, suffix: "") { GaugeSeries() }
  }

  /// A histogram of sizes where values are aggregated, else a gauge.
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    if aggregate { return series(label, dimensions, suffix: "") { HistogramSeries(bounds: HistogramSeries.sizes) } }
    return series(label, dimensions, suffix: "") { GaugeSeries() }
  }

  /// A histogram of durations; its name ends in `_seconds`.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, dimensions, suffix: "_seconds") { HistogramSeries(bounds: HistogramSeries.seconds) }
  }

  /// Nothing: a handle that is let go keeps its numbers, since a counter must never go back.
  public func destroyCounter(_ handler: any CounterHandler) {}
  /// Nothing: a handle that is let go keeps its numbers, since a counter must never go back.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  /// Nothing: a handle that is let go keeps its numbers, since a counter must never go back.
  public func destroyMeter(_ handler: any MeterHandler) {}
  /// Nothing: a handle that is let go keeps its numbers, since a counter must never go back.
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  /// Nothing: a handle that is let go keeps its numbers, since a counter must never go back.
  public func destroyTimer(_ handler: any TimerHandler) {}

  private func series<S: Series>(_ label: String, _ dimensions: [(String, String)], suffix: String, make: () -> S) -> S {
    let name = Self.name(label, suffix: suffix)
    let key = SeriesKey(name: name, labels: dimensions.map { LabelPair(name: Self.labelName($0.0), value: $0.1) })
    return state.withLock { state in
      if let known = state.series[key] as? S { return known }
      let made = make()
      // One name, one kind: Prometheus refuses a page where it is not so.
      guard state.series.count < Self.seriesLimit, state.series[key] == nil, state.kinds[name] ?? S.kind == S.kind else {
        state.dropped += 1
        return made
      }
      state.series[key] = made
      state.kinds[name] = S.kind
      return made
    }
  }

  /// The whole page, sorted by name and labels.
  public func prometheusText() -> String {
    let (series, kinds, dropped) = state.withLock { ($0.series, $0.kinds, $0.dropped) }
    var text = ""
    var last = ""
    for (key, one) in series.sorted(by: { $0.key < $1.key }) {
      if key.name != last {
        text += "# TYPE \(key.name) \(kinds[key.name]?.rawValue ?? "untyped")\n"
        last = key.name
      }
      one.write(key, into: &text)
    }
    text += "# TYPE yonjo_metrics_dropped_total counter\nyonjo_metrics_dropped_total \(dropped)\n"
    return text
  }

  /// Prometheus' alphabet; dots and dashes become underscores.
  private static func name(_ label: String, suffix: String) -> String {
    let name = labelName(label)
    return name.hasSuffix(suffix) ? name : name + suffix
  }

  private static func labelName(_ label: String) -> String {
    var name = String(
      label.unicodeScalars.map { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_") ? Character(scalar) : "_"
      })
    if name.first.map({ $0.isNumber }) ?? true { name = "_" + name }
    return name
  }
}
