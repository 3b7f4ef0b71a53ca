import Foundation
import JLISSimulator
import JPKI
import Testing

/// What the simulator encodes by its own means is measured by the table that the verifier checks, and by OpenSSL.
@Suite struct ProfileTableTests {
  let fixture: Fixture

  init() throws { fixture = try Fixture() }

  private func broken(_ der: [UInt8]) throws -> [String] {
    let roots = try CertificateKind.allCases.map { try fixture.simulator.root($0) }
    return CertificateExplanation(der, roots: roots, at: fixture.clock.now).findings.filter { !$0.holds }.map(\.rule.id)
  }

  @Test(arguments: CertificateKind.allCases) func rootsHoldEveryRuleEvenThoseThatOnlyObserve(kind: CertificateKind) throws {
    let explanation = CertificateExplanation(try fixture.simulator.root(kind), at: fixture.clock.now)
    #expect((explanation.role, explanation.kind, explanation.environment) == (.root, kind, .simulator))
    #expect(try broken(fixture.simulator.root(kind)) == [])
  }

  @Test func cardsHoldEveryRuleEvenThoseThatOnlyObserve() throws {
    for citizen in [try fixture.hanako(), try fixture.taro()] {
      #expect(try broken(citizen.signingCertificate) == [])
      #expect(try broken(citizen.authenticationCertificate) == [])
    }
  }

  @Test func anExpiredCardBreaksOneRuleAlone() throws {
    let citizen = try fixture.hanako(.expired)
    #expect(try broken(citizen.signingCertificate) == ["validity.notOver"])
    #expect(try broken(citizen.authenticationCertificate) == ["validity.notOver"])
  }

  @Test func openSSLValidatesACardsPathStrictlyAndByTheList() throws {
    let citizen = try fixture.hanako()
    for (der, kind) in [(citizen.signingCertificate, CertificateKind.signing), (citizen.authenticationCertificate, .authentication)] {
      var material = PathMaterial()
      try material.add(file: try fixture.simulator.root(kind), as: .anchor)
      try material.add(file: try fixture.simulator.revocationListDER(kind: kind), as: .revocationList)
      let result = try CertificationPath.validate(der, with: material, at: fixture.clock.now)
      #expect(result.isValid, "\(result.reason)")
      #expect(result.checksRevocation)
    }
  }
}
