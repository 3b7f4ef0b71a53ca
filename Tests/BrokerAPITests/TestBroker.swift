import Broker
import Crypto
import Foundation
import JLIS
import JOSE
import JPKI
import Logging
import PostgreSQL
import TestSupport

@testable import BrokerAPI

/// J-LIS with the line cut: what these tests look at needs none.
struct SilentJLIS: JLISService {
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

/// A broker on a database of its own, served on a port of its own, and clients that were registered with it.
struct TestBroker: Sendable {
  static let issuer = "https://broker.test"

  let server: RunningServer
  let administration: TenantAdministration
  let bank: Tenant
  let fintech: Tenant
  let services: BrokerServices
  let superuserURL: String

  /// A registered client and its key.
  struct Client: Sendable {
    let id: String
    let key: SigningKey

    /// RFC 7523 §3; a fresh one unless the id is given.
    func assertion(id jti: String = UUID().uuidString, audience: String = TestBroker.issuer + "/oauth2/token", lifetime: TimeInterval = 60)
      throws -> String
    {
      let now = Int64(Date().timeIntervalSince1970)
      return try JSONWebToken.sign(
        JSONWebToken.Claims([
          "iss": .string(id), "sub": .string(id), "aud": .string(audience), "jti": .string(jti), "iat": .integer(now),
          "exp": .integer(now + Int64(lifetime)),
        ]), key: key)
    }
  }

  static func services(_ database: TestDatabase.Handle, root: RootKey, _ pools: [PostgreSQLPool]) throws -> BrokerServices {
    let trust = try TrustStore.load(
      directory: ContractDocument.root.appendingPathComponent("Deploy/trust/production").path, environment: .production)
    return BrokerServices(
      pool: pools[0], jobsPool: pools[1], root: root, trust: trust, jlis: SilentJLIS(), clock: SystemWallClock(), issuer: issuer,
      workThreads: 1,
      logger: quiet)
  }

  private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  static func with<T: Sendable>(
    limits: ServerLimits = ServerLimits(), _ body: @Sendable (TestBroker) async throws -> T
  ) async throws -> T {
    try await TestDatabase.with { database in
      let pools = [database.appURL, database.jobsURL, database.operatorURL].map { url in
        PostgreSQLPool(PostgreSQLConfiguration(url: url, maximumConnections: 2, maximumCheckedOut: 4), logger: quiet)
      }
      let root = RootKey.generate()
      let services = try services(database, root: root, pools)
      let operatorDatabase = Database(pool: pools[2], logger: quiet)
      _ = try await KeyAdministration(database: operatorDatabase, root: root, clock: SystemWallClock()).ensurePlatformKeys()
      let administration = TenantAdministration(database: operatorDatabase, root: root, clock: SystemWallClock())
      let bank = try await administration.create(
        name: "Kakuu Bank", status: .deemedVerifier, registeredKey: nil, jlisServiceID: nil, operatorName: "test")
      let fintech = try await administration.create(name: "Kakuu Pay", registeredKey: nil, jlisServiceID: nil, operatorName: "test")
      let instance = Task { await services.instance.run() }
      let result: Result<T, any Error>
      do {
        result = .success(
          try await RunningServer.run(
            router: BrokerRoutes.router(services: services, limits: limits), limits: limits,
            checks: [.auditEvents(services), .auditLog(services, stamps: false)],
            quick: { QuickLookUps(access: services.access, matches: services.matches, edge: $0) }
          ) { server in
            try await body(
              TestBroker(
                server: server, administration: administration, bank: bank, fintech: fintech, services: services,
                superuserURL: database.superuserURL))
          })
      } catch {
        result = .failure(error)
      }
      instance.cancel()
      await instance.value
      await services.stop()
      for pool in pools { await pool.close() }
      return try result.get()
    }
  }

  func client(of tenant: Tenant, _ scopes: Scope...) async throws -> Client {
    let key = SigningKey.generate()
    let client = try await administration.createClient(
      of: tenant.id, name: "test", key: key.publicJWK, scopes: scopes.isEmpty ? Scope.allCases : scopes, origins: ["https://app.test"],
      operatorName: "test")
    return Client(id: client.clientID, key: key)
  }

  /// The token endpoint's answer to these fields.
  func token(_ fields: [(String, String)]) async throws -> Reply {
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
    let form = fields.map { "\($0.0)=\($0.1.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")" }.joined(separator: "&")
    return try await server.send(
      "POST", "/oauth2/token", body: form, headers: [("content-type", "application/x-www-form-urlencoded")])
  }

  func token(of client: Client, scope: String? = nil, assertion: String? = nil) async throws -> Reply {
    try await token(
      [
        ("grant_type", "client_credentials"), ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion ?? client.assertion()),
      ] + (scope.map { [("scope", $0)] } ?? []))
  }

  /// Headers of an authorised JSON request.
  func authorisation(_ client: Client, key: String? = nil) async throws -> [(String, String)] {
    let token = try await token(of: client).member("access_token") ?? ""
    return [("authorization", "Bearer \(token)"), ("content-type", "application/json")] + (key.map { [("idempotency-key", $0)] } ?? [])
  }
}
