import CitizenItems
import Foundation
import JLIS
import JLISSimulator
import JPKI
import Testing

/// jpki.md §8: J-LIS's copy of a consent.
@Suite struct ConsentTests {
  let fixture: Fixture
  let hanako: CitizenHandle

  init() throws {
    fixture = try Fixture()
    hanako = try fixture.hanako()
  }

  @Test func aConsentSignedByTheCitizenIsReceived() async throws {
    let consent = try fixture.consent(hanako)
    let reception = try await fixture.service.registerConsent(consent)
    #expect(reception.receivedAt == fixture.clock.now)
    #expect(reception.validFrom == consent.validFrom)
    #expect(reception.validUntil == consent.validUntil)
    #expect(!reception.reference.isEmpty)
  }

  @Test func repeatingBringsTheSameReceptionEvenAfterTheCertificateHasEnded() async throws {
    let consent = try fixture.consent(hanako)
    let first = try await fixture.service.registerConsent(consent)
    fixture.clock.advance(seconds: 60)
    try fixture.simulator.revoke(hanako.id, kind: .signing, reason: .keyCompromise)
    #expect(try await fixture.service.registerConsent(consent) == first)
  }

  @Test func theSameIdWithOtherContentIsAConflict() async throws {
    _ = try await fixture.service.registerConsent(fixture.consent(hanako))
    let other = try fixture.consent(hanako, items: [.address])
    await #expect(throws: JLISError.refused(.consentConflict)) { try await fixture.service.registerConsent(other) }
  }

  @Test func aSignatureOverAnotherStatementIsRefused() async throws {
    let good = try fixture.consent(hanako)
    let forged = ForwardedConsent(
      consentID: good.consentID, serviceID: good.serviceID, items: good.items, statement: good.statement + [0x20],
      signature: good.signature,
      certificate: good.certificate, validFrom: good.validFrom, validUntil: good.validUntil)
    await #expect(throws: JLISError.refused(.signatureInvalid)) { try await fixture.service.registerConsent(forged) }
  }

  @Test func onlyAValidSigningCertificateOfThisAuthorityConsents() async throws {
    let good = try fixture.consent(hanako)
    let authentication = ForwardedConsent(
      consentID: good.consentID, serviceID: good.serviceID, items: good.items, statement: good.statement, signature: good.signature,
      certificate: hanako.authenticationCertificate, validFrom: good.validFrom, validUntil: good.validUntil)
    await #expect(throws: JLISError.refused(.certificateNotValid)) { try await fixture.service.registerConsent(authentication) }
    for variant in [CertificateVariant.expired, .notYetValid, .untrusted, .forged] {
      let consent = try fixture.consent(fixture.hanako(variant))
      await #expect(throws: JLISError.refused(.certificateNotValid), "\(variant)") { try await fixture.service.registerConsent(consent) }
    }
    let revoked = try fixture.consent(fixture.hanako(.revoked))
    await #expect(throws: JLISError.refused(.certificateRevoked)) { try await fixture.service.registerConsent(revoked) }
  }

  @Test func aConsentWithoutItemsOrLongerThanTenYearsIsRefused() async throws {
    let empty = try fixture.consent(hanako, items: [])
    await #expect(throws: JLISError.refused(.invalidRequest)) { try await fixture.service.registerConsent(empty) }
    let good = try fixture.consent(hanako)
    let long = ForwardedConsent(
      consentID: good.consentID, serviceID: good.serviceID, items: good.items, statement: good.statement, signature: good.signature,
      certificate: good.certificate, validFrom: good.validFrom, validUntil: good.validFrom.addingTimeInterval(11 * 366 * 86_400))
    await #expect(throws: JLISError.refused(.invalidRequest)) { try await fixture.service.registerConsent(long) }
  }

  @Test func cancellingEndsItAndMayBeRepeated() async throws {
    _ = try await fixture.service.registerConsent(fixture.consent(hanako))
    let first = try await fixture.service.cancelConsent(fixture.cancellation(hanako))
    #expect(first.cancelledAt == fixture.clock.now)
    fixture.clock.advance(seconds: 60)
    #expect(try await fixture.service.cancelConsent(fixture.cancellation(hanako)) == first)
  }

  @Test func aLaterCertificateOfTheSamePersonMayCancel() async throws {
    _ = try await fixture.service.registerConsent(fixture.consent(hanako))
    let moved = try fixture.simulator.move(hanako.id, newAddress: "沖縄県那覇市１")
    #expect(throws: Never.self) { try fixture.cancellation(moved) }
    let reception = try await fixture.service.cancelConsent(fixture.cancellation(moved))
    #expect(reception.cancelledAt == fixture.clock.now)
  }

  @Test func nobodyElseMayCancel() async throws {
    _ = try await fixture.service.registerConsent(fixture.consent(hanako))
    let taro = try fixture.taro()
    await #expect(throws: JLISError.refused(.notTheSamePerson)) { try await fixture.service.cancelConsent(fixture.cancellation(taro)) }
    await #expect(throws: JLISError.refused(.consentUnknown)) {
      try await fixture.service.cancelConsent(fixture.cancellation(hanako, service: "other-service"))
    }
  }

  @Test func cancellationsAreListedInTheOrderOfArrivalFromTheCursorOn() async throws {
    for number in 1...3 { _ = try await fixture.service.registerConsent(fixture.consent(hanako, id: "con_\(number)")) }
    _ = try await fixture.service.registerConsent(fixture.consent(hanako, id: "con_other", service: "other-service"))
    _ = try await fixture.service.cancelConsent(fixture.cancellation(hanako, id: "con_2"))
    try fixture.simulator.cancelConsentDirectly("con_other", by: hanako.id)
    try fixture.simulator.cancelConsentDirectly("con_1", by: hanako.id)
    let page = try await fixture.service.cancellations(serviceID: "bank-service", after: nil)
    #expect(page.cancellations.map(\.consentID) == ["con_2", "con_1"])
    #expect(page.cancellations.map(\.directly) == [false, true])
    #expect(!page.hasMore)
    let empty = try await fixture.service.cancellations(serviceID: "bank-service", after: page.cursor)
    #expect(empty.cancellations.isEmpty)
    try fixture.simulator.cancelConsentDirectly("con_3", by: hanako.id)
    #expect(
      try await fixture.service.cancellations(serviceID: "bank-service", after: empty.cursor).cancellations.map(\.consentID) == ["con_3"])
  }

  @Test func cancellationsComeInPages() async throws {
    for number in 1...101 {
      _ = try await fixture.service.registerConsent(fixture.consent(hanako, id: "con_\(number)"))
      try fixture.simulator.cancelConsentDirectly("con_\(number)", by: hanako.id)
    }
    let first = try await fixture.service.cancellations(serviceID: "bank-service", after: nil)
    #expect(first.cancellations.count == 100)
    #expect(first.hasMore)
    let second = try await fixture.service.cancellations(serviceID: "bank-service", after: first.cursor)
    #expect(second.cancellations.map(\.consentID) == ["con_101"])
    #expect(!second.hasMore)
  }

  @Test func onlyOnesOwnConsentCanBeCancelledDirectly() async throws {
    _ = try await fixture.service.registerConsent(fixture.consent(hanako))
    let taro = try fixture.taro()
    #expect(throws: SimulatorRefusal.consentUnknown) { try fixture.simulator.cancelConsentDirectly("con_1", by: taro.id) }
    #expect(try fixture.simulator.consents(of: hanako.id).map(\.cancelledAt) == [nil])
  }
}
