import CitizenItems
import Foundation
import JLIS
import JLISSimulator
import JOSE
import JPKI
import Logging
import PostgreSQL
import TestSupport
import Testing

@testable import Broker

/// A broker of one's own: a migrated database, a simulator in memory, a clock that is moved by hand.
final class TestBroker: Sendable {
  static let issuer = "https://yonjo.example.jp"
  static let origin = "https://app.example.jp"

  let clock: MovedClock
  let simulator: SimulatedJLIS
  let services: BrokerServices
  let root: RootKey
  let administration: TenantAdministration
  let keyAdministration: KeyAdministration
  let staffAdministration: StaffAdministration
  let database: TestDatabase.Handle
  let pools: Pools
  let trust: TrustStore
  /// Where the indexes of revocation lists lie.
  let revocationDirectory = NSTemporaryDirectory() + "yonjo-revocation-" + UUID().uuidString

  /// Connections of every role; few, because many brokers live at once.
  struct Pools: Sendable {
    let app, jobs, administrator, superuser: PostgreSQLPool

    init(_ database: TestDatabase.Handle) {
      func pool(_ url: String, _ connections: Int, _ checkedOut: Int) -> PostgreSQLPool {
        PostgreSQLPool(
          PostgreSQLConfiguration(url: url, maximumConnections: connections, maximumCheckedOut: checkedOut, acquireTimeout: .seconds(60)),
          logger: Logger(label: "tests"))
      }
      app = pool(database.appURL, 2, 3)
      jobs = pool(database.jobsURL, 1, 2)
      administrator = pool(database.operatorURL, 1, 1)
      superuser = pool(database.superuserURL, 1, 1)
    }

    func close() async { for pool in [app, jobs, administrator, superuser] { await pool.close() } }
  }

  private init(_ database: TestDatabase.Handle) async throws {
    let clock = MovedClock(try Date("2026-04-01T01:00:00Z", strategy: .iso8601))
    self.clock = clock
    self.database = database
    pools = Pools(database)
    root = RootKey.generate()
    let keys = NSTemporaryDirectory() + "yonjo-simulator-test-keys-\(getuid())"
    simulator = try SimulatedJLIS(stateDirectory: nil, keys: .series(directory: keys, name: "tests"), clock: { clock.now() })
    trust = try TrustStore(
      environment: .simulator, signing: [simulator.root(.signing)], authentication: [simulator.root(.authentication)])
    let operators = Database(pool: pools.administrator, logger: Logger(label: "tests"))
    administration = TenantAdministration(database: operators, root: root, clock: clock)
    staffAdministration = StaffAdministration(database: operators, root: root, clock: clock)
    keyAdministration = KeyAdministration(database: operators, root: root, clock: clock)
    _ = try await keyAdministration.ensurePlatformKeys()
    services = Self.services(pools, root, trust, simulator, clock, revocationDirectory)
  }

  /// Another serving process on the same database.
  func another(
    ocsp: OCSPSourceSettings = OCSPSourceSettings(cachedAnswers: 0), jlis: (any JLISService)? = nil, evidenceKey: EvidencePublicKey? = nil
  ) -> BrokerServices {
    Self.services(pools, root, trust, simulator, clock, revocationDirectory, ocsp, jlis, evidenceKey)
  }

  private static func services(
    _ pools: Pools, _ root: RootKey, _ trust: TrustStore, _ simulator: SimulatedJLIS, _ clock: MovedClock,
    _ revocationDirectory: String,
    // The simulator tells a revocation at once; kept answers would hide it until their nextUpdate.
    _ ocsp: OCSPSourceSettings = OCSPSourceSettings(cachedAnswers: 0), _ jlis: (any JLISService)? = nil,
    _ evidenceKey: EvidencePublicKey? = nil
  ) -> BrokerServices {
    var logger = Logger(label: "tests")
    logger.logLevel = .critical
    return BrokerServices(
      pool: pools.app, jobsPool: pools.jobs, root: root, trust: trust, jlis: jlis ?? InProcessJLIS(simulator), clock: clock,
      issuer: issuer, revocationDirectory: revocationDirectory, workThreads: 1, ocsp: ocsp, evidenceKey: evidenceKey,
      logger: logger)
  }

  /// A broker for the duration of `body`.
  static func with(_ body: (TestBroker) async throws -> Void) async throws {
    try await TestDatabase.with { database in
      let broker = try await TestBroker(database)
      do {
        try await body(broker)
      } catch {
        await broker.end()
        throw error
      }
      await broker.end()
    }
  }

  private func end() async {
    await services.stop()
    await pools.close()
    try? FileManager.default.removeItem(atPath: revocationDirectory)
  }

  /// What `yonjo revocation sync` does, with settings of the test's own, and what servers then do.
  @discardableResult
  func syncLists(
    _ change: (inout RevocationSyncSettings) -> Void = { _ in }, jlis: (any JLISService)? = nil, acceptShrink: Set<CertificateKind> = []
  ) async throws -> [RevocationSyncOutcome] {
    var settings = RevocationSyncSettings(directory: revocationDirectory)
    change(&settings)
    let work = WorkPool(threads: 1)
    var logger = Logger(label: "tests")
    logger.logLevel = .critical
    let sync = RevocationSync(
      jlis: jlis ?? InProcessJLIS(simulator), trust: trust, database: Database(pool: pools.administrator, logger: logger),
      settings: settings, clock: clock, work: work, logger: logger)
    let outcomes = await sync.once(acceptShrink: acceptShrink)
    try await work.stop()
    await services.revocation.indexes.refresh()
    return outcomes
  }

