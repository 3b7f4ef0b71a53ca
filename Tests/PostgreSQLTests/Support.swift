import Logging
import PostgreSQL
import TestSupport

/// A pool on a database of its own, both gone afterwards.
func withPool<T: Sendable>(
  configure: (inout PostgreSQLConfiguration) -> Void = { _ in }, _ body: (PostgreSQLPool, TestDatabase.Handle) async throws -> T
) async throws -> T {
  try await TestDatabase.with(migrated: false) { database in
    var configuration = PostgreSQLConfiguration(
      url: database.ownerURL, maximumConnections: 4, maximumCheckedOut: 4, acquireTimeout: .seconds(60))
    configure(&configuration)
    let pool = PostgreSQLPool(configuration, logger: Logger(label: "tests"))
    do {
      let value = try await body(pool, database)
      await pool.close()
      return value
    } catch {
      await pool.close()
      throw error
    }
  }
}

/// The error of the room, or `nil` if there was none.
func failure(of body: () async throws -> Void) async -> PostgreSQLError? {
  do { try await body() } catch let error as PostgreSQLError { return error } catch { return nil }
  return nil
}

/// Waits for something that will come true soon; false if it does not within ten seconds.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
  for _ in 0..<1000 {
    if try await condition() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return false
}

enum SQL {
  static let one = Statement("one", "SELECT 1")
  static let makeTable = Statement(
    "make_table", "CREATE TABLE things (id bigint PRIMARY KEY, what text NOT NULL CONSTRAINT short CHECK (length(what) < 20))")
  static let insert = Statement("insert_thing", "INSERT INTO things (id, what) VALUES ($1, $2)")
  static let count = Statement("count_things", "SELECT count(*) FROM things")
  static let names = Statement("names", "SELECT id, what FROM things ORDER BY id")
  static let divide = Statement("divide", "SELECT 1 / $1::int")
  static let sleep = Statement("sleep", "SELECT pg_sleep($1::double precision)")
  static let backend = Statement("backend", "SELECT pg_backend_pid()")
  static let setTenant = Statement("set_tenant", "SELECT set_config('test.tenant', $1, true)")
  static let tenant = Statement("tenant", "SELECT coalesce(current_setting('test.tenant', true), '')")
}
