import CitizenItems
import Foundation
import JPKI
import SwiftASN1
import Testing

@testable import JLISSimulator

/// jpki.md §3.
@Suite struct SigningCertificateProfileTests {
  let fixture: Fixture
  let certificate: CertificateReader
  let root: CertificateReader

  init() throws {
    fixture = try Fixture()
    certificate = try CertificateReader(fixture.hanako().signingCertificate)
    root = try CertificateReader(fixture.simulator.root(.signing))
  }

  @Test func versionSerialAndAlgorithmsAreThoseOfTheProfile() {
    #expect(certificate.version == [2])
    #expect(certificate.serial.count == 4)
    #expect(certificate.serial[0] & 0x80 == 0)
    let sha256WithRSA: [UInt8] = [0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00]
    #expect(certificate.innerAlgorithm == sha256WithRSA)
    #expect(certificate.outerAlgorithm == sha256WithRSA)
    #expect(certificate.subjectPublicKeyInfo.count == 294)  // RSA-2048, exponent 65537
  }

  @Test func theIssuerIsTheSigningRootByteForByte() {
    #expect(certificate.issuer == root.subject)
  }

  @Test func theSubjectNamesPlaceAndIssueButNoPerson() throws {
    #expect(certificate.subject.map(\.type) == [AttributeType.c, AttributeType.l, AttributeType.l, AttributeType.cn])
    #expect(certificate.subject[0] == .printable(AttributeType.c, "JP"))
    #expect(certificate.subject[1] == .utf8(AttributeType.l, "Tokyo-to"))
    #expect(certificate.subject[2] == .utf8(AttributeType.l, "Kiyose-shi"))
    // 2026-04-01 10:00:00 in Japan, five digits, nine characters of the window.
    #expect(certificate.subject[3].value.wholeMatch(of: /20260401100000[0-9]{5}13221003A/) != nil)
  }

  @Test func itCountsFromIssueToTheEndOfTheFifthBirthdayInJapan() {
    #expect(certificate.validityTags == [.utcTime, .utcTime])
    #expect(certificate.notBefore == "260401010000Z")
    #expect(certificate.notAfter == "310217145959Z")  // 2031-02-17 23:59:59 JST
  }

