import CitizenItems
import Foundation
import JLISSimulator
import JPKI
import PostgreSQL
import Testing

@testable import Broker

@Suite("現況確認: what is found of a certificate changes what is known of its subject", .serialized)
struct StatusTests {
  @Test func aMoveIsFoundThePairIsStaleAndTheTenantIsTold() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (subject, pair) = try await broker.onboardWithPair(bank, hanako)
      #expect(try await broker.check(bank, subject).signing == .valid)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      let status = try await broker.check(bank, subject)
      #expect(status.signing == .changed)
      #expect(status.authentication == .valid)
      #expect(status.method == "ocsp")
      #expect(try await broker.pair(bank, pair).state == .stale)
      let events = try await broker.events(bank)
      #expect(events.contains(.subjectChanged) && events.contains(.pairStale))
      #expect(try await broker.services.status.get(bank.caller, id: subject).signing == .changed)
    }
  }

  @Test func whatWasAskedIsKeptWithItsPurpose() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (subject, _) = try await broker.onboardWithPair(bank, try broker.hanako())
      _ = try await broker.check(bank, subject)
      try await broker.syncLists()
      _ = try await broker.services.status.check(
        bank.caller, id: subject, method: .crl, purpose: .signatureVerification, request: try request())
      let history = try await broker.services.status.history(bank.caller, id: subject, limit: 10, pageToken: nil).elements
      #expect(history.map(\.method) == ["ocsp", "crl"])
      #expect(history.map(\.purpose) == [.livenessCheck, .signatureVerification])
    }
  }

  @Test func aResponderThatIsDownChangesNothing() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (subject, pair) = try await broker.onboardWithPair(bank, try broker.hanako())
      try broker.simulator.setFaults(Faults(ocsp: .down))
      #expect(try await broker.check(bank, subject).signing == .unknown)
      #expect(try await broker.pair(bank, pair).state == .active)
      #expect(try await broker.services.status.get(bank.caller, id: subject).signing == .valid)
    }
  }

  @Test func aNotVerifierIsToldNoStatusAndNoMoreThanThatAPairIsInactive() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech(sandbox: true)
      let hanako = try broker.hanako()
      let (subject, _) = try await broker.onboardWithPair(fintech, hanako)
      #expect(try await refusalCode { _ = try await broker.check(fintech, subject) } == "notPermittedForStatus")
      #expect(
        try await refusalCode { _ = try await broker.services.status.get(fintech.caller, id: subject) } == "notPermittedForStatus")
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress, reissue: false)
      #expect(try await broker.match(fintech, hanako).verdict.coarse == "notConfirmed")
      #expect(try await broker.events(fintech) == [.pairInactive])
    }
  }
}

