internal import Glibc

/// How much of the time a list in a file may be worked on.
public enum RevocationListPace: Sendable {
  /// Without a pause: nothing is in force yet, or somebody waits.
  case atOnce
  /// An eighth of the time. Even at the lowest priority, work on hundreds of megabytes takes caches, memory and disk from those who answer on the same
  /// machine; a list that replaces one in force can wait some seconds.
  case unhurried
}

/// Pauses in long work, as its pace demands.
struct Breath {
  /// So many times as long as the work before it is a pause.
  private static let pauses = 7.0
  /// No pause is longer, in seconds, however long the processor was away.
  private static let longest = 0.25

  private let pace: RevocationListPace
  private var since = ContinuousClock.now

  init(_ pace: RevocationListPace) { self.pace = pace }

  /// To be called after each piece of work.
  mutating func take() {
    guard pace == .unhurried else { return }
    let seconds = min(since.duration(to: .now) / .seconds(1) * Self.pauses, Self.longest)
    usleep(UInt32(seconds * 1_000_000))
    since = .now
  }
}
