internal import Foundation
internal import JOSE

/// The access token of one client: fetched by `private_key_jwt`, kept until shortly before it ends, fetched once however many ask at the same time.
actor AccessTokens {
  private struct Token {
    let text: String
    let usableUntil: Date
  }

  private let credentials: BrokerClientConfiguration.Credentials
  private let endpoint: String
  private let now: @Sendable () -> Date
  private var current: Token?
  private var fetching: Task<String, any Error>?

  /// Seconds for which a client assertion is valid; the broker accepts at most 60.
  private static let assertionLifetime: TimeInterval = 45
  /// Seconds before its end at which a token is no longer used.
  private static let margin: TimeInterval = 30

  init(_ credentials: BrokerClientConfiguration.Credentials, endpoint: String, now: @escaping @Sendable () -> Date) {
    self.credentials = credentials
    self.endpoint = endpoint
    self.now = now
  }

  /// A usable token. `send` posts a form to the token endpoint.
  func token(send: @escaping @Sendable (_ form: [UInt8]) async throws -> BrokerAnswer) async throws -> String {
    if let current, current.usableUntil > now() { return current.text }
    if let fetching { return try await fetching.value }
    let task = Task { try await fetch(send) }
    fetching = task
    defer { fetching = nil }
    return try await task.value
  }

  /// Forgets a token that the broker refused.
  func forget(_ token: String) {
    if current?.text == token { current = nil }
  }

  private struct Granted: Decodable {
    let access_token: String
    let expires_in: Double?
  }

  private struct Refused: Decodable {
    let error: String
  }

  private func fetch(_ send: @Sendable (_ form: [UInt8]) async throws -> BrokerAnswer) async throws -> String {
    let asked = now()
    let answer = try await send(form(at: asked))
    guard answer.isSuccess else {
      throw BrokerClientError.tokenRefused((try? answer.decoded(Refused.self))?.error ?? answer.problem?.code ?? String(answer.status))
    }
    let granted = try answer.decoded(Granted.self)
    current = Token(text: granted.access_token, usableUntil: asked.addingTimeInterval((granted.expires_in ?? 60) - Self.margin))
    return granted.access_token
  }

  /// RFC 6749 §4.4 with RFC 7523 §2.2.
  private func form(at now: Date) throws -> [UInt8] {
    let assertion = try JSONWebToken.sign(
      .init(
        issuer: credentials.clientID, subject: credentials.clientID, audience: [endpoint],
        expiration: now.addingTimeInterval(Self.assertionLifetime), issuedAt: now, tokenID: UUID().uuidString.lowercased()),
      key: credentials.key)
    var fields = [
      ("grant_type", "client_credentials"), ("client_id", credentials.clientID),
      ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), ("client_assertion", assertion),
    ]
    if !credentials.scopes.isEmpty { fields.append(("scope", credentials.scopes.joined(separator: " "))) }
    return Array(fields.map { $0 + "=" + Self.escaped($1) }.joined(separator: "&").utf8)
  }

  /// `application/x-www-form-urlencoded`: everything but unreserved characters is escaped.
  private static func escaped(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
      default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
