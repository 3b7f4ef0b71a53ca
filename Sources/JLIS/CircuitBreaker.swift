import Synchronization

/// Whether a door of J-LIS is asked.
public enum DoorState: String, Sendable, Hashable, CaseIterable {
  /// It is.
  case open
  /// After its rest, one call is under way to see whether it answers again; others are not made.
  case trying
  /// It is not: recent calls all failed.
  case resting
}

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
    var isTrying = false
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
      // Should that one never be heard of again, the next is let through after another pause.
      state.closedUntil = moment.advanced(by: pause)
      state.isTrying = true
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
      state.isTrying = false
      if state.failures >= threshold { state.closedUntil = moment.advanced(by: pause) }
    }
  }

  /// The caller gave up, which says nothing about the door: where it was the one let through, the next one is.
  func abandoned() {
    let moment = now()
    state.withLock { state in
      guard state.isTrying else { return }
      state.isTrying = false
      state.closedUntil = moment
    }
  }

  /// How it stands, for metrics.
  var doorState: DoorState {
    state.withLock { state in
      guard state.closedUntil != nil else { return .open }
      return state.isTrying ? .trying : .resting
    }
  }
}
