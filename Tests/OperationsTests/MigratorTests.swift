import Foundation
import Logging
import Operations
import PostgreSQL
import TestSupport
import Testing

@Suite struct MigratorTests {
  private static let time = Date(timeIntervalSince1970: 1_750_000_000)

  /// A directory of migrations and an empty database, both gone afterwards.
  private func with(
    _ files: [String: String], _ body: (Directory, TestDatabase.Handle) async throws -> Void
  ) async throws {
    let directory = try Directory(files)
    defer { directory.remove() }
    try await TestDatabase.with(migrated: false) { try await body(directory, $0) }
  }

  private func migrator(_ directory: Directory, _ database: TestDatabase.Handle, patience: Duration = .seconds(60)) -> Migrator {
    Migrator(url: database.ownerURL, directory: directory.path, logger: Logger(label: "tests"), patience: patience)
  }

  private func error(_ migrator: Migrator) async -> MigrationError? {
    do { _ = try await migrator.run(at: Self.time) } catch { return error }
    return nil
  }

  private func ask(_ database: TestDatabase.Handle, _ sql: String) async throws -> Int {
    let pool = PostgreSQLPool(PostgreSQLConfiguration(url: database.ownerURL, maximumConnections: 1), logger: Logger(label: "tests"))
    let result: Result<Int, any Error>
    do { result = .success(try await pool.query(Statement("ask", sql)).requireRow().int(0)) } catch { result = .failure(error) }
    await pool.close()
    return try result.get()
  }

  @Test func filesAreAppliedOnceInOrder() async throws {
    try await with([
      "0001_first.sql": "CREATE TABLE a (id int);", "0002_second.sql": "ALTER TABLE a ADD COLUMN b int; INSERT INTO a VALUES (1, 2);",
    ]) {
      directory, database in
      let first = try await migrator(directory, database).run(at: Self.time)
      #expect(first == MigrationReport(applied: ["0001_first.sql", "0002_second.sql"], before: 0, version: 2))
      try directory.write("0010_third.sql", "INSERT INTO a VALUES (3, 4)")
      let second = try await migrator(directory, database).run(at: Self.time)
      #expect(second == MigrationReport(applied: ["0010_third.sql"], before: 2, version: 10))
      #expect(try await migrator(directory, database).run(at: Self.time).applied.isEmpty)
      let found = try await ask(database, "SELECT count(*) FROM a")
      #expect(found == 2)
    }
  }

  @Test func theTimeOfApplicationIsTheOneGiven() async throws {
    try await with(["0001_first.sql": "SELECT 1"]) { directory, database in
      _ = try await migrator(directory, database).run(at: Self.time)
      let status = try await migrator(directory, database).status()
      #expect(status == [MigrationStatus(number: 1, name: "0001_first.sql", state: .applied(at: Self.time))])
    }
  }

  @Test func aFailingFileLeavesNothingAndNamesFileLineAndSQLSTATE() async throws {
    try await with(["0001_first.sql": "CREATE TABLE a (id int);\n\n-- then\nCREATE TABLE b (id int);\nSELECT 1 / 0;"]) {
      directory, database in
      let error = await self.error(migrator(directory, database))
      #expect(error == .failed(file: "0001_first.sql", line: 5, sqlState: "22012"))
      #expect(error.map { "\($0)" } == "0001_first.sql, line 5: SQLSTATE 22012. The server's log says more.")
      let found = try await ask(database, "SELECT count(*) FROM pg_tables WHERE tablename IN ('a', 'b')")
      #expect(found == 0)
      #expect(try await migrator(directory, database).status().map(\.state) == [.pending])
    }
  }

  @Test func aChangedFileIsRefused() async throws {
    try await with(["0001_first.sql": "SELECT 1"]) { directory, database in
      _ = try await migrator(directory, database).run(at: Self.time)
      try directory.write("0001_first.sql", "SELECT 2")
      #expect(await error(migrator(directory, database)) == .checksumMismatch(file: "0001_first.sql"))
      #expect(try await migrator(directory, database).status().map(\.state) == [.changed(at: Self.time)])
    }
  }

  @Test func aSchemaNewerThanTheProgramIsRefused() async throws {
    try await with(["0001_first.sql": "SELECT 1", "0002_second.sql": "SELECT 2"]) { directory, database in
      _ = try await migrator(directory, database).run(at: Self.time)
      try directory.remove("0002_second.sql")
      try directory.write("0003_third.sql", "CREATE TABLE never (id int)")
      #expect(await error(migrator(directory, database)) == .schemaNewer(number: 2, name: "0002_second.sql"))
      let found = try await ask(database, "SELECT count(*) FROM pg_tables WHERE tablename = 'never'")
      #expect(found == 0)
      #expect(try await migrator(directory, database).status()[1].state == .unknown(at: Self.time))
    }
  }

