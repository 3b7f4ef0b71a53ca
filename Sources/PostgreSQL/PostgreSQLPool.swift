public import Logging

/// How a transaction sees the work of others.
public enum Isolation: String, Sendable {
  /// Each statement sees what was committed before it began.
  case readCommitted = "READ COMMITTED"
  /// All statements see what was committed before the first began.
  case repeatableRead = "REPEATABLE READ"
  /// As if transactions ran one after another; failures are ``PostgreSQLError/isSerializationFailure``.
  case serializable = "SERIALIZABLE"
}

/// Connections to one database. Connects on first use; see ``PostgreSQLConfiguration`` for the limits.
///
/// Short work goes through ``unit(_:)``: units of many tasks share a few connections that stay in pipeline mode, each unit costing one round
/// trip. What needs a connection of its own, or runs for long, goes through ``transaction(isolation:readOnly:statementTimeout:_:)`` or
/// ``withConnection(statementTimeout:_:)``.
public final class PostgreSQLPool: Sendable {
  /// Makes a pool; nothing is connected yet.
  public init(_ configuration: PostgreSQLConfiguration, logger: Logger) {
  }

  /// Runs statements as one unit of work: one pipeline, one Sync, one implicit transaction, one round trip. All or nothing; results in order.
  ///
  /// An error of one unit does not touch other units. A unit waits behind those sent before it on its connection, so statements that run for
  /// long, or wait for locks, belong into a transaction. `COPY` and transaction control cannot be part of a unit. If the task is cancelled, a
  /// running unit is cancelled on the server: ``PostgreSQLError/cancelled`` means that nothing of it remains.
  public func unit(_ statements: [BoundStatement]) async throws(PostgreSQLError) -> [QueryResult] {
    throw .unavailable
  }

  /// One statement as a unit of its own.
  @discardableResult
  public func query(_ statement: Statement, _ parameters: [SQLValue] = []) async throws(PostgreSQLError) -> QueryResult {
    let results = try await unit([BoundStatement(statement, parameters)])
    return results[0]
  }

  /// Runs an explicit transaction on a connection of its own: commits when `body` returns, rolls back when it throws.
  ///
  /// Cancelling the task cancels the running statement. A connection lost before the commit gives ``PostgreSQLError/unavailable``, during the
  /// commit ``PostgreSQLError/connectionLost``. `statementTimeout` replaces the configured one within the transaction; `.zero` means none.
  public func transaction<T: Sendable>(
    isolation: Isolation = .readCommitted, readOnly: Bool = false, statementTimeout: Duration? = nil,
    _ body: (Transaction) async throws -> T
  ) async throws -> T {
    throw PostgreSQLError.unavailable
  }

  /// Lends a connection for COPY, LISTEN, DDL or several transactions. Session settings, listens, temporary tables and advisory locks are
  /// gone when it is given back.
  public func withConnection<T: Sendable>(statementTimeout: Duration? = nil, _ body: (CheckedOutConnection) async throws -> T) async throws
    -> T
  {
    throw PostgreSQLError.unavailable
  }

  /// Refuses new work with ``PostgreSQLError/closed``, lets what is on its way finish (up to the statement timeout) and closes all connections.
  public func close() async {
  }

  /// A moment's view of the pool.
  public var statistics: PoolStatistics {
    PoolStatistics(connections: 0, idle: 0, waiting: 0, inFlight: 0, checkedOut: 0, waitingForCheckOut: 0, completed: 0)
  }
}
