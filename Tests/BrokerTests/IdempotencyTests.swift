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

  /// What concurrent calls brought: results, and the codes of refusals.
  private static func atOnce<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> T) async throws -> (
    results: [T], refusals: [String]
  ) {
    try await withThrowingTaskGroup(of: Result<T, Refusal>.self) { group in
      for index in 0..<count {
        group.addTask {
          do {
            return .success(try await body(index))
          } catch let refusal as Refusal {
            return .failure(refusal)
          }
        }
      }
      var outcome: (results: [T], refusals: [String]) = ([], [])
      for try await result in group {
        switch result {
        case .success(let value): outcome.results.append(value)
        case .failure(let refusal): outcome.refusals.append(refusal.code)
        }
      }
      return outcome
    }
  }

  @Test func aRepeatBesideItsFirstRequestIsAnsweredTheSame() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (subject, _) = try await broker.onboardWithPair(bank, hanako)
      let login = try await broker.services.logins.create(bank.caller, origin: TestBroker.origin, subjectID: nil)
      let loginCard = try broker.loginCard(hanako, over: login.toBeSigned)
      let logins = try await Self.atOnce(8) { _ in
        try await broker.services.logins.sign(bank.caller, id: login.id, card: loginCard, request: try request("k"))
      }
      #expect(logins.results.map(\.subjectID) == Array(repeating: subject, count: 8))
      #expect(Set(logins.results.map(\.evidence.id)).count == 1)
      let match = try await broker.services.matches.create(bank.caller, origin: TestBroker.origin)
      let matchCard = try broker.card(hanako, over: match.toBeSigned, withAuthentication: false)
      let matches = try await Self.atOnce(8) { _ in
        try await broker.services.matches.sign(bank.caller, id: match.id, card: matchCard, request: try request("k"))
      }
      #expect(matches.results.map(\.matched) == Array(repeating: true, count: 8))
      #expect(Set(matches.results.map(\.evidence.id)).count == 1)
      let kept = try await broker.inspect("select count(*) from verifications where purpose in ('login', 'match')")
      #expect(try kept[0].int(0) == 2)
    }
  }

  @Test func ofSeveralUsesOfOneSessionAtOnceOneCounts() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let session = try await broker.startOnboarding(bank, consents: [broker.selection(try await broker.notice(bank))])
      let card = try broker.card(hanako, over: session.toBeSigned)
      let signed = try await Self.atOnce(3) { index in
        try await broker.signOnboarding(bank, session, card, request: try request("k\(index)")).outcome.verdict.result
      }
      #expect(signed.results.count { $0 == "ok" } == 1)
      #expect(signed.results.allSatisfy { $0 == "ok" || $0 == "replayed" })
      #expect(signed.refusals.allSatisfy { $0 == "concurrentChange" || $0 == "certificateBoundElsewhere" })
      #expect(try await broker.inspect("select count(*) from subjects")[0].int(0) == 1)
      #expect(try broker.simulator.consents(of: hanako.id).count == 1)
      let login = try await broker.services.logins.create(bank.caller, origin: TestBroker.origin, subjectID: nil)
      let loginCard = try broker.loginCard(hanako, over: login.toBeSigned)
      let logins = try await Self.atOnce(8) { index in
        try await broker.services.logins.sign(bank.caller, id: login.id, card: loginCard, request: try request("l\(index)")).verdict.result
      }
      #expect(logins.results.sorted() == ["ok"] + Array(repeating: "replayed", count: 7))
    }
  }

  @Test func aDeadProcessesClaimIsTakenOverByOneAlone() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let dead = broker.another()
      try await Self.claim(broker, bank, as: dead)
      await dead.stop()
      let heirs = [broker.another(), broker.another()]
      let taken = try await Self.atOnce(2) { index in
        try await heirs[index].status.core.idempotency.claim(bank.caller, try request("k"), as: SubjectStatus.self)
      }
      // Nobody holds the heirs' own locks here, so that the second may find the first one dead and take over from it; but never both at one attempt.
      let attempts = taken.results.compactMap { standing in
        if case .claimed(let claim) = standing { claim.attempt } else { nil }
      }
      #expect(!attempts.isEmpty)
      #expect(Set(attempts).count == attempts.count)
      let row = try await broker.inspect("select attempt from idempotency_keys where state = 'inProgress'")
      #expect(try row[0].int(0) == attempts.max())
      for heir in heirs { await heir.stop() }
    }
  }

  @Test func aKeyOfAWrongFormIsRefused() throws {
    #expect(throws: Refusal.self) { try request("") }
    #expect(throws: Refusal.self) { try request("with space") }
    #expect(throws: Refusal.self) { try request(String(repeating: "k", count: 256)) }
  }
}
