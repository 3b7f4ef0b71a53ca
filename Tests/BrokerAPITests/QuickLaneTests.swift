import Foundation
import NIOCore
import Testing

@testable import Broker
@testable import BrokerAPI

/// Tag look-ups that are answered without a task: nobody can tell, but by the time.
@Suite("Tag look-ups on the event loop")
struct QuickLaneTests {
  private static let tag = "hmac.1.1." + String(repeating: "A", count: 43)

  /// Runs against a broker whose keys and allowance are at hand.
  private func warm(
    limits: ServerLimits = ServerLimits(), allowance: Int = 1000, _ body: @Sendable (TestBroker, [(String, String)]) async throws -> Void
  ) async throws {
    try await TestBroker.with(limits: limits) { broker in
      _ = try await broker.administration.allow(broker.bank.id, lookUps: allowance, lookUpsPerTag: 10_000, operatorName: "test")
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      // The first one reads keys and takes a block of the allowance: the usual way.
      #expect(try await look(broker, headers).status == 200)
      #expect(broker.server.quick?.edge.quickAnswers.value == 0)
      try await body(broker, headers)
    }
  }

  private func look(_ broker: TestBroker, _ headers: [(String, String)], _ body: String? = nil) async throws -> Reply {
    try await broker.server.send("POST", QuickLookUps.path, body: body ?? #"{"cardTag":"\#(Self.tag)"}"#, headers: headers)
  }

  private func raw(_ headers: [(String, String)], _ body: String, more: String = "") -> String {
    let fields = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
    return "POST \(QuickLookUps.path) HTTP/1.1\r\nHost: localhost\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\(more)\r\n\(body)"
  }

  @Test("the answer is the same with and without a task, to the byte and to the field")
  func sameAnswer() async throws {
    try await warm { broker, headers in
      let trace = [("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
      let quick = try await look(broker, headers + trace)
      #expect(broker.server.quick?.edge.quickAnswers.value == 1)
      let usual = try await look(broker, headers + trace + [("expect", "nothing")])
      #expect(broker.server.quick?.edge.quickAnswers.value == 1)
      #expect(quick.status == 200 && quick.body == usual.body && quick.body.contains(#""known":false"#))
      func steady(_ reply: Reply) -> [String] {
        reply.headers.filter { !["date", "ratelimit-remaining", "ratelimit-reset"].contains($0.0) }.map { "\($0.0): \($0.1)" }.sorted()
      }
      #expect(steady(quick) == steady(usual))
      #expect(quick["date"]?.hasSuffix(" GMT") == true && quick["date"]?.count == usual["date"]?.count)
      let (before, after) = (Int(quick["ratelimit-remaining"] ?? ""), Int(usual["ratelimit-remaining"] ?? ""))
      // Unless the minute ended between them.
      #expect(after == before.map { $0 - 1 } || after == 999)
    }
  }

  @Test("the time of an answer is written as RFC 9110 says")
  func dates() {
    #expect(HTTPDates.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDates.text(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
  }

  @Test("every look-up leaves its audit event")
  func audited() async throws {
    try await warm { broker, headers in
      for _ in 0..<5 { #expect(try await look(broker, headers).status == 200) }
      #expect(broker.server.quick?.edge.quickAnswers.value == 5)
      let events = try await broker.server.send("GET", "/v1/audit/events?kind=tagLookedUp&pageSize=100", headers: headers)
      #expect(events.status == 200)
      #expect(events.body.components(separatedBy: #""kind":"tagLookedUp""#).count - 1 == 6)
    }
  }

  @Test("what is wrong is said by the usual way")
  func refusals() async throws {
    try await warm { broker, headers in
      #expect(try await look(broker, headers, #"{"cardTag":"x"}"#).code == "tagMalformed")
      #expect(try await look(broker, headers, #"{"cardTag":"\#(Self.tag)","more":1}"#).status == 400)
      #expect(try await look(broker, headers, "{").status == 400)
      #expect(try await look(broker, [("content-type", "application/json"), ("authorization", "Bearer x")]).status == 401)
      #expect(try await look(broker, [("content-type", "application/json")]).status == 401)
      let login = try await broker.authorisation(try await broker.client(of: broker.bank, .login))
      #expect(try await look(broker, login).code == "insufficientScope")
      #expect(broker.server.quick?.edge.quickAnswers.value == 0)
      #expect(try await look(broker, headers).status == 200)
      #expect(broker.server.quick?.edge.quickAnswers.value == 1)
    }
  }

  @Test("no look-up goes beyond the allowance, and none is counted twice")
  func allowance() async throws {
    @Sendable func minute() -> Int { Int(Date().timeIntervalSince1970) / 60 }
    let first = minute()
    try await warm(allowance: 40) { broker, headers in
      var (passed, refused) = (1, 0)
      for _ in 0..<120 {
        let reply = try await look(broker, headers)
        switch reply.status {
        case 200: passed += 1
        case 429: refused += 1
        default: Issue.record("status \(reply.status)")
        }
      }
      // A minute may end on the way, on a machine that stands still several: then there are as many again.
      let minutes = minute() - first + 1
      #expect(minutes == 1 ? passed == 40 : (1...(40 * minutes)).contains(passed))
      #expect(passed + refused == 121)
    }
  }

  @Test("nor beyond what one tag may be asked for")
  func allowanceOfOneTag() async throws {
    try await warm { broker, headers in
      _ = try await broker.administration.allow(broker.bank.id, lookUpsPerTag: 16, operatorName: "test")
      // A client registered afterwards, so that what is remembered of the first does not count.
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      let other = #"{"cardTag":"hmac.1.1.\#(String(repeating: "E", count: 43))"}"#
      var statuses: [Int] = []
      for _ in 0..<40 { statuses.append(try await look(broker, headers, other).status) }
      #expect(Set(statuses) == [200, 429])
      // A minute may end on the way: then there are as many again.
      #expect([16, 32].contains(statuses.count { $0 == 200 }))
      #expect(try await look(broker, headers).status == 200)
    }
  }

  @Test("requests sent ahead are answered in their order, whichever way they go")
  func pipelined() async throws {
    try await warm { broker, headers in
      let look = #"{"cardTag":"\#(Self.tag)"}"#
      let health = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
      let bad = raw(headers, #"{"cardTag":"x"}"#)
      let last = raw(headers, look, more: "Connection: close\r\n")
      let text = try await RawClient.talk(port: broker.server.port) { client in
        try await client.send(raw(headers, look) + raw(headers, look) + health + raw(headers, look) + bad + raw(headers, look) + last)
        return try await client.readToEnd()
      }
      let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
      #expect(statuses == ["200", "200", "200", "200", "422", "200", "200"])
      let bodies = text.components(separatedBy: "\r\n\r\n").dropFirst().map { String($0.prefix(8)) }
      #expect(bodies[0] == #"{"known""# && bodies[2] != #"{"known""# && bodies[3] == #"{"known""# && bodies[5] == #"{"known""#)
    }
  }

  @Test("a body may come in pieces; one that does not come is a time-out, one that is cut short nothing")
  func pieces() async throws {
    var limits = ServerLimits()
    limits.requestSeconds = 1
    try await warm(limits: limits) { broker, headers in
      let whole = raw(headers, #"{"cardTag":"\#(Self.tag)"}"#)
      try await RawClient.talk(port: broker.server.port) { client in
        for piece in [whole.prefix(20), whole.dropFirst(20).dropLast(30), whole.suffix(30)] {
          try await client.send(String(piece))
          try await Task.sleep(for: .milliseconds(50))
        }
        try await client.send(String(whole.dropLast(5)))
        let text = try await client.readToEnd()
        #expect(text.hasPrefix("HTTP/1.1 200"))
        #expect(text.contains("HTTP/1.1 408"))
      }
      #expect(broker.server.quick?.edge.quickAnswers.value == 1)
    }
  }

  @Test("garbage behind a look-up does not overtake its answer")
  func garbage() async throws {
    try await warm { broker, headers in
      let text = try await RawClient.talk(port: broker.server.port) { client in
        try await client.send(raw(headers, #"{"cardTag":"\#(Self.tag)"}"#) + "\u{1}\u{2}nonsense\r\n\r\n")
        return try await client.readToEnd()
      }
      let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
      #expect(statuses.first == "200")
      #expect(statuses.dropFirst().allSatisfy { $0 == "400" })
    }
  }

  @Test("many connections at once: every look-up is answered, once")
  func many() async throws {
    try await warm(allowance: 5_000) { broker, headers in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<16 {
          group.addTask {
            let body = #"{"cardTag":"\#(Self.tag)"}"#
            let text = try await RawClient.talk(port: broker.server.port) { client in
              for _ in 0..<20 { try await client.send(raw(headers, body)) }
              try await client.send(raw(headers, body, more: "Connection: close\r\n"))
              return try await client.readToEnd()
            }
            return text.components(separatedBy: "HTTP/1.1 200").count - 1
          }
        }
        for try await answers in group { #expect(answers == 21) }
      }
      // How many wait for a block of the allowance is a matter of chance.
      #expect((broker.server.quick?.edge.quickAnswers.value ?? 0) > 0)
    }
  }
}
