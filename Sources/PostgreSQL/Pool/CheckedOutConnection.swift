/// A connection on loan, valid until the body that received it returns; afterwards everything throws ``PostgreSQLError/closed``.
/// One thing at a time: calls from several tasks run one after another.
public final class CheckedOutConnection: Sendable {
  private let loan: Loan

  init(_ loan: Loan) { self.loan = loan }

  /// Runs one statement, committed on its own.
  @discardableResult
  public func query(_ statement: Statement, _ parameters: [SQLValue] = []) async throws(PostgreSQLError) -> QueryResult {
    try await pipeline([BoundStatement(statement, parameters)])[0]
  }

  /// Runs statements as one unit: one round trip, one implicit transaction.
  public func pipeline(_ statements: [BoundStatement]) async throws(PostgreSQLError) -> [QueryResult] {
    try await loan.unit(statements)
  }

  /// Runs SQL text of one or several statements by the simple protocol, for migrations. `name` appears in errors. Rows are thrown away.
  public func execute(_ sql: String, name: String = "execute") async throws(PostgreSQLError) {
    try await loan.simple(sql, name: Statement(name, "execute"))
  }

  /// An explicit transaction on this connection; see ``PostgreSQLPool/transaction(isolation:readOnly:statementTimeout:_:)``.
  public func transaction<T: Sendable>(
    isolation: Isolation = .readCommitted, readOnly: Bool = false, _ body: (Transaction) async throws -> T
  ) async throws -> T {
    try await loan.transaction(isolation: isolation, readOnly: readOnly, body).result.get()
  }

  /// `COPY … FROM STDIN (FORMAT binary)`; see ``Transaction/copyIn(_:rows:)``.
  @discardableResult
  public func copyIn<Rows: AsyncSequence>(_ statement: Statement, rows: Rows) async throws -> Int where Rows.Element == [SQLValue] {
    try await CopyIn.run(statement, rows: rows, on: loan, push: loan.push)
  }

  /// `COPY … TO STDOUT`; see ``Transaction/copyOut(_:)``.
  public func copyOut(_ statement: Statement) async throws(PostgreSQLError) -> AsyncThrowingStream<[UInt8], any Error> {
    try await CopyOut.run(statement, on: loan, push: loan.push)
  }

  /// Listens on a channel. The stream ends when the connection is given back, and throws ``PostgreSQLError/unavailable`` when it is lost. It
  /// keeps the latest 4,096 notifications that were not consumed: treat them as hints, and look into the tables.
  public func listen(_ channel: String) async throws(PostgreSQLError) -> AsyncThrowingStream<DatabaseNotification, any Error> {
    let (stream, continuation) = AsyncThrowingStream<DatabaseNotification, any Error>.makeStream(bufferingPolicy: .bufferingNewest(4096))
    loan.setListened()
    do { _ = try await loan.run(.listen(channel: channel, continuation), Housekeeping.listen) } catch {
      continuation.finish()
      throw error
    }
    return stream
  }
}
