import BrokerClient
import Foundation
import JOSE
import LedgerTool
import Story

/// The bank as the measurements need it: one client, checked answers.
struct Bank: Sendable {
  let tenant: StoryCast.Tenant
  let connection: BrokerConnection
  private let ledger: BrokerConnection
  private let ledgerKey: DecryptionKey

  init(_ cast: StoryCast) throws {
    guard let tenant = cast.tenants[.bank], let connection = cast.connections[.bank], let ledger = cast.connections[.ledger] else {
      throw BenchFailure.unexpected("a bank in the cast")
    }
    self.tenant = tenant
    self.connection = connection
    self.ledger = ledger
    ledgerKey = cast.ledgerKey
  }

  /// A write under a key of its own.
  func post(_ path: String, _ body: JSONValue, _ status: Int) async throws -> JSONValue {
    let answer = try await connection.send(
      "POST", path, body: try body.serialized(), contentType: "application/json", idempotencyKey: UUID().uuidString)
    guard answer.status == status else { throw BenchFailure.unexpected("\(status) from POST \(path.prefix(24))…, not \(answer.status)") }
    return try JSONValue(parsing: answer.body)
  }

  /// The bank's edge keys, opened with its registered key.
  func edgeKeys() async throws -> LedgerKeys {
    try await LedgerKeys.fetch(from: ledger, registeredKey: ledgerKey, at: Date())
  }

  /// The key to which phones seal card envelopes.
  func envelopeKey() async throws -> JSONWebKey {
    let answer = try await connection.send("GET", "/jwks.json", body: nil, contentType: nil, idempotencyKey: nil)
    let keys = try JSONValue(parsing: answer.body)["keys"]?.array ?? []
    guard let key = keys.first(where: { $0["use"] == "enc" }) else {
      throw BenchFailure.unexpected("an envelope key in /jwks.json")
    }
    return try JSONWebKey(json: key.serialized())
  }

  /// A token for the load generator, which builds its requests itself.
  func accessToken() async throws -> String {
    guard let credentials = connection.configuration.credentials else { throw BenchFailure.unexpected("a client that fetches tokens") }
    let now = Date()
    let assertion = try JSONWebToken.sign(
      .init(
        issuer: credentials.clientID, subject: credentials.clientID, audience: [connection.configuration.baseURL + "/oauth2/token"],
        expiration: now.addingTimeInterval(45), issuedAt: now, tokenID: UUID().uuidString), key: credentials.key)
    let form =
      "grant_type=client_credentials&client_id=\(credentials.clientID)"
      + "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=\(assertion)"
    let answer = try await connection.send(
      "POST", "/oauth2/token", body: Array(form.utf8), contentType: "application/x-www-form-urlencoded", idempotencyKey: nil)
    guard let token = try answer.json()["access_token"]?.string else {
      throw BenchFailure.unexpected("an access token, not \(answer.status)")
    }
    return token
  }
}
