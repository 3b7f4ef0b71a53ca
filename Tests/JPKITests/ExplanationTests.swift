import Foundation
import JPKI
import Testing

/// What the profile says of a certificate, rule by rule.
struct ExplanationTests {
  static let roots = World.trust.anchors.map(\.der)

  private func broken(_ explanation: CertificateExplanation) -> [String] { explanation.findings.filter { !$0.holds }.map(\.rule.id) }

  @Test func aGoodCertificateIsMeasuredAsWhatItIs() {
    let signing = CertificateExplanation(World.signingCertificate, roots: Self.roots, at: World.now)
    #expect(signing.reason == nil)
    #expect(broken(signing) == [])
    #expect(signing.findings.allSatisfy { $0.isExamined })
    #expect((signing.role, signing.kind, signing.environment) == (.signing, .signing, .simulator))
    #expect(signing.medium == .card)
    #expect(signing.items.map(\.part) == ItemPresence.Part.allCases)
    #expect(signing.items.allSatisfy { $0.shape == .present })
    let authentication = CertificateExplanation(World.authenticationCertificate, roots: Self.roots, at: World.now)
    #expect(authentication.reason == nil)
    #expect(broken(authentication) == [])
    #expect(authentication.role == .authentication)
    #expect(authentication.items.isEmpty)
  }

  @Test(arguments: 0..<8) func itsReasonIsTheVerifiers(withoutExtension index: Int) {
    var recipe = World.signingRecipe()
    recipe.extensions.remove(at: index)
    let der = recipe.signed(by: World.signingAuthority.key)
    let explanation = CertificateExplanation(der, kind: .signing, environment: .simulator, roots: Self.roots, at: World.now)
    #expect(explanation.reason == certificateReason(der, .signing))
  }

  @Test func withoutRootsNothingIsSaidOfTheIssuer() {
    let explanation = CertificateExplanation(World.signingCertificate, at: World.now)
    #expect(!explanation.hasAnchors)
    #expect(explanation.reason == .issuerUnknown)
    let unexamined = explanation.findings.filter { !$0.isExamined }.map(\.rule.id)
    #expect(unexamined == ["issuer.known", "issuer.certificate", "issuer.signature", "issuer.valid"])
    #expect(broken(explanation) == unexamined)
  }

  @Test func theNextCardIsMeasuredByItsVersionOfTheProfile() {
    for roots in [[NextCard.root], [NextCard.root, World.signingAuthority.certificate]] {
      let explanation = CertificateExplanation(NextCard.certificate, roots: roots, at: World.now)
      #expect(explanation.version == .p384)
      #expect(broken(explanation) == [])
    }
    // Its key alone tells as much; of its issuer nothing.
    let alone = CertificateExplanation(NextCard.certificate, at: World.now)
    #expect(alone.version == .p384)
    #expect(alone.reason == .issuerUnknown)
    #expect(CertificateExplanation(NextCard.root, at: World.now).version == .p384)
    #expect(CertificateExplanation(World.signingCertificate, roots: [NextCard.root], at: World.now).version == .rsa2048)
  }

  @Test func rootsOfAnotherEnvironmentAreNoRoots() {
    let production = CertificateExplanation(World.signingCertificate, environment: .production, roots: Self.roots, at: World.now)
    #expect(production.reason == .issuerName)
    let unrelated = CertificateExplanation(World.signingCertificate, roots: [PathWorld.root.certificate], at: World.now)
    #expect(unrelated.reason == .issuerUnknown)
    #expect(unrelated.hasAnchors)
  }

  @Test func theItemsAreToldByTheirPresenceAlone() {
    func shapes(_ person: CertifiedPerson) -> [ItemPresence.Part: ItemPresence.Shape] {
      let der = World.signingRecipe(person).signed(by: World.signingAuthority.key)
      let explanation = CertificateExplanation(der, roots: Self.roots, at: World.now)
      return Dictionary(uniqueKeysWithValues: explanation.items.map { ($0.part, $0.shape) })
    }
    #expect(shapes(CertifiedPerson(omitted: [4]))[.dateOfBirth] == .absent)
    #expect(shapes(CertifiedPerson(sex: ""))[.sex] == .malformed)
    let twice = CertifiedPerson(stranger: CertifiedPerson.otherName(1, Encoder.utf8("四情　太郎")))
    #expect(shapes(twice)[.name] == .repeated)
    var told = ""
    dump(CertificateExplanation(World.signingCertificate, roots: Self.roots, at: World.now), to: &told)
    for secret in ["四情", "架空市", "19800217", "27440068", "01a2b3c4", "2024040109300000001"] { #expect(!told.lowercased().contains(secret)) }
  }

  @Test func whatIsNoCertificateBreaksTheRuleAboutItsForm() {
    let text = CertificateExplanation(Array("no certificate".utf8), at: World.now)
    #expect(text.reason == .certificateMalformed)
    #expect(broken(text) == ["form"])
    let large = CertificateExplanation([UInt8](repeating: 0x30, count: 16 * 1024 + 1), at: World.now)
    #expect(large.reason == .certificateTooLarge)
    #expect(broken(large) == ["size"])
  }

  @Test(arguments: RealRootsTests.roots) func aRealRootHoldsItsRules(_ root: RealRootsTests.Root) throws {
    let anchor = try #require(RealRootsTests.store().anchors.first { RealRootsTests.hex($0.fingerprint).hasPrefix(root.fingerprint) })
    let explanation = CertificateExplanation(anchor.der, at: World.now)
    #expect((explanation.role, explanation.kind, explanation.environment) == (.root, root.kind, .production))
    #expect(explanation.reason == nil)
    #expect(explanation.rootFingerprint == anchor.fingerprint)
  }
}
