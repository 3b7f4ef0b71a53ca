import Crypto
import JLISSimulator
import JOSE
import JPKI
import Testing

@Suite struct CardTests {
  let fixture: Fixture
  let citizen: CitizenHandle
  let card: VirtualCard
  let toBeSigned = Array("yonjo/onboarding/1 …".utf8)

  init() throws {
    fixture = try Fixture()
    citizen = try fixture.hanako()
    card = try fixture.simulator.card(for: citizen.id)
  }

  private func reason(_ signature: [UInt8], _ certificate: [UInt8], _ kind: CertificateKind) -> VerificationReason? {
    do {
      _ = try fixture.verifier.verify(
        CardSignature(signature: signature, certificate: certificate), over: toBeSigned, kind: kind, at: fixture.clock.now)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func aCardSignsADigestInfoWith256Bytes() throws {
    let digestInfo = CitizenDevice.digestInfo(of: toBeSigned)
    let signature = try card.sign(digestInfo: digestInfo)
    #expect(signature.count == 256)
    #expect(reason(signature, card.signingCertificate, .signing) == nil)
    #expect(reason(try card.authenticate(digestInfo: digestInfo), card.authenticationCertificate, .authentication) == nil)
  }

  @Test func theDigestInfoIsThatOfRFC8017() {
    let prefix: [UInt8] = [
      0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
    ]
    #expect(CitizenDevice.digestInfo(of: toBeSigned) == prefix + Array(SHA256.hash(data: toBeSigned)))
  }

  @Test func openSSLRecoversWhatTheCardWasGiven() async throws {
    try await withTemporaryDirectory { directory in
      let certificate = try write(pem(card.signingCertificate), "card.pem", in: directory)
      let message = try write(toBeSigned, "message", in: directory)
      let signature = try write(card.sign(digestInfo: CitizenDevice.digestInfo(of: toBeSigned)), "signature", in: directory)
      let key = try await openssl(["x509", "-in", certificate, "-pubkey", "-noout"])
      let keyPath = try write(Array(key.text.utf8), "key.pem", in: directory)
      let result = try await openssl(["dgst", "-sha256", "-verify", keyPath, "-signature", signature, message])
      #expect(result.text.contains("Verified OK"), "\(result.text)")
    }
  }

  @Test func aCardChecksNothingOfWhatItSigns() throws {
    let bareHash = Array(SHA256.hash(data: toBeSigned))
    #expect(reason(try card.sign(digestInfo: bareHash), card.signingCertificate, .signing) == .bareHash)
    let trailing = CitizenDevice.digestInfo(of: toBeSigned) + [0x00]
    #expect(reason(try card.sign(digestInfo: trailing), card.signingCertificate, .signing) == .digestInfoTrailingBytes)
    #expect(throws: Never.self) { try card.sign(digestInfo: []) }
  }

  @Test func aCardRefusesOnlyWhatDoesNotFit() throws {
    #expect(try card.sign(digestInfo: [UInt8](repeating: 1, count: 245)).count == 256)
    #expect(throws: CardRefusal.tooLong) { try card.sign(digestInfo: [UInt8](repeating: 1, count: 246)) }
  }

  @Test func anotherCardsKeyDoesNotFitTheCertificate() throws {
    let other = try fixture.simulator.card(for: fixture.taro().id)
    let signature = try other.sign(digestInfo: CitizenDevice.digestInfo(of: toBeSigned))
    #expect(reason(signature, card.signingCertificate, .signing)?.result == .signatureInvalid)
  }

  @Test func aCardPrintsNothingOfItself() {
    #expect("\(card)" == "<redacted>")
    #expect(String(reflecting: card) == "<redacted>")
    var dumped = ""
    dump(card, to: &dumped)
    #expect(!dumped.contains("key"))
  }

  // MARK: The device

  @Test func thePlainCardHoldsBothSignaturesInTheFormOfTheAPI() throws {
    let object = try CitizenDevice(card: card).plainCard(toBeSigned: toBeSigned)
    #expect(object["format"]?.string == "raw")
    #expect(object["certificate"]?.string == Base64.encode(card.signingCertificate))
    #expect(object["authentication"]?["certificate"]?.string == Base64.encode(card.authenticationCertificate))
    let signing = try #require(object["signature"]?.string.flatMap(Base64URL.decode))
    let authentication = try #require(object["authentication"]?["signature"]?.string.flatMap(Base64URL.decode))
    #expect(reason(signing, card.signingCertificate, .signing) == nil)
    #expect(reason(authentication, card.authenticationCertificate, .authentication) == nil)
  }

  @Test func forLoginTheAuthenticationCertificateStandsInFront() throws {
    let object = try CitizenDevice(card: card).plainCard(toBeSigned: toBeSigned, signing: false)
    #expect(object["certificate"]?.string == Base64.encode(card.authenticationCertificate))
    #expect(object["authentication"] == nil)
  }

  @Test func theEnvelopeOpensWithTheBrokersKeyOnly() throws {
    let broker = KeyAgreementKey.generate()
    let device = CitizenDevice(card: card)
    let key = try CitizenDevice.envelopeKey(of: JSONWebKeySet(keys: [SigningKey.generate().publicJWK, broker.publicJWK]))
    let envelope = try device.envelope(toBeSigned: toBeSigned, tenantID: "ten_1", sessionID: "onb_1", to: key)
    let opened = try JSONWebEncryption.decrypt(envelope, with: [broker])
    let content = try JSONValue(parsing: opened.plaintext)
    #expect(content["tenantId"]?.string == "ten_1")
    #expect(content["sessionId"]?.string == "onb_1")
    #expect(content["certificate"]?.string == Base64.encode(card.signingCertificate))
    #expect(throws: JOSEError.self) { try JSONWebEncryption.decrypt(envelope, with: [.generate()]) }
    #expect(!envelope.contains(Base64.encode(card.signingCertificate).prefix(40)))
  }

  @Test func anEnvelopeNeedsAKeyForEncryption() {
    #expect(throws: SimulatorRefusal.brokerKey) {
      try CitizenDevice.envelopeKey(of: JSONWebKeySet(keys: [SigningKey.generate().publicJWK]))
    }
  }
}
