import CitizenItems
import Foundation
import JLISSimulator
import JPKI
import JOSE
import PostgreSQL
import Testing

@testable import Broker

@Suite("Notices are what a person is shown; a change is a new version", .serialized)
struct NoticeTests {
  @Test func aNoticeGetsVersionsAndKeepsTheOldOnes() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let first = try await broker.notice(bank, items: [.address])
      let second = try await broker.notice(bank, items: [.address, .name], of: first.id)
      #expect(second.id == first.id && second.version == 2 && second.digest != first.digest)
      #expect(try await broker.services.notices.get(bank.caller, id: first.id, version: 1).items == [.address])
      #expect(try await broker.services.notices.get(bank.caller, id: first.id, version: nil).version == 2)
      #expect(try await broker.services.notices.list(bank.caller, limit: 10, pageToken: nil).elements.map(\.version) == [2])
    }
  }

  @Test(arguments: ["10 years", "P", "P11Y", "P0D", "PT5M"])
  func aValidityThatIsNoPeriodOfAtMostTenYearsIsRefused(_ period: String) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      #expect(try await refusalCode { _ = try await broker.notice(bank, validFor: period) } == "durationInvalid")
    }
  }

  @Test func listsComeInPages() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      for _ in 0..<3 { try await broker.notice(bank) }
      let page = try await broker.services.notices.list(bank.caller, limit: 2, pageToken: nil)
      #expect(page.elements.count == 2)
      let rest = try await broker.services.notices.list(bank.caller, limit: 2, pageToken: page.nextPageToken)
      #expect(page.nextPageToken != nil)
      #expect(rest.elements.count == 1)
      #expect(rest.nextPageToken == nil)
    }
  }
}

