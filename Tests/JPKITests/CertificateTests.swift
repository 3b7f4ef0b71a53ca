import CitizenItems
import Foundation
import JPKI
import Testing

struct CertificateTests {
  private func signing(_ person: CertifiedPerson = CertifiedPerson(), _ change: (inout Recipe) -> Void = { _ in }) throws
    -> VerifiedCertificate
  {
    var recipe = World.signingRecipe(person)
    change(&recipe)
    return try World.verifier.verifyCertificate(recipe.signed(by: World.signingAuthority.key), kind: .signing, at: World.now)
  }

  @Test func aSigningCertificateGivesItsItems() throws {
    let certificate = try signing()
    let items = try #require(certificate.items)
    #expect(items.name.text == "四情　花子")
    #expect(items.name.substitutes == [false, false, false, false, false])
    #expect(items.address.text == "東京都架空市見本町１－２－３")
    #expect(items.dateOfBirth.iso == "1980-02-17")
    #expect(items.sex == .female)
  }

  @Test func aSigningCertificateGivesItsFields() throws {
    let certificate = try signing()
    #expect(certificate.kind == .signing)
    #expect(certificate.medium == .card)
    #expect(certificate.serial.bytes == [0x01, 0xA2, 0xB3, 0xC4])
    #expect(certificate.issuer == World.signingAnchor)
    #expect(certificate.notBefore == Date("2024-04-01T00:00:00Z"))
    #expect(certificate.notAfter == Date("2029-02-17T14:59:59Z"))
    #expect(certificate.publicKeyFingerprint == sha256(World.signingKey.publicKeyInfo))
    #expect(certificate.ocspURL == "http://ocsp.invalid/sign")
    #expect(certificate.distributionPoint == World.pointName(.signing))
    #expect(certificate.der == World.signingCertificate)
  }

