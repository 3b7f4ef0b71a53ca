import CryptoExtras
import JOSE
import Testing

@Suite struct JSONWebKeyTests {
  /// The RSA key of RFC 7638 §3.1.
  static let rsa = """
    {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}
    """
  /// The EC key of RFC 7515 A.3.
  static let ec =
    #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#

  @Test func thumbprintIsThatOfRFC7638() throws {
    #expect(try JSONWebKey(json: Array(Self.rsa.utf8)).thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
  }

  @Test func labelsDoNotChangeTheThumbprint() throws {
    let key = try JSONWebKey(json: Array(Self.ec.utf8))
    #expect(key.labelled(kid: "a", alg: "ES256", use: "sig").thumbprint == key.thumbprint)
  }

  @Test func supportedKeysValidate() throws {
    try JSONWebKey(json: Array(Self.ec.utf8)).validate()
    try JSONWebKey(json: Array(Self.rsa.utf8)).validate()
  }

  @Test(arguments: [
    #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1"}"#,
    #"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#, #"{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#, #"{"kty":"oct","k":"AAAA"}"#,
    #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, #"{"kty":"EC"}"#,
  ])
  func unsupportedKeysDoNot(_ json: String) {
    #expect(throws: JOSEError.keyInvalid) { try JSONWebKey(json: Array(json.utf8)).validate() }
  }

  @Test func smallAndEvenExponentsAreRefused() throws {
    let modulus = [UInt8](repeating: 0xFF, count: 256)
    for exponent: [UInt8] in [[1], [0], [2], [4], [1, 0, 0, 0, 1]] {
      #expect(throws: JOSEError.keyInvalid) { try JSONWebKey(modulus: modulus, exponent: exponent).validate() }
    }
    #expect(throws: JOSEError.keyInvalid) { try JSONWebKey(modulus: [UInt8](repeating: 0xFF, count: 128), exponent: [1, 0, 1]).validate() }
  }

  @Test func privateMembersAreNeverWritten() throws {
    let json = String(
      decoding: try JSONWebKey(json: Array((Self.ec.dropLast() + #","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#).utf8)).json(),
      as: UTF8.self)
    #expect(!json.contains("\"d\""))
  }

  @Test func keysSurvivePEM() throws {
    let signing = SigningKey.generate()
    #expect(try SigningKey(pemRepresentation: signing.pemRepresentation).kid == signing.kid)
    #expect(try SigningKey(rawRepresentation: signing.rawRepresentation).kid == signing.kid)
    #expect(try JSONWebKey(pemRepresentation: signing.publicPEMRepresentation).thumbprint == signing.kid)
    let agreement = KeyAgreementKey.generate()
    #expect(try KeyAgreementKey(pemRepresentation: agreement.pemRepresentation).kid == agreement.kid)
    #expect(signing.pemRepresentation.hasPrefix("-----BEGIN PRIVATE KEY-----"))
    #expect(throws: JOSEError.keyInvalid) {
      try SigningKey(pemRepresentation: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")
    }
  }

  @Test func readsSEC1() throws {
    // RFC 7515 A.3's scalar as an EC PRIVATE KEY.
    let raw = try #require(Base64URL.decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"))
    let der: [UInt8] =
      [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20] + raw + [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    let pem =
      "-----BEGIN EC PRIVATE KEY-----\n\(Base64.encode(der).prefix(64))\n\(Base64.encode(der).dropFirst(64))\n-----END EC PRIVATE KEY-----\n"
    #expect(try SigningKey(pemRepresentation: pem).publicJWK.x == "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")
  }

  @Test func privateKeysAreNeverPrinted() throws {
    let key = SigningKey.generate()
    let agreement = KeyAgreementKey.generate()
    var text = "\(key)\(agreement)\(DecryptionKey.agreement(agreement))\(String(reflecting: key))"
    dump(key, to: &text)
    dump(agreement, to: &text)
    for child in Mirror(reflecting: key).children { text += "\(child)" }
    #expect(text.contains("<redacted>") && !text.contains("PrivateKey") && !text.contains(Base64URL.encode(key.rawRepresentation)))
  }
}
