import Foundation
import JLISSimulator
import JPKI
import SwiftASN1
import Testing

/// jpki.md §2.
@Suite struct AuthenticationCertificateProfileTests {
  let fixture: Fixture
  let certificate: CertificateReader
  let root: CertificateReader

  init() throws {
    fixture = try Fixture()
    certificate = try CertificateReader(fixture.hanako().authenticationCertificate)
    root = try CertificateReader(fixture.simulator.root(.authentication))
  }

  @Test func theSubjectIsANumberWithoutAnyPersonalData() {
    #expect(certificate.subject.map(\.type) == [AttributeType.c, AttributeType.cn])
    #expect(certificate.subject[1].tag == .utf8String)
    #expect(certificate.subject[1].value.wholeMatch(of: /[A-Z0-9]{14}13221003A/) != nil)
    #expect(certificate.issuer == root.subject)
  }

  @Test func extensionsStandInOrderWithTheirCriticality() {
    #expect(certificate.extensions.map(\.oid) == JPKIProfile.authenticationExtensions)
    #expect(certificate.extensions.map(\.critical) == [true, false, true, false, false, false, false, false])
  }

  @Test func keyUsageIsDigitalSignatureForClients() throws {
    #expect(try certificate.value("2.5.29.15") == [0x03, 0x02, 0x07, 0x80])
    #expect(try certificate.value("2.5.29.37") == [0x30, 0x0A, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02])
  }

  @Test func thePolicyIsTheAuthenticationPolicy() throws {
    let policy = try CertificateReader.children(CertificateReader.children(DER.parse(certificate.value("2.5.29.32")))[0])
    #expect(try CertificateReader.oid(policy[0]) == JPKIProfile.authenticationPolicy)
  }

  @Test func theIssuersJapaneseNameIsTheRoots() throws {
    #expect(try certificate.value("2.5.29.18") == root.value("2.5.29.17"))
  }

  @Test func itEndsWithTheSigningCertificateOfTheSameDay() throws {
    #expect(certificate.notAfter == "310217145959Z")
  }

  @Test func bothCertificatesPassOpenSSL() async throws {
    let citizen = try fixture.hanako()
    try await withTemporaryDirectory { directory in
      for kind in CertificateKind.allCases {
        let root = try write(pem(fixture.simulator.root(kind)), "root.pem", in: directory)
        let der = kind == .signing ? citizen.signingCertificate : citizen.authenticationCertificate
        let leaf = try write(pem(der), "leaf.pem", in: directory)
        let result = try await openssl(["verify", "-attime", "\(Int(fixture.clock.now.timeIntervalSince1970))", "-CAfile", root, leaf])
        #expect(result.code == 0, "\(result.text)")
      }
    }
  }
}