@Suite("最新の利用者情報: only what is consented, once", .serialized)
struct LatestItemsTests {
  /// A bank and Hanako, its subject with an active pair, who consented to these items.
  private static func consented(_ broker: TestBroker, _ items: [Item] = Item.allCases, validFor: String = "P10Y") async throws -> (
    bank: TestTenant, hanako: CitizenHandle, subject: SubjectID, pair: PairID, consent: ConsentID
  ) {
    let bank = try await broker.bank()
    let hanako = try broker.hanako()
    let notice = try await broker.notice(bank, validFor: validFor)
    let (subject, pair) = try await broker.onboardWithPair(bank, hanako, consents: [broker.selection(notice, items: items)])
    let consents = try await broker.services.consents.list(bank.caller, ConsentQuery(), limit: 10, pageToken: nil).elements
    broker.wait(seconds: 60)
    return (bank, hanako, subject, pair, try #require(consents.first).id)
  }

  @Test func allFourItemsMakeAPendingPairBesideTheStaleOne() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, pair, _) = try await Self.consented(broker)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      let result = try await broker.latestItems(bank, subject)
      #expect(result.outcome.outcome == "updated")
      #expect(result.items?.address?.text == Hanako.newAddress)
      #expect(result.items?.name?.text == Hanako.name)
      #expect(result.outcome.pair?.state == .pending)
      #expect(try await broker.pair(bank, pair).state == .stale)
      #expect(try await broker.match(bank, hanako).matched == false)
      let events = try await broker.events(bank)
      #expect(events.contains(.subjectChanged) && events.contains(.pairStale))
    }
  }

  @Test func theAddressAloneLeavesThePairStale() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, pair, _) = try await Self.consented(broker, [.address])
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      let result = try await broker.latestItems(bank, subject)
      #expect(result.outcome.outcome == "updated")
      #expect(result.items?.address?.text == Hanako.newAddress)
      #expect(result.items?.name == nil && result.items?.dateOfBirth == nil && result.items?.sex == nil)
      #expect(result.outcome.pair?.state == .stale)
      #expect(try await broker.pairs(bank).map(\.id) == [pair])
    }
  }

  @Test func withoutANewCertificateNothingIsAvailableYet() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, _, _) = try await Self.consented(broker)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress, reissue: false)
      let result = try await broker.latestItems(bank, subject)
      #expect(result.outcome.outcome == "notYetAvailable")
      #expect(result.items == nil)
    }
  }

  @Test func withoutAMoveNothingIsNew() async throws {
    try await TestBroker.with { broker in
      let (bank, _, subject, pair, _) = try await Self.consented(broker)
      #expect(try await broker.latestItems(bank, subject).outcome.outcome == "unchanged")
      #expect(try await broker.pair(bank, pair).state == .active)
    }
  }

  @Test func withoutAConsentJLISIsNotAsked() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (subject, _) = try await broker.onboardWithPair(bank, try broker.hanako())
      try broker.simulator.setFaults(Faults(api: .down))
      #expect(try await broker.latestItems(bank, subject).outcome.outcome == "notConsented")
    }
  }

  @Test func fromTheMomentOfAWithdrawalTheyAreRefused() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, _, consent) = try await Self.consented(broker)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      _ = try await broker.withdraw(bank, consent)
      let result = try await broker.latestItems(bank, subject)
      #expect(result.outcome.outcome == "consentCancelled")
      #expect(result.items == nil)
    }
  }

  @Test func aCancellationAtJLISIsLearntByAsking() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, _, consent) = try await Self.consented(broker)
      try broker.simulator.cancelConsentDirectly(consent.description, by: hanako.id)
      #expect(try await broker.latestItems(bank, subject).outcome.outcome == "consentCancelled")
      #expect(try await broker.services.consents.get(bank.caller, id: consent).state == .cancelledAtSource)
      #expect(try await broker.events(bank).contains(.consentCancelledAtSource))
    }
  }

  @Test func aRepeatWithinTenMinutesBringsTheItemsAgainAndALaterOneSaysThatTheyWereHandedOver() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, _, _) = try await Self.consented(broker)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      let first = try await broker.latestItems(bank, subject, key: "k")
      broker.wait(seconds: 300)
      await broker.services.jobs.sweep()
      let again = try await broker.latestItems(bank, subject, key: "k")
      #expect(again.outcome.verificationID == first.outcome.verificationID)
      #expect(again.items?.address?.text == Hanako.newAddress)
      #expect(again.itemsHandedOver == false)
      broker.wait(seconds: 301)
      let late = try await broker.latestItems(bank, subject, key: "k")
      #expect(late.outcome.outcome == "updated")
      #expect(late.items == nil)
      #expect(late.itemsHandedOver)
      await broker.services.jobs.sweep()
      #expect(try await broker.inspect("select count(*) from intents where payload_sealed is not null")[0].int(0) == 0)
    }
  }

  @Test func aRepeatBringsTheItemsOfItsOwnRequestEvenAfterAnother() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, _, _) = try await Self.consented(broker)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      _ = try await broker.latestItems(bank, subject, key: "first")
      broker.wait(seconds: 10)
      #expect(try await broker.latestItems(bank, subject, key: "second").outcome.outcome == "unchanged")
      let again = try await broker.latestItems(bank, subject, key: "first")
      #expect(again.items?.address?.text == Hanako.newAddress)
    }
  }

  @Test func aRepeatAfterAWithdrawalBringsNothing() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, _, consent) = try await Self.consented(broker)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      _ = try await broker.latestItems(bank, subject, key: "k")
      _ = try await broker.withdraw(bank, consent)
      let again = try await broker.latestItems(bank, subject, key: "k")
      #expect(again.items == nil)
      #expect(again.itemsHandedOver)
    }
  }

  @Test func whileJLISIsDownNothingIsDoneAndTheSameKeyMayBeTriedAgain() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, _, _) = try await Self.consented(broker)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      try broker.simulator.setFaults(Faults(api: .down))
      #expect(try await refusalCode { _ = try await broker.latestItems(bank, subject, key: "k") } == "dependencyUnavailable")
      try broker.simulator.setFaults(.none)
      #expect(try await broker.latestItems(bank, subject, key: "k").items?.address?.text == Hanako.newAddress)
    }
  }

  @Test func aNewOnboardingByTheMovedPersonSettlesThePairAnew() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, _, _) = try await Self.consented(broker)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      let pending = try #require(try await broker.latestItems(bank, subject).outcome.pair)
      let answer = try await broker.onboard(bank, hanako, ledgerTags: try await broker.ledgerTags(bank, Hanako.moved), ledgerRef: "C-1")
      #expect(answer.outcome.subjectID == subject)
      #expect(answer.outcome.pair?.id == pending.id)
      #expect(answer.outcome.pair?.state == .active)
    }
  }

  @Test func aNotVerifierMayNotAsk() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let subject = try #require(try await broker.onboard(fintech, try broker.hanako()).outcome.subjectID)
      #expect(try await refusalCode { _ = try await broker.latestItems(fintech, subject) } == "notPermittedForStatus")
    }
  }
}
