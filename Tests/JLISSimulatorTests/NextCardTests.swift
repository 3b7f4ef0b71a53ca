import CitizenItems
import Foundation
import JLISSimulator
import JPKI
import Testing

/// What the mint of the next card makes is what the JPKI room accepts where it is told to.
@Suite struct NextCardTests {
  private let now = Date(timeIntervalSince1970: 1_782_874_800)

  private func card(_ mint: NextCardMint) throws -> NextCard {
    try mint.card(name: "四情　花子", address: "東京都清瀬市観布子南１２－７－２０２", dateOfBirth: "1980-02-17", sex: "female")
  }

  private func verifier(_ mint: NextCardMint) throws -> CardVerifier {
    CardVerifier(
      trust: try TrustStore(
        environment: .simulator, signing: [mint.root(.signing)], authentication: [mint.root(.authentication)], versions: [.p384]))
  }

  @Test func bothCertificatesHoldEveryRuleAndBothKeysSign() throws {
    let mint = try NextCardMint(at: now)
    let verifier = try verifier(mint)
    let card = try card(mint)
    let content = Array("yonjo/onboarding/1".utf8)
    let signing = CardSignature(signature: try card.sign(content), certificate: card.signingCertificate)
    #expect(try verifier.verify(signing, over: content, kind: .signing, at: now).items?.name.text == "四情　花子")
    let authentication = CardSignature(signature: try card.authenticate(content), certificate: card.authenticationCertificate)
    _ = try verifier.verify(authentication, over: content, kind: .authentication, at: now)
    for (der, kind) in [(card.signingCertificate, CertificateKind.signing), (card.authenticationCertificate, .authentication)] {
      let findings = try #require(verifier.findings(der, kind: kind, at: now))
      #expect(findings.filter { !$0.holds }.map(\.rule.id) == [])
    }
  }

  @Test func aStoreThatWasNotToldRefusesTheRoots() throws {
    let mint = try NextCardMint(at: now)
    #expect(throws: TrustStoreError.profile(.signing, rule: "signature.algorithm")) {
      try TrustStore(environment: .simulator, signing: [mint.root(.signing)], authentication: [mint.root(.authentication)])
    }
  }

  @Test func cardsOfAnotherMintAreUntrusted() throws {
    let other = try card(NextCardMint(at: now))
    let verifier = try verifier(NextCardMint(at: now))
    #expect(throws: VerificationFailure(.issuerUnknown)) {
      try verifier.verifyCertificate(other.signingCertificate, kind: .signing, at: now)
    }
  }

  @Test func opensslVerifiesTheChain() async throws {
    let mint = try NextCardMint(at: now)
    let card = try card(mint)
    try await withTemporaryDirectory { directory in
      let root = try write(pem(mint.root(.signing)), "root.pem", in: directory)
      let leaf = try write(pem(card.signingCertificate), "leaf.pem", in: directory)
      let seconds = String(Int(now.timeIntervalSince1970) + 60)
      let (code, text) = try await openssl(["verify", "-x509_strict", "-attime", seconds, "-CAfile", root, leaf])
      #expect(code == 0, "\(text)")
    }
  }
}
