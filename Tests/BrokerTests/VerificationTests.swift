import CitizenItems
import Foundation
import JLISSimulator
import JPKI
import PostgreSQL
import Testing

@testable import Broker

@Suite("Evidence of verifications is found again, without items", .serialized)
struct VerificationTests {
  private static func search(
    _ broker: TestBroker, _ tenant: TestTenant, limit: Int = 500, token: String? = nil, _ set: (inout VerificationQuery) -> Void = { _ in }
  ) async throws -> Page<Verification> {
    var query = VerificationQuery()
    set(&query)
    return try await broker.services.verifications.search(tenant.caller, query, limit: limit, pageToken: token)
  }

  @Test func evidenceOfEveryKindIsKeptAndFound() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      let (subject, _) = try await broker.onboardWithPair(bank, hanako, consents: [broker.selection(notice)])
      _ = try await broker.login(bank, hanako)
      _ = try await broker.match(bank, hanako)
      let document = try await broker.verify(bank, try broker.signedRaw(hanako), consents: [broker.selection(notice, items: [.sex])])
      broker.wait(seconds: 60)
      try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
      _ = try await broker.latestItems(bank, subject)
      let found = try await Self.search(broker, bank).elements
      #expect(found.map(\.purpose) == [.onboarding, .login, .match, .document, .latestItems])
      #expect(found.allSatisfy { $0.subjectID == subject })
      #expect(try await Self.search(broker, bank) { $0.subjectID = subject }.elements.count == 5)
      for verification in found {
        let one = try await broker.services.verifications.get(bank.caller, id: verification.evidence.id)
        #expect(one.purpose == verification.purpose && one.evidence.checkedAt == verification.evidence.checkedAt)
      }
      let kept = try await broker.services.verifications.get(bank.caller, id: document.outcome.evidence.id)
      #expect(kept.verdict == .ok && kept.documentPurpose == "loanContract" && kept.evidence.method == "ocsp")
      #expect(kept.documentDigest == document.outcome.digest && kept.evidence.sourceTime != nil)
      #expect(kept.notices == [broker.selection(notice, items: [.sex])])
    }
  }

  @Test func eachConditionLeavesOutTheOthers() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let sound = try broker.signedRaw(try broker.hanako())
      let first = try await broker.verify(bank, sound, purpose: "application").outcome.evidence
      broker.wait(seconds: 3600)
      let second = try await broker.verify(bank, try broker.signedRaw(try broker.hanako(.revoked))).outcome.evidence
      broker.wait(seconds: 3600)
      let other = Array("another".utf8)
      let third = try await broker.verify(bank, try broker.signedRaw(try broker.taro(), other), digest: DocumentHash.digest(of: other))
        .outcome
      func ids(_ set: (inout VerificationQuery) -> Void) async throws -> [VerificationID] {
        try await Self.search(broker, bank, set).elements.map(\.evidence.id)
      }
      #expect(try await ids { $0.result = "ok" } == [first.id, third.evidence.id])
      #expect(try await ids { $0.result = "certificateRevoked" } == [second.id])
      #expect(try await ids { $0.documentPurpose = "application" } == [first.id])
      #expect(try await ids { $0.documentDigest = third.digest } == [third.evidence.id])
      #expect(try await ids { $0.purpose = .login } == [])
      #expect(try await ids { $0.after = second.checkedAt } == [second.id, third.evidence.id])
      #expect(try await ids { $0.before = second.checkedAt } == [first.id])
      #expect(
        try await ids {
          $0.after = second.checkedAt
          $0.before = third.evidence.checkedAt
        } == [second.id])
    }
  }

  @Test func pagesFollowOneAnotherWithoutGapOrRepetition() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let card = try broker.signedRaw(try broker.hanako())
      var made: [VerificationID] = []
      for _ in 0..<5 {
        made.append(try await broker.verify(bank, card).outcome.evidence.id)
        broker.wait(seconds: 1)
      }
      var found: [VerificationID] = []
      var token: String?
      repeat {
        let page = try await Self.search(broker, bank, limit: 2, token: token)
        found += page.elements.map(\.evidence.id)
        token = page.nextPageToken
      } while token != nil
      #expect(found == made)
      #expect(try await refusalCode { _ = try await Self.search(broker, bank, token: "!") } == "pageTokenInvalid")
    }
  }

  @Test func anotherTenantsEvidenceIsNotThere() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let other = try await broker.bank()
      let id = try await broker.verify(bank, try broker.signedRaw(try broker.hanako())).outcome.evidence.id
      #expect(try await refusalCode { _ = try await broker.services.verifications.get(other.caller, id: id) } == "notFound")
      #expect(try await Self.search(broker, other).elements.isEmpty)
      #expect(
        try await refusalCode { _ = try await broker.services.verifications.get(bank.caller, id: VerificationID(UUID())) } == "notFound")
    }
  }

  @Test func looksAreAudited() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let id = try await broker.verify(bank, try broker.signedRaw(try broker.hanako())).outcome.evidence.id
      #expect(
        try await broker.auditing(bank) { _ = try await broker.services.verifications.get(bank.caller, id: id) } == [
          "verificationViewed": 1
        ])
      #expect(try await broker.auditing(bank) { _ = try await Self.search(broker, bank) } == ["verificationViewed": 1])
    }
  }

  /// A search may not tell a notVerifier what an answer did not (jpki.md §9).
  @Test func aNotVerifiersSearchTellsNoFinerThanItsAnswersDid() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      let subject = try #require(try await broker.onboard(fintech, hanako).outcome.subjectID)
      let signed = try await broker.documentEnvelope(hanako, tenant: fintech)
      let before = try await broker.verify(fintech, signed).outcome
      #expect(before.subjectID == subject)
      broker.wait(seconds: 60)
      try broker.simulator.revoke(hanako.id, kind: .signing, reason: .cessationOfOperation)
      let revoked = try await broker.verify(fintech, signed).outcome.evidence.id
      let untrusted = try await broker.verify(
        fintech, try await broker.documentEnvelope(try broker.hanako(.untrusted), tenant: fintech)
      ).outcome.evidence.id
      let refused = try await Self.search(broker, fintech) { $0.result = "notConfirmed" }.elements.map(\.evidence.id)
      #expect(refused == [revoked, untrusted])
      // The revoked card's subject is known here, the untrusted one's is not: looking by subject must not show the difference.
      let ofSubject = try await Self.search(broker, fintech) { $0.subjectID = subject }.elements
      #expect(ofSubject.map(\.purpose) == [.onboarding, .document] && ofSubject.allSatisfy { $0.verdict.isOK })
      #expect(try await Self.search(broker, fintech) { $0.result = "ok" }.elements.count == 2)
      for finer in ["certificateRevoked", "certificateUntrusted", "revocationUnknown", "replayed"] {
        #expect(
          try await refusalCode { _ = try await Self.search(broker, fintech) { $0.result = finer } } == "notPermittedForStatus")
      }
    }
  }
}
