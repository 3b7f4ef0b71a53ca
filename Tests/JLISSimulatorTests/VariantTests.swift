import CitizenItems
import Foundation
import JLISSimulator
import JPKI
import Testing

/// Good certificates pass the JPKI room's verifier, bad ones are refused for the right reason.
@Suite struct VariantTests {
  let fixture: Fixture

  init() throws { fixture = try Fixture() }

  private func reason(_ der: [UInt8], _ kind: CertificateKind) -> VerificationReason? {
    do {
      _ = try fixture.verifier.verifyCertificate(der, kind: kind, at: fixture.clock.now)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func validCertificatesPassWithTheItemsAsRegistered() throws {
    let citizen = try fixture.hanako()
    let signing = try fixture.verified(citizen.signingCertificate, .signing)
    let items = try #require(signing.items)
    #expect(items.name.text == "四情　花子")
    #expect(items.address.text == "東京都清瀬市観布子南１２－７－２０２")
    #expect(items.dateOfBirth.iso == "1980-02-17")
    #expect(items.sex == .female)
    #expect(signing.medium == .card)
    #expect(try fixture.verified(citizen.authenticationCertificate, .authentication).items == nil)
  }

  @Test func noRuleOfTheProfileFindsAFault() throws {
    let citizen = try fixture.hanako()
    for (der, kind) in [(citizen.signingCertificate, CertificateKind.signing), (citizen.authenticationCertificate, .authentication)] {
      let findings = try #require(fixture.verifier.findings(der, kind: kind, at: fixture.clock.now))
      let faults = findings.filter { !$0.holds }.map(\.rule.id)
      #expect(faults.isEmpty, "\(faults)")
    }
  }

  @Test(arguments: CertificateKind.allCases)
  func anExpiredCertificateIsExpired(kind: CertificateKind) throws {
    let citizen = try fixture.hanako(.expired)
    #expect(reason(kind == .signing ? citizen.signingCertificate : citizen.authenticationCertificate, kind) == .certificateExpired)
  }

  @Test(arguments: CertificateKind.allCases)
  func aCertificateOfNextMonthIsNotYetValid(kind: CertificateKind) throws {
    let citizen = try fixture.hanako(.notYetValid)
    let der = kind == .signing ? citizen.signingCertificate : citizen.authenticationCertificate
    #expect(reason(der, kind) == .certificateNotYetValid)
    fixture.clock.advance(days: 31)
    #expect(reason(der, kind) == nil)
  }

  @Test(arguments: CertificateKind.allCases)
  func aRogueRootOfTheSameNameIsNotBelieved(kind: CertificateKind) throws {
    let citizen = try fixture.hanako(.untrusted)
    let der = kind == .signing ? citizen.signingCertificate : citizen.authenticationCertificate
    #expect(try CertificateReader(der).issuer == CertificateReader(fixture.simulator.root(kind)).subject)
    #expect(reason(der, kind)?.result == .certificateUntrusted)
  }

  @Test(arguments: CertificateKind.allCases)
  func aForgedKeyIdentifierDoesNotHelpARogueRoot(kind: CertificateKind) throws {
    let citizen = try fixture.hanako(.forged)
    #expect(reason(kind == .signing ? citizen.signingCertificate : citizen.authenticationCertificate, kind) == .issuerSignature)
  }

  @Test func theTwoKindsNeverPassForEachOther() throws {
    let citizen = try fixture.hanako()
    #expect(reason(citizen.authenticationCertificate, .signing)?.result == .certificateUntrusted)
    #expect(reason(citizen.signingCertificate, .authentication)?.result == .certificateUntrusted)
  }

  @Test func certificatesOfAnotherSimulatorAreUntrusted() throws {
    let other = try Fixture(series: "others")
    #expect(reason(try other.hanako().signingCertificate, .signing) == .issuerUnknown)
  }

  @Test func itemsThatNoCertificateCanCarryAreRefused() {
    let simulator = fixture.simulator
    #expect(throws: SimulatorRefusal.dateOfBirth) {
      try simulator.newCitizen(name: "四情", address: "東京都", dateOfBirth: "1980-02-31", sex: "female")
    }
    #expect(throws: SimulatorRefusal.sex) { try simulator.newCitizen(name: "四情", address: "東京都", dateOfBirth: "1980-02-17", sex: "?") }
    #expect(throws: SimulatorRefusal.text) { try simulator.newCitizen(name: "", address: "東京都", dateOfBirth: "1980-02-17", sex: "female") }
  }

  @Test(
    arguments: [
      ("1912-07-29", "119120729"), ("1912-07-30", "219120730"), ("1926-12-25", "319261225"), ("1989-01-07", "319890107"),
      ("平成元年1月8日", "419890108"), ("2019-05-01", "520190501"),
    ])
  func theEraFollowsTheDate(text: String, certified: String) throws {
    let citizen = try fixture.simulator.newCitizen(name: "四情　三郎", address: "東京都千代田区１", dateOfBirth: text, sex: "male")
    let names = try CertificateReader(citizen.signingCertificate).value("2.5.29.17")
    #expect(String(decoding: names, as: UTF8.self).contains(certified))
    #expect(throws: Never.self) { try fixture.verified(citizen.signingCertificate, .signing) }
  }
}
