import Foundation
import JLIS
import JPKI
import Testing

@testable import JLISSimulator

/// Every fault is seen by the verifier, each as what it is.
@Suite struct FaultTests {
  let fixture: Fixture
  let citizen: CitizenHandle

  init() throws {
    fixture = try Fixture()
    citizen = try fixture.hanako()
    // Past the quarter, so that what was made at its beginning and what is made now differ.
    fixture.clock.advance(seconds: 600)
  }

  private func decision(_ settings: OCSPSettings = OCSPSettings()) async throws -> OCSPDecision {
    let certificate = try fixture.verified(citizen.signingCertificate, .signing)
    var random = SystemRandomNumberGenerator()
    let inquiry = try OCSPInquiry(serial: certificate.serial, issuer: certificate.issuer, settings: settings, using: &random)
    return inquiry.decide(try await fixture.service.ocsp(inquiry.request, kind: .signing), at: fixture.clock.now)
  }

  private func list(_ municipality: String? = nil) throws -> RevocationList {
    let issuer = try #require(fixture.verifier.trust.anchors.first { $0.kind == .signing })
    return try RevocationList(
      verifying: try fixture.simulator.revocationListDER(kind: .signing, municipality: municipality), issuer: issuer, at: fixture.clock.now)
  }

  // MARK: OCSP

  private static let reasons: [Faults.OCSPFault: VerificationReason] = [
    .malformed: .ocspMalformed, .tryLater: .ocspUnsignedError, .unauthorized: .ocspUnsignedError, .wrongSigner: .ocspResponder,
    .wrongSignature: .ocspSignature, .missingResponder: .ocspResponderMissing, .expiredResponder: .ocspResponderExpired,
    .wrongPurpose: .ocspResponderPurpose, .uncheckedResponder: .ocspResponderUnchecked, .stale: .ocspStale, .tooOld: .ocspTooOld,
    .future: .ocspNotYetValid, .wrongSerial: .ocspOtherCertificate, .wrongIssuer: .ocspOtherIssuer, .twice: .ocspAnswerAmbiguous,
    .missingNonce: .ocspNonceMissing, .wrongNonce: .ocspNonce, .unknownCritical: .ocspExtensionUnknownCritical,
    .unknownCertificate: .ocspUnknownCertificate,
  ]
  private static let onTheWay: [Faults.OCSPFault: JLISError] = [
    .slow: .timeout, .down: .unavailable, .cut: .unavailable, .redirected: .unavailable, .huge: .tooLarge, .wrongType: .malformed,
  ]

  @Test(arguments: Faults.OCSPFault.allCases) func eachFaultOfTheResponderHasItsOwnReason(_ fault: Faults.OCSPFault) async throws {
    try fixture.simulator.setFaults(Faults(ocsp: fault))
    if let error = Self.onTheWay[fault] {
      await #expect(throws: error) { try await decision() }
    } else {
      #expect(try await decision().reason == Self.reasons[fault])
    }
    try fixture.simulator.setFaults(.none)
    #expect(try await decision().status == .good)
  }

  @Test func theAuthorityItselfMaySignWronglyToo() async throws {
    try turn { $0.signer = .authority }
    try fixture.simulator.setFaults(Faults(ocsp: .wrongSignature))
    #expect(try await decision().reason == .ocspSignature)
  }

  // MARK: Switches

  private func turn(_ change: (inout ResponderSwitches) -> Void) throws {
    var switches = try fixture.simulator.responderSwitches
    change(&switches)
    try fixture.simulator.setResponderSwitches(switches)
  }

  @Test(arguments: ResponderSwitches.Signer.allCases, ResponderSwitches.Naming.allCases)
  func whoeverSignsIsBelievedByKeyAndByName(_ signer: ResponderSwitches.Signer, _ naming: ResponderSwitches.Naming) async throws {
    try turn {
      $0.signer = signer
      $0.naming = naming
    }
    #expect(try await decision().status == .good)
  }

  @Test func aHashThatIsNotUnderstoodIsRefusedUnsigned() async throws {
    try turn { $0.hashes = .sha1 }
    #expect(try await decision(OCSPSettings(hash: .sha1)).status == .good)
    #expect(try await decision(OCSPSettings(hash: .sha256)).reason == .ocspUnsignedError)
    try turn { $0.hashes = .sha256 }
    #expect(try await decision(OCSPSettings(hash: .sha256)).status == .good)
    #expect(try await decision(OCSPSettings(hash: .sha1)).reason == .ocspUnsignedError)
  }

  @Test func anAnswerWithoutNextUpdateStandsAndIsNotForKeeping() async throws {
    try turn { $0.givesNextUpdate = false }
    let decision = try await decision()
    #expect((decision.status, decision.nextUpdate) == (.good, nil))
  }

  @Test func aDroppedNonceIsTheClientsToAccept() async throws {
    try turn { $0.echoesNonce = false }
    #expect(try await decision().reason == .ocspNonceMissing)
    #expect(try await decision(OCSPSettings(nonce: .optional)).status == .good)
    #expect(try await decision(OCSPSettings(nonce: .none)).status == .good)
  }

