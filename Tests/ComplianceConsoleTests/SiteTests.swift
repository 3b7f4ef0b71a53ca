import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import JLIS
import JPKI
import Logging
import NIOCore
import PostgreSQL
import TestSupport
import Testing

@testable import Broker
@testable import ComplianceConsole

@Suite("The console as a browser meets it")
struct SiteTests {
  @Test func aMemberEnrolsSignsInLooksAndLeaves() async throws {
    try await TestSite.with { site in
      let invitation = try await site.staff.create(site.bank, name: "sato", role: .officer, operatorName: "test")
      let browser = TestBrowser(site)
      let enrolment = "/console/\(site.bank)/enrol/\(invitation.token)"
      let page = try await browser.get(enrolment)
      #expect(page.status == .ok && page.body.contains("sato"))
      let secret = try await site.services.staff.enrolment(site.bank, token: invitation.token).secret
      var step = TimeCode.step(at: site.clock.now())
      let short = try await browser.post(enrolment, ["password": "short", "code": TestSite.code(secret, step)])
      #expect(short.status == .unprocessableContent && short.body.contains("role=\"alert\""))
      let enrolled = try await browser.post(enrolment, ["password": TestSite.password, "code": TestSite.code(secret, step)])
      #expect(enrolled.location == "/console/\(site.bank)/sign-in?ready=1")

      site.clock.advance(bySeconds: 30)
      step += 1
      let signIn = "/console/\(site.bank)/sign-in"
      #expect(try await browser.get(signIn).status == .ok)
      let refused = try await browser.post(signIn, ["name": "sato", "password": "wrong password", "code": TestSite.code(secret, step)])
      #expect(refused.status == .unauthorized && !refused.body.contains("wrong password"))
      let inside = try await browser.post(signIn, ["name": "sato", "password": TestSite.password, "code": TestSite.code(secret, step)])
      #expect(inside.location == "/console/overview")
      let cookie = try #require(inside.cookies.first { $0.hasPrefix("__Host-yonjo-console=") })
      for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] { #expect(cookie.contains("; \(attribute)")) }
      #expect(!cookie.contains("Domain"))

      for path in ["overview", "search", "consents", "pairs", "jobs"] {
        for language in ["ja", "en"] {
          #expect(try await browser.get("/console/\(path)?language=\(language)").location == "/console/\(path)")
          let page = try await browser.get("/console/\(path)")
          #expect(page.status == .ok && page.body.contains("<html lang=\"\(language)\">"), "\(path)")
          #expect(!page.body.contains("{{") && !page.body.contains("<script"), "\(path)")
        }
      }
      // An officer is no administrator.
      #expect(try await browser.get("/console/staff").status == .forbidden)
      #expect(try await browser.get("/console/people/sub_00000000000000000000000000").status == .notFound)
      #expect(try await browser.get("/console/people/nobody").status == .notFound)
      #expect(try await browser.post("/console/sign-out", [:]).location == "\(signIn)?out=1")
      #expect(try await browser.get("/console/overview").location == signIn)
    }
  }

  @Test func aFormOfAnotherSiteOrWithoutItsTokenIsRefused() async throws {
    try await TestSite.with { site in
      let browser = TestBrowser(site)
      _ = try await browser.get("/console/\(site.bank)/sign-in")
      let path = "/console/\(site.bank)/sign-in"
      let fields = ["name": "sato", "password": "x", "code": "000000"]
      #expect(try await browser.post(path, fields).status == .unauthorized)
      #expect(try await browser.post(path, fields, origin: "https://evil.example").status == .forbidden)
      #expect(try await browser.post(path, fields, origin: "null").status == .forbidden)
      #expect(try await browser.post(path, fields, origin: nil).status == .forbidden)
      #expect(try await browser.post(path, fields, token: "").status == .forbidden)
      #expect(try await browser.post(path, fields, token: Visit.token(of: "another")).status == .forbidden)
      #expect(try await browser.post(path, ["name": String(repeating: "x", count: 40_000)]).status == .contentTooLarge)
      // A session that was made up leads to the sign-in, and a form of it nowhere.
      browser.cookies["__Host-yonjo-console"] = "\(site.bank).\(String(repeating: "A", count: 43))"
      #expect(try await browser.get("/console/overview").location == "\(path)?over=1")
      let page = try await browser.get(path)
      #expect(page.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'; style-src 'self'; form-action 'self'") == true)
      #expect(page.headers[.cacheControl] == "no-store" && page.headers[.referrerPolicy] == "same-origin")
    }
  }

  @Test func theStylesheetIsServedUnderItsDigestAlone() async throws {
    try await TestSite.with { site in
      let browser = TestBrowser(site)
      let style = try await browser.get(Stylesheet.path)
      #expect(style.status == .ok && style.headers[.contentType] == "text/css; charset=utf-8" && style.body == Stylesheet.text)
      #expect(try await browser.get("/console").body.contains(Stylesheet.path))
      #expect(try await browser.get("/console/style-x.css").location == "/console")
      #expect(try await browser.get("/console?tenant=\(site.bank)").location == "/console/\(site.bank)/sign-in")
      #expect(try await browser.get("/console?tenant=ten_x").status == .notFound)
    }
  }
}

/// A console over a database of its own, on a clock that is moved.
struct TestSite: Sendable {
  static let issuer = "https://broker.test:8443"
  static let password = "four seasons by the river"

