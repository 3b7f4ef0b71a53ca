internal import Foundation
public import Logging
public import PostgreSQL

/// PostgreSQL as the rules see it: every statement on a tenant's tables runs in a unit of work that has set that tenant (law 3).
public struct Database: Sendable {
  static let setTenant = Statement("set_tenant", "select set_config('yonjo.tenant_id', $1, true)")

  /// How often a transaction is tried that PostgreSQL ended for others' sake.
  private static let maximumAttempts = 3

  private let pool: PostgreSQLPool
  private let logger: Logger

  /// - Parameters:
  ///   - pool: connections of the app role (or, for jobs, of the jobs role).
  ///   - logger: what the caller is not told of a database error goes here: SQLSTATE, constraint and the statement's name, never a value.
  public init(pool: PostgreSQLPool, logger: Logger) {
    self.pool = pool
    self.logger = logger
  }

  /// One round trip, one transaction: the tenant is set, then the statements run in order; all or nothing.
  func unit(_ tenant: TenantID, _ statements: [BoundStatement]) async throws(Refusal) -> [QueryResult] {
    var all: [BoundStatement] = []
    all.reserveCapacity(statements.count + 1)
    all.append(Self.bound(tenant))
    all.append(contentsOf: statements)
    do {
      return Array(try await pool.unit(all).dropFirst())
    } catch {
      throw refusal(for: error)
    }
  }

  /// One statement in a unit of its own.
  func query(_ tenant: TenantID, _ statement: Statement, _ parameters: [SQLValue]) async throws(Refusal) -> QueryResult {
    try await unit(tenant, [BoundStatement(statement, parameters)])[0]
  }

  /// Statements on tables that belong to no tenant.
  func platform(_ statements: [BoundStatement]) async throws(Refusal) -> [QueryResult] {
    do {
      return try await pool.unit(statements)
    } catch {
      throw refusal(for: error)
    }
  }

  /// A transaction of several round trips, the tenant set before the body sees it. Commits on return, rolls back on throw.
  func transaction<T: Sendable>(_ tenant: TenantID, _ body: (TenantTransaction) async throws -> T) async throws -> T {
    var attempt = 1
    while true {
      do {
        return try await pool.transaction { transaction in
          _ = try await transaction.query(Self.setTenant, [.text(tenant.uuid.uuidString)])
          return try await body(TenantTransaction(transaction: transaction))
        }
      } catch let error as PostgreSQLError {
        // A body asks nobody but the database (law 11), so the victim of a deadlock can be run again as if nothing had been.
        guard error.isSerializationFailure, attempt < Self.maximumAttempts else { throw refusal(for: error) }
        logger.notice("a transaction is run again", metadata: ["error": "\(error)", "attempt": "\(attempt)"])
        attempt += 1
      }
    }
  }

  private static func bound(_ tenant: TenantID) -> BoundStatement { BoundStatement(setTenant, [.text(tenant.uuid.uuidString)]) }

  /// What a caller learns of a database error: that a part is down, or that the state moved under the request; never SQL.
  private func refusal(for error: PostgreSQLError) -> Refusal {
    logger.warning("the database did not do what was asked", metadata: ["error": "\(error)"])
    switch error.sqlState {
    case "40001", "40P01", "55P03":
      return Refusal(
        .conflict, "concurrentChange", "Another request changed the same records at the same time; nothing was changed by this one.",
        nextStep: "Repeat with the same Idempotency-Key.")
    default:
      // Nothing is done that cannot be recorded (law 4): whoever looks after it should know at once that it is this.
      if case .server(_, _, let statement) = error, statement == AuditStore.insert.name { return .unavailable("The audit log") }
      return .unavailable("The database")
    }
  }
}

/// An open transaction in which the tenant is set.
struct TenantTransaction: Sendable {
  fileprivate let transaction: Transaction

  fileprivate init(transaction: Transaction) { self.transaction = transaction }

  @discardableResult
  func query(_ statement: Statement, _ parameters: [SQLValue]) async throws(PostgreSQLError) -> QueryResult {
    try await transaction.query(statement, parameters)
  }

  /// Several statements in one round trip.
  @discardableResult
  func pipeline(_ statements: [BoundStatement]) async throws(PostgreSQLError) -> [QueryResult] {
    guard !statements.isEmpty else { return [] }
    return try await transaction.pipeline(statements)
  }
}
