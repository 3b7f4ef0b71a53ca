import Foundation
import JPKI
import Testing

@testable import JLISSimulator

/// A phone's certificates: own ones, with an end of their own and the card's (jpki.md §4).
@Suite struct PhoneTests {
  let fixture: Fixture
  let citizen: CitizenHandle

  init() throws {
    fixture = try Fixture()
    citizen = try fixture.hanako()
  }

  private func isRevoked(_ der: [UInt8], _ kind: CertificateKind) throws -> VerificationReason? {
    let certificate = try fixture.verified(der, kind)
    let answer = try fixture.simulator.ocspAnswer(
      to: OCSPRequestMessage.make(certificate: certificate, nonce: nil), kind: kind)
    return OCSPAnswer.verify(answer, serial: certificate.serial, issuer: certificate.issuer, nonce: nil, at: fixture.clock.now).reason
  }

  @Test(arguments: [CardMedium.android, .iphone]) func aPhoneHasCertificatesOfItsOwnWithTheCardsItems(_ medium: CardMedium) throws {
    let phone = try fixture.simulator.newPhone(citizen.id, medium: medium)
    let signing = try fixture.verified(phone.signingCertificate, .signing)
    let authentication = try fixture.verified(phone.authenticationCertificate, .authentication)
    #expect((signing.medium, authentication.medium) == (medium, medium))
    let card = try fixture.verified(citizen.signingCertificate, .signing)
    #expect(card.medium == .card)
    #expect(signing.items == card.items)
    #expect(signing.serial != card.serial)
    #expect(try fixture.simulator.citizen(citizen.id).signingCertificate == citizen.signingCertificate)
    let message = Array("yonjo".utf8)
    let device = try fixture.simulator.card(for: citizen.id, medium: medium)
    let signature = CardSignature(
      format: .raw, signature: try device.sign(digestInfo: CitizenDevice.digestInfo(of: message)), certificate: device.signingCertificate)
    #expect(try fixture.verifier.verify(signature, over: message, kind: .signing, at: fixture.clock.now).serial == signing.serial)
  }

  @Test func aPhonesCertificateIsAcceptedInTheSimulatorsEnvironmentAlone() {
    for environment in [TrustEnvironment.production, .test] {
      #expect(!JPKIProfile.policies(environment).contains { $0.medium == .iphone })
      #expect(!JPKIProfile.policies(environment).contains { $0.medium != .card && $0.kind == .authentication })
    }
  }

  @Test func cardAndPhoneAreOnePersonsAndTheCardIsNamed() async throws {
    let phone = try fixture.simulator.newPhone(citizen.id, medium: .iphone)
    let (onPhone, onCard) = (try fixture.serial(phone.signingCertificate), try fixture.serial(citizen.signingCertificate))
    let authentication = try fixture.serial(citizen.authenticationCertificate)
    #expect(try fixture.simulator.belongTogether(signing: onPhone.bytes, authentication: authentication.bytes))
    #expect(try await fixture.service.cardCounterpart(of: onPhone, kind: .signing) == onCard)
    #expect(try await fixture.service.cardCounterpart(of: onCard, kind: .signing) == nil)
    #expect(try fixture.simulator.successor(of: onCard.bytes, kind: .signing) == nil)
  }

  @Test func aLostPhoneLeavesTheCard() throws {
    let phone = try fixture.simulator.newPhone(citizen.id, medium: .android)
    try fixture.simulator.revoke(citizen.id, kind: .signing, medium: .android, reason: .keyCompromise)
    #expect(try isRevoked(phone.signingCertificate, .signing) == .ended)
    #expect(try isRevoked(citizen.signingCertificate, .signing) == nil)
  }

  @Test func aMoveEndsThePhonesSigningCertificateToo() throws {
    let phone = try fixture.simulator.newPhone(citizen.id, medium: .android)
    try fixture.simulator.move(citizen.id, newAddress: "東京都渋谷区神南１－１")
    #expect(try isRevoked(phone.signingCertificate, .signing) == .contentChanged)
    #expect(try isRevoked(phone.authenticationCertificate, .authentication) == nil)
  }

  @Test func withTheCardsCertificateEndsThePhones() throws {
    let phone = try fixture.simulator.newPhone(citizen.id, medium: .iphone)
    #expect(try fixture.simulator.summaries().first?.phones == ["iphone"])
    try fixture.simulator.renew(citizen.id)
    #expect(try isRevoked(phone.signingCertificate, .signing) == .ended)
    #expect(try isRevoked(phone.authenticationCertificate, .authentication) == .ended)
    #expect(try fixture.simulator.summaries().first?.phones == [])
    let next = try fixture.simulator.newPhone(citizen.id, medium: .iphone)
    #expect(next.signingCertificate != phone.signingCertificate)
    #expect(try isRevoked(next.signingCertificate, .signing) == nil)
  }

  @Test func whoseCardHasEndedGetsNoPhone() throws {
    try fixture.simulator.revoke(citizen.id, kind: .authentication, reason: .cessationOfOperation)
    #expect(throws: SimulatorRefusal.certificateUnknown) { try fixture.simulator.newPhone(citizen.id, medium: .android) }
    #expect(throws: SimulatorRefusal.notAPhone) { try fixture.simulator.newPhone(citizen.id, medium: .card) }
  }
}
