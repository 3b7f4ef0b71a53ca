import Broker
import Crypto
import CryptoExtras
import Foundation
import HTTPTypes
import JOSE
import Testing

@testable import ComplianceConsole

@Suite("Signing in by the tenant's own identity provider")
struct ProviderTests {
  private static let now = Date(timeIntervalSince1970: 1_775_000_000)

  @Test func anIDTokenIsTakenOnlyIfEverythingAboutItIsRight() throws {
    let key = SigningKey.generate()
    let signIn = ProviderSignIn.begin(TenantID(UUID()))
    let provider = try FakeProvider.settings()
    let good = FakeProvider.claims(nonce: signIn.nonce, subject: "u-1", name: "sato", at: Self.now)
    func identity(_ claims: [String: JSONValue], keys: [JSONWebKey]? = nil) throws -> (subject: String, name: String?) {
      let token = try JSONWebToken.sign(JSONWebToken.Claims(claims), key: key)
      let published = key.publicJWK.labelled(kid: key.kid, alg: nil, use: "sig")
      return try signIn.identity(in: token, keys: keys ?? [published], provider: provider, at: Self.now)
    }
    let found = try identity(good)
    #expect(found.subject == "u-1" && found.name == "sato")
    let wrong: [(String, JSONValue?)] = [
      ("iss", "https://other.example"), ("aud", "another"), ("aud", ["console", "another"]), ("azp", "another"), ("nonce", "n"),
      ("nonce", nil),
      ("sub", nil), ("sub", ""), ("sub", .string(String(repeating: "x", count: 256))), ("iat", nil),
      ("iat", .integer(Int64(Self.now.timeIntervalSince1970) - 700)), ("iat", .integer(Int64(Self.now.timeIntervalSince1970) + 90)),
      ("exp", .integer(Int64(Self.now.timeIntervalSince1970) - 90)), ("exp", nil),
    ]
    for (name, value) in wrong {
      var claims = good
      claims[name] = value
      #expect(throws: JOSEError.self, "\(name)") { try identity(claims) }
    }
    var several = good
    several["aud"] = ["console", "another"]
    several["azp"] = "console"
    #expect(try identity(several).subject == "u-1")
    #expect(throws: JOSEError.keyUnknown) { try identity(good, keys: []) }
    #expect(throws: JOSEError.signatureInvalid) {
      try identity(good, keys: [SigningKey.generate().publicJWK.labelled(kid: key.kid, alg: nil, use: "sig")])
    }
    // What another sign-in began is not this one's.
    let other = ProviderSignIn.begin(signIn.tenant)
    #expect(Set([signIn, other].flatMap { [$0.state, $0.nonce, $0.verifier, $0.challenge] }).count == 8)
    #expect(ProviderSignIn(secret: signIn.secret, tenant: TenantID(UUID())).state != signIn.state)
  }

  @Test func tokensByRSAAreTakenInBothPaddingsAndUnsignedOnesNever() throws {
    let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    let published = try JSONWebKey(pemRepresentation: key.publicKey.pemRepresentation).labelled(kid: "rsa", alg: nil, use: "sig")
    let signIn = ProviderSignIn.begin(TenantID(UUID()))
    let payload = try JSONValue.object(FakeProvider.claims(nonce: signIn.nonce, subject: "u-1", name: nil, at: Self.now)).serialized()
    func token(_ algorithm: String, _ padding: _RSA.Signing.Padding?) throws -> String {
      let input = Base64URL.encode(Array(#"{"alg":"\#(algorithm)","kid":"rsa"}"#.utf8)) + "." + Base64URL.encode(payload)
      let signature = try padding.map { padding in
        Array(try key.signature(for: SHA256.hash(data: Array(input.utf8)), padding: padding).rawRepresentation)
      }
      return input + "." + Base64URL.encode(signature ?? [])
    }
    let provider = try FakeProvider.settings()
    for (algorithm, padding) in [("RS256", _RSA.Signing.Padding.insecurePKCS1v1_5), ("PS256", .PSS)] {
      let found = try signIn.identity(in: try token(algorithm, padding), keys: [published], provider: provider, at: Self.now)
      #expect(found.subject == "u-1" && found.name == nil)
    }
    for (algorithm, padding) in [("none", nil), ("HS256", nil), ("RS256", _RSA.Signing.Padding.PSS)] as [(String, _RSA.Signing.Padding?)] {
      #expect(throws: JOSEError.self, "\(algorithm)") {
        try signIn.identity(in: try token(algorithm, padding), keys: [published], provider: provider, at: Self.now)
      }
    }
    // Everywhere else PKCS #1 v1.5 stays refused.
    #expect(throws: JOSEError.algorithmNotAllowed) {
      try JSONWebSignature.verify(try token("RS256", .insecurePKCS1v1_5), keys: [published])
    }
  }

  @Test func aDiscoveryDocumentIsReadOnlyOfWhomWeAskedAndOverTLS() throws {
    func metadata(_ change: (inout [String: JSONValue]) -> Void) throws -> ProviderMetadata {
      var members = FakeProvider.document
      change(&members)
      return try ProviderMetadata(parsing: try JSONValue.object(members).serialized(), issuer: FakeProvider.issuer)
    }
    #expect(try metadata { _ in }.authentication == .basic)
    #expect(try metadata { $0["token_endpoint_auth_methods_supported"] = ["client_secret_post"] }.authentication == .post)
    #expect(
      ProviderMetadata.address(of: "https://idp.example/realms/x/") == "https://idp.example/realms/x/.well-known/openid-configuration")
    for (name, value) in [
      ("issuer", "https://other.example"), ("token_endpoint", "http://idp.example/token"), ("token_endpoint", nil), ("jwks_uri", "keys"),
      ("authorization_endpoint", "https://user@idp.example/"), ("authorization_endpoint", "javascript:alert(1)"),
    ] as [(String, JSONValue?)] {
      #expect(throws: ProviderFault.malformed, "\(name)") { try metadata { $0[name] = value } }
    }
    #expect(throws: ProviderFault.malformed) { try ProviderMetadata(parsing: Array("[]".utf8), issuer: FakeProvider.issuer) }
    // A provider's other keys are no hindrance.
    let keys = #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"},{"kty":"oct"},{"use":"sig"},3]}"#
    #expect(try ProviderMetadata.keys(parsing: Array(keys.utf8)).isEmpty)
    #expect(throws: ProviderFault.malformed) { try ProviderMetadata.keys(parsing: Array("{}".utf8)) }
  }

  @Test func aMemberSignsInByTheProviderWithTheAccountThatBearsTheName() async throws {
    try await TestSite.with { site in
      try await site.staff.setProvider(site.bank, try FakeProvider.settings(), operatorName: "test")
      _ = try await site.staff.create(site.bank, name: "sato", role: .officer, operatorName: "test")
      let browser = TestBrowser(site)
      let signIn = "/console/\(site.bank)/sign-in"
      #expect(try await browser.get(signIn).body.contains("/console/\(site.bank)/provider"))
      let answer = try await browser.answer(of: "u-1", name: "sato")
      let page = try await browser.get(answer)
      #expect(page.status == .ok && page.headers[.refresh] == "0; url=/console/overview")
      #expect(try await browser.get("/console/overview").body.contains("sato"))
      // Told a second time, it is no sign-in any more: the cookie is gone.
      #expect(try await browser.get(answer).status == .forbidden)
      // Bound: by another name the same person comes in, and nobody else by this one.
      let again = TestBrowser(site)
      #expect(try await again.get(try await again.answer(of: "u-1", name: "renamed")).status == .ok)
      let other = TestBrowser(site)
      let unknown = try await other.get(try await other.answer(of: "u-2", name: "sato"))
      #expect(unknown.status == .forbidden && unknown.body.contains("staffProviderUnknown"))
      #expect(try await other.get("/console/overview").location == "/console")
    }
  }

  @Test func anAnswerOfAnotherBrowserOrWithAnErrorIsNone() async throws {
    try await TestSite.with { site in
      try await site.staff.setProvider(site.bank, try FakeProvider.settings(), operatorName: "test")
      _ = try await site.staff.create(site.bank, name: "sato", role: .viewer, operatorName: "test")
      let browser = TestBrowser(site)
      let answer = try await browser.answer(of: "u-1", name: "sato")
      #expect(try await TestBrowser(site).get(answer).status == .forbidden)
      let base = "/console/\(site.bank)/provider/answer"
      let refused = try await browser.get(answer.replacing("code=code-1", with: "error=access_denied"))
      #expect(refused.status == .unauthorized && refused.body.contains("role=\"alert\""))
      #expect(try await browser.get("\(base)?code=x&state=y").status == .forbidden)
      let third = TestBrowser(site)
      let mixed = try await third.answer(of: "u-1", name: "sato") + "&iss=https%3A%2F%2Fother.example"
      #expect(try await third.get(mixed).status == .unauthorized)
      await site.provider.fail()
      #expect(try await TestBrowser(site).get("/console/\(site.bank)/provider").status == .seeOther)
      let late = TestBrowser(site)
      #expect(try await late.get(try await late.answer(of: "u-1", name: "sato")).status == .badGateway)
    }
  }

  @Test func wherePasswordsAreNotAllowedTheProviderAloneOpens() async throws {
    try await TestSite.with { site in
      let invitation = try await site.staff.create(site.bank, name: "sato", role: .officer, operatorName: "test")
      try await site.staff.setProvider(site.bank, try FakeProvider.settings(passwords: false), operatorName: "test")
      let browser = TestBrowser(site)
      let signIn = "/console/\(site.bank)/sign-in"
      #expect(try await browser.get(signIn).body.contains("type=\"password\"") == false)
      #expect(try await browser.get("/console/\(site.bank)/enrol/\(invitation.token)").location == signIn)
      #expect(try await browser.get(try await browser.answer(of: "u-1", name: "sato")).status == .ok)
      #expect(try await browser.get("/console/overview").status == .ok)
      // Sessions that began with the provider end with it.
      try await site.staff.removeProvider(site.bank, operatorName: "test")
      #expect(try await browser.get("/console/overview").location == "\(signIn)?over=1")
      #expect(try await browser.get("/console/\(site.bank)/provider").status == .notFound)
    }
  }
}