  @Test func extensionsStandInOrderWithTheirCriticality() {
    #expect(
      certificate.extensions.map(\.oid) == [
        "2.5.29.15", "2.5.29.32", "2.5.29.17", "2.5.29.18", "2.5.29.31", "1.3.6.1.5.5.7.1.1", "2.5.29.35", "2.5.29.14",
      ])
    #expect(certificate.extensions.map(\.critical) == [true, true, false, false, false, false, false, false])
  }

  @Test func keyUsageIsDigitalSignatureAndNonRepudiation() throws {
    #expect(try certificate.value("2.5.29.15") == [0x03, 0x02, 0x06, 0xC0])
  }

  @Test func thePolicyIsTheSigningPolicyWithThePracticeStatement() throws {
    let policy = try CertificateReader.children(CertificateReader.children(SwiftASN1.DER.parse(certificate.value("2.5.29.32")))[0])
    #expect(try CertificateReader.oid(policy[0]) == "1.2.392.200149.8.5.1.1.20")
    let qualifier = try CertificateReader.children(CertificateReader.children(policy[1])[0])
    #expect(try CertificateReader.oid(qualifier[0]) == "1.3.6.1.5.5.7.2.1")
    #expect(qualifier[1].identifier == .ia5String)
    #expect(String(decoding: try CertificateReader.primitive(qualifier[1]), as: UTF8.self) == "http://www.jpki.go.jp/cps.html")
  }

  @Test func theFourItemsAreSixOtherNamesInTheirOrder() throws {
    let names = try CertificateReader.children(SwiftASN1.DER.parse(certificate.value("2.5.29.17"))).map { node -> (String, String) in
      #expect(node.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific))
      let parts = try CertificateReader.children(node)
      #expect(parts[1].identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific))
      let value = try CertificateReader.children(parts[1])[0]
      #expect(value.identifier == .utf8String)
      return (try CertificateReader.oid(parts[0]), String(decoding: try CertificateReader.primitive(value), as: UTF8.self))
    }
    let expected = [
      ("1.2.392.200149.8.5.5.1", "四情　花子"), ("1.2.392.200149.8.5.5.4", "319800217"), ("1.2.392.200149.8.5.5.3", "2"),
      ("1.2.392.200149.8.5.5.5", "東京都清瀬市観布子南１２－７－２０２"), ("1.2.392.200149.8.5.5.2", "00000"),
      ("1.2.392.200149.8.5.5.6", "000000000000000000"),
    ]
    #expect(names.map(\.0) == expected.map(\.0))
    #expect(names.map(\.1) == expected.map(\.1))
  }

  @Test func charactersOutsideTheSetAreReplacedAndFlagged() throws {
    let citizen = try fixture.simulator.newCitizen(name: "髙﨑　𠮷子", address: "東京都千代田区１", dateOfBirth: "2000-01-01", sex: "2")
    let items = try #require(fixture.verified(citizen.signingCertificate, .signing).items)
    #expect(items.name.text == "高崎　吉子")
    #expect(items.name.substitutes == [true, true, false, true, false])
  }

  @Test func theRevocationPointIsADirectoryNameOfTheMunicipality() throws {
    let point = try CertificateReader.children(CertificateReader.children(SwiftASN1.DER.parse(certificate.value("2.5.29.31")))[0])[0]
    let directoryName = try CertificateReader.children(CertificateReader.children(point)[0])[0]
    #expect(directoryName.identifier == ASN1Identifier(tagWithNumber: 4, tagClass: .contextSpecific))
    let name = try CertificateReader.name(CertificateReader.children(directoryName)[0])
    #expect(
      name == [
        .printable(AttributeType.c, "JP"), .utf8(AttributeType.o, "JPKI-SIM"), .utf8(AttributeType.ou, "JPKI for digital signature"),
        .utf8(AttributeType.ou, "CRL Distribution Points"), .utf8(AttributeType.ou, "Tokyo-to"),
        .utf8(AttributeType.cn, "Kiyose-shi CRLDP"),
      ])
  }

  @Test func theAuthorityKeyIdentifierNamesKeyIssuerAndSerialOfTheRoot() throws {
    let parts = try CertificateReader.children(SwiftASN1.DER.parse(certificate.value("2.5.29.35")))
    #expect([0x04, 0x14] + (try CertificateReader.primitive(parts[0])) == (try root.value("2.5.29.14")))
    let issuer = try CertificateReader.name(CertificateReader.children(CertificateReader.children(parts[1])[0])[0])
    #expect(issuer == root.subject)
    #expect(try CertificateReader.primitive(parts[2]) == root.serial)
  }

  @Test func theResponderAddressIsThatOfTheSigningResponder() throws {
    let access = try CertificateReader.children(CertificateReader.children(SwiftASN1.DER.parse(certificate.value("1.3.6.1.5.5.7.1.1")))[0])
    #expect(try CertificateReader.oid(access[0]) == "1.3.6.1.5.5.7.48.1")
    #expect(String(decoding: try CertificateReader.primitive(access[1]), as: UTF8.self).hasSuffix("/ocsp/sign"))
  }

  @Test(
    arguments: [
      ("1980-02-17", "2026-02-16T12:00:00Z", "2030-02-17"), ("1980-02-17", "2026-02-17T12:00:00Z", "2031-02-17"),
      ("2000-02-29", "2026-04-01T00:00:00Z", "2031-02-28"), ("2004-02-29", "2027-03-01T00:00:00Z", "2032-02-29"),
    ])
  func theFifthBirthdayIsCountedFromTheDayOfIssue(birth: String, issue: String, end: String) throws {
    let fixture = try Fixture(clock: MovedClock(issue))
    let citizen = try fixture.simulator.newCitizen(name: "四情　次郎", address: "東京都千代田区１", dateOfBirth: birth, sex: "1")
    let notAfter = try fixture.verified(citizen.signingCertificate, .signing).notAfter
    #expect(notAfter == (try Date("\(end)T14:59:59Z", strategy: .iso8601)))
  }
}
