import Foundation
import Synchronization

/// A broker and a simulated J-LIS as processes of their own, on a fresh database, with a bank and a fintech as tenants: what
/// `Deploy/lib/house.sh` starts, for tests that stop, kill and restart its parts.
///
/// The programs are those in `YONJO_PROGRAMS`, else in `.build/debug` of this source tree.
public final class House: Sendable {
  /// Everything of it lies there; mode 0700.
  public let directory: String
  /// Its database.
  public let database: TestDatabase.Handle
  /// `https://localhost:port`.
  public let address: String
  /// The simulator's ports.
  public let simulatorPorts: (http: UInt16, tls: UInt16)

  /// Private keys and TLS material.
  public var secrets: String { directory + "/secrets" }
  /// The simulator's state directory.
  public var simulatorState: String { directory + "/jlis" }
  /// The authority of the broker's TLS certificate, PEM.
  public var trustFile: String { secrets + "/tls/ca.pem" }
  /// What `yonjo-story --cast` reads.
  public var castFile: String { secrets + "/cast.json" }
  /// The root key's file.
  public var rootKeyFile: String { secrets + "/root.key" }

  private let port: UInt16
  private let watchdog: HouseWatchdog
  private let answers: @Sendable (House) async -> Bool
  private let running = Mutex<(broker: HouseProcess?, simulator: HouseProcess?)>((nil, nil))
  private let overrides: [String: String]

  /// A client of the API, with its private key.
  public struct Client: Sendable {
    /// Its name, and that of its key files.
    public let role: String
    /// Whether the bank's or the fintech's.
    public let ofBank: Bool
    /// What it may do.
    public let scopes: String
    /// Private and public key, PEM.
    public let key: (secret: String, open: String)

    /// A client; see the properties.
    public init(role: String, ofBank: Bool, scopes: String, key: (secret: String, open: String)) {
      self.role = role
      self.ofBank = ofBank
      self.scopes = scopes
      self.key = key
    }
  }

  /// Starts one; everything that it needs is made anew.
  ///
  /// - Parameters:
  ///   - clients: to be registered.
  ///   - ledgerKey: the bank's registered key, PEM.
  ///   - tagScheme: how the bank's tags are made, hmac or voprf.
  ///   - settings: further `YONJO_…` variables of the broker.
  ///   - prepare: fills the simulator's state directory before the simulator is started.
  ///   - answers: asks `/readyz`; true once the broker is ready.
  public static func start(
    clients: [Client], ledgerKey: (secret: String, open: String), tagScheme: String = "hmac", settings: [String: String] = [:],
    prepare: @Sendable (_ simulatorState: String) throws -> Void,
    answers: @escaping @Sendable (House) async -> Bool
  ) async throws -> House {
    let house = try House(database: try await TestDatabase.create(), settings: settings, answers: answers)
    do {
      try prepare(house.simulatorState)
      try await house.furnish(clients: clients, ledgerKey: ledgerKey, tagScheme: tagScheme)
      return house
    } catch {
      await house.end()
      throw error
    }
  }

