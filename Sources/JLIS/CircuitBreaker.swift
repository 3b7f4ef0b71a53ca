import Synchronization

/// Stops asking a door that has failed several times in a row, so that callers fail at once instead of queueing behind time-outs.
/// After a pause one call is let through: if it succeeds, the door is open again; if not, the pause begins anew.
final class CircuitBreaker: Sendable {
  private let threshold: Int
  private let pause: Duration
  private let now: @Sendable () -> ContinuousClock.Instant
  private let state = Mutex(State())

  private struct State {
    var failures = 0
    var closedUntil: ContinuousClock.Instant?
  }

  init(threshold: Int, pause: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock().now }) {
    self.threshold = max(1, threshold)
    self.pause = pause
    self.now = now
  }

  /// Whether a call may be made now. During a pause's end exactly one caller is told yes.
  func mayCall() -> Bool {
    let moment = now()
    return state.withLock { state in
      guard let closedUntil = state.closedUntil else { return true }
      guard moment >= closedUntil else { return false }
      state.closedUntil = moment.advanced(by: pause)
      return true
    }
  }

  /// The door answered, be it a refusal.
  func succeeded() {
    state.withLock { $0 = State() }
  }

  /// The door did not answer.
  func failed() {
    let moment = now()
    state.withLock { state in
      state.failures += 1
      if state.failures >= threshold { state.closedUntil = moment.advanced(by: pause) }
    }
  }
}
