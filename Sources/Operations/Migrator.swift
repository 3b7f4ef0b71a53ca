public import Foundation
public import Logging
import PostgreSQL

/// Brings a database's schema to what this program expects: plain SQL files, forward only, each once, recorded in `yonjo_migrations` with its
/// checksum. Connects as the owner (`yonjo_owner`); grants to other roles stand in the files.
///
/// A file is one transaction, its record included, so after a failure it has been applied wholly or not at all. A file whose first line is
/// `-- yonjo: no transaction` runs statement by statement instead, and is recorded after its last one.
public struct Migrator: Sendable {
  /// The number under which all migrators of a database lock each other out.
  static let lock: Int64 = 0x796F_6E6A_6F01

  private let configuration: PostgreSQLConfiguration
  private let directory: String
  private let logger: Logger
  private let patience: Duration

  /// - Parameters:
  ///   - url: where to connect as the owner; libpq's form
  ///   - directory: where the files lie
  ///   - patience: how long to wait for another migrator before giving up
  public init(url: String, directory: String, logger: Logger, patience: Duration = .seconds(60)) {
    configuration = PostgreSQLConfiguration(
      url: url, maximumConnections: 1, maximumCheckedOut: 1, statementTimeout: .zero, applicationName: "yonjo migrate")
    self.directory = directory
    self.logger = logger
    self.patience = patience
  }

  /// Applies what is missing; `time` is recorded as the time of application. Several programs may do so at once: one does it, the others wait.
  public func run(at time: Date) async throws(MigrationError) -> MigrationReport {
    let files = try MigrationFile.all(in: directory)
    return try await connected { (connection) async throws(MigrationError) -> MigrationReport in
      try await takeLock(connection)
      try await database { () async throws(PostgreSQLError) in try await connection.execute(Self.makeTable, name: "make_migrations_table") }
      let records = try await self.records(connection)
      try compare(files, with: records)
      let missing = files.filter { records[$0.number] == nil }
      for file in missing { try await apply(file, connection, at: time) }
      return MigrationReport(applied: missing.map(\.name), before: records.count, version: files.last?.number ?? 0)
    }
  }

  /// What is applied and what is not, without changing or locking anything. Any role may ask.
  public func status() async throws(MigrationError) -> [MigrationStatus] {
    let files = try MigrationFile.all(in: directory)
    let records = try await connected { (connection) async throws(MigrationError) -> [Int: Record] in try await self.records(connection) }
    let known = files.map { file -> MigrationStatus in
      let state: MigrationStatus.State
      if let record = records[file.number] {
        state = record.checksum == file.checksum ? .applied(at: record.appliedAt) : .changed(at: record.appliedAt)
      } else {
        state = .pending
      }
      return MigrationStatus(number: file.number, name: file.name, state: state)
    }
    let numbers = Set(files.map(\.number))
    let unknown = records.values.filter { !numbers.contains($0.number) }.map {
      MigrationStatus(number: $0.number, name: $0.name, state: .unknown(at: $0.appliedAt))
    }
    return (known + unknown).sorted { $0.number < $1.number }
  }

  // MARK: -

  private struct Record: Sendable {
    let number: Int
    let name: String
    let checksum: String
    let appliedAt: Date
  }

  private static let makeTable = """
    SET client_min_messages = warning;
    CREATE TABLE IF NOT EXISTS yonjo_migrations (
      number integer PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL);
    GRANT SELECT ON yonjo_migrations TO PUBLIC
    """
  private static let tableExists = Statement("migrations_table_exists", "SELECT to_regclass('yonjo_migrations') IS NOT NULL")
  private static let readRecords = Statement("read_migrations", "SELECT number, name, checksum, applied_at FROM yonjo_migrations")
  private static let writeRecord = Statement(
    "write_migration", "INSERT INTO yonjo_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)")
  private static let tryLock = Statement("try_migration_lock", "SELECT pg_try_advisory_lock($1)")

