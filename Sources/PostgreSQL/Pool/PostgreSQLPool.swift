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
  private let core: PoolCore

  /// Makes a pool; nothing is connected yet.
  public init(_ configuration: PostgreSQLConfiguration, logger: Logger) { core = PoolCore(configuration, logger: logger) }

  deinit { core.beginClosing() }

  /// Runs statements as one unit of work: one pipeline, one Sync, one implicit transaction, one round trip. All or nothing; results in order.
  ///
  /// An error of one unit does not touch other units. A unit waits behind those sent before it on its connection, so statements that run for
  /// long, or wait for locks, belong into a transaction. `COPY` and transaction control cannot be part of a unit. All statements of a unit are
  /// prepared before the first is run: what the first creates the second cannot name. If the task is cancelled, a
  /// running unit is cancelled on the server: ``PostgreSQLError/cancelled`` means that nothing of it remains. A unit whose connection is lost
  /// goes to another if it was not sent yet, or the server said good-bye before it could have committed it; otherwise it fails with
  /// ``PostgreSQLError/connectionLost``.
  public func unit(_ statements: [BoundStatement]) async throws(PostgreSQLError) -> [QueryResult] {
    guard let first = statements.first else { return [] }
    let answer = try await Job(.unit(statements), statement: first.statement.entry).run(core.queue.push).get()
    guard case .results(let results) = answer else { throw .misuse(statement: first.statement.name) }
    return results
  }

  /// One statement as a unit of its own.
  @discardableResult
  public func query(_ statement: Statement, _ parameters: [SQLValue] = []) async throws(PostgreSQLError) -> QueryResult {
    try await unit([BoundStatement(statement, parameters)])[0]
  }

  /// Runs an explicit transaction on a connection of its own: commits when `body` returns, rolls back when it throws.
  ///
  /// Cancelling the task cancels the running statement. A connection lost before the commit gives ``PostgreSQLError/unavailable``, during the
  /// commit ``PostgreSQLError/connectionLost``. If the body swallowed a server's error, the commit fails with SQLSTATE 25P02. `statementTimeout`
  /// replaces the configured one within the transaction; `.zero` means none.
  public func transaction<T: Sendable>(
    isolation: Isolation = .readCommitted, readOnly: Bool = false, statementTimeout: Duration? = nil,
    _ body: (Transaction) async throws -> T
  ) async throws -> T {
    let connection = try await core.checkOut()
    let loan = Loan(connection, timeout: statementTimeout, configuration: core.configuration)
    let (result, isClean) = await loan.transaction(isolation: isolation, readOnly: readOnly, body)
    loan.close()
    if isClean { core.checkIn(connection) } else { core.discard(connection) }
    return try result.get()
  }

  /// Lends a connection for COPY, LISTEN, DDL or several transactions. Session settings, listens, temporary tables and advisory locks are
  /// gone when it is given back. `statementTimeout` replaces the configured one; `.zero` means none.
  public func withConnection<T: Sendable>(statementTimeout: Duration? = nil, _ body: (CheckedOutConnection) async throws -> T) async throws
    -> T
  {
    let connection = try await core.checkOut()
    let loan = Loan(connection, timeout: statementTimeout, configuration: core.configuration)
    let result: Result<T, any Error>
    do {
      if statementTimeout != nil {
        try await loan.simple("SET statement_timeout = \(loan.timeoutMilliseconds)", name: Housekeeping.statementTimeout)
      }
      result = .success(try await body(CheckedOutConnection(loan)))
    } catch {
      result = .failure(error)
    }
    if await clean(loan) { core.checkIn(connection) } else { core.discard(connection) }
    return try result.get()
  }

  /// Whether the connection is as good as new.
  private func clean(_ loan: Loan) async -> Bool {
    defer { loan.close() }
    // The rest of a COPY that nobody read may be long: a new connection is cheaper.
    if loan.isCopyingOut { return false }
    do {
      if loan.hasListened { _ = try await loan.run(.endListening, Housekeeping.reset, isCancellable: false) }
      try await loan.simple(Housekeeping.reset.sql, name: Housekeeping.reset, isCancellable: false)
      return true
    } catch {
      return false
    }
  }

  /// Refuses new work with ``PostgreSQLError/closed``, lets what is on its way finish (up to the statement timeout, at most 30 s) and closes
  /// all connections. Streams of notifications end at once.
  public func close() async {
    core.beginClosing()
    await core.waitUntilClosed()
  }

  /// A moment's view of the pool.
  public var statistics: PoolStatistics { core.statistics }
}
