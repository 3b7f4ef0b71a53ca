import CitizenItems
import Foundation
import JLISSimulator
import PostgreSQL
import Testing

@testable import Broker

/// A tenant's allowance of a minute, over all replicas.
@Suite struct AllowanceTests {
  private static func caller(_ tenant: TestTenant, lookUps: Int, own: Int? = nil) -> Caller {
    let caller = tenant.caller
    return Caller(
      tenantID: caller.tenantID, clientID: caller.clientID, status: caller.status, isSandbox: caller.isSandbox,
      revocationPolicy: caller.revocationPolicy, origins: caller.origins, scopes: caller.scopes,
      allowances: RateAllowances(lookUp: lookUps, signature: 0, evaluation: 5), clientAllowances: own.map { [.lookUp: $0] } ?? [:],
      requestID: caller.requestID)
  }

  /// How many of `count` requests one after the other are let through.
  private static func letThrough(_ limiter: RateLimiter, _ caller: Caller, _ count: Int) async throws -> Int {
    var taken = 0
    for _ in 0..<count {
      do {
        _ = try await limiter.take(caller, .lookUp)
        taken += 1
      } catch let refusal as Refusal {
        guard case .tooMany(let seconds) = refusal.kind else { throw refusal }
        #expect((1...60).contains(seconds))
      }
    }
    return taken
  }

  @Test(arguments: [0, 1, 31, 32, 100]) func soManyAreLetThroughAndNoMoreUntilTheMinuteIsOver(_ limit: Int) async throws {
    try await TestBroker.with { broker in
      let caller = Self.caller(try await broker.bank(), lookUps: limit)
      #expect(try await Self.letThrough(broker.services.allowances, caller, limit + 20) == limit)
      broker.wait(seconds: 60)
      #expect(try await Self.letThrough(broker.services.allowances, caller, limit + 20) == limit)
    }
  }

