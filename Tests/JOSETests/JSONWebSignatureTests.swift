import Crypto
import CryptoExtras
import Foundation
import JOSE
import Testing

@Suite struct JSONWebSignatureTests {
  static let compact =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

  static func assemble(_ header: String, _ payload: String, _ signature: [UInt8]) -> String {
    [Base64URL.encode(Array(header.utf8)), Base64URL.encode(Array(payload.utf8)), Base64URL.encode(signature)].joined(separator: ".")
  }

  @Test func verifiesTheVectorOfRFC7515() throws {
    let key = try JSONWebKey(json: Array(JSONWebKeyTests.ec.utf8))
    let (header, payload) = try JSONWebSignature.verify(Self.compact, keys: [key])
    #expect(header.algorithm == "ES256" && String(decoding: payload, as: UTF8.self).contains("joe"))
  }

  @Test func whatIsSignedVerifies() throws {
    let key = SigningKey.generate()
    let compact = try JSONWebSignature.sign(payload: [1, 2, 3], header: ["typ": "receipt+jws"], key: key)
    let (header, payload) = try JSONWebSignature.verify(compact, keys: [SigningKey.generate().publicJWK, key.publicJWK])
    #expect(payload == [1, 2, 3] && header.type == "receipt+jws" && header.keyID == key.kid)
  }

  @Test func anyChangedCharacterIsNoticed() throws {
    let key = SigningKey.generate()
    let compact = Array(try JSONWebSignature.sign(payload: Array("payload".utf8), key: key).utf8)
    for index in compact.indices {
      var changed = compact
      changed[index] = changed[index] == 0x41 ? 0x42 : 0x41
      #expect(throws: JOSEError.self) { try JSONWebSignature.verify(String(decoding: changed, as: UTF8.self), keys: [key.publicJWK]) }
    }
  }

  @Test func noneIsNeverAccepted() {
    for header in [#"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":""}"#] {
      #expect(throws: JOSEError.algorithmNotAllowed) {
        try JSONWebSignature.verify(Self.assemble(header, "{}", []), keys: [SigningKey.generate().publicJWK])
      }
    }
  }

  @Test func aPublicKeyIsNeverAnHMACSecret() throws {
    let key = SigningKey.generate()
    let input = Base64URL.encode(Array(#"{"alg":"HS256"}"#.utf8)) + "." + Base64URL.encode(Array("{}".utf8))
    let code = HMAC<SHA256>.authenticationCode(for: Array(input.utf8), using: SymmetricKey(data: Array(key.publicPEMRepresentation.utf8)))
    #expect(throws: JOSEError.algorithmNotAllowed) {
      try JSONWebSignature.verify(input + "." + Base64URL.encode(Array(code)), keys: [key.publicJWK])
    }
  }

  @Test func theKeyDecidesTheAlgorithm() throws {
    let key = SigningKey.generate()
    let signature = try key.signature(for: [])
    for algorithm in ["ES384", "PS256", "RS256"] {
      #expect(throws: JOSEError.algorithmNotAllowed) {
        try JSONWebSignature.verify(
          Self.assemble(#"{"alg":"\#(algorithm)"}"#, "{}", signature), keys: [key.publicJWK], algorithms: [.es256, .ps256, .es384])
      }
    }
    let compact = try JSONWebSignature.sign(payload: [], key: key)
    #expect(throws: JOSEError.algorithmNotAllowed) { try JSONWebSignature.verify(compact, keys: [key.publicJWK], algorithms: [.ps256]) }
    #expect(throws: JOSEError.algorithmNotAllowed) {
      try JSONWebSignature.verify(compact, keys: [key.publicJWK.labelled(kid: key.kid, alg: "PS256", use: "sig")])
    }
  }

  @Test func anEncryptionKeyVerifiesNothing() throws {
    let key = SigningKey.generate()
    let compact = try JSONWebSignature.sign(payload: [], key: key)
    #expect(throws: JOSEError.keyUnknown) {
      try JSONWebSignature.verify(compact, keys: [key.publicJWK.labelled(kid: key.kid, alg: nil, use: "enc")])
    }
  }

  @Test func kidRestrictsTheSearch() throws {
    let key = SigningKey.generate()
    let compact = try JSONWebSignature.sign(payload: [], key: key)
    #expect(throws: JOSEError.keyUnknown) {
      try JSONWebSignature.verify(compact, keys: [key.publicJWK.labelled(kid: "other", alg: nil, use: nil)])
    }
    #expect(throws: JOSEError.keyUnknown) { try JSONWebSignature.verify(compact, keys: []) }
  }

  @Test(arguments: [
    #"{"alg":"ES256","crit":["exp"],"exp":1}"#, #"{"alg":"ES256","b64":false,"crit":["b64"]}"#, #"{"alg":"ES256","zip":"DEF"}"#,
  ])
  func extensionsAreRefused(_ header: String) {
    #expect(throws: JOSEError.extensionNotUnderstood) {
      try JSONWebSignature.verify(Self.assemble(header, "{}", [UInt8](repeating: 0, count: 64)), keys: [SigningKey.generate().publicJWK])
    }
  }

  @Test(arguments: [
    "", ".", "..", "...", "a.b.c", "eyJhbGciOiJFUzI1NiJ9..", "e30.e30.AA", "W10.e30.AA", "eyJhbGciOjF9.e30.AA",
    "eyJhbGciOiJFUzI1NiJ9.e30.AA.AA", "eyJhbGciOiJFUzI1NiIsImtpZCI6MX0.e30.AA",
  ])
  func theMalformedIsRefused(_ compact: String) {
    #expect(throws: JOSEError.self) { try JSONWebSignature.verify(compact, keys: [SigningKey.generate().publicJWK]) }
  }

  @Test func theTooLargeIsRefused() {
    let compact = String(repeating: "A", count: JSONWebSignature.maximumBytes + 1)
    #expect(throws: JOSEError.tooLarge) { try JSONWebSignature.verify(compact, keys: []) }
  }

  @Test func verifiesPS256AndES384FromElsewhere() throws {
    let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    let rsaInput = Base64URL.encode(Array(#"{"alg":"PS256"}"#.utf8)) + "." + Base64URL.encode([1])
    let rsaSignature = try rsa.signature(for: SHA256.hash(data: Array(rsaInput.utf8)), padding: .PSS)
    let rsaKey = try JSONWebKey(pemRepresentation: rsa.publicKey.pemRepresentation)
    #expect(
      try JSONWebSignature.verify(rsaInput + "." + Base64URL.encode(Array(rsaSignature.rawRepresentation)), keys: [rsaKey]).payload == [1])

    let ec = P384.Signing.PrivateKey()
    let ecInput = Base64URL.encode(Array(#"{"alg":"ES384"}"#.utf8)) + "." + Base64URL.encode([2])
    let ecSignature = Base64URL.encode(Array(try ec.signature(for: Array(ecInput.utf8)).rawRepresentation))
    let ecKey = try JSONWebKey(pemRepresentation: ec.publicKey.pemRepresentation)
    #expect(try JSONWebSignature.verify(ecInput + "." + ecSignature, keys: [ecKey], algorithms: [.es384]).payload == [2])
    #expect(throws: JOSEError.algorithmNotAllowed) { try JSONWebSignature.verify(ecInput + "." + ecSignature, keys: [ecKey]) }
  }
}