  @Test func aUserNoticeBesideTheStatementIsNoHindrance() throws {
    let text = Encoder.utf8("公的個人認証")
    for notice in [
      Encoder.sequence(), Encoder.sequence(text),
      Encoder.sequence(Encoder.sequence(Encoder.ia5("JPKI"), Encoder.sequence(Encoder.integer(1), Encoder.integer(2))), text),
    ] {
      let certificate = try signing { $0[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.1.20", notice: notice) }
      #expect(certificate.medium == .card)
    }
  }

  @Test func anAuthenticationCertificatePassesAndHasNoItems() throws {
    let certificate = try World.verifier.verifyCertificate(World.authenticationCertificate, kind: .authentication, at: World.now)
    #expect(certificate.kind == .authentication)
    #expect(certificate.items == nil)
    #expect(certificate.issuer == World.authenticationAnchor)
  }

  @Test func validityEndsWithTheDayInJapan() {
    #expect(certificateReason(World.signingCertificate, .signing, at: Date("2029-02-17T14:59:59Z")) == nil)
    // Still 23:59:59 in Japan.
    #expect(certificateReason(World.signingCertificate, .signing, at: Date("2029-02-17T14:59:59Z") + 0.9) == nil)
    #expect(certificateReason(World.signingCertificate, .signing, at: Date("2029-02-17T15:00:00Z")) == .certificateExpired)
  }

  @Test func validityBeginsWithItsFirstSecond() {
    #expect(certificateReason(World.signingCertificate, .signing, at: Date("2024-04-01T00:00:00Z")) == nil)
    #expect(certificateReason(World.signingCertificate, .signing, at: Date("2024-03-31T23:59:59Z")) == .certificateNotYetValid)
  }

  @Test(arguments: [-1e300, -1e12, 1e12, 1e300, .infinity, -.infinity, .nan]) func noInstantIsTooStrange(_ seconds: Double) {
    #expect(certificateReason(World.signingCertificate, .signing, at: Date(timeIntervalSince1970: seconds)) != nil)
  }

  @Test func aSubstituteOutsideTheBasicPlaneIsOneCharacter() throws {
    var person = CertifiedPerson()
    person.name = "𠮷田　花子"
    person.nameFlags = "10000"
    let items = try #require(try signing(person).items)
    #expect(items.name.substitutes == [true, false, false, false, false])
  }

  @Test func aCombiningMarkIsACharacterOfItsOwn() throws {
    var person = CertifiedPerson()
    person.name = "か\u{3099}た　花子"
    person.nameFlags = "000000"
    #expect(try signing(person).items?.name.substitutes.count == 6)
  }

  @Test(arguments: [
    ("300000000", "0000-00-00"), ("319800200", "1980-02-00"), ("319800000", "1980-00-00"), ("019800217", "1980-02-17"),
    ("500000000", "0000-00-00"),
  ])
  func aDateMayBePartlyUnknown(_ written: String, _ iso: String) throws {
    var person = CertifiedPerson()
    person.dateOfBirth = written
    #expect(try signing(person).items?.dateOfBirth.iso == iso)
  }

  @Test func unknownOtherNamesAreIgnored() throws {
    var person = CertifiedPerson()
    person.stranger = CertifiedPerson.otherName(9, Encoder.utf8("シジョウ　ハナコ")) + Encoder.primitive(1, Array("x@example.invalid".utf8))
    #expect(try signing(person).items?.name.text == "四情　花子")
  }

  @Test func anUnknownExtensionThatIsNotCriticalIsIgnored() throws {
    _ = try signing { $0.extensions.append(.init(oid: "1.2.392.200149.9.9", value: Encoder.null)) }
  }

  @Test func theOrderOfExtensionsAndOtherNamesIsOnlyObserved() throws {
    var recipe = World.authenticationRecipe()
    recipe.extensions.reverse()
    let der = recipe.signed(by: World.authenticationAuthority.key)
    #expect(certificateReason(der, .authentication) == nil)
    let findings = try #require(World.verifier.findings(der, kind: .authentication, at: World.now))
    #expect(findings.filter { !$0.holds }.map(\.rule.id) == ["order.authentication"])
  }

  @Test func aPhonesPolicyGivesItsMedium() throws {
    let phone = try signing { $0[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.1.40") }
    #expect(phone.medium == .android)
  }

  @Test func aPolicyCanBeAllowedBesideThoseKnown() throws {
    var recipe = World.authenticationRecipe()
    recipe[ExtensionID.policies]?.value = World.policies("1.2.392.200149.8.5.1.3.77")
    let der = recipe.signed(by: World.authenticationAuthority.key)
    #expect(certificateReason(der, .authentication) == .policyNotAllowed)
    let policy = JPKIProfile.Policy(identifier: "1.2.392.200149.8.5.1.3.77", kind: .authentication, medium: .iphone)
    let certificate = try CardVerifier(trust: World.trust, policies: [policy]).verifyCertificate(der, kind: .authentication, at: World.now)
    #expect(certificate.medium == .iphone)
  }

  @Test func whatWasOnceVerifiedIsStillJudgedByItsTimeAndKind() throws {
    let verifier = CardVerifier(trust: World.trust, rememberedCertificates: 2)
    for _ in 0..<3 { #expect(certificateReason(World.signingCertificate, .signing, by: verifier) == nil) }
    #expect(certificateReason(World.signingCertificate, .signing, at: Date("2030-01-01T00:00:00Z"), by: verifier) == .certificateExpired)
    #expect(certificateReason(World.signingCertificate, .authentication, by: verifier) == .certificateOfOtherKind)
  }

  @Test func aSmallMemoryForgetsWithoutMistake() {
    let verifier = CardVerifier(trust: World.trust, rememberedCertificates: 1)
    let forged = World.signingRecipe().signed(by: World.otherCardKey)
    for _ in 0..<3 {
      #expect(certificateReason(World.signingCertificate, .signing, by: verifier) == nil)
      #expect(certificateReason(World.authenticationCertificate, .authentication, by: verifier) == nil)
      #expect(certificateReason(forged, .signing, by: verifier) == .issuerSignature)
    }
  }
}
