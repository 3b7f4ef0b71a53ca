import Synchronization

/// A thread that looks after deadlines while somebody waits, and sleeps otherwise.
final class Housekeeper: Sendable {
  private static let pauseMilliseconds: Int64 = 50

  private let wakeUp = WakeUp()
  private let hasStarted = Atomic<Bool>(false)
  private let isAsleep = Atomic<Bool>(false)

  /// What one round found.
  enum Round { case somebodyWaits, nobodyWaits, over }

  /// Somebody may have to wait: look, and look again until nobody does. `round` is what the thread does, given once.
  func nudge(_ round: @escaping @Sendable () -> Round) {
    if !hasStarted.load(ordering: .relaxed), !hasStarted.exchange(true, ordering: .relaxed) {
      if !SystemThread.start({ self.main(round) }) { hasStarted.store(false, ordering: .relaxed) }
    } else if isAsleep.load(ordering: .relaxed), isAsleep.exchange(false, ordering: .acquiringAndReleasing) {
      wakeUp.signal()
    }
  }

  private func main(_ round: @Sendable () -> Round) {
    while true {
      switch round() {
      case .over: return
      case .somebodyWaits: wakeUp.wait(milliseconds: Self.pauseMilliseconds)
      case .nobodyWaits:
        // Whoever begins to wait after this line wakes us; whoever did before is found by one more round.
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        if case .nobodyWaits = round() { wakeUp.wait(milliseconds: -1) }
        isAsleep.store(false, ordering: .relaxed)
        // A steady trickle of waiting work must not cost a wake-up each.
        wakeUp.wait(milliseconds: Self.pauseMilliseconds)
      }
    }
  }
}
