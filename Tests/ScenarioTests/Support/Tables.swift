import Foundation
import Logging
import PostgreSQL
import TestSupport

/// The database from the inside.
enum Tables {
  static func with<T: Sendable>(_ url: String, _ body: (PostgreSQLPool) async throws -> T) async throws -> T {
    let configuration = PostgreSQLConfiguration(url: url, maximumConnections: 1, maximumCheckedOut: 1, applicationName: "scenario")
    let pool = PostgreSQLPool(configuration, logger: Logger(label: "scenario") { _ in SwiftLogNoOpLogHandler() })
    do {
      let result = try await body(pool)
      await pool.close()
      return result
    } catch {
      await pool.close()
      throw error
    }
  }

  /// Every table outside PostgreSQL's own schemas.
  private static let names = Statement(
    "scenario_tables",
    """
    select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1
    """)

  /// Every row of every table as text, `bytea` in hexadecimal.
  static func everything(of house: House) async throws -> [String: String] {
    try await with(house.database.superuserURL) { pool in
      try await pool.transaction(isolation: .repeatableRead) { try await everything(in: $0) }
    }
  }

  /// The same as it would be after a change, which is taken back.
  static func planting(_ change: String, in database: TestDatabase.Handle) async throws -> [String: String] {
    struct Seen: Error { let contents: [String: String] }
    return try await with(database.superuserURL) { pool in
      do {
        return try await pool.transaction { transaction -> [String: String] in
          _ = try await transaction.query(Statement("scenario_plant", change))
          throw Seen(contents: try await everything(in: transaction))
        }
      } catch let seen as Seen {
        return seen.contents
      }
    }
  }

  private static func everything(in transaction: Transaction) async throws -> [String: String] {
    var contents: [String: String] = [:]
    for (number, name) in try await transaction.query(names).rows.map({ row in try row.text(0) }).enumerated() {
      let rows = try await transaction.query(Statement("scenario_rows_\(number)", "select t::text from \(name) t")).rows
      contents[name] = try rows.map { row in try row.text(0) }.joined(separator: "\n")
    }
    return contents
  }
}
