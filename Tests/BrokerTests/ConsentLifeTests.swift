import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import JPKI
import PostgreSQL
import Testing

@testable import Broker

extension TestBroker {
  /// A known subject signs these consents outside onboarding.
  @discardableResult
  func consent(_ tenant: TestTenant, _ subject: SubjectID, _ citizen: CitizenHandle, _ selections: [ConsentSelection]) async throws
    -> ConsentSignatureOutcome
  {
    let session = try await ask(tenant, subject, selections)
    return try await services.consents.sign(
      tenant.caller, id: try #require(ConsentSessionID(session.id)),
      card: try card(citizen, over: session.toBeSigned, withAuthentication: false), request: try request())
  }

  func ask(_ tenant: TestTenant, _ subject: SubjectID, _ selections: [ConsentSelection]) async throws -> StartedConsentSession {
    try await services.consents.createSession(
      tenant.caller, subjectID: subject, origin: Self.origin, selections: selections, request: try request())
  }

  func consents(_ tenant: TestTenant, _ query: ConsentQuery = ConsentQuery()) async throws -> [Consent] {
    try await services.consents.list(tenant.caller, query, limit: 500, pageToken: nil).elements
  }
}

@Suite("A consent's whole life, and its state as of any instant", .serialized)
struct ConsentLifeTests {
  /// What the story of one person comes to: at each of 40 instants the states of all her consents, oldest first.
  @Test func givenRenewedWithdrawnGivenAgainExpiredAndCancelledAtTheSourceIsToldAsOfAnyInstant() async throws {
    try await TestBroker.with { broker in
      let year = 366 * TestBroker.day
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (subject, _) = try await broker.onboardWithPair(bank, hanako)
      let notice = try await broker.notice(bank, validFor: "P2Y")
      let selection = broker.selection(notice)
      let beginning = broker.clock.now()
      // (from when, what stands from then on)
      var chapters: [(from: Date, states: [ConsentState])] = [(beginning, [])]
      func chapter(_ states: [ConsentState]) { chapters.append((broker.clock.now(), states)) }

      broker.wait(seconds: 60)
      let session = try await broker.ask(bank, subject, [selection])
      chapter([.requested])
      broker.wait(seconds: 60)
      try broker.simulator.setFaults(Faults(api: .down))
      _ = try await broker.services.consents.sign(
        bank.caller, id: try #require(ConsentSessionID(session.id)), card: try broker.card(hanako, over: session.toBeSigned),
        request: try request())
      chapter([.pendingAtSource])
      broker.wait(seconds: 120)
      try broker.simulator.setFaults(.none)
      await broker.services.jobs.sweep()
      chapter([.given])

      broker.wait(seconds: year)
      let renewed = try await broker.consent(bank, subject, hanako, [selection])
      #expect(renewed.consents.map(\.state) == [.renewed])
      chapter([.renewed])

      // Beyond the first validity: it is the renewal's that counts.
      broker.wait(seconds: 1.5 * year)
      await broker.services.jobs.sweep()
      let first = try #require(try await broker.consents(bank).first)
      _ = try await broker.withdraw(bank, first.id)
      chapter([.withdrawnLocally])
      broker.wait(seconds: 60)
      #expect(try await broker.signWithdrawal(bank, try await broker.withdraw(bank, first.id), by: hanako).verdict == .ok)
      chapter([.withdrawn])

      broker.wait(seconds: 30 * TestBroker.day)
      let again = try await broker.consent(bank, subject, hanako, [selection])
      #expect(again.consents.map(\.state) == [.given])
      // Asked and answered in the same instant.
      chapter([.withdrawn, .given])

      let until = try #require(again.consents.first?.validUntil)
      broker.wait(seconds: until.timeIntervalSince(broker.clock.now()))
      chapter([.withdrawn, .expired])
      // The job comes three days late; the history says when it was.
      broker.wait(seconds: 3 * TestBroker.day)
      await broker.services.jobs.sweep()

      broker.wait(seconds: TestBroker.day)
      let third = try #require(try await broker.consent(bank, subject, hanako, [selection]).consents.first)
      chapter([.withdrawn, .expired, .given])
      broker.wait(seconds: 100 * TestBroker.day)
      try broker.simulator.cancelConsentDirectly(third.id.description, by: hanako.id)
      await broker.services.jobs.sweep()
      chapter([.withdrawn, .expired, .cancelledAtSource])
      broker.wait(seconds: TestBroker.day)

      // At each change, the millisecond before it, the millisecond after it, and in the middle of what follows.
      var asked: [(Date, [ConsentState])] = []
      for (index, chapter) in chapters.enumerated() {
        let end = index + 1 < chapters.count ? chapters[index + 1].from : broker.clock.now()
        asked.append((chapter.from, chapter.states))
        asked.append((chapter.from.addingTimeInterval(0.001), chapter.states))
        asked.append((chapter.from.addingTimeInterval(end.timeIntervalSince(chapter.from) / 2), chapter.states))
        asked.append((end.addingTimeInterval(-0.001), chapter.states))
      }
      #expect(asked.count >= 40)
      for (instant, states) in asked {
        let told = try await broker.consents(bank, ConsentQuery(at: instant)).map(\.state)
        #expect(told == states, "\(instant)")
        let ofSubject = try await broker.consents(bank, ConsentQuery(subjectID: subject, at: instant)).map(\.state)
        #expect(ofSubject == states, "\(instant)")
      }
      #expect(
        try await broker.services.consents.events(bank.caller, id: first.id).map(\.state)
          == [.requested, .pendingAtSource, .given, .renewed, .withdrawnLocally, .withdrawn])
    }
  }

  @Test func aPersonMaySayNo() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let subject = try #require(try await broker.onboard(bank, hanako).outcome.subjectID)
      let session = try await broker.ask(bank, subject, [broker.selection(try await broker.notice(bank))])
      let id = try #require(ConsentSessionID(session.id))
      let refused = try await broker.services.consents.refuse(bank.caller, id: id, request: try request())
      #expect(refused.map(\.state) == [.refused])
      #expect(try await broker.audited(bank)["consentRefused"] == 1)
      // The session is closed: neither a second refusal nor a signature.
      let again = try await refusalCode { _ = try await broker.services.consents.refuse(bank.caller, id: id, request: try request()) }
      #expect(again == "sessionClosed")
      let signed = try await refusalCode {
        _ = try await broker.services.consents.sign(
          bank.caller, id: id, card: try broker.card(hanako, over: session.toBeSigned), request: try request())
      }
      #expect(signed == "sessionClosed")
      #expect(try broker.simulator.consents(of: hanako.id).isEmpty)
    }
  }

  @Test func whatNobodyAnswersEndsWithItsSession() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let subject = try #require(try await broker.onboard(bank, try broker.hanako()).outcome.subjectID)
      _ = try await broker.ask(bank, subject, [broker.selection(try await broker.notice(bank))])
      #expect(try await broker.consents(bank).map(\.state) == [.requested])
      broker.wait(seconds: SessionRow.lifetimeSeconds)
      #expect(try await broker.consents(bank).map(\.state) == [.expired])
      await broker.services.jobs.sweep()
      let consent = try #require(try await broker.consents(bank).first)
      #expect(try await broker.services.consents.events(bank.caller, id: consent.id).map(\.state) == [.requested, .expired])
    }
  }

  @Test func aRenewalThatJLISDoesNotHaveYetChangesNothing() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let selection = broker.selection(try await broker.notice(bank, validFor: "P1Y"))
      let answer = try await broker.onboard(bank, hanako, consents: [selection])
      let subject = try #require(answer.outcome.subjectID)
      let consent = try #require(answer.outcome.consents.first)
      broker.wait(seconds: 100 * TestBroker.day)
      try broker.simulator.setFaults(Faults(api: .down))
      let outcome = try await broker.consent(bank, subject, hanako, [selection])
      #expect(outcome.consents.map(\.state) == [.given])
      #expect(outcome.consents.first?.validUntil == consent.validUntil)
      try broker.simulator.setFaults(.none)
      broker.wait(seconds: 120)
      await broker.services.jobs.sweep()
      let renewed = try await broker.services.consents.get(bank.caller, id: consent.id)
      #expect(renewed.state == .renewed)
      #expect(try #require(renewed.validUntil) > (try #require(consent.validUntil)).addingTimeInterval(99 * TestBroker.day))
      #expect(renewed.givenAt == consent.givenAt)
      #expect(try await broker.events(bank).contains(.consentRenewed))
      // Nothing of the signature is left anywhere.
      #expect(try await broker.inspect("select count(*) from intents where payload_sealed is not null")[0].int(0) == 0)
    }
  }

  @Test func aPersonWhoseSigningCertificateIsRevokedCanStillStopUs() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let answer = try await broker.onboard(bank, hanako, consents: [broker.selection(try await broker.notice(bank))])
      let subject = try #require(answer.outcome.subjectID)
      let consent = try #require(answer.outcome.consents.first)
      try broker.simulator.revoke(hanako.id, kind: .signing, reason: .keyCompromise)
      let session = try await broker.withdraw(bank, consent.id)
      #expect(session.state == .withdrawnLocally)
      #expect(try await broker.latestItems(bank, subject).outcome.outcome == "consentCancelled")
      #expect(try await broker.signWithdrawal(bank, session, by: hanako).verdict.result == "certificateRevoked")
      #expect(try await broker.services.consents.get(bank.caller, id: consent.id).state == .withdrawnLocally)
    }
  }

  @Test func whereNobodyElseHasItAWithdrawalIsWholeAtOnce() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let notice = try await broker.notice(fintech, purposes: ["account"])
      let answer = try await broker.onboard(fintech, try broker.hanako(), consents: [broker.selection(notice)])
      let consent = try #require(answer.outcome.consents.first)
      #expect(try await broker.withdraw(fintech, consent.id).state == .withdrawn)
    }
  }

  @Test func aConsentToOtherThanLatestItemsIsNotJLISsAffair() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank, purposes: ["account"])
      let answer = try await broker.onboard(bank, hanako, consents: [broker.selection(notice)])
      #expect(answer.outcome.consents.map(\.state) == [.given])
      #expect(try broker.simulator.consents(of: hanako.id).isEmpty)
      let subject = try #require(answer.outcome.subjectID)
      #expect(try await broker.latestItems(bank, subject).outcome.outcome == "notConsented")
    }
  }

  @Test func theTenantIsToldYearlyAndBeforeTheEnd() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      _ = try await broker.onboard(bank, hanako, consents: [broker.selection(try await broker.notice(bank, validFor: "P3Y"))])
      func told(_ kind: TenantEvent.Kind) async throws -> Int {
        await broker.services.jobs.sweep()
        return try await broker.events(bank).count { $0 == kind }
      }
      broker.wait(seconds: 364 * TestBroker.day)
      #expect(try await told(.consentReminder) == 0)
      broker.wait(seconds: 2 * TestBroker.day)
      #expect(try await told(.consentReminder) == 1)
      #expect(try await told(.consentReminder) == 1)
      broker.wait(seconds: 366 * TestBroker.day)
      #expect(try await told(.consentReminder) == 2)
      #expect(try await told(.consentExpiring) == 0)
      broker.wait(seconds: 280 * TestBroker.day)
      #expect(try await told(.consentExpiring) == 1)
      #expect(try await told(.consentExpiring) == 1)
      broker.wait(seconds: 120 * TestBroker.day)
      #expect(try await told(.consentExpired) == 1)
      #expect(try await told(.consentReminder) == 2)
    }
  }

  @Test(arguments: [
    (ValidityStart.dayAfterConsent, "2027-04-01T15:00:00Z"), (.consentDay, "2027-03-31T15:00:00Z"),
    (.dayAfterReception, "2027-04-03T15:00:00Z"),
  ])
  func theTimeBeginsAsTheNoticeSays(_ start: ValidityStart, _ end: String) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let notice = try await broker.notice(bank, validFor: "P1Y", start: start)
      // Signed on April 1 (10 in the morning in Japan); J-LIS has it two days later.
      try broker.simulator.setFaults(Faults(api: .down))
      let answer = try await broker.onboard(bank, try broker.hanako(), consents: [broker.selection(notice)], withAuthentication: false)
      broker.wait(seconds: 2 * TestBroker.day)
      try broker.simulator.setFaults(.none)
      await broker.services.jobs.sweep()
      let consent = try await broker.services.consents.get(bank.caller, id: try #require(answer.outcome.consents.first).id)
      #expect(consent.state == .given)
      #expect(consent.validUntil == (try Date(end, strategy: .iso8601)))
      #expect(consent.receivedAt == broker.clock.now())
    }
  }

  @Test func cancellationsAreFollowedByWhoeverHasTheLeaseFromWhereTheLastOneWas() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      let consent = try #require(try await broker.onboard(bank, hanako, consents: [broker.selection(notice)]).outcome.consents.first)
      try broker.simulator.cancelConsentDirectly(consent.id.description, by: hanako.id)
      await broker.services.jobs.sweep()
      let cursor = try await broker.inspect("select cursor from source_cursors")[0].text(0)
      let other = broker.another()
      await other.jobs.sweep()
      #expect(try await broker.inspect("select cursor from source_cursors")[0].text(0) == cursor)
      #expect(try await broker.inspect("select count(*) from leases")[0].int(0) == 0)
      await other.stop()
      // Another holds the lease: nothing is done, until it lapses.
      let taro = try broker.taro()
      let second = try #require(try await broker.onboard(bank, taro, consents: [broker.selection(notice)]).outcome.consents.first)
      try broker.simulator.cancelConsentDirectly(second.id.description, by: taro.id)
      _ = try await broker.inspect(
        "insert into leases (name, holder, held_until) values ('cancellationsAtSource', gen_random_uuid(), $1)",
        [.timestamp(broker.clock.now().addingTimeInterval(60))])
      await broker.services.jobs.sweep()
      #expect(try await broker.services.consents.get(bank.caller, id: second.id).state == .given)
      broker.wait(seconds: 60)
      await broker.services.jobs.sweep()
      #expect(try await broker.services.consents.get(bank.caller, id: second.id).state == .cancelledAtSource)
    }
  }
}