@Suite("同意: given, withdrawn, ended; and the state as of any instant", .serialized)
struct ConsentTests {
  private static func given(_ broker: TestBroker, reference: String? = nil, validFor: String = "P10Y") async throws -> (
    bank: TestTenant, hanako: CitizenHandle, subject: SubjectID, consent: Consent
  ) {
    let bank = try await broker.bank()
    let hanako = try broker.hanako()
    let notice = try await broker.notice(bank, validFor: validFor)
    let answer = try await broker.onboard(bank, hanako, consents: [broker.selection(notice)], reference: reference)
    broker.wait(seconds: 60)
    return (bank, hanako, try #require(answer.outcome.subjectID), try #require(answer.outcome.consents.first))
  }

  private static func state(_ broker: TestBroker, _ bank: TestTenant, _ id: ConsentID) async throws -> ConsentState {
    try await broker.services.consents.get(bank.caller, id: id).state
  }

  private static func history(_ broker: TestBroker, _ bank: TestTenant, _ id: ConsentID) async throws -> [ConsentState] {
    try await broker.services.consents.events(bank.caller, id: id).map(\.state)
  }

  @Test func aWithdrawalStopsAtOnceAndItsSignatureReachesJLIS() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, _, consent) = try await Self.given(broker)
      let session = try await broker.withdraw(bank, consent.id)
      #expect(session.state == .withdrawnLocally)
      #expect(try await Self.state(broker, bank, consent.id) == .withdrawnLocally)
      #expect(try broker.simulator.consents(of: hanako.id)[0].cancelledAt == nil)
      let outcome = try await broker.signWithdrawal(bank, session, by: hanako)
      #expect(outcome.verdict == .ok)
      #expect(outcome.consents.map(\.state) == [.withdrawn])
      #expect(try broker.simulator.consents(of: hanako.id)[0].cancelledAt != nil)
      #expect(
        try await Self.history(broker, bank, consent.id) == [.requested, .pendingAtSource, .given, .withdrawnLocally, .withdrawn])
    }
  }

  @Test func somebodyElsesCardDoesNotSignAWithdrawal() async throws {
    try await TestBroker.with { broker in
      let (bank, _, _, consent) = try await Self.given(broker)
      let session = try await broker.withdraw(bank, consent.id)
      #expect(try await broker.signWithdrawal(bank, session, by: try broker.taro()).verdict.result == "linkFailed")
      #expect(try await Self.state(broker, bank, consent.id) == .withdrawnLocally)
    }
  }

  @Test func aWithdrawalThatJLISDidNotHearIsForwardedByAJob() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, _, consent) = try await Self.given(broker)
      let session = try await broker.withdraw(bank, consent.id)
      try broker.simulator.setFaults(Faults(api: .down))
      #expect(try await broker.signWithdrawal(bank, session, by: hanako).consents.map(\.state) == [.withdrawnLocally])
      try broker.simulator.setFaults(.none)
      broker.wait(seconds: 120)
      await broker.services.jobs.sweep()
      #expect(try await Self.state(broker, bank, consent.id) == .withdrawn)
    }
  }

  @Test func aConsentWithdrawnBeforeJLISHadItIsNeverForwarded() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      try broker.simulator.setFaults(Faults(api: .down))
      let answer = try await broker.onboard(bank, hanako, consents: [broker.selection(notice)], withAuthentication: false)
      let consent = try #require(answer.outcome.consents.first).id
      let session = try await broker.withdraw(bank, consent)
      try broker.simulator.setFaults(.none)
      broker.wait(seconds: 120)
      await broker.services.jobs.sweep()
      #expect(try broker.simulator.consents(of: hanako.id).isEmpty)
      #expect(try await Self.state(broker, bank, consent) == .withdrawnLocally)
      #expect(try await broker.signWithdrawal(bank, session, by: hanako).consents.map(\.state) == [.withdrawn])
    }
  }

  @Test func theListAnswersAsOfAnyInstant() async throws {
    try await TestBroker.with { broker in
      let before = broker.clock.now()
      broker.wait(seconds: 60)
      let (bank, _, subject, consent) = try await Self.given(broker)
      let between = broker.clock.now()
      broker.wait(seconds: 60)
      _ = try await broker.withdraw(bank, consent.id)
      func states(at: Date?, state: ConsentState? = nil) async throws -> [ConsentState] {
        try await broker.services.consents.list(
          bank.caller, ConsentQuery(subjectID: subject, state: state, at: at), limit: 10, pageToken: nil
        ).elements.map(\.state)
      }
      #expect(try await states(at: nil) == [.withdrawnLocally])
      #expect(try await states(at: between) == [.given])
      #expect(try await states(at: before) == [])
      #expect(try await states(at: between, state: .withdrawnLocally) == [])
      #expect(try await states(at: nil, state: .withdrawnLocally) == [.withdrawnLocally])
    }
  }

  @Test func consentsAreFoundByTheTenantsOwnReferenceOfAllItsSubjects() async throws {
    try await TestBroker.with { broker in
      let (bank, _, _, consent) = try await Self.given(broker, reference: "customer-1")
      let notice = try await broker.notice(bank)
      let second = try await broker.onboard(bank, try broker.taro(), consents: [broker.selection(notice)], reference: "customer-1")
      func found(_ reference: String) async throws -> [ConsentID] {
        try await broker.services.consents.search(bank.caller, subjectReference: reference, limit: 10, pageToken: nil).elements.map(\.id)
      }
      #expect(try await found("customer-1") == [consent.id] + second.outcome.consents.map(\.id))
      #expect(try await found("customer-2").isEmpty)
    }
  }

  @Test func aKnownSubjectIsAskedAgainAndTheEarlierConsentGivesWay() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, subject, consent) = try await Self.given(broker)
      let notice = try await broker.notice(bank, of: consent.noticeID)
      let session = try await broker.services.consents.createSession(
        bank.caller, subjectID: subject, origin: TestBroker.origin, selections: [broker.selection(notice, items: [.address])],
        request: try request())
      let outcome = try await broker.services.consents.sign(
        bank.caller, id: try #require(ConsentSessionID(session.id)),
        card: try broker.card(hanako, over: session.toBeSigned, withAuthentication: false), request: try request())
      #expect(outcome.verdict == .ok)
      #expect(outcome.consents.map(\.state) == [.given])
      #expect(try await Self.state(broker, bank, consent.id) == .superseded)
    }
  }

  @Test func somebodyElsesCardGivesNoConsent() async throws {
    try await TestBroker.with { broker in
      let (bank, _, subject, consent) = try await Self.given(broker)
      let session = try await broker.services.consents.createSession(
        bank.caller, subjectID: subject, origin: TestBroker.origin,
        selections: [ConsentSelection(noticeID: consent.noticeID, version: 1, purposes: ["account"], items: [.sex])],
        request: try request())
      let taro = try broker.taro()
      try await broker.onboard(bank, taro)
      let outcome = try await broker.services.consents.sign(
        bank.caller, id: try #require(ConsentSessionID(session.id)), card: try broker.card(taro, over: session.toBeSigned),
        request: try request())
      #expect(outcome.verdict.result == "linkFailed")
      #expect(outcome.consents.isEmpty)
    }
  }

  @Test func theControllerMayEndAConsentOnce() async throws {
    try await TestBroker.with { broker in
      let (bank, _, _, consent) = try await Self.given(broker)
      let ended = try await broker.services.consents.revoke(bank.caller, id: consent.id, basis: "service ends", request: try request())
      #expect(ended.state == .revoked)
      let again = try await refusalCode {
        _ = try await broker.services.consents.revoke(bank.caller, id: consent.id, basis: "again", request: try request())
      }
      #expect(again == "consentNotInForce")
      #expect(try await refusalCode { _ = try await broker.withdraw(bank, consent.id) } == "consentNotInForce")
    }
  }

  @Test func aJobEndsWhatIsExpired() async throws {
    try await TestBroker.with { broker in
      let (bank, _, subject, consent) = try await Self.given(broker, validFor: "P1D")
      broker.wait(seconds: 2 * TestBroker.day)
      #expect(try await broker.latestItems(bank, subject).outcome.outcome == "consentCancelled")
      await broker.services.jobs.sweep()
      #expect(try await Self.state(broker, bank, consent.id) == .expired)
      #expect(try await broker.audited(bank)["consentExpired"] == 1)
    }
  }

  @Test func aJobFollowsCancellationsAtJLIS() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, _, consent) = try await Self.given(broker)
      try broker.simulator.cancelConsentDirectly(consent.id.description, by: hanako.id)
      await broker.services.jobs.sweep()
      #expect(try await Self.state(broker, bank, consent.id) == .cancelledAtSource)
      #expect(try await broker.events(bank).contains(.consentCancelledAtSource))
      let count = try await broker.audited(bank)["consentWithdrawn"]
      await broker.services.jobs.sweep()
      #expect(try await broker.audited(bank)["consentWithdrawn"] == count)
    }
  }

  @Test func aWithdrawalWithoutASignatureIsWholeOnceTheSourceFollows() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako, _, consent) = try await Self.given(broker)
      _ = try await broker.withdraw(bank, consent.id)
      try broker.simulator.cancelConsentDirectly(consent.id.description, by: hanako.id)
      await broker.services.jobs.sweep()
      #expect(try await Self.state(broker, bank, consent.id) == .withdrawn)
    }
  }

  @Test func aNotVerifiersConsentStaysHere() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      let answer = try await broker.onboard(fintech, hanako, consents: [broker.selection(try await broker.notice(fintech))])
      #expect(answer.outcome.consents.map(\.state) == [.given])
      #expect(try broker.simulator.consents(of: hanako.id).isEmpty)
    }
  }

  @Test func aReceiptIsSignedAndNamesTheStateAndItsHistory() async throws {
    try await TestBroker.with { broker in
      let (bank, _, _, consent) = try await Self.given(broker)
      let receipt = try await broker.services.consents.receipt(bank.caller, id: consent.id)
      let (_, payload) = try JSONWebSignature.verify(receipt, keys: try await broker.services.access.publishedKeys())
      let claims = try JSONValue(parsing: payload)
      #expect(claims["record_id"]?.string == consent.id.description)
      #expect(claims["state"]?.string == "given")
      #expect(claims["events"]?.array?.count == 3)
    }
  }
}

