import Foundation
import JPKI
import Testing

/// The table of rules, as data.
struct ProfileRulesTests {
  @Test func everyRuleHasItsNameSentenceAndSource() {
    #expect(Set(ProfileRules.all.map(\.id)).count == ProfileRules.all.count)
    for rule in ProfileRules.all {
      #expect(rule.sentence.hasSuffix("."))
      #expect(rule.source.contains("jpki.md") || rule.source.contains("RFC") || rule.source.contains("FIPS"))
      #expect(!rule.roles.isEmpty)
    }
  }

  @Test func onlyWhatIsCertainRefuses() {
    for rule in ProfileRules.all where rule.confidence != .high { #expect(rule.enforcement == .observes) }
  }

  @Test func trustComesBeforeProfileAndProfileBeforeTime() {
    for role in [ProfileRule.Role.signing, .authentication] {
      let refusing = ProfileRules.rules(for: role).filter { $0.enforcement == .refuses }.map(\.reason.result)
      let untrusted = refusing.prefix { $0 == .certificateUntrusted || $0 == .certificateProfile }
      #expect(refusing.first == .certificateUntrusted)
      #expect(untrusted.count == refusing.count - 3)
      #expect(refusing.suffix(3) == [.certificateNotYetValid, .certificateExpired, .certificateUntrusted])
    }
  }

  @Test func aGoodCertificateHoldsEveryRule() throws {
    let signing = try #require(World.verifier.findings(World.signingCertificate, kind: .signing, at: World.now))
    #expect(signing.filter { !$0.holds }.map(\.rule.id) == [])
    let authentication = try #require(World.verifier.findings(World.authenticationCertificate, kind: .authentication, at: World.now))
    #expect(authentication.filter { !$0.holds }.map(\.rule.id) == [])
    #expect(World.verifier.findings([0x30], kind: .signing, at: World.now) == nil)
  }

  @Test func everyReasonOfARuleIsReachedBySomeCertificate() {
    let refusing = ProfileRules.all.filter { $0.enforcement == .refuses && !$0.roles.isDisjoint(with: [.signing, .authentication]) }
    let cases = Set((SigningCertificateCases.all + AuthenticationCertificateCases.all).map(\.reason))
    #expect(Set(refusing.map(\.reason)).subtracting(cases).map(\.rawValue) == [])
  }
}
