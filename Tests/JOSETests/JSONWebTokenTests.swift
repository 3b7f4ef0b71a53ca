import Foundation
import JOSE
import Testing

@Suite struct JSONWebTokenTests {
  static let now = Date(timeIntervalSince1970: 1_800_000_000)
  static let key = SigningKey.generate()

  static func token(
    expires: TimeInterval = 60, notBefore: TimeInterval = 0, issued: TimeInterval = 0, audience: [String] = ["https://broker/oauth2/token"]
  ) throws -> String {
    try JSONWebToken.sign(
      .init(
        issuer: "client", subject: "client", audience: audience, expiration: now + expires, notBefore: now + notBefore,
        issuedAt: now + issued, tokenID: "jti"),
      type: "client-authentication+jwt", key: key)
  }

  static func verify(_ token: String, _ expectations: JSONWebToken.Expectations, at date: Date = now) throws -> JSONWebToken.Claims {
    try JSONWebToken.verify(token, keys: [key.publicJWK], expecting: expectations, at: date).claims
  }

  @Test func aTokenTellsItsClaims() throws {
    let claims = try Self.verify(
      Self.token(audience: ["a", "b"]),
      .init(type: "application/client-authentication+jwt", issuer: "client", subject: "client", audiences: ["b", "c"], required: ["jti"]))
    #expect(claims.audience == ["a", "b"] && claims.tokenID == "jti" && claims.expiration == Self.now + 60 && claims.issuedAt == Self.now)
  }

  @Test func timeIsCheckedWithLeeway() throws {
    let token = try Self.token()
    #expect(throws: JOSEError.expired) { try Self.verify(token, .init(leeway: 0), at: Self.now + 60) }
    _ = try Self.verify(token, .init(leeway: 5), at: Self.now + 64)
    #expect(throws: JOSEError.expired) { try Self.verify(token, .init(leeway: 5), at: Self.now + 65) }
    #expect(throws: JOSEError.notYetValid) { try Self.verify(Self.token(notBefore: 10), .init()) }
    #expect(throws: JOSEError.notYetValid) { try Self.verify(Self.token(issued: 10), .init()) }
    #expect(throws: JOSEError.lifetimeTooLong) { try Self.verify(Self.token(expires: 600), .init(maximumLifetime: 60)) }
  }

  @Test func eachExpectationIsChecked() throws {
    let token = try Self.token()
    #expect(throws: JOSEError.typeNotExpected) { try Self.verify(token, .init(type: "at+jwt")) }
    #expect(throws: JOSEError.claimUnexpected("iss")) { try Self.verify(token, .init(issuer: "other")) }
    #expect(throws: JOSEError.claimUnexpected("sub")) { try Self.verify(token, .init(subject: "other")) }
    #expect(throws: JOSEError.claimUnexpected("aud")) { try Self.verify(token, .init(audiences: ["other"])) }
    #expect(throws: JOSEError.claimMissing("nonce")) { try Self.verify(token, .init(required: ["nonce"])) }
  }

  @Test func aTokenWithoutExpirationIsRefused() throws {
    let token = try JSONWebToken.sign(.init(issuer: "a"), key: Self.key)
    #expect(throws: JOSEError.claimMissing("exp")) { try Self.verify(token, .init()) }
    let words = try JSONWebToken.sign(.init(["exp": "tomorrow"]), key: Self.key)
    #expect(throws: JOSEError.malformed) { try Self.verify(words, .init()) }
  }

  @Test func claimsOfAnyKindSurvive() throws {
    let claims = JSONWebToken.Claims(
      expiration: Self.now + 1, others: ["cnf": ["jkt": "x"], "list": [1, true, "a"], "number": 9_007_199_254_740_993])
    let read = try Self.verify(JSONWebToken.sign(claims, key: Self.key), .init())
    #expect(read["cnf"]?["jkt"]?.string == "x" && read["list"]?[1]?.bool == true && read["number"]?.integer == 9_007_199_254_740_993)
  }

  @Test func errorsCarryNothingOfTheToken() throws {
    let error = #expect(throws: JOSEError.self) { try Self.verify(Self.token() + "A", .init()) }
    #expect("\(error as Any)".utf8.count < 100)
  }
}