@Suite("利用者: a subject is opaque, and may be erased", .serialized)
struct SubjectTests {
  @Test func erasureEndsEverythingButTheEvidence() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      let (subject, _) = try await broker.onboardWithPair(bank, hanako, consents: [broker.selection(notice)])
      try await broker.services.subjects.erase(bank.caller, id: subject, request: try request())
      #expect(try await broker.services.subjects.get(bank.caller, id: subject).erasedAt == broker.clock.now())
      #expect(try await broker.pairs(bank).isEmpty)
      #expect(try await broker.login(bank, hanako).verdict == .unknownSubject)
      #expect(try await broker.match(bank, hanako).matched == false)
      let consents = try await broker.services.consents.list(bank.caller, ConsentQuery(), limit: 10, pageToken: nil).elements
      #expect(consents.map(\.state) == [.revoked])
      #expect(try await broker.inspect("select count(*) from bindings")[0].int(0) == 0)
      #expect(try await broker.inspect("select count(*) from verifications")[0].int(0) > 0)
      let anew = try await broker.onboard(bank, hanako)
      #expect(anew.outcome.isNewSubject)
      #expect(anew.outcome.subjectID != subject)
    }
  }

  @Test func aSubjectIsFoundByTheTenantsReference() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let subject = try await broker.onboard(bank, try broker.hanako(), reference: "customer-8").outcome.subjectID
      func found(_ tenant: TestTenant) async throws -> [SubjectID] {
        try await broker.services.subjects.search(tenant.caller, reference: "customer-8", limit: 5, pageToken: nil).elements.map(\.id)
      }
      #expect(try await found(bank).map(Optional.some) == [subject])
      #expect(try await found(try await broker.bank()).isEmpty)
    }
  }
}