  let services: BrokerServices
  let site: ConsoleSite
  let staff: StaffAdministration
  let bank: TenantID
  let clock: MovedClock
  let provider: FakeProvider

  /// The code that an authenticator shows; the secret as its page tells it.
  static func code(_ secret: String, _ step: Int64) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    var (bytes, buffer, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
    for character in secret {
      buffer = buffer << 5 | UInt32(alphabet.firstIndex(of: character) ?? 0)
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      }
    }
    return TimeCode.code(bytes, step: step)
  }

  static func with(_ body: @Sendable (TestSite) async throws -> Void) async throws {
    try await TestDatabase.with { database in
      var quiet = Logger(label: "tests")
      quiet.logLevel = .critical
      let logger = quiet
      let pools = [database.appURL, database.jobsURL, database.operatorURL].map { url in
        PostgreSQLPool(PostgreSQLConfiguration(url: url, maximumConnections: 2, maximumCheckedOut: 4), logger: logger)
      }
      let root = RootKey.generate()
      let clock = MovedClock(try Date("2026-04-01T01:00:00Z", strategy: .iso8601))
      let operators = Database(pool: pools[2], logger: logger)
      _ = try await KeyAdministration(database: operators, root: root, clock: clock).ensurePlatformKeys()
      let bank = try await TenantAdministration(database: operators, root: root, clock: clock).create(
        name: "Kakuu Bank", status: .deemedVerifier, registeredKey: nil, jlisServiceID: nil, operatorName: "test")
      let tree = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      let services = BrokerServices(
        pool: pools[0], jobsPool: pools[1], root: root,
        trust: try TrustStore.load(directory: tree.appendingPathComponent("Deploy/trust/production").path, environment: .production),
        jlis: NoJLIS(), clock: clock, issuer: issuer, workThreads: 1, logger: logger)
      let provider = FakeProvider()
      let site = TestSite(
        services: services,
        site: try ConsoleSite(services: services, issuer: issuer, providers: provider, clock: clock, logger: logger),
        staff: StaffAdministration(database: operators, root: root, clock: clock), bank: bank.id, clock: clock, provider: provider)
      let result: Result<Void, any Error>
      do { result = .success(try await body(site)) } catch { result = .failure(error) }
      await services.stop()
      for pool in pools { await pool.close() }
      try result.get()
    }
  }
}

/// Keeps cookies, and takes a form's token from the page that it looked at last.
final class TestBrowser {
  struct Page {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let body: String
    var location: String? { headers[.location] }
    var cookies: [String] { headers[values: .setCookie] }
  }

  let site: TestSite
  var cookies: [String: String] = [:]
  private var token = ""

  init(_ site: TestSite) { self.site = site }

  func get(_ path: String) async throws -> Page { try await send(.get, path, [:], "") }

  func post(
    _ path: String, _ fields: [String: String], origin: String? = TestSite.issuer, token: String? = nil
  ) async throws -> Page {
    let all = fields.merging(["token": token ?? self.token]) { $1 }
    let form = all.map { "\(ConsoleSite.encoded($0.key))=\(ConsoleSite.encoded($0.value))" }.joined(separator: "&")
    var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
    if let origin { headers[.origin] = origin }
    return try await send(.post, path, headers, form)
  }

  private func send(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ body: String) async throws -> Page {
    var headers = headers
    if !cookies.isEmpty { headers[.cookie] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
    let request = Request(
      head: HTTPRequest(method: method, scheme: "https", authority: "broker.test:8443", path: path, headerFields: headers),
      body: RequestBody(buffer: ByteBuffer(string: body)))
    let response = await site.site.respond(to: request, requestID: "req-\(UUID().uuidString)", address: "192.0.2.1").response
    let writer = Collected()
    try await response.body.write(writer)
    for cookie in response.headers[values: .setCookie] {
      let pair = (cookie.split(separator: ";").first ?? "").split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { continue }
      cookies[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1])
    }
    let text = String(buffer: writer.box.buffer)
    if let found = text.firstMatch(of: /name="token" value="([^"]+)"/) { token = String(found.output.1) }
    return Page(status: response.status, headers: response.headers, body: text)
  }

  private struct Collected: ResponseBodyWriter {
    final class Box { var buffer = ByteBuffer() }
    let box = Box()

    mutating func write(_ buffer: ByteBuffer) async throws {
      var part = buffer
      box.buffer.writeBuffer(&part)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
}

/// J-LIS with the line cut: what these tests look at needs none.
private struct NoJLIS: JLISService {
  func ocsp(_ request: [UInt8], kind: CertificateKind) async throws(JLISError) -> [UInt8] { throw .unavailable }
  func revocationList(kind: CertificateKind) async throws(JLISError) -> [UInt8] { throw .unavailable }
  func belongTogether(signing: Serial, authentication: Serial) async throws(JLISError) -> Bool { throw .unavailable }
  func successor(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial? { throw .unavailable }
  func cardCounterpart(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial? { throw .unavailable }
  func registerConsent(_ consent: ForwardedConsent) async throws(JLISError) -> ConsentReception { throw .unavailable }
  func cancelConsent(_ cancellation: ForwardedCancellation) async throws(JLISError) -> CancellationReception { throw .unavailable }
  func cancellations(serviceID: String, after cursor: String?) async throws(JLISError) -> CancellationPage { throw .unavailable }
  func latestItems(oldSigningSerial: Serial, serviceID: String, consentID: String) async throws(JLISError) -> LatestItemsAnswer {
    throw .unavailable
  }
}
