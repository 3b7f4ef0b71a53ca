/// What a measurement found.
public struct LoadReport: Sendable {
  /// Connections, each with one request at a time.
  public let clients: Int
  /// Good answers within the measured window.
  public let answers: Int
  /// Answers of any other kind, over the whole run; a measurement with any is not worth much.
  public let refused: Int
  /// The measured window, warm-up left out.
  public let seconds: Double
  /// Milliseconds within which that share of the good answers came.
  public let median, percentile95, percentile99: Double
  /// Milliseconds that the slowest answer of all took, of whatever kind, over the whole run.
  public let slowest: Double

  /// Good answers a second.
  public var rate: Double { seconds > 0 ? Double(answers) / seconds : 0 }

  /// Counts what lies between the warm-up's end and the moment at which the first client had nothing left to send.
  init(samples: [ClientSamples], started: UInt64, warmUpNanoseconds: UInt64) {
    let begin = started + warmUpNanoseconds
    let end = samples.map(\.finished).min() ?? begin
    var latencies: [UInt64] = []
    for client in samples {
      for sample in client.good where sample.at > begin && sample.at <= end { latencies.append(sample.latency) }
    }
    latencies.sort()
    func milliseconds(_ share: Double) -> Double {
      guard !latencies.isEmpty else { return 0 }
      return Double(latencies[min(latencies.count - 1, Int(Double(latencies.count) * share))]) / 1_000_000
    }
    clients = samples.count
    answers = latencies.count
    refused = samples.reduce(0) { $0 + $1.refused }
    seconds = end > begin ? Double(end - begin) / 1_000_000_000 : 0
    median = milliseconds(0.5)
    percentile95 = milliseconds(0.95)
    percentile99 = milliseconds(0.99)
    slowest = Double(samples.map(\.slowest).max() ?? 0) / 1_000_000
  }
}

/// One client's answers, on the clock of `NIODeadline`, in nanoseconds.
struct ClientSamples: Sendable {
  var good: [(at: UInt64, latency: UInt64)] = []
  var refused = 0
  var finished: UInt64 = 0
  var slowest: UInt64 = 0
}
