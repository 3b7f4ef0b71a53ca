import CitizenItems
import Foundation
import JLISSimulator
import PostgreSQL
import Testing

@testable import Broker

@Suite("Pairs join the card's tag and the ledger's", .serialized)
struct PairTests {
  @Test func equalTagsMakeAnActivePairAtOnce() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (_, pair) = try await broker.onboardWithPair(bank, try broker.hanako(), ref: "C-9")
      let view = try await broker.pair(bank, pair)
      #expect(view.ledgerRef == "C-9")
      #expect(view.decideUntil == nil)
      #expect(view.decidedBy == nil)
    }
  }

  @Test func anotherSpellingNeedsADecisionWithinSevenDays() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let tags = try await broker.ledgerTags(bank, Hanako.spelledOtherwise)
      let answer = try await broker.onboard(bank, try broker.hanako(), ledgerTags: tags, ledgerRef: "C-1")
      let pair = try #require(answer.outcome.pair)
      #expect(pair.state == .needsDecision)
      #expect(try await broker.pair(bank, pair.id).decideUntil == broker.clock.now().addingTimeInterval(7 * TestBroker.day))
      let settled = try await broker.decide(bank, pair.id)
      #expect(settled.state == .active)
      #expect(settled.decidedBy == "clerk-7")
      #expect(settled.decisionBasis == "passbook shown")
      #expect(settled.decideUntil == nil)
    }
  }

  @Test func equalTagsThatComeLaterSettleWithoutADecision() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let answer = try await broker.onboard(bank, try broker.hanako())
      #expect(answer.outcome.pair?.state == .needsDecision)
      let tags = try await broker.ledgerTags(bank, Hanako.asInLedger).map(\.text)
      let settled = try await broker.services.pairs.settle(
        bank.caller, target: .onboarding(answer.outcome.id), ledgerTags: tags, ledgerRef: "C-1", decision: nil, request: try request())
      #expect(settled.state == .active)
      #expect(settled.ledgerRef == "C-1")
    }
  }

  @Test func aDecisionNeedsALedgerTagAndIsMadeOnce() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let pair = try #require(try await broker.onboard(bank, try broker.hanako()).outcome.pair)
      #expect(try await refusalCode { _ = try await broker.decide(bank, pair.id) } == "ledgerTagMissing")
      let other = try await broker.onboardWithPair(bank, try broker.hanako()).pair
      #expect(try await refusalCode { _ = try await broker.decide(bank, other) } == "pairAlreadySettled")
    }
  }

  @Test func whatNobodyDecidedIsDeletedAfterSevenDaysWithAnEvent() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let pair = try #require(try await broker.onboard(bank, try broker.hanako()).outcome.pair)
      broker.wait(seconds: 7 * TestBroker.day - 1)
      await broker.services.jobs.sweep()
      #expect(try await broker.pair(bank, pair.id).state == .needsDecision)
      broker.wait(seconds: 2)
      #expect(try await refusalCode { _ = try await broker.decide(bank, pair.id) } != nil)
      await broker.services.jobs.sweep()
      #expect(try await refusalCode { _ = try await broker.pair(bank, pair.id) } == "notFound")
      #expect(try await broker.events(bank).contains(.pairDeleted))
      #expect(try await broker.audited(bank)["pairDeleted"] == 1)
    }
  }

  @Test func pairsAreFoundByTheBanksOwnReferenceAndByState() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (_, pair) = try await broker.onboardWithPair(bank, try broker.hanako(), ref: "C-5")
      let found = try await broker.services.pairs.search(bank.caller, ledgerRef: "C-5", limit: 10, pageToken: nil).elements
      #expect(found.map(\.id) == [pair])
      let none = try await broker.services.pairs.search(bank.caller, ledgerRef: "C-6", limit: 10, pageToken: nil).elements
      #expect(none.isEmpty)
      #expect(try await broker.pairs(bank, state: .active).map(\.id) == [pair])
      #expect(try await broker.pairs(bank, state: .stale).isEmpty)
    }
  }

  @Test func aPairMayBeDeleted() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (_, pair) = try await broker.onboardWithPair(bank, try broker.hanako())
      try await broker.services.pairs.delete(bank.caller, id: pair, request: try request())
      #expect(try await broker.pairs(bank).isEmpty)
      #expect(try await broker.events(bank).contains(.pairDeleted))
    }
  }

  @Test func anotherTenantsPairIsNotFound() async throws {
    try await TestBroker.with { broker in
      let (_, pair) = try await broker.onboardWithPair(try await broker.bank(), try broker.hanako())
      let other = try await broker.bank()
      #expect(try await refusalCode { _ = try await broker.pair(other, pair) } == "notFound")
      #expect(try await refusalCode { _ = try await broker.decide(other, pair) } == "notFound")
    }
  }
}

