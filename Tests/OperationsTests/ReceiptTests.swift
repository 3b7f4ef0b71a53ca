import Foundation
import JOSE
import Operations
import Testing

@Suite("A receipt is verified with nothing but the published keys")
struct ReceiptTests {
  private static let key = SigningKey.generate()
  private static let issuer = "https://yonjo.example.jp"
  private static let digest = [UInt8](repeating: 7, count: 32)
  /// As the broker signs the verification of a document.
  private static let claims: [String: JSONValue] = [
    "schema": "yonjo-receipt/1", "iss": .string(issuer), "aud": "ten_x", "jti": "ver_x", "iat": 1_763_694_245, "sub": "sub_x",
    "purpose": "document", "documentPurpose": "loanContract", "result": "ok", "signed": .string(Base64URL.encode(digest)),
    "signedAlgorithm": "SHA-256", "checkedAt": 1_763_694_245, "revocation": ["method": "ocsp", "sourceTime": 1_763_694_000],
  ]
  /// Others stand beside it in a key set: rotated ones, and those for other uses.
  private static let published = [SigningKey.generate().publicJWK, key.publicJWK, KeyAgreementKey.generate().publicJWK]

  private func receipt(_ change: (inout [String: JSONValue]) -> Void = { _ in }, type: String = "yonjo-receipt+jwt", key: SigningKey = key)
    throws
    -> String
  {
    var claims = Self.claims
    change(&claims)
    return try JSONWebToken.sign(JSONWebToken.Claims(claims), type: type, key: key)
  }

  private func verify(_ text: String, keys: [JSONWebKey] = published, issuer: String? = issuer, document: [UInt8]? = nil) -> ReceiptFault? {
    do throws(ReceiptFault) {
      _ = try ReceiptVerifier.verify(text, keys: keys, issuer: issuer, documentDigest: document)
      return nil
    } catch {
      return error
    }
  }

  @Test("it says what the broker said, however old it is")
  func holds() throws {
    let found = try ReceiptVerifier.verify(try receipt() + "\n", keys: Self.published, issuer: Self.issuer, documentDigest: Self.digest)
    #expect(found.keyID == Self.key.kid && found.issuer == Self.issuer && found.tenant == "ten_x" && found.id == "ver_x")
    #expect(found.purpose == "document" && found.result == "ok" && found.subject == "sub_x")
    #expect(found.signed == Base64URL.encode(Self.digest) && found.checkedAt == Date(timeIntervalSince1970: 1_763_694_245))
    #expect(found.claims["revocation"]?["method"] == "ocsp")
    #expect(verify(try receipt { $0["iat"] = 946_684_800 }) == nil)
    #expect(verify(try receipt { $0["sub"] = nil }) == nil)
  }

  @Test("the record of a consent is one as well")
  func consents() throws {
    let text = try receipt { claims in
      for name in ["result", "signed", "signedAlgorithm", "checkedAt", "revocation", "documentPurpose", "sub"] { claims[name] = nil }
      claims["purpose"] = "consentReceipt"
      claims["pii_principal_id"] = "sub_y"
    }
    #expect(try ReceiptVerifier.verify(text, keys: Self.published).subject == "sub_y")
  }

  @Test("no changed character passes")
  func changed() throws {
    let text = Array(try receipt().utf8)
    for index in text.indices where text[index] != UInt8(ascii: ".") {
      var other = text
      other[index] = other[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      // The last character of a part may hold bits that say nothing; strict base64url refuses those as well.
      #expect(verify(String(decoding: other, as: UTF8.self)) != nil, "character \(index)")
    }
  }

  @Test("each way to be wrong has its own name")
  func faults() throws {
    let stranger = SigningKey.generate()
    #expect(verify(try receipt(key: stranger)) == .keyUnknown(stranger.kid))
    #expect(verify(try receipt(), keys: []) == .keyUnknown(Self.key.kid))
    let impostor = stranger.publicJWK.labelled(kid: Self.key.kid, alg: "ES256", use: "sig")
    #expect(verify(try receipt(), keys: [impostor]) == .signatureInvalid)
    #expect(verify(try receipt(type: "at+jwt")) == .notAReceipt("at+jwt"))
    #expect(verify(try receipt { $0["schema"] = "yonjo-receipt/2" }) == .schemaUnknown("yonjo-receipt/2"))
    #expect(verify(try receipt { $0["schema"] = nil }) == .schemaUnknown(nil))
    #expect(verify(try receipt(), issuer: "https://other.example.jp") == .otherIssuer(Self.issuer))
    #expect(verify(try receipt(), document: [UInt8](repeating: 8, count: 32)) == .otherDocument)
    for text in ["", "a.b.c", "no receipt", "{\"receipt\":\"x\"}", try receipt() + ".x"] { #expect(verify(text) == .malformed) }
    #expect(verify(String(repeating: "a", count: ReceiptVerifier.maximumBytes + 1)) == .tooLarge)
    let none = Base64URL.encode(Array(#"{"alg":"none","typ":"yonjo-receipt+jwt"}"#.utf8)) + ".e30."
    #expect(verify(none) == .algorithm)
    let critical = Base64URL.encode(Array(#"{"alg":"ES256","crit":["b64"],"b64":false}"#.utf8)) + ".e30.AAAA"
    #expect(verify(critical) == .extensionNotUnderstood)
  }

  @Test(
    "a receipt that does not say what every receipt says is none",
    arguments: [
      "iss", "aud", "jti", "iat", "purpose", "result", "signed", "signedAlgorithm", "checkedAt",
    ])
  func missing(name: String) throws {
    for value in [nil, JSONValue.bool(true)] {
      guard case .claimMissing = verify(try receipt { $0[name] = value }, issuer: nil) else {
        Issue.record("\(name) may be missing")
        continue
      }
    }
  }

  @Test("what is not vouched for is shown without control characters")
  func terminal() throws {
    let hostile = try JSONWebSignature.sign(payload: [0x7B, 0x7D], header: ["typ": "\u{1B}[31mreceipt\u{7}"], key: Self.key)
    let fault = try #require(verify(hostile))
    #expect(!fault.description.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
  }
}
