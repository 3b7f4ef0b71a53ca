import CitizenItems
import Foundation
import JLISSimulator
import JPKI
import PostgreSQL
import Testing

@testable import Broker

@Suite("Onboarding: a person signs an application and consents, and becomes a subject", .serialized)
struct OnboardingTests {
  private static let declared = DeclaredItems(
    name: "四情　花子", address: "東京都清瀬市観布子南１２－７－２０２", dateOfBirth: "1980-02-17", sex: "female", salt: "salt")

  @Test func aDeemedVerifierGetsTheItemsAgreedToAndNoOthers() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let notice = try await broker.notice(bank)
      let answer = try await broker.onboard(
        bank, try broker.hanako(), consents: [broker.selection(notice, items: [.name, .dateOfBirth])])
      #expect(answer.outcome.verdict == .ok)
      #expect(answer.outcome.isNewSubject)
      #expect(answer.items?.name?.text == Hanako.name)
      #expect(answer.items?.dateOfBirth?.iso == "1980-02-17")
      #expect(answer.items?.address == nil)
      #expect(answer.items?.sex == nil)
      #expect(answer.outcome.receipt != nil)
    }
  }

  @Test func withoutAConsentNoItemIsHandedOver() async throws {
    try await TestBroker.with { broker in
      let answer = try await broker.onboard(try await broker.bank(), try broker.hanako())
      #expect(answer.outcome.verdict == .ok)
      #expect(answer.items == nil)
    }
  }

  @Test func aNotVerifierNeverGetsItems() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let notice = try await broker.notice(fintech)
      let answer = try await broker.onboard(
        fintech, try broker.hanako(), consents: [broker.selection(notice)], declared: Self.declared)
      #expect(answer.outcome.verdict == .ok)
      #expect(answer.items == nil)
      #expect(answer.itemsHandedOver == false)
      #expect(answer.outcome.itemComparison == ["name": .match, "address": .match, "dateOfBirth": .match, "sex": .match])
    }
  }

  @Test func aNotVerifierMustNotSendAPlainCardUnlessItIsASandbox() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      let session = try await broker.startOnboarding(fintech)
      let card = try broker.card(hanako, over: session.toBeSigned)
      #expect(
        try await refusalCode { _ = try await broker.signOnboarding(fintech, session, card) } == "cardEnvelopeRequired")
      let sandbox = try await broker.fintech(sandbox: true)
      #expect(try await broker.onboard(sandbox, hanako).outcome.verdict == .ok)
    }
  }

  @Test func anEnvelopeForAnotherSessionOrTenantIsRefused() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let session = try await broker.startOnboarding(fintech)
      let other = try await broker.startOnboarding(fintech)
      for card in [
        try await broker.envelope(hanako, over: session.toBeSigned, tenant: fintech, session: other.id),
        try await broker.envelope(hanako, over: session.toBeSigned, tenant: bank, session: session.id),
      ] {
        #expect(try await refusalCode { _ = try await broker.signOnboarding(fintech, session, card) } == "cardEnvelopeForeign")
      }
    }
  }

  @Test func aMismatchIsToldItemByItemAndRefuses() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let declared = DeclaredItems(name: Hanako.name, address: "東京都清瀬市別町１", dateOfBirth: "1980-02-17", sex: "2", salt: "s")
      let answer = try await broker.onboard(fintech, try broker.hanako(), declared: declared)
      #expect(answer.outcome.verdict.result == "itemsMismatch")
      #expect(answer.outcome.itemComparison?["address"] == .mismatch)
      #expect(answer.outcome.itemComparison?["name"] == .match)
      #expect(answer.outcome.subjectID == nil)
    }
  }

  @Test func declaredItemsMustBeThoseWhoseDigestWasSigned() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      let session = try await broker.startOnboarding(fintech, declared: Self.declared)
      let card = try await broker.envelope(hanako, over: session.toBeSigned, tenant: fintech, session: session.id)
      let others = DeclaredItems(name: Hanako.name, address: nil, dateOfBirth: nil, sex: nil, salt: "salt")
      for wrong in [others, nil] {
        let code = try await refusalCode { _ = try await broker.signOnboarding(fintech, session, card, declared: wrong) }
        #expect(code == "declaredItemsDigestMismatch")
      }
    }
  }

  @Test func aConsentWithItemsIsForwardedToJLISAndThenGiven() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let answer = try await broker.onboard(bank, hanako, consents: [broker.selection(try await broker.notice(bank))])
      let consent = try #require(answer.outcome.consents.first)
      #expect(consent.state == .given)
      #expect(try broker.simulator.consents(of: hanako.id).map(\.consentID) == [consent.id.description])
      let kept = try await broker.inspect("select count(*) from intents where payload_sealed is not null")
      #expect(try kept[0].int(0) == 0)
    }
  }

  @Test func whileJLISIsDownAConsentIsPendingAndAJobForwardsItLater() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      try broker.simulator.setFaults(Faults(api: .down))
      let answer = try await broker.onboard(bank, hanako, consents: [broker.selection(notice)], withAuthentication: false)
      let consent = try #require(answer.outcome.consents.first)
      #expect(consent.state == .pendingAtSource)
      try broker.simulator.setFaults(.none)
      broker.wait(seconds: 120)
      await broker.services.jobs.sweep()
      #expect(try await broker.services.consents.get(bank.caller, id: consent.id).state == .given)
      #expect(try broker.simulator.consents(of: hanako.id).count == 1)
      #expect(try await broker.events(bank).contains(.consentGiven))
    }
  }

  @Test func whereJLISCannotSayThatCertificatesBelongTogetherNothingIsDone() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let session = try await broker.startOnboarding(bank)
      let card = try broker.card(hanako, over: session.toBeSigned)
      let key = UUID().uuidString
      try broker.simulator.setFaults(Faults(api: .down))
      let code = try await refusalCode { _ = try await broker.signOnboarding(bank, session, card, request: try request(key)) }
      #expect(code == "dependencyUnavailable")
      #expect(try await broker.inspect("select count(*) from subjects")[0].int(0) == 0)
      try broker.simulator.setFaults(.none)
      #expect(try await broker.signOnboarding(bank, session, card, request: try request(key)).outcome.verdict == .ok)
    }
  }

  @Test func twoPeoplesCertificatesDoNotBelongTogether() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let session = try await broker.startOnboarding(bank)
      guard case .plain(let hers) = try broker.card(try broker.hanako(), over: session.toBeSigned),
        case .plain(let his) = try broker.loginCard(try broker.taro(), over: session.toBeSigned)
      else { return }
      let mixed = CardInput.plain(CardMaterial(main: hers.main, authentication: his.main))
      #expect(try await broker.signOnboarding(bank, session, mixed).outcome.verdict.result == "linkFailed")
    }
  }

  @Test(arguments: [
    (CertificateVariant.expired, "certificateExpired"), (.notYetValid, "certificateNotYetValid"), (.revoked, "certificateRevoked"),
    (.untrusted, "certificateUntrusted"), (.forged, "certificateUntrusted"),
  ])
  func aCardThatIsNoGoodIsRefusedWithItsReasonAndInOneWordToANotVerifier(_ variant: CertificateVariant, _ result: String) async throws {
    try await TestBroker.with { broker in
      let answer = try await broker.onboard(try await broker.bank(), try broker.hanako(variant))
      #expect(answer.outcome.verdict.result == result)
      #expect(answer.outcome.verdict.coarse == "notConfirmed")
      #expect(answer.outcome.subjectID == nil)
    }
  }

  @Test func aSignatureOfAnotherCardIsInvalid() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let session = try await broker.startOnboarding(bank)
      guard case .plain(let hers) = try broker.card(try broker.hanako(), over: session.toBeSigned),
        case .plain(let his) = try broker.card(try broker.taro(), over: session.toBeSigned)
      else { return }
      let mixed = CardMaterial(
        main: .init(format: .raw, signature: his.main.signature, certificate: hers.main.certificate), authentication: nil)
      #expect(try await broker.signOnboarding(bank, session, .plain(mixed)).outcome.verdict.result == "signatureInvalid")
    }
  }

  @Test func aPhoneIsBoundBesideTheCardAndItsMediumIsRecorded() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      try broker.simulator.newPhone(hanako.id, medium: .iphone)
      var subjects: Set<SubjectID> = []
      for medium in [CardMedium.card, .iphone] {
        let session = try await broker.startOnboarding(bank)
        let card = try broker.card(hanako, over: session.toBeSigned, medium: medium)
        let outcome = try await broker.signOnboarding(bank, session, card).outcome
        #expect(outcome.verdict == .ok)
        subjects.insert(try #require(outcome.subjectID))
      }
      // J-LIS names the card's certificate: one person, one subject.
      #expect(subjects.count == 1)
      let bound = try await broker.inspect(
        "select medium, count(*) from bindings where tenant_id = $1 and superseded_at is null group by medium order by medium",
        [.uuid(bank.id.uuid)])
      #expect(try bound.map { "\(try $0.text(0)) \(try $0.int(1))" } == ["card 2", "iphone 2"])
    }
  }

  @Test func unknownRevocationIsNotGood() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try broker.simulator.setFaults(Faults(ocsp: .down))
      #expect(try await broker.onboard(bank, try broker.hanako()).outcome.verdict.result == "revocationUnknown")
      try await broker.syncLists()
      #expect(try await broker.onboard(bank, try broker.taro()).outcome.verdict == .ok)
    }
  }

  @Test func aSessionIsSignedOnce() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let session = try await broker.startOnboarding(bank)
      let card = try broker.card(try broker.hanako(), over: session.toBeSigned)
      #expect(try await broker.signOnboarding(bank, session, card).outcome.verdict == .ok)
      #expect(try await broker.signOnboarding(bank, session, card).outcome.verdict.result == "replayed")
    }
  }

  @Test func aSessionEndsAfterItsTimeAndAfterFiveFailures() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let late = try await broker.startOnboarding(bank)
      let card = try broker.card(hanako, over: late.toBeSigned)
      broker.wait(seconds: 901)
      #expect(try await refusalCode { _ = try await broker.signOnboarding(bank, late, card) } == "sessionExpired")
      let session = try await broker.startOnboarding(bank)
      let wrong = try broker.card(hanako, over: [0])
      for _ in 0..<5 {
        #expect(try await broker.signOnboarding(bank, session, wrong).outcome.verdict.isOK == false)
      }
      let right = try broker.card(hanako, over: session.toBeSigned)
      #expect(try await refusalCode { _ = try await broker.signOnboarding(bank, session, right) } == "sessionClosed")
    }
  }

  @Test func theSamePersonIsTheSameSubjectAlsoAfterRenewal() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let first = try await broker.onboard(bank, hanako)
      broker.wait(seconds: 60)
      try broker.simulator.renew(hanako.id, kinds: [.signing])
      let second = try await broker.onboard(bank, hanako)
      #expect(second.outcome.verdict == .ok)
      #expect(second.outcome.isNewSubject == false)
      #expect(second.outcome.subjectID == first.outcome.subjectID)
    }
  }

  @Test func twoTenantsKnowOnePersonByTwoIDs() async throws {
    try await TestBroker.with { broker in
      let hanako = try broker.hanako()
      let atBank = try await broker.onboard(try await broker.bank(), hanako)
      let atFintech = try await broker.onboard(try await broker.fintech(), hanako)
      #expect(atBank.outcome.subjectID != atFintech.outcome.subjectID)
    }
  }

  @Test func whatIsNotInTheNoticeCannotBeAgreedTo() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let notice = try await broker.notice(bank, items: [.address])
      let wrongItems = ConsentSelection(noticeID: notice.id, version: 1, purposes: ["account"], items: [.name])
      let wrongPurpose = ConsentSelection(noticeID: notice.id, version: 1, purposes: ["sale"], items: [.address])
      let unpublished = ConsentSelection(noticeID: notice.id, version: 2, purposes: ["account"], items: [.address])
      for (selection, code) in [
        (wrongItems, "itemsNotInNotice"), (wrongPurpose, "purposesNotInNotice"), (unpublished, "noticeUnknown"),
      ] {
        #expect(try await refusalCode { _ = try await broker.startOnboarding(bank, consents: [selection]) } == code)
      }
    }
  }
}
