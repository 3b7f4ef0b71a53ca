import CitizenItems
import Foundation
import JLISSimulator
import PostgreSQL
import Testing

@testable import Broker

@Suite("Every write may be repeated", .serialized)
struct IdempotencyTests {
  @Test func theSameKeyBringsTheSameAnswer() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let draft = NoticeDraft(
        noticeID: nil, serviceID: "main", language: "en", title: "t", body: "b", purposes: ["p"], items: [.name], validFor: "P1Y",
        withdrawalMethod: "w", terms: [:])
      let first = try await broker.services.notices.create(bank.caller, draft, request: try request("k"))
      broker.wait(seconds: 3600)
      let again = try await broker.services.notices.create(bank.caller, draft, request: try request("k"))
      #expect(again.id == first.id)
      #expect(again.createdAt == first.createdAt)
      let other = try await refusalCode {
        _ = try await broker.services.notices.create(bank.caller, draft, request: try request("k", body: "other"))
      }
      #expect(other == "idempotencyKeyReused")
      broker.wait(seconds: TestBroker.day)
      #expect(try await broker.services.notices.create(bank.caller, draft, request: try request("k")).id != first.id)
    }
  }

  @Test func aRepeatedSignatureBringsTheItemsAgainForTenMinutes() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let notice = try await broker.notice(bank)
      let session = try await broker.startOnboarding(bank, consents: [broker.selection(notice)])
      let card = try broker.card(try broker.hanako(), over: session.toBeSigned)
      let first = try await broker.signOnboarding(bank, session, card, request: try request("k"))
      broker.wait(seconds: 599)
      let again = try await broker.signOnboarding(bank, session, card, request: try request("k"))
      #expect(again.outcome.subjectID == first.outcome.subjectID)
      #expect(again.outcome.receipt == first.outcome.receipt)
      #expect(again.items?.name?.text == Hanako.name)
      #expect(again.itemsHandedOver == false)
      broker.wait(seconds: 2)
      let late = try await broker.signOnboarding(bank, session, card, request: try request("k"))
      #expect(late.outcome.subjectID == first.outcome.subjectID)
      #expect(late.items == nil)
      #expect(late.itemsHandedOver)
      #expect(try await broker.inspect("select count(*) from subjects")[0].int(0) == 1)
    }
  }

  /// Leaves a claim as a process would that died in the middle of a status check.
  private static func claim(_ broker: TestBroker, _ bank: TestTenant, as services: BrokerServices) async throws {
    let standing = try await services.status.core.idempotency.claim(bank.caller, try request("k"), as: SubjectStatus.self)
    guard case .claimed = standing else {
      Issue.record("the key was not free")
      return
    }
  }

  @Test func aClaimOfALiveProcessIsWaitedForAndOneOfADeadProcessIsTakenOver() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let subject = try #require(try await broker.onboard(bank, try broker.hanako()).outcome.subjectID)
      let dying = broker.another()
      let life = Task { await dying.instance.run() }
      while !dying.instance.isHeld { try await Task.sleep(for: .milliseconds(10)) }
      try await Self.claim(broker, bank, as: dying)
      func check() async throws -> SubjectStatus {
        try await broker.services.status.check(bank.caller, id: subject, method: .ocsp, purpose: .livenessCheck, request: try request("k"))
      }
      #expect(try await refusalCode { _ = try await check() } == "requestInProgress")
      life.cancel()
      await life.value
      let status = try await check()
      #expect(status.signing == .valid)
      #expect(try await check().checkID == status.checkID)
      await dying.stop()
    }
  }

  @Test func whoComesTooLateDoesNotFinishATakenOverClaim() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let subject = try #require(try await broker.onboard(bank, try broker.hanako()).outcome.subjectID)
      let slow = broker.another()
      let idempotency = slow.status.core.idempotency
      guard case .claimed(let late) = try await idempotency.claim(bank.caller, try request("k"), as: Bool.self) else { return }
      _ = try await broker.services.status.check(
        bank.caller, id: subject, method: .ocsp, purpose: .livenessCheck, request: try request("k"))
      let code = try await refusalCode {
        try await slow.status.core.database.transaction(bank.id) { try await idempotency.finish(late, true, in: $0) }
      }
      #expect(code == "requestInProgress")
      await slow.stop()
    }
  }

  @Test func anOnboardingWhoseProcessDiedBeforeJLISWasToldIsFinishedByItsRepeat() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let session = try await broker.startOnboarding(bank, consents: [broker.selection(try await broker.notice(bank))])
      let card = try broker.card(hanako, over: session.toBeSigned, withAuthentication: false)
      let first = try await broker.signOnboarding(bank, session, card, request: try request("k"), through: broker.another())
      // As the database would stand after the first transaction: the answer not stored, the consent not known to J-LIS to the tenant.
      _ = try await broker.inspect(
        "update idempotency_keys set state = 'inProgress', answer = null where operation = 'POST /test' and answer ? 'pair'")
      let again = try await broker.signOnboarding(bank, session, card, request: try request("k"))
      #expect(again.outcome.verdict == .ok)
      #expect(again.outcome.subjectID == first.outcome.subjectID)
      #expect(again.outcome.consents.map(\.id) == first.outcome.consents.map(\.id))
      #expect(again.items?.name?.text == Hanako.name)
      #expect(try broker.simulator.consents(of: hanako.id).count == 1)
    }
  }

  @Test func aKeyOfAWrongFormIsRefused() throws {
    #expect(throws: Refusal.self) { try request("") }
    #expect(throws: Refusal.self) { try request("with space") }
    #expect(throws: Refusal.self) { try request(String(repeating: "k", count: 256)) }
  }
}