  @Test func questionsMustBeSignedWhereThatIsDemanded() async throws {
    try turn { $0.requests = .signed }
    #expect(try await decision().reason == .ocspUnsignedError)
    try await withTemporaryDirectory { directory in
      let material = try TLSMaterial(directory: directory, at: fixture.clock.now)
      try material.client("broker", at: fixture.clock.now)
      let read: (String) throws -> String = { try String(contentsOfFile: "\(directory)/\($0)", encoding: .utf8) }
      let signer = try OCSPRequestSigner(certificatePEM: read("broker.pem"), keyPEM: read("broker.key"))
      #expect(try await decision(OCSPSettings(signer: signer)).status == .good)
      // The same signature over another question is none.
      let certificate = try fixture.verified(citizen.signingCertificate, .signing)
      var random = SystemRandomNumberGenerator()
      let inquiry = try OCSPInquiry(
        serial: certificate.serial, issuer: certificate.issuer, settings: OCSPSettings(signer: signer), using: &random)
      var request = inquiry.request
      let serial = try #require(request.firstRange(of: certificate.serial.bytes))
      request[serial.lowerBound + 3] ^= 1
      #expect(try fixture.simulator.ocspAnswer(to: request, kind: .signing) == [0x30, 0x03, 0x0A, 0x01, 0x06])
    }
  }

  @Test func switchesOutliveTheProcess() async throws {
    try await withTemporaryDirectory { directory in
      var switches = ResponderSwitches()
      switches.signer = .authority
      try Fixture(stateDirectory: directory).simulator.setResponderSwitches(switches)
      #expect(try Fixture(stateDirectory: directory).simulator.responderSwitches == switches)
    }
  }

  // MARK: Lists

  private static let listReasons: [Faults.ListFault: VerificationReason] = [
    .malformed: .crlMalformed, .wrongSigner: .crlIssuer, .wrongSignature: .crlSignature, .stale: .crlExpired, .future: .crlNotYetValid,
    .delta: .crlDelta, .indirect: .crlIndirect, .unknownCritical: .crlExtensionUnknownCritical,
  ]

  @Test(arguments: listReasons.keys.sorted { $0.rawValue < $1.rawValue })
  func aListThatIsWrongInItselfIsRefusedForItsReason(_ fault: Faults.ListFault) throws {
    try fixture.simulator.setFaults(Faults(crl: fault))
    do {
      _ = try list()
      Issue.record("passed")
    } catch let failure as VerificationFailure {
      #expect(failure.reason == Self.listReasons[fault])
    }
    try fixture.simulator.setFaults(.none)
    _ = try list()
  }

  @Test(arguments: [
    (Faults.ListFault.slow, JLISError.timeout), (.down, .unavailable), (.cut, .unavailable), (.redirected, .unavailable),
    (.huge, .tooLarge),
  ])
  func aListMayBeLostOnTheWay(_ fault: Faults.ListFault, _ error: JLISError) async throws {
    try fixture.simulator.setFaults(Faults(crl: fault))
    await #expect(throws: error) { try await fixture.service.revocationList(kind: .signing) }
  }

  @Test func aListThatGoesBackOrShrinksIsSoundInItself() throws {
    try fixture.simulator.revoke(citizen.id, kind: .signing, reason: .keyCompromise)
    let before = try list()
    try fixture.simulator.setFaults(Faults(crl: .numberBack))
    #expect(try list().number == before.number - 1000)
    try fixture.simulator.setFaults(Faults(crl: .shrunk))
    #expect(try list().entryCount == 0)
    #expect(try list().number == before.number)
    try fixture.simulator.setFaults(Faults(crl: .wrongSerial))
    #expect(try list().status(of: fixture.verified(citizen.signingCertificate, .signing), at: fixture.clock.now) == .good)
  }

  @Test func theListOfAnotherPartSaysNothing() throws {
    try fixture.simulator.setFaults(Faults(crl: .otherPart))
    let hanako = try fixture.verified(citizen.signingCertificate, .signing)
    #expect(try list().status(of: hanako, at: fixture.clock.now) == .unknown(.crlOfOtherPart))
  }

  @Test func eachMunicipalityHasItsPart() throws {
    let hanako = try fixture.verified(citizen.signingCertificate, .signing)
    let taro = try fixture.taro()
    let other = try fixture.verified(taro.signingCertificate, .signing)
    for id in [citizen.id, taro.id] { try fixture.simulator.revoke(id, kind: .signing, reason: .keyCompromise) }
    let (kiyose, chiyoda) = (try list("13221"), try list("13101"))
    #expect((kiyose.entryCount, chiyoda.entryCount) == (1, 1))
    #expect(try list().entryCount == 2)
    #expect(kiyose.status(of: hanako, at: fixture.clock.now).reason == .ended)
    #expect(kiyose.status(of: other, at: fixture.clock.now) == .unknown(.crlOfOtherPart))
    #expect(chiyoda.status(of: other, at: fixture.clock.now).reason == .ended)
    #expect(SimulatedJLIS.municipalities.count == 14)
    #expect(throws: SimulatorRefusal.municipalityUnknown) { try fixture.simulator.revocationListDER(kind: .signing, municipality: "00000") }
  }
}
