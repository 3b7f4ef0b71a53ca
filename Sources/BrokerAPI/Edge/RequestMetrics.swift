import CoreMetrics
import HTTPTypes
import Synchronization

/// Requests by route and status, and their times by route. Series are made once, on first use; afterwards a request costs two look-ups.
final class RequestMetrics: Sendable {
  private struct CountKey: Hashable {
    let method: String
    let route: String
    let status: Int
  }

  private struct State {
    var counts: [CountKey: any CounterHandler] = [:]
    var times: [String: any TimerHandler] = [:]
  }

  private let registry: MetricsRegistry
  private let state = Mutex(State())

  init(registry: MetricsRegistry) { self.registry = registry }

  func record(method: HTTPRequest.Method, route: String, status: Int, elapsed: Duration) {
    // A method that no route takes is the caller's own word: not a label.
    let key = CountKey(method: route == "unknown" ? "other" : method.rawValue, route: route, status: status)
    let (count, time) = state.withLock { state in
      let count =
        state.counts[key]
        ?? registry.makeCounter(
          label: "yonjo_http_requests", dimensions: [("method", key.method), ("route", route), ("status", String(status))])
      state.counts[key] = count
      let time = state.times[route] ?? registry.makeTimer(label: "yonjo_http_request_duration", dimensions: [("route", route)])
      state.times[route] = time
      return (count, time)
    }
    count.increment(by: 1)
    time.recordNanoseconds(elapsed.components.seconds * 1_000_000_000 + elapsed.components.attoseconds / 1_000_000_000)
  }
}