  private func connected<T: Sendable>(_ body: (CheckedOutConnection) async throws(MigrationError) -> T) async throws(MigrationError) -> T {
    let pool = PostgreSQLPool(configuration, logger: logger)
    let result: Result<T, any Error>
    do { result = .success(try await pool.withConnection(body)) } catch { result = .failure(error) }
    await pool.close()
    switch result {
    case .success(let value): return value
    case .failure(let error as MigrationError): throw error
    case .failure(let error as PostgreSQLError): throw .database(error)
    case .failure: throw .database(.unavailable)
    }
  }

  private func database<T>(_ body: () async throws(PostgreSQLError) -> T) async throws(MigrationError) -> T {
    do { return try await body() } catch { throw .database(error) }
  }

  /// Asks again and again instead of waiting inside a statement: `CREATE INDEX CONCURRENTLY` waits for every older snapshot, and so would wait
  /// for one that waits for it.
  private func takeLock(_ connection: CheckedOutConnection) async throws(MigrationError) {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: patience)
    while true {
      let isOurs = try await database { () async throws(PostgreSQLError) -> Bool in
        try await connection.query(Self.tryLock, [.int8(Self.lock)]).requireRow().bool(0)
      }
      if isOurs { return }
      if clock.now >= deadline { throw .locked }
      do { try await Task.sleep(for: .milliseconds(100)) } catch { throw .database(.cancelled) }
    }
  }

  private func records(_ connection: CheckedOutConnection) async throws(MigrationError) -> [Int: Record] {
    try await database { () async throws(PostgreSQLError) -> [Int: Record] in
      guard try await connection.query(Self.tableExists).requireRow().bool(0) else { return [:] }
      var records: [Int: Record] = [:]
      for row in try await connection.query(Self.readRecords).rows {
        let record = Record(number: try row.int(0), name: try row.text(1), checksum: try row.text(2), appliedAt: try row.timestamp(3))
        records[record.number] = record
      }
      return records
    }
  }

  /// What is applied must be what the files say, from the first on.
  private func compare(_ files: [MigrationFile], with records: [Int: Record]) throws(MigrationError) {
    let numbers = Set(files.map(\.number))
    if let newer = records.values.filter({ !numbers.contains($0.number) }).max(by: { $0.number < $1.number }) {
      throw .schemaNewer(number: newer.number, name: newer.name)
    }
    let latest = records.keys.max() ?? 0
    for file in files {
      if let record = records[file.number] {
        if record.checksum != file.checksum { throw .checksumMismatch(file: file.name) }
      } else if file.number < latest {
        throw .outOfOrder(file: file.name, applied: latest)
      }
    }
  }

  private func apply(_ file: MigrationFile, _ connection: CheckedOutConnection, at time: Date) async throws(MigrationError) {
    let clock = ContinuousClock()
    let started = clock.now
    if file.runsInTransaction {
      try await run(connection, "BEGIN", file, line: 1)
      do {
        // A statement that waits for a lock makes all later ones wait behind it: better give up than stop the traffic.
        try await run(connection, "SET LOCAL lock_timeout = '10s'", file, line: 1)
        for statement in file.statements { try await run(connection, statement.sql, file, line: statement.line) }
        try await record(file, connection, at: time)
        try await run(connection, "COMMIT", file, line: 1)
      } catch {
        try? await connection.execute("ROLLBACK", name: file.name)
        throw error
      }
    } else {
      for statement in file.statements { try await run(connection, statement.sql, file, line: statement.line) }
      try await record(file, connection, at: time)
    }
    logger.info("migrated", metadata: ["file": "\(file.name)", "took": "\(clock.now - started)"])
  }

  private func record(_ file: MigrationFile, _ connection: CheckedOutConnection, at time: Date) async throws(MigrationError) {
    _ = try await database { () async throws(PostgreSQLError) in
      try await connection.query(
        Self.writeRecord, [.int4(Int32(file.number)), .text(file.name), .text(file.checksum), .timestamp(time)])
    }
  }

  private func run(_ connection: CheckedOutConnection, _ sql: String, _ file: MigrationFile, line: Int) async throws(MigrationError) {
    do { try await connection.execute(sql, name: file.name) } catch {
      if let sqlState = error.sqlState { throw .failed(file: file.name, line: line, sqlState: sqlState) }
      throw .database(error)
    }
  }
}
