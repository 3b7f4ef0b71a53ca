import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import Testing

@testable import Broker

@Suite("Login: the authentication certificate proves whom the tenant knows", .serialized)
struct LoginTests {
  @Test func aKnownPersonIsRecognisedWithTheirPair() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (subject, pair) = try await broker.onboardWithPair(bank, hanako, ref: "C-77")
      let answer = try await broker.login(bank, hanako)
      #expect(answer.verdict == .ok)
      #expect(answer.subjectID == subject)
      #expect(answer.pair?.id == pair)
      #expect(answer.pair?.state == .active)
      #expect(answer.pair?.ledgerRef == "C-77")
      #expect(answer.itemsMayHaveChanged == false)
    }
  }

  @Test func theIDTokenNamesTheSubjectAndIsSignedByThePlatform() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      try await broker.onboard(bank, hanako)
      let answer = try await broker.login(bank, hanako)
      let claims = try JSONWebToken.verify(
        try #require(answer.idToken), keys: try await broker.services.access.publishedKeys(),
        expecting: JSONWebToken.Expectations(issuer: TestBroker.issuer, audiences: [bank.client.clientID]), at: broker.clock.now()
      ).claims
      #expect(claims.subject == answer.subjectID?.description)
    }
  }

  @Test func aNotVerifierLogsInByEnvelope() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      let subject = try await broker.onboard(fintech, hanako).outcome.subjectID
      let session = try await broker.services.logins.create(fintech.caller, origin: TestBroker.origin, subjectID: nil)
      let card = try await broker.envelope(hanako, over: session.toBeSigned, tenant: fintech, session: session.id, signing: false)
      let answer = try await broker.services.logins.sign(fintech.caller, id: session.id, card: card, request: try request())
      #expect(answer.verdict == .ok)
      #expect(answer.subjectID == subject)
    }
  }

  @Test func aStrangerIsAnUnknownSubject() async throws {
    try await TestBroker.with { broker in
      let answer = try await broker.login(try await broker.bank(), try broker.hanako())
      #expect(answer.verdict == .unknownSubject)
      #expect(answer.subjectID == nil)
      #expect(answer.idToken == nil)
    }
  }

  @Test func anotherTenantsSubjectIsUnknown() async throws {
    try await TestBroker.with { broker in
      let hanako = try broker.hanako()
      try await broker.onboard(try await broker.bank(), hanako)
      let other = try await broker.bank()
      #expect(try await broker.login(other, hanako).verdict == .unknownSubject)
    }
  }

  @Test func aRepeatIsAnsweredTheSameAlsoAfterTheSessionsTime() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      try await broker.onboard(bank, hanako)
      let session = try await broker.services.logins.create(bank.caller, origin: TestBroker.origin, subjectID: nil)
      let card = try broker.loginCard(hanako, over: session.toBeSigned)
      let key = UUID().uuidString
      let first = try await broker.services.logins.sign(bank.caller, id: session.id, card: card, request: try request(key))
      broker.wait(seconds: 400)
      let repeated = try await broker.services.logins.sign(bank.caller, id: session.id, card: card, request: try request(key))
      #expect(first.verdict == .ok && repeated.verdict == .ok)
      #expect(repeated.subjectID == first.subjectID)
      #expect(repeated.authenticatedAt == first.authenticatedAt)
      #expect(repeated.evidence.id == first.evidence.id)
    }
  }

  @Test func aSecondUseIsAReplay() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      try await broker.onboard(bank, hanako)
      let session = try await broker.services.logins.create(bank.caller, origin: TestBroker.origin, subjectID: nil)
      let card = try broker.loginCard(hanako, over: session.toBeSigned)
      _ = try await broker.services.logins.sign(bank.caller, id: session.id, card: card, request: try request())
      let replayed = try await broker.services.logins.sign(bank.caller, id: session.id, card: card, request: try request())
      #expect(replayed.verdict.result == "replayed")
      #expect(replayed.idToken == nil)
    }
  }

  @Test func aLateSignatureIsRefused() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      try await broker.onboard(bank, hanako)
      let session = try await broker.services.logins.create(bank.caller, origin: TestBroker.origin, subjectID: nil)
      let card = try broker.loginCard(hanako, over: session.toBeSigned)
      broker.wait(seconds: 301)
      let code = try await refusalCode {
        _ = try await broker.services.logins.sign(bank.caller, id: session.id, card: card, request: try request())
      }
      #expect(code == "sessionExpired")
    }
  }

  @Test func anotherTenantsSessionIsNotFound() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let other = try await broker.bank()
      let session = try await broker.services.logins.create(bank.caller, origin: TestBroker.origin, subjectID: nil)
      let card = try broker.loginCard(try broker.hanako(), over: session.toBeSigned)
      let code = try await refusalCode {
        _ = try await broker.services.logins.sign(other.caller, id: session.id, card: card, request: try request())
      }
      #expect(code == "notFound")
    }
  }

  @Test(arguments: [
    (CertificateVariant.expired, "certificateExpired"), (.revoked, "certificateRevoked"), (.untrusted, "certificateUntrusted"),
  ])
  func aCardThatIsNoGoodIsRefusedWithItsReason(_ variant: CertificateVariant, _ result: String) async throws {
    try await TestBroker.with { broker in
      let answer = try await broker.login(try await broker.bank(), try broker.hanako(variant))
      #expect(answer.verdict.result == result)
    }
  }

  @Test func aSigningCertificateLogsNobodyIn() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      try await broker.onboard(bank, hanako)
      let session = try await broker.services.logins.create(bank.caller, origin: TestBroker.origin, subjectID: nil)
      let card = try broker.card(hanako, over: session.toBeSigned, withAuthentication: false)
      let answer = try await broker.services.logins.sign(bank.caller, id: session.id, card: card, request: try request())
      #expect(answer.verdict.result == "certificateUntrusted")
    }
  }

  @Test func afterAMoveALoginSaysThatItemsMayHaveChanged() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let subject = try #require(try await broker.onboard(bank, hanako).outcome.subjectID)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      #expect(try await broker.login(bank, hanako).itemsMayHaveChanged == false)
      _ = try await broker.check(bank, subject)
      #expect(try await broker.login(bank, hanako).itemsMayHaveChanged)
    }
  }
}