  @Test func thatManyComeAtOnceWastesNothing() async throws {
    try await TestBroker.with { broker in
      let caller = Self.caller(try await broker.bank(), lookUps: 320)
      let limiter = broker.services.allowances
      let letThrough = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<400 { group.addTask { try await Self.letThrough(limiter, caller, 1) } }
        return try await group.reduce(0, +)
      }
      #expect(letThrough == 320)
    }
  }

  @Test func whatIsLeftIsTold() async throws {
    try await TestBroker.with { broker in
      let caller = Self.caller(try await broker.bank(), lookUps: 10)
      let first = try await broker.services.allowances.take(caller, .lookUp, cost: 4)
      #expect(first.limit == 10)
      #expect(first.remaining == 6)
      #expect((1...60).contains(first.resetSeconds))
      #expect(try await broker.services.allowances.take(caller, .lookUp, cost: 6).remaining == 0)
      await #expect(throws: Refusal.self) { try await broker.services.allowances.take(caller, .lookUp) }
    }
  }

  @Test func replicasShareAnAllowance() async throws {
    try await TestBroker.with { broker in
      let caller = Self.caller(try await broker.bank(), lookUps: 320)
      let other = broker.another()
      let here = try await Self.letThrough(broker.services.allowances, caller, 200)
      let there = try await Self.letThrough(other.allowances, caller, 200)
      #expect(here == 200)
      // A block that is begun here is not to be had there.
      #expect((111...120).contains(there))
      await other.stop()
    }
  }

  /// How many look-ups of one tag are answered before one is refused, and that it says when to come again.
  private static func answered(_ broker: TestBroker, _ caller: Caller, _ tag: String, of count: Int, inBatches: Bool = false) async throws
    -> Int
  {
    var answered = 0
    for _ in 0..<count {
      do {
        if inBatches {
          _ = try await broker.services.matches.lookUp(caller, cardTags: [tag, tag])
          answered += 2
        } else {
          _ = try await broker.services.matches.lookUp(caller, cardTag: tag)
          answered += 1
        }
      } catch let refusal as Refusal {
        guard case .tooMany(let seconds) = refusal.kind else { throw refusal }
        #expect((1...60).contains(seconds))
      }
    }
    return answered
  }

  @Test func oneTagIsLookedUpSoOftenAndOthersStillAre() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let limit = RateAllowances.standard.lookUpsPerTag
      let tags = try await broker.ledgerTags(bank, Hanako.asInLedger) + broker.ledgerTags(bank, Hanako.moved)
      #expect(try await Self.answered(broker, bank.caller, tags[0].text, of: limit + 20) == limit)
      // A batch that is refused for one tag costs those that follow it nothing.
      for _ in 0..<20 {
        #expect(try await refusalCode { _ = try await broker.services.matches.lookUp(bank.caller, cardTags: tags.map(\.text)) } != nil)
      }
      #expect(try await Self.answered(broker, bank.caller, tags[1].text, of: limit, inBatches: true) == limit)
      // Another tenant's look-ups of the same bytes are its own.
      #expect(try await Self.answered(broker, try await broker.bank().caller, tags[0].text, of: 10) == 10)
      broker.wait(seconds: 60)
      #expect(try await Self.answered(broker, bank.caller, tags[0].text, of: 10) == 10)
    }
  }

  @Test func replicasCountOneTagTogetherOnceItIsAskedOften() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let other = broker.another()
      let limit = RateAllowances.standard.lookUpsPerTag
      let tag = try await broker.ledgerTags(bank, Hanako.asInLedger)[0].text
      #expect(try await Self.answered(broker, bank.caller, tag, of: limit) == limit)
      // What a replica counts by itself alone is an eighth.
      var there = 0
      for _ in 0..<limit { there += (try? await other.matches.lookUp(bank.caller, cardTag: tag)) == nil ? 0 : 1 }
      #expect(there == limit / 8)
      await other.stop()
    }
  }

  @Test func oneCardSignsSoOftenWhateverForAndWhateverItsStanding() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (hanako, taro) = (try broker.hanako(), try broker.taro())
      _ = try await broker.onboardWithPair(bank, hanako)
      let limit = RateAllowances.standard.signaturesPerCard
      for _ in 1..<limit { #expect(try await broker.match(bank, hanako).matched) }
      try broker.simulator.die(hanako.id)
      // One more is refused for its number; whether the certificate still holds is not looked at.
      #expect(try await refusalCode { _ = try await broker.match(bank, hanako) } == "tooManyRequests")
      #expect(try await refusalCode { _ = try await broker.onboard(bank, hanako) } == "tooManyRequests")
      #expect(try await broker.match(bank, taro).verdict == .ok)
      broker.wait(seconds: 60)
      #expect(try await broker.match(bank, hanako).verdict.result == "certificateRevoked")
    }
  }

  @Test func aNonVerifierCannotTellARevokedCardByItsCount() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech(sandbox: true)
      let (hanako, taro) = (try broker.hanako(), try broker.taro())
      let limit = RateAllowances.standard.signaturesPerCard
      for _ in 0..<limit { _ = try await broker.match(fintech, taro) }
      #expect(try await refusalCode { _ = try await broker.match(fintech, taro) } == "tooManyRequests")
      try broker.simulator.die(hanako.id)
      // As often as it likes: as a card that nobody trusts.
      for _ in 0...limit { #expect(try await broker.match(fintech, hanako).verdict.result == "certificateRevoked") }
    }
  }

  @Test func kindsTenantsAndClientsAreCountedApart() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let caller = Self.caller(bank, lookUps: 40, own: 10)
      #expect(try await Self.letThrough(broker.services.allowances, caller, 60) == 10)
      #expect(try await Self.letThrough(broker.services.allowances, Self.caller(try await broker.bank(), lookUps: 40), 60) == 40)
      await #expect(throws: Refusal.self) { try await broker.services.allowances.take(caller, .signature) }
      #expect(try await broker.services.allowances.take(caller, .evaluation, cost: 5).remaining == 0)
    }
  }

  @Test func whatTheOperatorAllowsReachesTheCaller() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let changed = try await broker.administration.allow(bank.id, lookUps: 7, operatorName: "test")
      #expect(changed.allowances == RateAllowances(lookUp: 7, signature: 6_000, evaluation: 600))
      let ones = try await broker.administration.allow(bank.id, signaturesPerCard: 5, lookUpsPerTag: 9, operatorName: "test").allowances
      #expect(ones.signaturesPerCard == 5 && ones.lookUpsPerTag == 9 && ones.lookUp == 7)
      try await broker.administration.allow(
        client: bank.caller.clientID, of: bank.id, lookUps: nil, signatures: 3, evaluations: nil, operatorName: "test")
      let row = try await broker.inspect("select signatures_per_minute, look_ups_per_minute from clients")[0]
      #expect(try row.int(0) == 3)
      #expect(row.isNull(1))
      await #expect(throws: Refusal.self) { try await broker.administration.allow(bank.id, lookUps: -1, operatorName: "test") }
      await #expect(throws: Refusal.self) {
        try await broker.administration.allow(bank.id, lookUps: RateAllowances.maximum + 1, operatorName: "test")
      }
      await #expect(throws: Refusal.self) {
        try await broker.administration.allow(
          client: "cli_nobody", of: bank.id, lookUps: 1, signatures: nil, evaluations: nil, operatorName: "test")
      }
    }
  }
}
