import JPKI
import Testing

/// Rules may depend on what the key lives in: little is known of phones' certificates.
struct MediumTests {
  private static let androidPolicy = "1.2.392.200149.8.5.1.1.40"
  private static let iphonePolicy = "1.2.392.200149.8.5.1.1.99"

  private func signing(policy: String) -> [UInt8] {
    var recipe = World.signingRecipe()
    recipe[ExtensionID.policies]?.value = World.policies(policy)
    recipe.subject = Encoder.name([("2.5.4.6", "JP"), ("2.5.4.3", "another form of name")])
    return recipe.signed(by: World.signingAuthority.key)
  }

  @Test func thePolicySaysWhatTheKeyLivesIn() throws {
    var recipe = World.signingRecipe()
    recipe[ExtensionID.policies]?.value = World.policies(Self.androidPolicy)
    let der = recipe.signed(by: World.signingAuthority.key)
    #expect(try World.verifier.verifyCertificate(der, kind: .signing, at: World.now).medium == .android)
    #expect(CertificateExplanation(der, roots: ExplanationTests.roots, at: World.now).medium == .android)
  }

  @Test func aSubjectOfAnotherFormRefusesACardsCertificateAndIsObservedInAPhones() throws {
    #expect(certificateReason(signing(policy: "1.2.392.200149.8.5.1.1.20"), .signing) == .subjectName)
    let phone = signing(policy: Self.androidPolicy)
    #expect(certificateReason(phone, .signing) == nil)
    let explanation = CertificateExplanation(phone, roots: ExplanationTests.roots, at: World.now)
    #expect(explanation.findings.filter { !$0.holds }.map(\.rule.id).first == "subject.signing.phone")
  }

  @Test func theSubjectIsANameInAPhonesCertificateToo() {
    for subject in [Encoder.null, Encoder.sequence(Encoder.utf8("JP")), Encoder.sequence(Encoder.set(Encoder.sequence()))] {
      var recipe = World.signingRecipe()
      recipe[ExtensionID.policies]?.value = World.policies(Self.androidPolicy)
      recipe.subject = subject
      let reason = certificateReason(recipe.signed(by: World.signingAuthority.key), .signing)
      #expect(reason == .subjectName || reason == .certificateMalformed)
    }
  }

  @Test func aPolicyThatNobodyKnowsIsAcceptedOnlyWhereAVerifierIsGivenIt() throws {
    var recipe = World.signingRecipe()
    recipe[ExtensionID.policies]?.value = World.policies(Self.iphonePolicy)
    let der = recipe.signed(by: World.signingAuthority.key)
    #expect(certificateReason(der, .signing) == .policyNotAllowed)
    let told = CardVerifier(
      trust: World.trust, policies: [JPKIProfile.Policy(identifier: Self.iphonePolicy, kind: .signing, medium: .iphone)])
    #expect(try told.verifyCertificate(der, kind: .signing, at: World.now).medium == .iphone)
    // The simulator invents one for its own.
    #expect(JPKIProfile.knownPolicies.allSatisfy { $0.policy.medium != .iphone || $0.environments == [.simulator] })
  }

  @Test func aPolicyIsWrittenAsIdentifierKindAndMedium() {
    #expect(
      JPKIProfile.Policy("1.2.3.4=authentication/iphone")
        == JPKIProfile.Policy(identifier: "1.2.3.4", kind: .authentication, medium: .iphone))
    for text in [
      "", "1.2.3.4", "1.2.3.4=signing", "one=signing/card", "1.2.3.4=root/card", "1.2.3.4=signing/watch", "1.2.3.4=signing/card/x",
      "=signing/card",
    ] {
      #expect(JPKIProfile.Policy(text) == nil)
    }
  }

  @Test(arguments: CardMedium.allCases) func everyMediumHasItsTable(_ medium: CardMedium) {
    let rules = Set(ProfileRules.rules(for: .authentication, medium: medium).map(\.id))
    #expect(rules.contains("subject.authentication") == (medium == .card))
    #expect(rules.contains("subject.authentication.phone") == (medium != .card))
  }
}