@Suite("After a withdrawal nothing is handed out", .serialized)
struct WithdrawalRaceTests {
  @Test func aRequestInFlightWhenThePersonWithdrawsBringsNothing() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      let (subject, _) = try await broker.onboardWithPair(bank, hanako, consents: [broker.selection(notice)])
      let consent = try #require(try await broker.consents(bank).first)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      // While J-LIS is asked, the person withdraws; J-LIS's answer comes a moment later.
      let slow = HookedJLIS(InProcessJLIS(broker.simulator)) { _ = try? await broker.withdraw(bank, consent.id) }
      let services = broker.another(jlis: slow)
      let result = try await services.latestItems.fetch(bank.caller, id: subject, request: try request())
      #expect(result.outcome.outcome == "consentCancelled")
      #expect(result.items == nil)
      await services.stop()
    }
  }

  @Test func aWithdrawnConsentsItemsDoNotComeByTheOneThatFollowedIt() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      let (subject, _) = try await broker.onboardWithPair(bank, hanako, consents: [broker.selection(notice)])
      let consent = try #require(try await broker.consents(bank).first)
      let slow = HookedJLIS(InProcessJLIS(broker.simulator)) {
        _ = try? await broker.withdraw(bank, consent.id)
        _ = try? await broker.consent(bank, subject, hanako, [broker.selection(notice, items: [.sex])])
      }
      let services = broker.another(jlis: slow)
      let result = try await services.latestItems.fetch(bank.caller, id: subject, request: try request())
      #expect(result.outcome.outcome == "consentCancelled")
      #expect(result.items == nil)
      await services.stop()
    }
  }

  /// Twenty persons, each withdrawing ten times while ten requests for her latest items are on their way.
  @Test func twoHundredWithdrawalsRaceTwoHundredRequests() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let notice = try await broker.notice(bank)
      var persons: [(subject: SubjectID, consent: ConsentID)] = []
      for number in 1...20 {
        let citizen = try broker.simulator.newCitizen(
          name: "四情　競子", address: "東京都清瀬市観布子南\(number)", dateOfBirth: "1980-02-17", sex: "female")
        let answer = try await broker.onboard(bank, citizen, consents: [broker.selection(notice)], withAuthentication: false)
        persons.append((try #require(answer.outcome.subjectID), try #require(answer.outcome.consents.first).id))
        try broker.simulator.move(citizen.id, newAddress: Hanako.newAddress)
      }
      enum Moment: Sendable {
        case acknowledged(SubjectID, at: ContinuousClock.Instant)
        case answered(SubjectID, begun: ContinuousClock.Instant, outcome: String, hasItems: Bool)
      }
      let moments = try await withThrowingTaskGroup(of: Moment?.self) { group in
        for round in 0..<10 {
          for (index, person) in persons.enumerated() {
            // Who comes first differs from person to person.
            let withdrawsFirst = (round + index) % 2 == 0
            for isWithdrawal in [withdrawsFirst, !withdrawsFirst] {
              group.addTask {
                if isWithdrawal {
                  _ = try await broker.services.withdrawals.withdraw(
                    bank.caller, id: person.consent, origin: TestBroker.origin, request: try request())
                  return .acknowledged(person.subject, at: .now)
                }
                let begun = ContinuousClock.now
                let result = try await broker.latestItems(bank, person.subject)
                return .answered(person.subject, begun: begun, outcome: result.outcome.outcome, hasItems: result.items != nil)
              }
            }
          }
        }
        return try await group.reduce(into: [Moment]()) { all, moment in if let moment { all.append(moment) } }
      }
      #expect(moments.count == 400)
      for person in persons {
        let firstWord = moments.compactMap { if case .acknowledged(person.subject, let at) = $0 { at } else { nil } }.min()
        let acknowledged = try #require(firstWord)
        for case .answered(person.subject, let begun, let outcome, let hasItems) in moments where begun > acknowledged {
          #expect(outcome == "consentCancelled" && !hasItems)
        }
        // And of those in flight: as the database has it, one after the other, nothing was handed out behind the withdrawal.
        let late = try await broker.inspect(
          """
          select count(*) from audit_events where subject_id = $1 and kind = 'latestItemsAsked' and outcome <> 'consentCancelled'
            and event_id > (select min(event_id::text)::uuid from audit_events where subject_id = $1 and kind = 'consentWithdrawn')
          """, [.uuid(person.subject.uuid)])
        #expect(try late[0].int(0) == 0)
      }
    }
  }
}
