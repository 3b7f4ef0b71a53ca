import Foundation
import JPKI
import Testing

/// The roots that J-LIS published, as they lie in Deploy/trust/production.
struct RealRootsTests {
  struct Root: Sendable, CustomTestStringConvertible {
    let file: String
    let kind: CertificateKind
    let fingerprint: String
    let keyIdentifier: String
    let notBefore: String
    let notAfter: String
    var testDescription: String { file }
  }

  static let roots = [
    Root(
      file: "sign_2015", kind: .signing, fingerprint: "19645405a1fe", keyIdentifier: "0d034cbb34d0714f45e45a1cafd8fd143fab54a7",
      notBefore: "2015-10-20T02:40:28Z", notAfter: "2025-10-19T14:59:59Z"),
    Root(
      file: "sign_2023", kind: .signing, fingerprint: "d227f6cde11d", keyIdentifier: "d21ea55895617e93adbf966b941ab4edf653f08f",
      notBefore: "2023-07-16T00:50:27Z", notAfter: "2033-07-15T14:59:59Z"),
    Root(
      file: "auth_2015", kind: .authentication, fingerprint: "4dcfc4ca0aaf", keyIdentifier: "9567951b5ca70d84a0fff1d85a87f1aab1340385",
      notBefore: "2015-10-20T03:08:13Z", notAfter: "2025-10-19T14:59:59Z"),
    Root(
      file: "auth_2023", kind: .authentication, fingerprint: "64114f29620c", keyIdentifier: "1ac100f596a3bc8c4b3df195e32699249e9e308a",
      notBefore: "2023-07-16T01:01:04Z", notAfter: "2033-07-15T14:59:59Z"),
  ]

  static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Deploy/trust/production").standardized
    .path
  static func store() throws -> TrustStore { try TrustStore.load(directory: directory, environment: .production) }
  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  @Test func theProductionStoreHoldsTheFourRoots() throws {
    let anchors = try Self.store().anchors
    #expect(anchors.count == 4)
    #expect(anchors.map { String(Self.hex($0.fingerprint).prefix(12)) }.sorted() == Self.roots.map(\.fingerprint).sorted())
    #expect(anchors.prefix(2).allSatisfy { $0.kind == .signing })
  }

  @Test(arguments: roots) func itsFieldsEqualTheProfile(_ root: Root) throws {
    let anchor = try #require(Self.store().anchors.first { Self.hex($0.fingerprint).hasPrefix(root.fingerprint) })
    #expect(anchor.kind == root.kind)
    #expect(anchor.environment == .production)
    #expect(Self.hex(anchor.subjectKeyIdentifier) == root.keyIdentifier)
    #expect(anchor.notBefore == Date(root.notBefore))
    #expect(anchor.notAfter == Date(root.notAfter))
    let unit = root.kind == .signing ? "JPKI for digital signature" : "JPKI for user authentication"
    #expect(anchor.subjectDescription == "C=JP, O=JPKI, OU=\(unit), OU=Japan Agency for Local Authority Information Systems")
    #expect(anchor.subject == Authority.name(root.kind, organization: "JPKI"))
  }

  @Test(arguments: roots) func everyRuleForRootsHoldsEvenThoseThatOnlyObserve(_ root: Root) throws {
    let anchor = try #require(Self.store().anchors.first { Self.hex($0.fingerprint).hasPrefix(root.fingerprint) })
    let findings = try #require(RootFindings.of(anchor))
    #expect(findings.count >= 15)
    #expect(findings.filter { !$0.holds }.map(\.rule.id) == [])
  }

  @Test func generationsShareTheirNameAndAreFoundByKeyIdentifier() throws {
    let store = try Self.store()
    let signing = store.anchors.filter { $0.kind == .signing }
    #expect(Set(signing.map(\.subject)).count == 1)
    for anchor in signing {
      #expect(store.anchor(.signing, keyIdentifier: anchor.subjectKeyIdentifier) == anchor)
      #expect(store.anchor(.authentication, keyIdentifier: anchor.subjectKeyIdentifier) == nil)
    }
  }

  @Test(arguments: [TrustEnvironment.test, .simulator]) func theyAreRefusedInOtherEnvironments(_ environment: TrustEnvironment) {
    #expect(throws: TrustStoreError.profile(.signing, rule: "root.name")) {
      try TrustStore.load(directory: Self.directory, environment: environment)
    }
  }

  @Test func aCardOfTheSimulatorIsUntrustedInProduction() throws {
    let verifier = CardVerifier(trust: try Self.store())
    #expect(certificateReason(World.signingCertificate, .signing, by: verifier) == .issuerName)
  }
}