@Suite("A match takes the registered seal's place", .serialized)
struct MatchTests {
  @Test func aFreshCardWithAnActivePairMatches() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (subject, pair) = try await broker.onboardWithPair(bank, hanako, ref: "C-3")
      let answer = try await broker.match(bank, hanako)
      #expect(answer.verdict == .ok)
      #expect(answer.matched)
      #expect(answer.subjectID == subject)
      #expect(answer.pair?.id == pair)
      #expect(answer.pair?.ledgerRef == "C-3")
    }
  }

  @Test func aSoundCardWithoutAnActivePairDoesNotMatch() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      #expect(try await broker.match(bank, hanako).matched == false)
      try await broker.onboard(bank, hanako)
      let undecided = try await broker.match(bank, hanako)
      #expect(undecided.verdict == .ok)
      #expect(undecided.matched == false)
      #expect(undecided.pair == nil)
    }
  }

  @Test func aRevokedCardDoesNotMatchAndStalesItsPair() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress, reissue: false)
      let answer = try await broker.match(bank, hanako)
      #expect(answer.verdict.result == "certificateRevoked")
      #expect(answer.matched == false)
      #expect(try await broker.pair(bank, pair).state == .stale)
    }
  }

  @Test func whoHasDiedMatchesNobody() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (subject, pair) = try await broker.onboardWithPair(bank, hanako)
      try broker.simulator.die(hanako.id)
      #expect(try await broker.check(bank, subject).signing == .ended)
      #expect(try await broker.pair(bank, pair).state == .active)
      #expect(try await broker.match(bank, hanako).matched == false)
      #expect(try await broker.events(bank).contains(.subjectEnded))
    }
  }

  @Test func aSecondUseOfASessionIsAReplay() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      _ = try await broker.onboardWithPair(bank, hanako)
      let session = try await broker.services.matches.create(bank.caller, origin: TestBroker.origin)
      let card = try broker.card(hanako, over: session.toBeSigned, withAuthentication: false)
      let key = UUID().uuidString
      let first = try await broker.services.matches.sign(bank.caller, id: session.id, card: card, request: try request(key))
      let repeated = try await broker.services.matches.sign(bank.caller, id: session.id, card: card, request: try request(key))
      #expect(first.matched && repeated.matched)
      #expect(repeated.evidence.id == first.evidence.id)
      let second = try await broker.services.matches.sign(bank.caller, id: session.id, card: card, request: try request())
      #expect(second.verdict.result == "replayed")
      #expect(second.matched == false)
    }
  }

  @Test func aTagThatTheBankMadeIsLookedUpAloneAndInBatches() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (_, pair) = try await broker.onboardWithPair(bank, try broker.hanako())
      let hers = try #require(try await broker.ledgerTags(bank, Hanako.asInLedger).first).text
      let nobodys = try #require(try await broker.ledgerTags(bank, Hanako.moved).first).text
      let single = try await broker.services.matches.lookUp(bank.caller, cardTag: hers)
      #expect(single.isKnown)
      #expect(single.pair?.id == pair)
      #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: nobodys).isKnown == false)
      let batch = try await broker.services.matches.lookUp(bank.caller, cardTags: [nobodys, hers, nobodys, hers])
      #expect(batch.map(\.isKnown) == [false, true, false, true])
      #expect(batch[3].pair?.id == pair)
    }
  }

  @Test func ofTwoPairsWithOneTagTheActiveIsToldAndOfTwoActiveTheNewer() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (_, older) = try await broker.onboardWithPair(bank, try broker.hanako())
      // From here on two peppers live, and the two pairs were sealed under different ones.
      _ = try await broker.keyAdministration.rotateTenantKey(bank.id, .pepper, overlapSeconds: TestBroker.day)
      broker.wait(seconds: 121)
      let (_, newer) = try await broker.onboardWithPair(bank, try broker.hanako())
      let hers = try #require(try await broker.ledgerTags(bank, Hanako.asInLedger).first).text
      let nobodys = try #require(try await broker.ledgerTags(bank, Hanako.moved).first).text
      func told() async throws -> [PairID?] {
        let alone = try await broker.services.matches.lookUp(bank.caller, cardTag: hers)
        let batch = try await broker.services.matches.lookUp(bank.caller, cardTags: [hers, nobodys, hers])
        #expect(batch[1].isKnown == false)
        return [alone.pair?.id, batch[0].pair?.id, batch[2].pair?.id]
      }
      #expect(try await told() == [newer, newer, newer])
      _ = try await broker.inspect(
        "update pairs set state = 'stale' where tenant_id = $1 and pair_id = $2", [.uuid(bank.id.uuid), .uuid(newer.uuid)])
      #expect(try await told() == [older, older, older])
    }
  }

  @Test func anotherTenantsTagIsUnknown() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      _ = try await broker.onboardWithPair(bank, try broker.hanako())
      let hers = try #require(try await broker.ledgerTags(bank, Hanako.asInLedger).first).text
      let other = try await broker.bank()
      #expect(try await broker.services.matches.lookUp(other.caller, cardTag: hers).isKnown == false)
    }
  }
}
