#if XMLSignatures
  import Foundation
  import JPKI
  import Testing
  import XMLSecOracle

  /// XML signatures, as the trait XMLSignatures reads them, and as xmlsec1 does.
  struct XMLSignatureTests {
    private func verify(_ bytes: [UInt8], over content: [UInt8] = World.message, by verifier: CardVerifier = World.verifier)
      -> VerificationReason?
    {
      reason { () throws(VerificationFailure) in
        _ = try verifier.verify(
          CardSignature(format: .xml, signature: bytes, certificate: nil), over: content, kind: .signing, at: World.now)
      }
    }

    private func xmlsecVerifies(_ bytes: [UInt8]) -> Bool {
      World.signingKey.withHandle { yonjo_xmlsec_verify(bytes, bytes.count, UnsafeMutableRawPointer($0)) == 1 }
    }

    private func xmlsecSigns(_ template: String) -> [UInt8]? {
      let bytes = Array(template.utf8)
      var output: UnsafeMutablePointer<UInt8>?
      let length = World.signingKey.withHandle { yonjo_xmlsec_sign(bytes, bytes.count, UnsafeMutableRawPointer($0), &output) }
      defer { yonjo_xmlsec_free(output) }
      return output.map { Array(UnsafeBufferPointer(start: $0, count: length)) }
    }

    @Test func theFormatIsSupported() { #expect(CardSignature.Format.xml.isSupported) }

    @Test func anEnvelopingSignaturePassesHereAndInXMLSec() {
      let bytes = Array(XMLRecipe().text.utf8)
      #expect(verify(bytes) == nil)
      #expect(xmlsecVerifies(bytes))
    }

    @Test func anEnvelopedSignaturePassesHereAndInXMLSec() {
      let bytes = Array(XMLRecipe.enveloped().text.utf8)
      #expect(verify(bytes, over: XMLRecipe.contractBytes) == nil)
      #expect(xmlsecVerifies(bytes))
    }

    @Test func theCertificateMayComeBesideIt() throws {
      for certificates in [[], [World.signingCertificate], [World.signingAuthority.certificate, World.signingCertificate]] {
        var recipe = XMLRecipe()
        recipe.certificates = certificates
        let card = CardSignature(format: .xml, signature: Array(recipe.text.utf8), certificate: World.signingCertificate)
        _ = try World.verifier.verify(card, over: World.message, kind: .signing, at: World.now)
      }
    }

    /// As people and programs write XML: a declaration, line breaks, other prefixes, attributes in any order, empty elements in short.
    private func template(transforms: String, uri: String, object: String) -> String {
      """
      <Signature xmlns="\(XMLRecipe.ds)"><SignedInfo>
          <CanonicalizationMethod   Algorithm='\(XMLRecipe.exclusive)'/>
          <SignatureMethod Algorithm="\(XMLRecipe.more)rsa-sha256" />
          <Reference  Type="urn:x" URI="\(uri)"><Transforms>\(transforms)</Transforms>
            <DigestMethod Algorithm="\(XMLRecipe.sha256Identifier)"/><DigestValue></DigestValue>
          </Reference></SignedInfo>
        <SignatureValue/>
        <KeyInfo><X509Data><X509Certificate>
          \(Data(World.signingCertificate).base64EncodedString(options: .lineLength76Characters))
        </X509Certificate></X509Data></KeyInfo>\(object)
      </Signature>
      """
    }

    @Test func whatXMLSecSignsPasses() throws {
      let enveloping =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        + template(
          transforms: "<Transform Algorithm=\"\(XMLRecipe.ds)base64\"/>", uri: "#content",
          object: "<Object Id=\"content\">\n  \(Data(World.message).base64EncodedString())\n</Object>")
      #expect(verify(try #require(xmlsecSigns(enveloping))) == nil)

      let signature = template(
        transforms: "<Transform Algorithm=\"\(XMLRecipe.ds)enveloped-signature\"/><Transform Algorithm=\"\(XMLRecipe.exclusive)\"/>",
        uri: "",
        object: "")
      let document =
        "<?xml version=\"1.0\"?>\n<!-- a contract -->\n<c:contract  b='2' a=\"1\" xmlns:c=\"urn:yonjo:test\" xmlns:unused=\"urn:x\">"
        + "<c:name>四情&#x3000;花子 &amp; 太郎</c:name><c:empty/>\(signature)</c:contract>\n"
      let canonical =
        "<c:contract xmlns:c=\"urn:yonjo:test\" a=\"1\" b=\"2\"><c:name>四情　花子 &amp; 太郎</c:name><c:empty></c:empty></c:contract>"
      let signed = try #require(xmlsecSigns(document))
      #expect(verify(signed, over: Array(canonical.utf8)) == nil)
      #expect(verify(signed, over: Array(document.utf8)) == .xmlContentMismatch)
    }

    @Test func theDigestAloneIsEnough() throws {
      _ = try World.verifier.verify(XMLRecipe().card, overDigest: sha256(World.message), kind: .signing, at: World.now)
    }

    @Test func aProfileMayAllowLongerDigests() {
      var recipe = XMLRecipe()
      recipe.digestMethod = "http://www.w3.org/2001/04/xmlenc#sha512"
      recipe.digest = sha512(World.message)
      #expect(verify(Array(recipe.text.utf8), by: CardVerifier(trust: World.trust, digests: [.sha256, .sha512])) == nil)
    }

    @Test func theNextCardSignsXMLToo() {
      var recipe = XMLRecipe()
      recipe.certificates = [NextCard.certificate]
      recipe.signatureMethod = XMLRecipe.more + "ecdsa-sha384"
      recipe.digestMethod = XMLRecipe.more + "sha384"
      recipe.digest = sha384(World.message)
      func card(_ signature: [UInt8]) -> [UInt8] {
        recipe.signature = signature
        return Array(recipe.text.utf8)
      }
      // Until r and s are both 48 bytes long, so that their places are known without a reader.
      var der: [UInt8] = []
      repeat {
        der = NextCard.cardKey.sign(Array(recipe.signedInfo.utf8))
      } while Array(der[2...3]) != [2, 48] || Array(der[52...53]) != [2, 48]
      #expect(verify(card(Array(der[4..<52] + der[54...])), by: NextCard.verifier) == nil)
      #expect(verify(card(der), by: NextCard.verifier) == .ecdsaMalformed)
      #expect(verify(card([UInt8](repeating: 1, count: 96)), by: NextCard.verifier) == .ecdsaInvalid)
    }

    @Test func whatIsMutatedPassesOnlyWhereXMLSecAcceptsIt() {
      var random = MutationTests.Randomness(state: 31)
      for recipe in [XMLRecipe(), XMLRecipe.enveloped()] {
        let original = Array(recipe.text.utf8)
        let content = recipe.around == nil ? World.message : XMLRecipe.contractBytes
        var misjudged = 0
        for _ in 0..<2000 {
          let mutated = MutationTests.mutate(original, &random)
          if verify(mutated, over: content) == nil, !xmlsecVerifies(mutated) { misjudged += 1 }
          if verify(mutated, over: content + [0]) == nil { misjudged += 1 }
        }
        #expect(misjudged == 0)
      }
    }
  }
#endif