  /// Moves the clock, also past what the broker keeps in memory.
  func wait(seconds: TimeInterval) { clock.advance(bySeconds: seconds) }

  static let day: TimeInterval = 86_400

  // MARK: Tenants

  /// A bank: deemed verifier, with a service that J-LIS knows.
  func bank(sandbox: Bool = false, scopes: [Scope] = Scope.allCases, scheme: TagScheme = .hmac) async throws -> TestTenant {
    try await tenant(.deemedVerifier, "bank-service", sandbox: sandbox, scopes: scopes, scheme: scheme)
  }

  /// A fintech: not a verifier.
  func fintech(sandbox: Bool = false, scopes: [Scope] = Scope.allCases) async throws -> TestTenant {
    try await tenant(.notVerifier, nil, sandbox: sandbox, scopes: scopes)
  }

  private func tenant(
    _ status: VerifierStatus, _ service: String?, sandbox: Bool, scopes: [Scope], scheme: TagScheme = .hmac
  ) async throws -> TestTenant {
    let handOver = KeyAgreementKey.generate()
    let tenant = try await administration.create(
      name: "tenant", status: status, isSandbox: sandbox, tagScheme: scheme, registeredKey: handOver.publicJWK, jlisServiceID: service,
      operatorName: "test")
    let key = SigningKey.generate()
    let client = try await administration.createClient(
      of: tenant.id, name: "back end", key: key.publicJWK, scopes: scopes, origins: [Self.origin], operatorName: "test")
    return TestTenant(tenant: tenant, client: client, key: key, handOver: handOver)
  }

  // MARK: Citizens

  func hanako(_ variant: CertificateVariant = .valid) throws -> CitizenHandle {
    try simulator.newCitizen(
      name: Hanako.name, address: Hanako.address, dateOfBirth: "1980-02-17", sex: "female", certificates: variant)
  }

  func taro() throws -> CitizenHandle {
    try simulator.newCitizen(name: "四情　太郎", address: "東京都千代田区千代田１－１", dateOfBirth: "平成2年12月31日", sex: "male")
  }

  // MARK: Cards

  /// What the card in the citizen's hand makes over these bytes.
  func card(_ citizen: CitizenHandle, over bytes: [UInt8], withAuthentication: Bool = true, medium: CardMedium = .card) throws -> CardInput
  {
    let card = try simulator.card(for: citizen.id, medium: medium)
    let info = CitizenDevice.digestInfo(of: bytes)
    return .plain(
      CardMaterial(
        main: .init(format: .raw, signature: try card.sign(digestInfo: info), certificate: card.signingCertificate),
        authentication: withAuthentication ? try authentication(card, info) : nil))
  }

  /// The authentication certificate's part alone, as a login needs it.
  func loginCard(_ citizen: CitizenHandle, over bytes: [UInt8]) throws -> CardInput {
    .plain(
      CardMaterial(
        main: try authentication(try simulator.card(for: citizen.id), CitizenDevice.digestInfo(of: bytes)), authentication: nil))
  }

  private func authentication(_ card: VirtualCard, _ info: [UInt8]) throws -> CardMaterial.Part {
    .init(format: .raw, signature: try card.authenticate(digestInfo: info), certificate: card.authenticationCertificate)
  }

  /// The same in an envelope that only the broker opens.
  func envelope(
    _ citizen: CitizenHandle, over bytes: [UInt8], tenant: TestTenant, session: String, signing: Bool = true
  ) async throws -> CardInput {
    let key = try CitizenDevice.envelopeKey(of: JSONWebKeySet(keys: try await services.access.publishedKeys()))
    return .envelope(
      try CitizenDevice(card: try simulator.card(for: citizen.id)).envelope(
        toBeSigned: bytes, tenantID: tenant.id.description, sessionID: session, to: key, signing: signing))
  }
}

/// A tenant with its client and their keys.
struct TestTenant: Sendable {
  let tenant: Tenant
  let client: RegisteredClient
  let key: SigningKey
  let handOver: KeyAgreementKey
  /// What its caller may ask in a minute of the moved clock.
  var allowances = RateAllowances.standard

  var id: TenantID { tenant.id }

  /// As ``AccessService`` would make it of a token with every scope that the client has.
  var caller: Caller {
    Caller(
      tenantID: tenant.id, clientID: client.clientID, status: tenant.status, isSandbox: tenant.isSandbox,
      revocationPolicy: tenant.policy, origins: client.origins, scopes: Set(client.scopes.compactMap(Scope.init(rawValue:))),
      allowances: allowances, requestID: "req-test")
  }
}

/// 四情　花子, an invented person.
enum Hanako {
  static let name = "四情　花子"
  static let address = "東京都清瀬市観布子南１２－７－２０２"
  static let newAddress = "北海道札幌市中央区北一条西２－１"

  /// As her bank's ledger writes her; the same canonical form.
  static let asInLedger = DeclaredItems(name: "四情 花子", address: "東京都清瀬市観布子南12-7-202", dateOfBirth: "1980-02-17", sex: "2")
  /// A ledger that spells her otherwise.
  static let spelledOtherwise = DeclaredItems(name: "四條 花子", address: "清瀬市観布子南12", dateOfBirth: "1980-02-17", sex: "2")
  /// After she moved.
  static let moved = DeclaredItems(name: "四情 花子", address: "北海道札幌市中央区北一条西2-1", dateOfBirth: "1980-02-17", sex: "2")
}
