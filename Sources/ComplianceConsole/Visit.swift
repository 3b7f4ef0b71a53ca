import Broker
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import JOSE
import NIOCore

/// One request of a browser, as the pages see it.
struct Visit: Sendable {
  /// The most bytes of a form.
  static let formBytes = 32 << 10

  let method: HTTPRequest.Method
  /// The path without `/console` or `/door`, in parts.
  let parts: [String]
  /// The whole path, for links back to it.
  let path: String
  let query: [String: String]
  let form: [String: String]
  let cookies: [String: String]
  let language: Language
  let requestID: String
  let address: String

  /// Reads the form as well, where one was sent. Refuses what is no form, is too large, or comes from another site.
  init(_ request: Request, requestID: String, address: String, origin: String) async throws {
    method = request.method
    path = request.uri.path
    parts = request.uri.path.split(separator: "/").dropFirst().map(String.init)
    query = Self.fields(request.uri.query ?? "")
    cookies = Self.cookies(request.headers[.cookie] ?? "")
    language =
      cookies[Self.languageCookie].flatMap(Language.init(rawValue:)) ?? Language(accepted: request.headers[.acceptLanguage] ?? "")
    self.requestID = requestID
    self.address = address
    if method == .post {
      guard Self.isOwn(request.headers, origin) else { throw ConsoleFault.foreignForm }
      let type = request.headers[.contentType] ?? ""
      guard type.lowercased().hasPrefix("application/x-www-form-urlencoded") else { throw ConsoleFault.foreignForm }
      let body: ByteBuffer
      do { body = try await request.body.collect(upTo: Self.formBytes) } catch is NIOTooManyBytesError { throw ConsoleFault.formTooLarge }
      form = Self.fields(String(buffer: body))
    } else {
      form = [:]
    }
  }

  // MARK: Cookies

  static let languageCookie = "__Host-yonjo-language"
  static let tenantCookie = "__Host-yonjo-tenant"
  static let sessionCookie = "__Host-yonjo-console"
  /// Must come back from the provider, which is another site.
  static let providerCookie = "__Host-yonjo-provider"
  static let doorCookie = "__Host-yonjo-door"
  static let formCookie = "__Host-yonjo-form"

  /// Tenant and secret of a session's cookie.
  func session(_ cookie: String) -> (tenant: TenantID, secret: String)? {
    guard let value = cookies[cookie] else { return nil }
    let halves = value.split(separator: ".", maxSplits: 1)
    guard halves.count == 2, let tenant = TenantID(String(halves[0])) else { return nil }
    return (tenant, String(halves[1]))
  }

  /// Whether a form carries the token that belongs to this secret.
  func requireToken(of secret: String?) throws(ConsoleFault) {
    guard let secret, let sent = form["token"],
      ConstantTime.equal(Array(sent.utf8), Array(Self.token(of: secret).utf8))
    else { throw .formToken }
  }

  /// A form's token: made of the session's secret (or, before there is one, of the form cookie), and of no use without it.
  static func token(of secret: String) -> String {
    Base64URL.encode(Array(SHA256.hash(data: Array("yonjo-form/1/\(secret)".utf8))))
  }

  /// The form's field, trimmed; empty where it was not sent.
  func field(_ name: String) -> String { (form[name] ?? "").trimmingCharacters(in: .whitespacesAndNewlines) }

  // MARK: Reading

  /// A form of ours: browsers name the page that a form was on, and nothing else can send the session's cookie with it.
  private static func isOwn(_ headers: HTTPFields, _ origin: String) -> Bool {
    if let sent = headers[.origin] { return sent == origin }
    return headers[.secFetchSite] == "same-origin"
  }

  /// `a=1&b=2`; of a name that comes twice the first.
  static func fields(_ text: String) -> [String: String] {
    var fields: [String: String] = [:]
    for pair in text.split(separator: "&").prefix(100) {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decoded(halves[0]), let value = halves.count == 2 ? decoded(halves[1]) : "" else { continue }
      if fields[name] == nil { fields[name] = value }
    }
    return fields
  }

  private static func decoded(_ text: Substring) -> String? {
    guard let plain = text.replacing("+", with: " ").removingPercentEncoding else { return nil }
    return plain.unicodeScalars.contains("\0") ? nil : plain
  }

  private static func cookies(_ header: String) -> [String: String] {
    var cookies: [String: String] = [:]
    for part in header.split(separator: ";").prefix(50) {
      let halves = part.split(separator: "=", maxSplits: 1)
      guard halves.count == 2 else { continue }
      let name = halves[0].trimmingCharacters(in: .whitespaces)
      if cookies[name] == nil { cookies[name] = String(halves[1]).trimmingCharacters(in: .whitespaces) }
    }
    return cookies
  }
}

/// What is wrong with a request as such.
enum ConsoleFault: Error {
  case foreignForm, formToken, formTooLarge, noPage, method
}

extension HTTPField.Name {
  static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
  static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
  static let refresh = HTTPField.Name("Refresh")!
  static let crossOriginOpenerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
}

/// The two languages that the pages speak.
enum Language: String, Sendable, CaseIterable {
  case ja, en

  /// RFC 9110 §12.5.4, as far as two languages need it: the one with the greater weight; Japanese where neither is named.
  init(accepted header: String) {
    var weights: [Language: Double] = [:]
    for part in header.lowercased().split(separator: ",").prefix(20) {
      let pieces = part.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
      guard let range = pieces.first, let language = Language(rawValue: String(range.prefix(2))) else { continue }
      let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      weights[language] = max(weights[language] ?? 0, weight)
    }
    self = (weights[.en] ?? 0) > (weights[.ja] ?? 0) ? .en : .ja
  }

  var other: Language { self == .ja ? .en : .ja }
}
