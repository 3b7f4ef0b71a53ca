import Foundation
import JLISSimulator
import JPKI
import Testing

/// jpki.md §1.
@Suite struct RootProfileTests {
  let fixture: Fixture

  init() throws { fixture = try Fixture() }

  private func root(_ kind: CertificateKind) throws -> CertificateReader { try CertificateReader(fixture.simulator.root(kind)) }

  @Test(arguments: [(CertificateKind.signing, "JPKI for digital signature"), (.authentication, "JPKI for user authentication")])
  func rootsAreNamedAsTheRealOnesUnderAnOrganizationOfTheirOwn(kind: CertificateKind, unit: String) throws {
    let root = try root(kind)
    let name: [CertificateReader.Attribute] = [
      .printable(AttributeType.c, "JP"), .utf8(AttributeType.o, "JPKI-SIM"), .utf8(AttributeType.ou, unit),
      .utf8(AttributeType.ou, "Japan Agency for Local Authority Information Systems"),
    ]
    #expect(root.subject == name)
    #expect(root.issuer == name)
  }

  @Test(arguments: CertificateKind.allCases)
  func rootExtensionsStandInOrderWithTheirCriticality(kind: CertificateKind) throws {
    let extensions = try root(kind).extensions
    #expect(extensions.map(\.oid) == ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.31", "2.5.29.14"])
    #expect(extensions.map(\.critical) == [true, false, true, false, false])
    #expect(extensions[0].value == [0x03, 0x02, 0x01, 0x06])  // keyCertSign, cRLSign
    #expect(extensions[2].value == [0x30, 0x03, 0x01, 0x01, 0xFF])  // cA, no pathLen
  }

  @Test(arguments: [(CertificateKind.signing, "sign_2023.pem"), (.authentication, "auth_2023.pem")])
  func rootsHaveTheShapeOfTheRealRootsOf2023(kind: CertificateKind, file: String) throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Deploy/trust/production/\(file)")
    let text = try String(contentsOf: path, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    let real = try CertificateReader(Array(try #require(Data(base64Encoded: text))))
    let simulated = try root(kind)
    #expect(simulated.version == real.version)
    #expect(simulated.innerAlgorithm == real.innerAlgorithm)
    #expect(simulated.outerAlgorithm == real.outerAlgorithm)
    #expect(simulated.serial.count == real.serial.count)
    #expect(simulated.validityTags == real.validityTags)
    #expect(simulated.subject.map(\.type) == real.subject.map(\.type))
    #expect(simulated.subject.map(\.tag) == real.subject.map(\.tag))
    #expect(simulated.subject.map(\.value) == real.subject.map { $0.value == "JPKI" ? "JPKI-SIM" : $0.value })
    #expect(simulated.subjectPublicKeyInfo.count == real.subjectPublicKeyInfo.count)
    #expect(simulated.extensions.map(\.oid) == real.extensions.map(\.oid))
    #expect(simulated.extensions.map(\.critical) == real.extensions.map(\.critical))
    for oid in ["2.5.29.15", "2.5.29.19"] { #expect(try simulated.value(oid) == real.value(oid)) }
    #expect(try simulated.value("2.5.29.14").count == real.value("2.5.29.14").count)
  }

  @Test(arguments: CertificateKind.allCases)
  func rootsVerifyThemselvesForOpenSSL(kind: CertificateKind) async throws {
    try await withTemporaryDirectory { directory in
      let root = try write(pem(fixture.simulator.root(kind)), "root.pem", in: directory)
      let result = try await openssl([
        "verify", "-check_ss_sig", "-attime", "\(Int(fixture.clock.now.timeIntervalSince1970))", "-CAfile", root, root,
      ])
      #expect(result.code == 0, "\(result.text)")
    }
  }

  @Test func theTrustStoreOfTheBrokerReadsTheExportedRoots() async throws {
    try await withTemporaryDirectory { directory in
      try fixture.simulator.exportTrust(to: directory)
      let trust = try TrustStore.load(directory: directory, environment: .simulator)
      #expect(Set(trust.anchors.map(\.kind)) == Set(CertificateKind.allCases))
    }
  }
}
