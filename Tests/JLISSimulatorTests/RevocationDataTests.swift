import Foundation
import JLIS
import JPKI
import Testing

@testable import JLISSimulator

/// OCSP and revocation lists as the JPKI room judges them; what `openssl` says of them is in ``ServerTests``.
@Suite struct RevocationDataTests {
  let fixture: Fixture
  let citizen: CitizenHandle

  init() throws {
    fixture = try Fixture()
    citizen = try fixture.hanako()
  }

  private func decision(_ kind: CertificateKind, hash: OCSPRequestMessage.IssuerHash = .sha1) async throws -> OCSPDecision {
    let der = kind == .signing ? citizen.signingCertificate : citizen.authenticationCertificate
    let certificate = try fixture.verified(der, kind)
    let nonce = (0..<16).map { _ in UInt8.random(in: 0...255) }
    let answer = try await fixture.service.ocsp(OCSPRequestMessage.make(certificate: certificate, nonce: nonce, hash: hash), kind: kind)
    return JPKI.OCSPAnswer.verify(answer, serial: certificate.serial, issuer: certificate.issuer, nonce: nonce, at: fixture.clock.now)
  }

  private func list(_ kind: CertificateKind) async throws -> RevocationList {
    let issuer = try #require(fixture.verifier.trust.anchors.first { $0.kind == kind })
    return try RevocationList(verifying: try await fixture.service.revocationList(kind: kind), issuer: issuer, at: fixture.clock.now)
  }

  @Test(arguments: CertificateKind.allCases, OCSPRequestMessage.IssuerHash.allCases)
  func aCertificateThatStandsIsGood(kind: CertificateKind, hash: OCSPRequestMessage.IssuerHash) async throws {
    #expect(try await decision(kind, hash: hash).status == .good)
  }

  @Test func thisUpdateLiesOnTheQuarterAndNextUpdateOnTheNext() async throws {
    fixture.clock.advance(seconds: 1000)
    let decision = try await decision(.signing)
    #expect(decision.thisUpdate == (try Date("2026-04-01T01:15:00Z", strategy: .iso8601)))
    #expect(decision.nextUpdate == (try Date("2026-04-01T01:30:00Z", strategy: .iso8601)))
    #expect(decision.producedAt == fixture.clock.now)
  }

  @Test func aMoveMeansThatTheContentChangedAndTouchesTheSigningCertificateOnly() async throws {
    let old = try fixture.verified(citizen.signingCertificate, .signing)
    let movedAt = fixture.clock.now
    try fixture.simulator.move(citizen.id, newAddress: "東京都渋谷区神南１－１")
    fixture.clock.advance(seconds: 60)
    #expect(try await decision(.signing).status == .revoked(.contentChanged, at: movedAt))
    #expect(try await decision(.authentication).status == .good)
    #expect(try await list(.signing).status(of: old, at: fixture.clock.now) == .revoked(.contentChanged, at: movedAt))
  }

  @Test(arguments: RevocationReason.allCases)
  func everyReasonIsWrittenWithItsCode(reason: RevocationReason) async throws {
    try fixture.simulator.revoke(citizen.id, kind: .authentication, reason: reason)
    let list = try await list(.authentication)
    #expect(list.entryCount == 1)
    let code = try #require(RevocationReasonCode(rawValue: reason.code))
    // `unspecified` is written by leaving the reason out (RFC 5280 §5.3.1).
    #expect(list.countsByReason[reason == .unspecified ? .other : code] == 1 || list.countsByReason[code] == 1)
    let status = try await decision(.authentication).status
    #expect(status.reason == (reason == .affiliationChanged ? .contentChanged : .ended))
  }

  @Test func deathEndsBothCertificates() async throws {
    try fixture.simulator.die(citizen.id)
    #expect(try await decision(.signing).status.reason == .ended)
    #expect(try await decision(.authentication).status.reason == .ended)
    #expect(throws: SimulatorRefusal.citizenDead) { try fixture.simulator.renew(citizen.id) }
  }

  @Test func aRevocationKeepsItsFirstReason() throws {
    try fixture.simulator.revoke(citizen.id, kind: .signing, reason: .keyCompromise)
    #expect(throws: SimulatorRefusal.alreadyRevoked) {
      try fixture.simulator.revoke(citizen.id, kind: .signing, reason: .superseded)
    }
  }

  @Test func aSerialNeverIssuedIsUnknown() async throws {
    let issuer = try #require(fixture.verifier.trust.anchors.first { $0.kind == .signing })
    let serial = try #require(Serial([0x01, 0x02, 0x03]))
    let answer = try await fixture.service.ocsp(OCSPRequestMessage.make(serial: serial, issuer: issuer, nonce: nil), kind: .signing)
    let decision = JPKI.OCSPAnswer.verify(answer, serial: serial, issuer: issuer, nonce: nil, at: fixture.clock.now)
    #expect(decision.status == .unknown(.ocspUnknownCertificate))
  }

  @Test func aRequestThatCannotBeReadIsAnsweredUnsigned() async throws {
    for request in [[], [0x30], [UInt8](repeating: 0x30, count: 9000), Array("no DER".utf8)] {
      #expect(try await fixture.service.ocsp(request, kind: .signing) == [0x30, 0x03, 0x0A, 0x01, 0x01])
    }
  }

  @Test func theListsNumberGrowsByTheDayAndByEachRevocation() async throws {
    let first = try await list(.signing)
    try fixture.simulator.revoke(citizen.id, kind: .signing, reason: .keyCompromise)
    let second = try await list(.signing)
    fixture.clock.advance(days: 1)
    let third = try await list(.signing)
    #expect(first.number < second.number)
    #expect(second.number < third.number)
    #expect((first.entryCount, second.entryCount, third.entryCount) == (0, 1, 1))
    #expect(try await list(.authentication).entryCount == 0)
  }

  @Test func theListBeginsWithTheDayInJapan() async throws {
    let list = try await list(.signing)
    #expect(list.thisUpdate == (try Date("2026-03-31T15:00:00Z", strategy: .iso8601)))
    #expect(list.nextUpdate == (try Date("2026-04-02T15:00:00Z", strategy: .iso8601)))
  }

  @Test func expiredCertificatesDropOutOfTheList() async throws {
    try fixture.simulator.revoke(citizen.id, kind: .signing, reason: .superseded)
    #expect(try await list(.signing).entryCount == 1)
    fixture.clock.advance(days: 5 * 366)
    #expect(try await list(.signing).entryCount == 0)
  }
}
