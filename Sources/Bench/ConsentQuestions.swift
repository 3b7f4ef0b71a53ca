import BrokerClient
import Foundation
import JOSE
public import Story

/// What compliance asks of consents, one question at a time over HTTPS, among as many consents as `Deploy/lib/consents.sql` made.
public enum ConsentQuestions {
  /// How long one kind of question took.
  public struct Figure: Sendable {
    /// What was asked.
    public let name: String
    /// How many answers were timed.
    public let count: Int
    /// Milliseconds.
    public let median: Double
    /// Milliseconds.
    public let p95: Double
    /// How many consents the answers held, on average.
    public let consents: Double
  }

  /// Asks each question so many times, of other persons, periods and instants each time.
  ///
  /// - Throws: `BenchFailure` where the broker does not answer as it should.
  public static func ask(cast: StoryCast, times: Int) async throws -> [Figure] {
    guard let connection = cast.connections[.compliance] else { throw BenchFailure.unexpected("a client of compliance") }
    func get(_ path: String) async throws -> JSONValue {
      let answer = try await connection.send("GET", path, body: nil, contentType: nil, idempotencyKey: nil)
      guard answer.status == 200 else { throw BenchFailure.unexpected("200 for \(path), not \(answer.status)") }
      return try JSONValue(parsing: answer.body)
    }
    // Persons and a notice from among them; instants spread over the years that the loader fills.
    let sample = try await get("/v1/consents?pageSize=500")["consents"]?.array ?? []
    let subjects = sample.compactMap { $0["subjectId"]?.string }
    guard !subjects.isEmpty, let notice = sample.first?["noticeId"]?.string else { throw BenchFailure.unexpected("consents") }
    func instant(_ number: Int, of count: Int) -> String {
      Date(timeIntervalSince1970: 1_609_459_200 + Double(number) / Double(count) * 1_500 * 86_400).formatted(.iso8601)
    }
    let states = ["given", "withdrawn", "revoked", "pendingAtSource"]
    let questions: [(String, (Int) -> String)] = [
      ("subject", { "/v1/consents?subjectId=\(subjects[$0 % subjects.count])" }),
      ("subject, as of", { "/v1/consents?subjectId=\(subjects[$0 % subjects.count])&at=\(instant($0, of: times))" }),
      ("purpose and item", { "/v1/consents?purpose=purpose\(1 + $0 % 6)&item=name" }),
      ("state", { "/v1/consents?state=\(states[$0 % states.count])" }),
      ("notice version", { "/v1/consents?noticeId=\(notice)&noticeVersion=\(1 + $0 % 2)" }),
      ("period", { "/v1/consents?givenAfter=\(instant($0, of: times))&givenBefore=\(instant($0 + 1, of: times))" }),
      ("as of", { "/v1/consents?at=\(instant($0, of: times))" }),
      ("as of, state", { "/v1/consents?state=withdrawn&at=\(instant($0, of: times))" }),
      ("counts, 30 days", { _ in "/v1/consents/counts" }),
    ]
    var figures: [Figure] = []
    for (name, path) in questions {
      var milliseconds: [Double] = []
      var consents = 0
      for number in 0..<times {
        let started = ContinuousClock.now
        let answer = try await get(path(number))
        let taken = ContinuousClock.now - started
        milliseconds.append(Double(taken.components.seconds) * 1_000 + Double(taken.components.attoseconds) / 1e15)
        consents += answer["consents"]?.array?.count ?? 0
      }
      milliseconds.sort()
      figures.append(
        Figure(
          name: name, count: times, median: milliseconds[times / 2], p95: milliseconds[min(times - 1, times * 95 / 100)],
          consents: Double(consents) / Double(times)))
    }
    return figures
  }
}
