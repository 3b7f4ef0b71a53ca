import Foundation
import Logging
import Operations
import PostgreSQL
import Synchronization

/// Databases of their own for tests, copied from one migrated template, on the cluster that `Deploy/test` started.
public enum TestDatabase {
  /// A database of one's own, and the ways into it.
  public struct Handle: Sendable {
    /// Its name on the cluster.
    public let name: String
    /// As a superuser, for what no role of ours may do.
    public let superuserURL: String
    /// As `yonjo_owner`.
    public let ownerURL: String
    /// As `yonjo_app`.
    public let appURL: String
    /// As `yonjo_jobs`.
    public let jobsURL: String
    /// As `yonjo_operator`.
    public let operatorURL: String
    /// As `yonjo_reader`.
    public let readerURL: String

    fileprivate init(name: String, _ environment: TestEnvironment) {
      self.name = name
      superuserURL = environment.url("SUPERUSER", database: name)
      ownerURL = environment.url("OWNER", database: name)
      appURL = environment.url("APP", database: name)
      jobsURL = environment.url("JOBS", database: name)
      operatorURL = environment.url("OPERATOR", database: name)
      readerURL = environment.url("READER", database: name)
    }

    /// Removes the database; connections that are still open are closed by the server.
    public func drop() async { try? await TestDatabase.administer("DROP DATABASE IF EXISTS \(name) WITH (FORCE)") }
  }

  /// Where the files of Migrations/ lie in this source tree.
  public static let migrationsDirectory: String =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Migrations").path

  /// Makes a database owned by `yonjo_owner`: migrated, or empty.
  public static func create(migrated: Bool = true) async throws -> Handle {
    let environment = try TestEnvironment()
    let name = "test_\(UInt64.random(in: .min ... .max))"
    let source = migrated ? try await template.value : "template0"
    // The template may still be left by the connection that filled it.
    for attempt in 0... {
      do {
        try await administer("CREATE DATABASE \(name) OWNER yonjo_owner TEMPLATE \(source)")
        break
      } catch let error as PostgreSQLError where error.sqlState == "55006" && attempt < 100 {
        try await Task.sleep(for: .milliseconds(100))
      }
    }
    return Handle(name: name, environment)
  }

  /// A database for the duration of `body`.
  public static func with<T: Sendable>(migrated: Bool = true, _ body: (Handle) async throws -> T) async throws -> T {
    let handle = try await create(migrated: migrated)
    do {
      let value = try await body(handle)
      await handle.drop()
      return value
    } catch {
      await handle.drop()
      throw error
    }
  }

  // MARK: -

  /// The template, made once; another process that makes it at the same time is waited for.
  private static let template = Task { try await makeTemplate() }

  /// The superuser's way to the cluster, for as long as the process lives.
  private static let cluster = Mutex<PostgreSQLPool?>(nil)

  private static func administrator() throws -> PostgreSQLPool {
    let url = try TestEnvironment().url("SUPERUSER", database: "postgres")
    return cluster.withLock { cluster in
      if let cluster { return cluster }
      let configuration = PostgreSQLConfiguration(
        url: url, maximumConnections: 1, maximumCheckedOut: 4, acquireTimeout: .seconds(300), statementTimeout: .seconds(300),
        applicationName: "tests")
      let pool = PostgreSQLPool(configuration, logger: Logger(label: "tests"))
      cluster = pool
      return pool
    }
  }

  fileprivate static func administer(_ sql: String) async throws {
    try await administrator().withConnection { try await $0.execute(sql, name: "administer") }
  }

  private static let lock = Statement("test_template_lock", "SELECT pg_advisory_lock(hashtext($1))")
  private static let exists = Statement("test_template_exists", "SELECT count(*) FROM pg_database WHERE datname = $1")

  /// One template for each state of Migrations/. It gets its name when it is complete, so that a killed run leaves none half made.
  private static func makeTemplate() async throws -> String {
    let environment = try TestEnvironment()
    let name = "yonjo_template_\(try fingerprint())"
    return try await administrator().withConnection { connection in
      try await connection.query(lock, [.text(name)])
      if try await connection.query(exists, [.text(name)]).requireRow().int(0) > 0 { return name }
      let draft = "\(name)_draft"
      try await connection.execute("DROP DATABASE IF EXISTS \(draft) WITH (FORCE)")
      try await connection.execute("CREATE DATABASE \(draft) OWNER yonjo_owner TEMPLATE template0")
      let migrator = Migrator(
        url: environment.url("OWNER", database: draft), directory: migrationsDirectory, logger: Logger(label: "tests"))
      _ = try await migrator.run(at: Date(timeIntervalSince1970: 1_750_000_000))
      for attempt in 0... {
        do {
          try await connection.execute("ALTER DATABASE \(draft) RENAME TO \(name)")
          return name
        } catch let error as PostgreSQLError where error.sqlState == "55006" && attempt < 100 {
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      return name
    }
  }

  /// FNV-1a over names and contents: two states of Migrations/ must not share a template, and nobody attacks the tests.
  private static func fingerprint() throws -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for name in try FileManager.default.contentsOfDirectory(atPath: migrationsDirectory).sorted() where name.hasSuffix(".sql") {
      let contents = FileManager.default.contents(atPath: migrationsDirectory + "/" + name) ?? Data()
      for byte in Array(name.utf8) + [0] + contents { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }
    return String(hash, radix: 16)
  }
}