  @Test func aFileThatComesTooLateIsRefused() async throws {
    try await with(["0001_first.sql": "SELECT 1", "0005_fifth.sql": "SELECT 5"]) { directory, database in
      _ = try await migrator(directory, database).run(at: Self.time)
      try directory.write("0003_third.sql", "SELECT 3")
      #expect(await error(migrator(directory, database)) == .outOfOrder(file: "0003_third.sql", applied: 5))
    }
  }

  @Test func indexesAreBuiltConcurrentlyOutsideATransaction() async throws {
    let index =
      "-- yonjo: no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a_id ON a (id);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a_id2 ON a (id);"
    try await with(["0001_first.sql": "CREATE TABLE a (id int)", "0002_index.sql": index]) { directory, database in
      _ = try await migrator(directory, database).run(at: Self.time)
      let found = try await ask(database, "SELECT count(*) FROM pg_indexes WHERE indexname IN ('a_id', 'a_id2')")
      #expect(found == 2)
      try directory.write("0003_index.sql", "CREATE INDEX CONCURRENTLY a_id3 ON a (id)")
      #expect(await error(migrator(directory, database)) == .failed(file: "0003_index.sql", line: 1, sqlState: "25001"))
    }
  }

  @Test func severalProgramsMigrateAtOnceAndOneDoesIt() async throws {
    let slow = "CREATE TABLE a (id int); SELECT pg_sleep(0.3); INSERT INTO a VALUES (1);"
    let index = "-- yonjo: no transaction\nCREATE INDEX CONCURRENTLY a_id ON a (id)"
    try await with(["0001_slow.sql": slow, "0002_index.sql": index]) { directory, database in
      let applied = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 { group.addTask { try await self.migrator(directory, database).run(at: Self.time).applied.count } }
        var applied: [Int] = []
        for try await count in group { applied.append(count) }
        return applied.sorted()
      }
      #expect(applied == [0, 0, 0, 2])
      let found = try await ask(database, "SELECT count(*) FROM a")
      #expect(found == 1)
    }
  }

  @Test func whoWaitsTooLongForAnotherMigratorGivesUp() async throws {
    try await with(["0001_slow.sql": "SELECT pg_sleep(2)"]) { directory, database in
      async let first = migrator(directory, database).run(at: Self.time)
      // Until the first holds the lock.
      for _ in 0..<500 {
        if try await ask(
          database,
          "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ) > 0 {
          break
        }
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(await error(migrator(directory, database, patience: .milliseconds(200))) == .locked)
      #expect(try await first.applied.count == 1)
    }
  }

  @Test(arguments: [
    ("first.sql", "SELECT 1"), ("001_first.sql", "SELECT 1"), ("0000_first.sql", "SELECT 1"), ("0001_a.sql", "SELECT 1;\nCOMMIT;"),
  ])
  func whatIsNotAMigrationIsRefusedBeforeAnythingIsDone(name: String, text: String) async throws {
    try await with([name: text, "0009_last.sql": "CREATE TABLE never (id int)"]) { directory, database in
      let error = await self.error(migrator(directory, database))
      #expect(error == .invalidName(name) || error == .controlsTransactions(file: name, line: 2))
      let found = try await ask(database, "SELECT count(*) FROM pg_tables WHERE tablename IN ('never', 'yonjo_migrations')")
      #expect(found == 0)
    }
  }

  @Test func textIsCutIntoStatementsWhereTheServerWouldCutIt() async throws {
    // Each of these semicolons ends nothing.
    let text = """
      -- a comment; with a semicolon
      CREATE TABLE "a;b" (id int DEFAULT 1 /* one; /* nested; */ more; */, t text DEFAULT 'it''s; \\');
      CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN RETURN 1; END; $body$;
      CREATE FUNCTION g(x int) RETURNS int LANGUAGE sql
        BEGIN ATOMIC SELECT CASE x WHEN 1 THEN 2; ELSE 3 END; SELECT 4; END;
      ;; INSERT INTO "a;b" (t) VALUES (E'\\'; '), ($$;$$)
      """.replacing("THEN 2;", with: "THEN 2")
    try await with(["0001_first.sql": text]) { directory, database in
      _ = try await migrator(directory, database).run(at: Self.time)
      let found = try await ask(database, #"SELECT f() + g(1) + count(*)::int FROM "a;b""#)
      #expect(found == 1 + 4 + 2)
    }
  }

  @Test func theRealMigrationsApplyAndAreComplete() async throws {
    try await TestDatabase.with(migrated: true) { database in
      let migrator = Migrator(url: database.appURL, directory: TestDatabase.migrationsDirectory, logger: Logger(label: "tests"))
      let status = try await migrator.status()
      #expect(!status.isEmpty)
      #expect(
        status.allSatisfy {
          if case .applied = $0.state { true } else { false }
        })
    }
  }
}

/// A directory of files for one test.
struct Directory: Sendable {
  let path: String

  init(_ files: [String: String]) throws {
    path = NSTemporaryDirectory() + "yonjo-migrations-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files { try write(name, text) }
  }

  func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name)) }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
