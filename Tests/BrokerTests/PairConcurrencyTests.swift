import CitizenItems
import Foundation
import JLISSimulator
import PostgreSQL
import Testing

@testable import Broker

@Suite("Pairs under hands that pull at once", .serialized)
struct PairConcurrencyTests {
  private static func push(_ broker: TestBroker, _ bank: TestTenant, _ lines: [String]) async throws -> LedgerJob {
    let id = try await broker.services.ledgerChanges.receive(bank.caller, key: UUID().uuidString, lines: Upload(lines))
    let deadline = ContinuousClock.now + .seconds(60)
    repeat {
      try #require(ContinuousClock.now < deadline, "the job is applied")
      await broker.services.jobs.sweep()
    } while try await broker.services.ledgerChanges.get(bank.caller, id: id).state != .done
    return try await broker.services.ledgerChanges.get(bank.caller, id: id)
  }

  private static func deletions(_ broker: TestBroker, _ bank: TestTenant) async throws -> Int {
    try await broker.inspect("select count(*) from events where tenant_id = $1 and kind = 'pair.deleted'", [.uuid(bank.id.uuid)])[0].int(0)
  }

  /// Two customers who take each other's place in the ledger: each line meets the state at the job's start, and not what the other has made of it.
  @Test(arguments: [true, false]) func aToBAndBToAInOneFileDeleteBothOnce(_ named: Bool) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (a, b) = (try await broker.ledgerTags(bank, Hanako.asInLedger), try await broker.ledgerTags(bank, Hanako.moved))
      _ = try await broker.onboardWithPair(bank, try broker.hanako(), ref: "C-1")
      let taro = try await broker.onboard(bank, try broker.taro(), ledgerTags: b, ledgerRef: "C-2")
      _ = try await broker.decide(bank, try #require(taro.outcome.pair).id)
      let job = try await Self.push(
        broker, bank,
        [
          try ledgerLine(before: a, after: b, ref: named ? "C-1" : nil), try ledgerLine(before: b, after: a, ref: named ? "C-2" : nil),
        ])
      #expect(job.deleted == 2 && job.unknown == 0 && job.activated == 0)
      #expect(try await broker.pairs(bank).isEmpty)
      #expect(try await Self.deletions(broker, bank) == 2)
    }
  }

  @Test func theSameLineTwiceDeletesOnce() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      _ = try await broker.onboardWithPair(bank, try broker.hanako())
      let line = try ledgerLine(before: try await broker.ledgerTags(bank, Hanako.asInLedger), after: nil)
      let job = try await Self.push(broker, bank, [line, line])
      #expect(job.deleted == 1)
      #expect(try await Self.deletions(broker, bank) == 1)
    }
  }

  /// Whichever comes first, the pair is gone in the end and the tenant is told once; a decision that came too late is refused.
  @Test func aDecisionRacesALedgersDeletion() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let tags = try await broker.ledgerTags(bank, Hanako.spelledOtherwise)
      for round in 1...8 {
        let pair = try #require(try await broker.onboard(bank, try broker.hanako(), ledgerTags: tags, ledgerRef: "C-\(round)").outcome.pair)
        let line = try ledgerLine(before: tags, after: nil, ref: "C-\(round)")
        async let job = Self.push(broker, bank, [line])
        let refused = try await refusalCode { _ = try await broker.decide(bank, pair.id) }
        #expect([nil, "notFound", "concurrentChange"].contains(refused))
        let done = try await job
        #expect(done.deleted == 1)
        #expect(try await refusalCode { _ = try await broker.pair(bank, pair.id) } == "notFound")
        #expect(try await Self.deletions(broker, bank) == round)
      }
    }
  }

  @Test func aDecisionRacesTheTenantsDeletion() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let tags = try await broker.ledgerTags(bank, Hanako.spelledOtherwise)
      for round in 1...8 {
        let pair = try #require(try await broker.onboard(bank, try broker.hanako(), ledgerTags: tags).outcome.pair)
        let deletion = try request()
        async let deleted: Void = broker.services.pairs.delete(bank.caller, id: pair.id, request: deletion)
        let refused = try await refusalCode { _ = try await broker.decide(bank, pair.id) }
        try await deleted
        #expect([nil, "notFound"].contains(refused))
        #expect(try await Self.deletions(broker, bank) == round)
      }
      #expect(try await broker.pairs(bank).isEmpty)
    }
  }

  @Test func ofTwoDecisionsOneIsTaken() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let tags = try await broker.ledgerTags(bank, Hanako.spelledOtherwise)
      let pair = try #require(try await broker.onboard(bank, try broker.hanako(), ledgerTags: tags).outcome.pair)
      async let first = refusalCode { _ = try await broker.decide(bank, pair.id) }
      async let second = refusalCode { _ = try await broker.decide(bank, pair.id) }
      let codes = [try await first, try await second]
      #expect(Set(codes) == [nil, "pairAlreadySettled"])
      #expect(try await broker.pair(bank, pair.id).state == .active)
    }
  }

  /// The ledger lets her go while her card is onboarded anew: no pair is left active whose ledger tag the ledger has dropped before.
  @Test func anOnboardingRacesALedgersDeletion() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      for round in 1...6 {
        let (_, pair) = try await broker.onboardWithPair(bank, hanako, ref: "C-1")
        let line = try ledgerLine(before: try await broker.ledgerTags(bank, Hanako.asInLedger), after: nil)
        async let job = Self.push(broker, bank, [line])
        let answer = try await broker.onboard(bank, hanako)
        let done = try await job
        #expect(done.deleted == 1)
        #expect(try await Self.deletions(broker, bank) == round)
        // Deleted before the onboarding: it made a new pair that knows no ledger tag. Deleted after: nothing is left.
        let left = try await broker.pairs(bank)
        #expect(left.allSatisfy { $0.state == .needsDecision && $0.id != pair } && left.count <= 1)
        if let id = left.first?.id {
          #expect(answer.outcome.pair?.id == id)
          try await broker.services.pairs.delete(bank.caller, id: id, request: try request())
          _ = try await broker.inspect("delete from events where tenant_id = $1 and pair_id = $2", [.uuid(bank.id.uuid), .uuid(id.uuid)])
        }
      }
    }
  }
}
