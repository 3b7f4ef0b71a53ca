import Foundation
import JPKI
import Testing

struct TrustStoreTests {
  private func store(signing: [[UInt8]], authentication: [[UInt8]] = [World.authenticationAuthority.certificate]) throws(TrustStoreError)
    -> TrustStore
  {
    try TrustStore(environment: .simulator, signing: signing, authentication: authentication)
  }

  private func spoiled(_ spoil: (inout Recipe) -> Void) -> [UInt8] {
    var recipe = Authority.recipe(.signing, key: World.signingAuthority.key)
    spoil(&recipe)
    return recipe.signed(by: World.signingAuthority.key)
  }

  @Test func bothKindsAreNeeded() {
    #expect(throws: TrustStoreError.empty(.signing)) { try store(signing: []) }
    #expect(throws: TrustStoreError.empty(.authentication)) { try store(signing: [World.signingAuthority.certificate], authentication: []) }
  }

  @Test func anAuthenticationRootDoesNotEnterTheSigningStore() {
    #expect(throws: TrustStoreError.profile(.signing, rule: "root.name")) {
      try store(signing: [World.authenticationAuthority.certificate])
    }
  }

  @Test func aCardsCertificateIsNoRoot() {
    #expect(throws: TrustStoreError.self) { try store(signing: [World.signingCertificate]) }
  }

  @Test func oneKeyIdentifierStandsOnce() {
    let root = World.signingAuthority.certificate
    #expect(throws: TrustStoreError.keyIdentifierTwice(.signing)) { try store(signing: [root, root]) }
  }

  @Test func brokenDERIsRefused() {
    #expect(throws: TrustStoreError.malformed(.signing)) { try store(signing: [Array(World.signingAuthority.certificate.dropLast())]) }
  }

  static let spoiledRoots: [(String, @Sendable (inout Recipe) -> Void)] = [
    ("root.authority", { $0[ExtensionID.basicConstraints] = nil }),
    ("root.authority", { $0[ExtensionID.basicConstraints]?.critical = false }),
    ("root.authority", { $0[ExtensionID.basicConstraints]?.value = Encoder.sequence(Encoder.boolean(true), Encoder.integer(0)) }),
    ("root.keyUsage", { $0[ExtensionID.keyUsage]?.value = Encoder.bits([0x86], unused: 1) }),
    ("keyUsage.critical", { $0[ExtensionID.keyUsage]?.critical = false }),
    ("root.keyIdentifier", { $0[ExtensionID.subjectKeyIdentifier] = nil }),
    ("root.name", { $0.subject = Authority.name(.signing, organization: "JPKI-TEST") }),
    ("signature.algorithm", { $0.innerAlgorithm = Encoder.algorithm(Algorithm.sha384WithRSA) }),
    ("version", { $0.version = Encoder.explicit(0, Encoder.integer(1)) }),
  ]

  @Test(arguments: spoiledRoots.indices) func aRootOutsideTheProfileIsRefusedByItsRule(_ index: Int) {
    let (rule, spoil) = Self.spoiledRoots[index]
    #expect(throws: TrustStoreError.profile(.signing, rule: rule)) { try store(signing: [spoiled(spoil)]) }
  }

  @Test func aRootMustHaveSignedItself() {
    let forged = Authority.recipe(.signing, key: World.signingAuthority.key).signed(by: World.otherCardKey)
    #expect(throws: TrustStoreError.profile(.signing, rule: "root.signature")) { try store(signing: [forged]) }
  }

  @Test func aMissingDirectoryAndStrangeFilesAreNamed() throws {
    #expect(throws: TrustStoreError.unreadable("/nowhere")) { try TrustStore.load(directory: "/nowhere", environment: .simulator) }
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try Data("no certificate".utf8).write(to: directory.appending(path: "sign_1.pem"))
    #expect(throws: TrustStoreError.unreadable(directory.path + "/sign_1.pem")) {
      try TrustStore.load(directory: directory.path, environment: .simulator)
    }
  }

  @Test func aGenerationMoreIsFoundByItsKey() throws {
    var recipe = World.signingRecipe()
    recipe[ExtensionID.authorityKeyIdentifier]?.value = World.youngerSigningAuthority.keyReference
    let certificate = try World.verifier.verifyCertificate(
      recipe.signed(by: World.youngerSigningAuthority.key), kind: .signing, at: World.now)
    #expect(certificate.issuer == World.youngerAnchor)
    #expect(certificate.issuerKeyIdentifier == World.youngerSigningAuthority.key.identifier)
  }
}
