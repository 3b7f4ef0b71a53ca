import Foundation
import Testing

@testable import Broker
@testable import BrokerAPI

/// How an allowance looks from outside.
@Suite("Allowances over HTTP")
struct AllowanceRouteTests {
  @Test("look-ups tell what is left, and beyond the allowance are refused until the minute is over")
  func lookUps() async throws {
    try await TestBroker.with { broker in
      _ = try await broker.administration.allow(broker.bank.id, lookUps: 3, operatorName: "test")
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      var replies: [Reply] = []
      // A minute may end on the way; of eight at most six are let through even then.
      for _ in 0..<8 {
        replies.append(
          try await broker.server.send("POST", "/v1/subjects/search", body: #"{"subjectReference":"nobody"}"#, headers: headers))
      }
      #expect(replies[0].status == 200)
      #expect(replies[0]["ratelimit-limit"] == "3")
      #expect(replies[0]["ratelimit-remaining"] == "2")
      #expect((1...60).contains(Int(replies[0]["ratelimit-reset"] ?? "") ?? 0))
      let refused = try #require(replies.first { $0.status == 429 })
      #expect(refused.code == "tooManyRequests")
      #expect(refused["ratelimit-remaining"] == "0")
      #expect(refused["retry-after"] == refused["ratelimit-reset"])
      let login = try await broker.server.send("POST", "/v1/logins", body: #"{"origin":"https://app.test"}"#, headers: headers)
      #expect(login.status == 201)
      #expect(login["ratelimit-limit"] == nil)
    }
  }
}
