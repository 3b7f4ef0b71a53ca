import Crypto
import CryptoExtras
import Foundation
import JLISSimulator
import JPKI
import Testing

/// A key that lives on a token behind PKCS#11 and is certified in place of the card's own.
@Suite struct ForeignKeyTests {
  let fixture: Fixture
  let citizen: CitizenHandle
  /// What the token would hold.
  let key: _RSA.Signing.PrivateKey
  let toBeSigned = Array("yonjo/login/1 …".utf8)

  init() throws {
    fixture = try Fixture()
    citizen = try fixture.hanako()
    key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
  }

  @Test(arguments: CertificateKind.allCases) func whatTheTokenSignsPasses(_ kind: CertificateKind) throws {
    let certified = try fixture.simulator.certify(citizen.id, kind: kind, publicKey: Array(key.publicKey.derRepresentation))
    let certificate = kind == .signing ? certified.signingCertificate : certified.authenticationCertificate
    let signature = try key.signature(for: SHA256.hash(data: toBeSigned), padding: .insecurePKCS1v1_5)
    _ = try fixture.verifier.verify(
      CardSignature(signature: Array(signature.rawRepresentation), certificate: certificate), over: toBeSigned, kind: kind,
      at: fixture.clock.now)
    // The other certificate stays as it was.
    #expect((certified.signingCertificate == citizen.signingCertificate) == (kind == .authentication))
    #expect((certified.authenticationCertificate == citizen.authenticationCertificate) == (kind == .signing))
  }

  @Test func theKeyMayComeInPEM() throws {
    let certified = try fixture.simulator.certify(citizen.id, kind: .signing, publicKey: Array(key.publicKey.pemRepresentation.utf8))
    #expect(try fixture.verified(certified.signingCertificate, .signing).items != nil)
  }

  @Test func theVirtualCardHasNotThatKey() throws {
    try fixture.simulator.certify(citizen.id, kind: .signing, publicKey: Array(key.publicKey.derRepresentation))
    #expect(throws: SimulatorRefusal.keyMissing) { try fixture.simulator.card(for: citizen.id) }
  }

  @Test func onlyRSA2048IsCertified() throws {
    let long = try _RSA.Signing.PrivateKey(keySize: .bits3072).publicKey.derRepresentation
    let curve = P256.Signing.PrivateKey().publicKey.derRepresentation
    for bad in [Array(long), Array(curve), [], Array("-----BEGIN".utf8)] {
      #expect(throws: SimulatorRefusal.publicKey) { try fixture.simulator.certify(citizen.id, kind: .signing, publicKey: bad) }
    }
    #expect(throws: SimulatorRefusal.citizenUnknown) {
      try fixture.simulator.certify("citizen-99", kind: .signing, publicKey: Array(key.publicKey.derRepresentation))
    }
  }
}
