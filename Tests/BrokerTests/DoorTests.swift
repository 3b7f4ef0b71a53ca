import Foundation
import PostgreSQL
import Testing

@testable import Broker

@Suite("A person's own door")
struct DoorTests {
  @Test func theLinkOpensOnceWithinTenMinutesAfterACardLogin() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      let subject = try #require(try await broker.onboard(bank, hanako, consents: [broker.selection(notice)]).outcome.subjectID)
      let doors = broker.services.doors
      broker.wait(seconds: 11 * 60)
      #expect(try await refusalCode { _ = try await doors.make(bank.caller, subjectID: subject, language: "ja") } == "cardLoginNeeded")
      _ = try await broker.login(bank, hanako)
      let link = try await doors.make(bank.caller, subjectID: subject, language: "en")
      // Looking does not use it up.
      #expect(try await doors.look(bank.id, token: link.token).language == "en")
      let secret = try await doors.enter(bank.id, token: link.token, requestID: "r")
      #expect(try await refusalCode { _ = try await doors.enter(bank.id, token: link.token, requestID: "r") } == "doorLinkInvalid")
      #expect(try await refusalCode { _ = try await doors.look(bank.id, token: link.token) } == "doorLinkInvalid")
      let session = try await doors.session(bank.id, secret: secret, requestID: "r")
      #expect(try await doors.list(session).map(\.subjectID) == [subject])
      broker.wait(seconds: 15 * 60)
      #expect(try await refusalCode { _ = try await doors.session(bank.id, secret: secret, requestID: "r") } == "doorSessionEnded")
      _ = try await broker.login(bank, hanako)
      let late = try await doors.make(bank.caller, subjectID: subject, language: "ja")
      broker.wait(seconds: 10 * 60)
      #expect(try await refusalCode { _ = try await doors.enter(bank.id, token: late.token, requestID: "r") } == "doorLinkInvalid")
    }
  }

  @Test func thePersonSeesAndWithdrawsTheirOwnConsentsAndNoOthers() async throws {
    try await TestBroker.with { broker in
      let (bank, fintech) = (try await broker.bank(), try await broker.fintech())
      let (hanako, taro) = (try broker.hanako(), try broker.taro())
      let notice = try await broker.notice(bank)
      let first = try await broker.onboard(bank, hanako, consents: [broker.selection(notice)])
      let other = try await broker.onboard(bank, taro, consents: [broker.selection(notice)])
      let subject = try #require(first.outcome.subjectID)
      let doors = broker.services.doors
      let link = try await doors.make(bank.caller, subjectID: subject, language: "ja")
      // The door is this tenant's alone.
      #expect(try await refusalCode { _ = try await doors.enter(fintech.id, token: link.token, requestID: "r") } == "doorLinkInvalid")
      let session = try await doors.session(
        bank.id, secret: try await doors.enter(bank.id, token: link.token, requestID: "r"), requestID: "r")
      let own = try #require(try await doors.list(session).first)
      let foreign = try #require(other.outcome.consents.first)
      #expect(try await refusalCode { _ = try await doors.withdraw(session, id: foreign.id) } == "notFound")
      #expect(try await doors.withdraw(session, id: own.id) == .withdrawnLocally)
      // Confirmed twice, withdrawn once.
      #expect(try await doors.withdraw(session, id: own.id) == .withdrawnLocally)
      #expect(try await broker.latestItems(bank, subject).outcome.outcome != "updated")
      let actors = try await broker.inspect(
        "select distinct actor from audit_events where tenant_id = $1 and kind = 'consentWithdrawn'", [.uuid(bank.id.uuid)])
      #expect(try actors.map { try $0.text(0) } == [session.caller.actor])
      #expect(session.caller.actor.hasPrefix("person:dor_"))
    }
  }
}
