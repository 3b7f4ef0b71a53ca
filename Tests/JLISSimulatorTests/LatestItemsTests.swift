import CitizenItems
import Foundation
import JLIS
import JLISSimulator
import JPKI
import Testing

/// jpki.md §8: the latest four items, in each outcome.
@Suite struct LatestItemsTests {
  let fixture: Fixture
  let hanako: CitizenHandle
  let oldSerial: Serial

  init() throws {
    fixture = try Fixture()
    hanako = try fixture.hanako()
    oldSerial = try fixture.serial(hanako.signingCertificate)
  }

  private func ask(consent: String = "con_1", service: String = "bank-service") async throws -> LatestItemsAnswer {
    try await fixture.service.latestItems(oldSigningSerial: oldSerial, serviceID: service, consentID: consent)
  }

  private func outcome(_ answer: LatestItemsAnswer) -> String {
    switch answer {
    case .updated: "updated"
    case .unchanged: "unchanged"
    case .notYetAvailable: "notYetAvailable"
    case .notConsented: "notConsented"
    case .consentCancelled: "consentCancelled"
    }
  }

  private func consent(_ items: Set<Item> = Set(Item.allCases)) async throws {
    _ = try await fixture.service.registerConsent(fixture.consent(hanako, items: items))
  }

  @Test func afterAMoveAllFourItemsAndTheNewSerialCome() async throws {
    try await consent()
    let moved = try fixture.simulator.move(hanako.id, newAddress: "東京都渋谷区神南１－１", newName: "四條　花子")
    guard case .updated(let items, let serial) = try await ask() else {
      Issue.record("not updated")
      return
    }
    #expect(items.items == Set(Item.allCases))
    #expect(items.address?.text == "東京都渋谷区神南１－１")
    #expect(items.name?.text == "四條　花子")
    #expect(items.dateOfBirth?.iso == "1980-02-17")
    #expect(items.sex == .female)
    #expect(serial == (try fixture.serial(moved.signingCertificate)))
  }

  @Test(arguments: Item.allCases)
  func onlyConsentedItemsCome(item: Item) async throws {
    try await consent([item])
    try fixture.simulator.move(hanako.id, newAddress: "東京都渋谷区神南１－１")
    guard case .updated(let items, _) = try await ask() else {
      Issue.record("not updated")
      return
    }
    #expect(items.items == [item])
    #expect("\(items)" == "<redacted>")
  }

  @Test func withoutANewCertificateNothingIsProvided() async throws {
    try await consent()
    try fixture.simulator.move(hanako.id, newAddress: "東京都渋谷区神南１－１", reissue: false)
    #expect(outcome(try await ask()) == "notYetAvailable")
    try fixture.simulator.renew(hanako.id, kinds: [.signing])
    #expect(outcome(try await ask()) == "updated")
    try fixture.simulator.revoke(hanako.id, kind: .signing, reason: .certificateHold)
    #expect(outcome(try await ask()) == "notYetAvailable")
  }

  @Test func theDeadHaveNoLatestItems() async throws {
    try await consent()
    try fixture.simulator.die(hanako.id)
    #expect(outcome(try await ask()) == "notYetAvailable")
  }

  @Test func whileTheOldCertificateStandsThereIsNoNews() async throws {
    try await consent()
    #expect(outcome(try await ask()) == "unchanged")
  }

  @Test func aRenewalAloneIsNoNews() async throws {
    try await consent()
    try fixture.simulator.renew(hanako.id)
    #expect(outcome(try await ask()) == "unchanged")
    try fixture.simulator.move(hanako.id, newName: "四情　はなこ")
    #expect(outcome(try await ask()) == "updated")
  }

  @Test func withoutAConsentOfThatServiceAndPersonNothingIsProvided() async throws {
    #expect(outcome(try await ask()) == "notConsented")
    try await consent()
    #expect(outcome(try await ask(service: "other-service")) == "notConsented")
    #expect(outcome(try await ask(consent: "con_2")) == "notConsented")
    let taro = try fixture.taro()
    _ = try await fixture.service.registerConsent(fixture.consent(taro, id: "con_taro"))
    #expect(outcome(try await ask(consent: "con_taro")) == "notConsented")
  }

  @Test func aCancelledConsentEndsProvisionAtOnce() async throws {
    try await consent()
    try fixture.simulator.move(hanako.id, newAddress: "東京都渋谷区神南１－１")
    try fixture.simulator.cancelConsentDirectly("con_1", by: hanako.id)
    #expect(outcome(try await ask()) == "consentCancelled")
  }

  @Test func aConsentCountsFromItsDayOnAndForTenYears() async throws {
    let now = try fixture.consent(hanako)
    let tomorrow = ForwardedConsent(
      consentID: now.consentID, serviceID: now.serviceID, items: now.items, statement: now.statement, signature: now.signature,
      certificate: now.certificate, validFrom: now.validFrom.addingTimeInterval(86_400), validUntil: now.validUntil)
    _ = try await fixture.service.registerConsent(tomorrow)
    #expect(outcome(try await ask()) == "notConsented")
    fixture.clock.advance(days: 1)
    #expect(outcome(try await ask()) == "unchanged")
    fixture.clock.advance(days: 10 * 365)
    #expect(outcome(try await ask()) == "notConsented")
  }

  @Test func aConsentSurvivesSeveralRevocations() async throws {
    try await consent()
    for place in ["沖縄県那覇市１", "北海道札幌市中央区１", "愛知県名古屋市中区１"] { try fixture.simulator.move(hanako.id, newAddress: place) }
    guard case .updated(let items, _) = try await ask() else {
      Issue.record("not updated")
      return
    }
    #expect(items.address?.text == "愛知県名古屋市中区１")
  }

  @Test func anUnknownSerialIsRefused() async throws {
    let unknown = try #require(Serial([9, 9, 9, 9, 9]))
    await #expect(throws: JLISError.refused(.certificateUnknown)) {
      try await fixture.service.latestItems(oldSigningSerial: unknown, serviceID: "bank-service", consentID: "con_1")
    }
  }
}
