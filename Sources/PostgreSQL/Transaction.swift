/// An explicit transaction, valid until the body that received it returns; afterwards everything throws ``PostgreSQLError/closed``.
public final class Transaction: Sendable {
  init() {}

  /// Runs one statement: one round trip.
  @discardableResult
  public func query(_ statement: Statement, _ parameters: [SQLValue] = []) async throws(PostgreSQLError) -> QueryResult {
    try await pipeline([BoundStatement(statement, parameters)])[0]
  }

  /// Runs several statements in one round trip; nothing is committed in between. After an error the rest is not run, and the transaction can
  /// only be rolled back (to a savepoint).
  public func pipeline(_ statements: [BoundStatement]) async throws(PostgreSQLError) -> [QueryResult] {
    throw .closed
  }

  /// Runs `body` within a savepoint: what it did is undone if it throws, and the transaction can go on.
  public func savepoint<T: Sendable>(_ body: () async throws -> T) async throws -> T {
    throw PostgreSQLError.closed
  }

  /// `COPY … FROM STDIN (FORMAT binary)` from rows as they come, in chunks, with back-pressure. The values must be of exactly the columns'
  /// types. If `rows` throws, nothing is copied and its error is thrown. Returns how many rows were copied.
  @discardableResult
  public func copyIn<Rows: AsyncSequence>(_ statement: Statement, rows: Rows) async throws -> Int where Rows.Element == [SQLValue] {
    throw PostgreSQLError.closed
  }

  /// `COPY … TO STDOUT` as chunks of whole rows in the statement's format, read as fast as they are consumed.
  public func copyOut(_ statement: Statement) async throws(PostgreSQLError) -> AsyncThrowingStream<[UInt8], any Error> {
    throw .closed
  }
}
