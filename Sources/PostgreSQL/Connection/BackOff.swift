/// Pauses between attempts to connect: from 25 ms, doubling up to a limit, each shortened by up to half at random so that many processes do not
/// come back at the same moment.
struct BackOff {
  private let limit: Int64
  private var pause: Int64 = 25

  init(limit: Duration) { self.limit = max(limit.milliseconds, 1) }

  /// The next pause in milliseconds.
  mutating func next() -> Int64 {
    let longest = min(pause, limit)
    pause = min(pause * 2, limit)
    return Int64.random(in: (longest + 1) / 2...longest)
  }
}
