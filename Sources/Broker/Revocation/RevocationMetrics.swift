internal import CoreMetrics
internal import Foundation
internal import JPKI
internal import Synchronization

/// Decisions on revocation by method and result, and how long responders take. Never whose certificate it was.
final class RevocationMetrics: Sendable {
  private struct Key: Hashable {
    let method: RevocationDecision.Method
    let result: String
  }

  private let decisions = Mutex<[Key: Counter]>([:])
  private let answers = Mutex<[String: Counter]>([:])
  private let times = Mutex<CoreMetrics.Timer?>(nil)

  /// Series are made on first use: the metrics system is not there before the process serves.
  func decided(_ decision: RevocationDecision) {
    let result =
      switch decision.status {
      case .good: "good"
      case .revoked: "revoked"
      case .unknown, nil: decision.isUnderOverride ? "overridden" : "unknown"
      }
    let key = Key(method: decision.method, result: result)
    decisions.withLock { counters in
      if counters[key] == nil {
        counters[key] = Counter(label: "yonjo_revocation_decisions", dimensions: [("method", key.method.rawValue), ("result", key.result)])
      }
      counters[key]?.increment()
    }
  }

  /// - Parameter outcome: `answered`, `cached`, or the reason why there is no answer.
  func asked(_ outcome: String) {
    answers.withLock { counters in
      if counters[outcome] == nil { counters[outcome] = Counter(label: "yonjo_ocsp_answers", dimensions: [("outcome", outcome)]) }
      counters[outcome]?.increment()
    }
  }

  func took(_ elapsed: Duration) {
    times.withLock { timer in
      if timer == nil { timer = CoreMetrics.Timer(label: "yonjo_ocsp_duration") }
      timer?.recordNanoseconds(elapsed.components.seconds * 1_000_000_000 + elapsed.components.attoseconds / 1_000_000_000)
    }
  }
}
