import JLIS
import JLISSimulator
import JPKI
import Testing

/// jpki.md §7.
@Suite struct LinkTests {
  let fixture: Fixture
  let hanako: CitizenHandle
  let taro: CitizenHandle

  init() throws {
    fixture = try Fixture()
    hanako = try fixture.hanako()
    taro = try fixture.taro()
  }

  private func together(_ signing: [UInt8], _ authentication: [UInt8]) async throws -> Bool {
    try await fixture.service.belongTogether(signing: fixture.serial(signing), authentication: fixture.serial(authentication))
  }

  @Test func bothCertificatesOfOnePersonBelongTogether() async throws {
    #expect(try await together(hanako.signingCertificate, hanako.authenticationCertificate))
    #expect(try await !together(hanako.signingCertificate, taro.authenticationCertificate))
  }

  @Test func theyStillDoAfterOneHasBeenRenewed() async throws {
    let renewed = try fixture.simulator.renew(hanako.id, kinds: [.signing])
    #expect(try await together(renewed.signingCertificate, hanako.authenticationCertificate))
    #expect(renewed.authenticationCertificate == hanako.authenticationCertificate)
  }

  @Test func serialsNeverIssuedBelongToNobody() async throws {
    let unknown = try #require(Serial([1, 2, 3, 4, 5]))
    #expect(try await !fixture.service.belongTogether(signing: unknown, authentication: unknown))
    let rogue = try fixture.hanako(.untrusted)
    #expect(try await !together(rogue.signingCertificate, rogue.authenticationCertificate))
  }

  @Test func theSuccessorIsTheNewestHoweverManyCameBetween() async throws {
    let first = try fixture.serial(hanako.signingCertificate)
    #expect(try await fixture.service.successor(of: first, kind: .signing) == nil)
    let second = try fixture.serial(fixture.simulator.renew(hanako.id).signingCertificate)
    let third = try fixture.serial(fixture.simulator.move(hanako.id, newAddress: "沖縄県那覇市１").signingCertificate)
    #expect(try await fixture.service.successor(of: first, kind: .signing) == third)
    #expect(try await fixture.service.successor(of: second, kind: .signing) == third)
    #expect(try await fixture.service.successor(of: third, kind: .signing) == nil)
  }

  @Test func renewalRevokesWhatItFollowsAsSuperseded() throws {
    try fixture.simulator.renew(hanako.id)
    let summary = try #require(try fixture.simulator.summaries().first)
    #expect(summary.signing == "valid")
    #expect(summary.authentication == "valid")
    try fixture.simulator.move(hanako.id, newName: "新姓　花子", reissue: false)
    #expect(try fixture.simulator.summaries().first?.signing == "revoked:affiliationChanged")
    #expect(try fixture.simulator.summaries().first?.authentication == "valid")
  }

  @Test func askingForASuccessorOfAnUnknownSerialIsRefused() async throws {
    let unknown = try #require(Serial([1, 2, 3, 4, 5]))
    await #expect(throws: JLISError.refused(.certificateUnknown)) { try await fixture.service.successor(of: unknown, kind: .signing) }
  }
}