  private init(database: TestDatabase.Handle, settings: [String: String], answers: @escaping @Sendable (House) async -> Bool) throws {
    self.database = database
    self.answers = answers
    overrides = settings
    directory =
      FileManager.default.temporaryDirectory.appending(path: "yonjo-house-\(UInt32.random(in: .min ... .max))")
      .resolvingSymlinksInPath().path
    for place in ["", "/secrets", "/logs"] {
      try FileManager.default.createDirectory(
        atPath: directory + place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    port = try FreePort.next()
    simulatorPorts = (try FreePort.next(), try FreePort.next())
    address = "https://localhost:\(port)"
    watchdog = try HouseWatchdog(directory: directory)
  }

  private func furnish(clients: [Client], ledgerKey: (secret: String, open: String), tagScheme: String) async throws {
    try keep(ledgerKey, as: "ledger-key")
    for client in clients { try keep(client.key, as: client.role) }
    try await command("jlis-simulator", ["tls", "--out", secrets + "/tls", "--name", "localhost", "--name", "127.0.0.1"])
    try await command("yonjo", ["keys", "root", "--out", rootKeyFile])
    try await startSimulator()
    // Once, as the operator's own process does: a broker that is started again finds the lists where they are.
    if overrides["YONJO_REVOCATION_DIRECTORY"] == nil { try await command("yonjo", ["revocation", "sync"]) }
    try await command("yonjo", ["keys", "init"])
    let bank = try await create([
      "tenant", "create", "--json", "--name", "Kiyose Bank", "--status", "deemedVerifier", "--registered-key",
      secrets + "/ledger-key.pub.pem", "--tag-scheme", tagScheme,
      "--service-id", "accounts", "--service-name", "Accounts", "--jlis-service-id", "SIM-BANK-1",
    ])
    let fintech = try await create([
      "tenant", "create", "--json", "--name", "Quick Remit", "--service-id", "remittance", "--service-name", "Remittance",
      "--jlis-service-id", "SIM-FINTECH-1",
    ])
    var identifiers: [String: String] = [:]
    for client in clients {
      identifiers[client.role] = try await create([
        "client", "create", "--json", "--tenant", client.ofBank ? bank : fintech, "--name", client.role,
        "--origin", client.ofBank ? "https://bank.example" : "https://fintech.example", "--scope", client.scopes,
        "--key", "\(secrets)/\(client.role).pub.pem",
      ])
    }
    try writeCast(bank: bank, fintech: fintech, clients: identifiers)
    try await startBroker()
  }

  private func keep(_ key: (secret: String, open: String), as name: String) throws {
    for (suffix, text) in [(".pem", key.secret), (".pub.pem", key.open)] {
      _ = FileManager.default.createFile(
        atPath: "\(secrets)/\(name)\(suffix)", contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    }
  }

  private func writeCast(bank: String, fintech: String, clients: [String: String]) throws {
    let cast: [String: Any] = [
      "broker": address, "trustFile": trustFile, "ledgerKeyFile": secrets + "/ledger-key.pem", "simulatorState": simulatorState,
      "bank": ["id": bank, "origin": "https://bank.example", "serviceId": "accounts"],
      "fintech": ["id": fintech, "origin": "https://fintech.example", "serviceId": "remittance"],
      "clients": Dictionary(uniqueKeysWithValues: clients.map { ($0.key, ["id": $0.value, "keyFile": "\(secrets)/\($0.key).pem"]) }),
    ]
    try JSONSerialization.data(withJSONObject: cast).write(to: URL(fileURLWithPath: castFile))
  }

  private func create(_ arguments: [String]) async throws -> String {
    let answer = try await command("yonjo", arguments)
    guard let object = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any], let id = object["id"] as? String else {
      throw HouseFailure("yonjo \(arguments.prefix(2).joined(separator: " ")) printed no id.", log: answer)
    }
    return id
  }

  // MARK: The parts

  /// Starts the simulator, and waits until it listens.
  public func startSimulator() async throws {
    let ready = directory + "/jlis.ready"
    try? FileManager.default.removeItem(atPath: ready)
    let process = try launch(
      "jlis-simulator",
      [
        "serve", "--state", simulatorState, "--http-port", "\(simulatorPorts.http)", "--tls-port", "\(simulatorPorts.tls)",
        "--ready-file", ready,
      ], log: simulatorLog)
    running.withLock { $0.simulator = process }
    try await wait(for: process, within: .seconds(60)) { (FileManager.default.contents(atPath: ready)?.count ?? 0) > 0 }
  }

  /// Kills the simulator.
  public func stopSimulator() async { await running.withLock { $0.simulator }?.end() }

  /// Starts the broker on its port, and waits until `/readyz` says yes.
  public func startBroker() async throws {
    let ready = directory + "/yonjo.ready"
    try? FileManager.default.removeItem(atPath: ready)
    let process = try launch("yonjo", ["serve", "--ready-file", ready], log: brokerLog)
    running.withLock { $0.broker = process }
    try await wait(for: process, within: .seconds(60)) { FileManager.default.fileExists(atPath: ready) }
    try await wait(for: process, within: .seconds(30)) { await self.answers(self) }
  }

  /// `kill -9`; returns when it is gone.
  public func killBroker() async { await running.withLock { $0.broker }?.end() }

  /// The running broker, for signals and its exit code.
  public var broker: HouseProcess? { running.withLock { $0.broker } }

  /// What the broker has said since the house began, over all its starts.
  public var brokerLog: String { directory + "/logs/yonjo.log" }
  /// What the simulator has said.
  public var simulatorLog: String { directory + "/logs/jlis-simulator.log" }

  /// Runs a program of ours to its end, with the house's settings.
  /// - Returns: its standard output, errors included.
  /// - Throws: ``HouseFailure`` where it does not exit with 0 within a minute.
  @discardableResult
  public func command(_ program: String, _ arguments: [String]) async throws -> String {
    let (code, text) = try await run(program, arguments)
    guard code == 0 else { throw HouseFailure("\(program) \(arguments.prefix(2).joined(separator: " ")) ended with \(code).", log: text) }
    return text
  }

  /// Runs a command with the house's settings, however it ends.
  ///
  /// - Returns: its exit code, and its standard output, errors included.
  /// - Throws: ``HouseFailure`` where it does not end within a minute.
  public func run(_ program: String, _ arguments: [String]) async throws -> (exitCode: Int32, output: String) {
    let log = "\(directory)/logs/command-\(UInt32.random(in: .min ... .max)).log"
    let process = try launch(program, arguments, log: log)
    let code = try await process.exitCode(within: .seconds(60))
    return (code, String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self))
  }

  /// Starts a program of ours with the house's settings; whoever asked sends it signals, and waits for its end. Both outputs go to `log`.
  public func begin(_ program: String, _ arguments: [String], log: String) throws -> HouseProcess {
    try launch(program, arguments, log: log)
  }

  /// Ends every process, and removes directory and database.
  public func end() async {
    let parts = running.withLock { [$0.broker, $0.simulator] }
    for part in parts { await part?.end() }
    watchdog.end()
    await database.drop()
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func launch(_ program: String, _ arguments: [String], log: String) throws -> HouseProcess {
    let process = try HouseProcess(Self.programs + "/" + program, arguments, environment: environment, directory: directory, log: log)
    watchdog.watch(process)
    return process
  }

  private func wait(for process: HouseProcess, within limit: Duration, _ holds: () async -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while await !holds() {
      guard process.isRunning else { throw HouseFailure("\(process.name) ended at once.", log: HouseProcess.tail(of: process.log)) }
      guard ContinuousClock.now < deadline else {
        throw HouseFailure("\(process.name) was not ready within \(limit).", log: HouseProcess.tail(of: process.log))
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Where the built programs lie.
  static let programs: String =
    ProcessInfo.processInfo.environment["YONJO_PROGRAMS"]
    ?? URL(fileURLWithPath: TestDatabase.migrationsDirectory).deletingLastPathComponent().appending(path: ".build/debug").path

  /// The settings of every `yonjo` command, as in house.sh; nothing else of ours from the test's own environment.
  private var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("YONJO_") }
    environment.merge([
      "YONJO_DATABASE_URL": database.appURL, "YONJO_JOBS_DATABASE_URL": database.jobsURL,
      "YONJO_OPERATOR_DATABASE_URL": database.operatorURL, "YONJO_OWNER_DATABASE_URL": database.ownerURL,
      "YONJO_ROOT_KEY_FILE": rootKeyFile, "YONJO_ISSUER": address, "YONJO_HOST": "127.0.0.1", "YONJO_PORT": "\(port)",
      "YONJO_TLS_CERTIFICATE_FILE": secrets + "/tls/server.pem", "YONJO_TLS_KEY_FILE": secrets + "/tls/server.key",
      "YONJO_TRUST_ENVIRONMENT": "simulator", "YONJO_TRUST_DIRECTORY": simulatorState + "/trust",
      "YONJO_JLIS_URL": "https://localhost:\(simulatorPorts.tls)",
      "YONJO_JLIS_REVOCATION_URL": "http://127.0.0.1:\(simulatorPorts.http)", "YONJO_JLIS_TRUST_FILE": simulatorState + "/tls/ca.pem",
      "YONJO_JLIS_CERTIFICATE_FILE": simulatorState + "/tls/broker.pem", "YONJO_JLIS_KEY_FILE": simulatorState + "/tls/broker.key",
      "YONJO_REVOCATION_DIRECTORY": directory + "/revocation",
      "YONJO_MIGRATIONS_DIRECTORY": TestDatabase.migrationsDirectory,
      // The simulator tells a revocation at once; answers kept until their nextUpdate would hide it for a quarter of an hour.
      "YONJO_OCSP_CACHE_ENTRIES": "0",
    ]) { $1 }
    return environment.merging(overrides) { $1 }
  }
}
