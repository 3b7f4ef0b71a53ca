import JPKI
import Testing

/// Nothing of a card shows, however it is printed.
struct RedactionTests {
  private func everyPrint(_ value: some Sendable) -> String {
    var dumped = ""
    dump(value, to: &dumped)
    dump([value], to: &dumped)
    return
      "\(value) \(String(describing: value)) \(String(reflecting: value)) \(dumped) \([value]) \(Optional(value) as Any) \(Mirror(reflecting: value).children.map { "\($0)" })"
  }

  @Test func aVerifiedCertificatePrintsNothing() throws {
    let certificate = try World.verifier.verifyCertificate(World.signingCertificate, kind: .signing, at: World.now)
    let text = everyPrint(certificate)
    for secret in ["四情", "花子", "東京都", "1980", "female", "162, 179", "ocsp.invalid", "48, 130"] { #expect(!text.contains(secret)) }
    #expect(text.contains("<redacted>"))
  }

  @Test func aSerialPrintsNothing() throws {
    let text = everyPrint(try #require(Serial([0x01, 0xA2, 0xB3, 0xC4])))
    for secret in ["162", "a2", "A2", "27440068"] { #expect(!text.contains(secret)) }
  }

  @Test func aListPrintsNoSerial() throws {
    var recipe = ListRecipe()
    recipe.entries[0].serial = Encoder.integer([UInt8](repeating: 0x55, count: 12))
    recipe.entries[1].serial = Encoder.integer(27_440_069)
    let text = everyPrint(try RevocationList(verifying: recipe.der, issuer: World.signingAnchor, at: World.now))
    for secret in ["27440069", "85, 85, 85, 85"] { #expect(!text.contains(secret)) }
    #expect(text.contains("<redacted>"))
  }

  @Test func aCardSignaturePrintsNothing() {
    let text = everyPrint(World.raw(World.signature))
    #expect(!text.contains("48, 130") && !text.contains("\(World.signature[0]), \(World.signature[1])"))
  }

  @Test func aFailureSaysItsCodesAndNothingElse() {
    #expect("\(VerificationFailure(.pssNotAccepted))" == "signatureInvalid/pssNotAccepted")
  }

  @Test func aSerialIsANumber() {
    #expect(Serial([0, 0, 5]) == Serial([5]))
    #expect(Serial([]) == nil)
    #expect(Serial([0, 0]) == nil)
    #expect(Serial([UInt8](repeating: 1, count: 21)) == nil)
  }
}