extension TestBrowser {
  /// Goes to the provider, and returns the address to which it sends the browser back; its token will be about this person.
  func answer(of subject: String, name: String?) async throws -> String {
    let location = try #require(try await get("/console/\(site.bank)/provider").location)
    #expect(location.hasPrefix("\(FakeProvider.issuer)/authorize?"))
    let fields = Visit.fields(String(location.split(separator: "?", maxSplits: 1)[1]))
    #expect(fields["redirect_uri"] == "\(TestSite.issuer)/console/\(site.bank)/provider/answer")
    #expect(fields["response_type"] == "code" && fields["code_challenge_method"] == "S256" && fields["scope"]?.hasPrefix("openid") == true)
    await site.provider.expect(
      nonce: fields["nonce"] ?? "", challenge: fields["code_challenge"] ?? "", subject: subject, name: name, at: site.clock.now())
    return "/console/\(site.bank)/provider/answer?code=code-1&state=\(fields["state"] ?? "")"
  }
}

/// A provider in the same process: its document, its keys, and one code at a time.
actor FakeProvider: ProviderTransport {
  static let issuer = "https://idp.example"
  static let document: [String: JSONValue] = [
    "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"), "token_endpoint": .string(issuer + "/token"),
    "jwks_uri": .string(issuer + "/keys"),
  ]

  static func settings(passwords: Bool = true) throws -> StaffProvider {
    try StaffProvider(
      issuer: issuer, clientID: "console", clientSecret: "a secret: ü", nameClaim: "preferred_username", allowsPasswords: passwords)
  }

  static func claims(nonce: String, subject: String, name: String?, at now: Date) -> [String: JSONValue] {
    let seconds = Int64(now.timeIntervalSince1970)
    var claims: [String: JSONValue] = [
      "iss": .string(issuer), "aud": "console", "sub": .string(subject), "nonce": .string(nonce), "iat": .integer(seconds),
      "exp": .integer(seconds + 300),
    ]
    claims["preferred_username"] = name.map(JSONValue.string)
    return claims
  }

  private let key = SigningKey.generate()
  private var answer: (token: String, challenge: String)?
  private var isDown = false

  func expect(nonce: String, challenge: String, subject: String, name: String?, at now: Date) {
    let claims = Self.claims(nonce: nonce, subject: subject, name: name, at: now)
    answer = (try? JSONWebToken.sign(JSONWebToken.Claims(claims), key: key)).map { ($0, challenge) }
  }

  func fail() { isDown = true }

  func get(_ address: String) async throws(ProviderFault) -> [UInt8] {
    switch address {
    case Self.issuer + "/.well-known/openid-configuration": return Self.json(.object(Self.document))
    case Self.issuer + "/keys":
      return Self.json(["keys": [key.publicJWK.labelled(kid: key.kid, alg: "ES256", use: "sig").value]])
    default: throw .unreachable
    }
  }

  func post(_ address: String, form: String, authorization: String?) async throws(ProviderFault) -> [UInt8] {
    guard !isDown else { throw .unreachable }
    let fields = Visit.fields(form)
    let verifier = Base64URL.encode(Array(SHA256.hash(data: Array((fields["code_verifier"] ?? "").utf8))))
    let credentials = Base64.encode(Array("console:a%20secret%3A%20%C3%BC".utf8))
    guard address == Self.issuer + "/token", fields["code"] == "code-1", fields["grant_type"] == "authorization_code",
      authorization == "Basic \(credentials)", let answer, answer.challenge == verifier
    else { throw .refused }
    self.answer = nil
    return Self.json(["id_token": .string(answer.token), "token_type": "Bearer", "access_token": "x"])
  }

  private static func json(_ value: JSONValue) -> [UInt8] { (try? value.serialized()) ?? [] }
}
