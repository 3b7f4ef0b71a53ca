import JPKI
import Testing

/// Production, test and simulator never mix: neither their roots, nor what those issue, nor by key identifier alone.
struct EnvironmentTests {
  /// A hierarchy under the name of an environment, all of it in form.
  struct Hierarchy {
    let environment: TrustEnvironment
    let key = TestKey()

    var organization: String { JPKIProfile.organization(environment) }
    var root: [UInt8] { Authority.recipe(.signing, organization: organization, key: key).signed(by: key) }
    var authenticationRoot: [UInt8] { Authority.recipe(.authentication, organization: organization, key: key).signed(by: key) }

    func store(_ signing: [[UInt8]]) throws(TrustStoreError) -> TrustStore {
      try TrustStore(environment: environment, signing: signing, authentication: [authenticationRoot])
    }

    func certificate(point: String? = nil) -> [UInt8] {
      var recipe = World.signingRecipe()
      recipe.issuer = Authority.name(.signing, organization: organization)
      recipe[ExtensionID.authorityKeyIdentifier]?.value = Encoder.sequence(Encoder.primitive(0, key.identifier))
      recipe[ExtensionID.distributionPoints]?.value = World.distributionPoint(.signing, organization: point ?? organization)
      return recipe.signed(by: key)
    }
  }

  static let hierarchies = TrustEnvironment.allCases.map { Hierarchy(environment: $0) }

  @Test func eachEnvironmentAcceptsItsOwnAndRefusesTheOthers() throws {
    for own in Self.hierarchies {
      let verifier = CardVerifier(trust: try own.store([own.root]))
      for other in Self.hierarchies {
        let expected: VerificationReason? = own.environment == other.environment ? nil : .issuerName
        #expect(certificateReason(other.certificate(), .signing, by: verifier) == expected)
        guard expected != nil else { continue }
        #expect(throws: TrustStoreError.profile(.signing, rule: "root.name")) { try own.store([own.root, other.root]) }
      }
    }
  }

  @Test func aRootsKeyDoesNotCarryOverUnderAnotherName() throws {
    // The same key, certified under both names: each store still wants its own.
    let key = TestKey()
    for own in TrustEnvironment.allCases {
      func root(_ kind: CertificateKind) -> [UInt8] {
        Authority.recipe(kind, organization: JPKIProfile.organization(own), key: key).signed(by: key)
      }
      let verifier = CardVerifier(
        trust: try TrustStore(environment: own, signing: [root(.signing)], authentication: [root(.authentication)]))
      for other in TrustEnvironment.allCases {
        var recipe = World.signingRecipe()
        recipe.issuer = Authority.name(.signing, organization: JPKIProfile.organization(other))
        recipe[ExtensionID.authorityKeyIdentifier]?.value = Encoder.sequence(Encoder.primitive(0, key.identifier))
        recipe[ExtensionID.distributionPoints]?.value = World.distributionPoint(
          .signing, organization: JPKIProfile.organization(other))
        #expect(certificateReason(recipe.signed(by: key), .signing, by: verifier) == (own == other ? nil : .issuerName))
      }
    }
  }

  @Test func aDistributionPointOfAnotherEnvironmentIsRefused() throws {
    for own in Self.hierarchies {
      let verifier = CardVerifier(trust: try own.store([own.root]))
      for other in TrustEnvironment.allCases where other != own.environment {
        let der = own.certificate(point: JPKIProfile.organization(other))
        #expect(certificateReason(der, .signing, by: verifier) == .distributionPoint)
      }
    }
  }

  @Test func theTestPolicyCountsInTheTestEnvironmentAlone() throws {
    for environment in TrustEnvironment.allCases {
      let policies = JPKIProfile.policies(environment).map(\.identifier)
      #expect(policies.contains(JPKIProfile.signingTestPolicy) == (environment == .test))
    }
  }

  @Test func generationsOfOneNameLiveBesideEachOther() throws {
    let verifier = CardVerifier(trust: NextCard.trust)
    let names = Set(NextCard.trust.anchors.filter { $0.kind == .signing }.map(\.subject))
    #expect(names.count == 1)
    // A certificate that names one generation's key but was signed by the other's is neither's.
    var recipe = World.signingRecipe()
    recipe[ExtensionID.authorityKeyIdentifier]?.value = Encoder.sequence(Encoder.primitive(0, NextCard.rootKey.identifier))
    #expect(certificateReason(recipe.signed(by: World.signingAuthority.key), .signing, by: verifier) == .signatureAlgorithm)
  }
}
