import Synchronization

/// An explicit transaction, valid until the body that received it returns; afterwards everything throws ``PostgreSQLError/closed``.
///
/// `BEGIN` goes with the first statement, in the same round trip.
public final class Transaction: Sendable {
  private struct State {
    var isOpen = true
    /// What opens the transaction; `nil` once sent.
    var opening: [BoundStatement]?
    /// The opening failed, so that on the server there is no transaction, or an aborted one.
    var isDoomed = false
  }

  private let loan: Loan
  private let state: Mutex<State>

  init(on loan: Loan, opening: [BoundStatement]) {
    self.loan = loan
    state = Mutex(State(opening: opening))
  }

  /// Runs one statement: one round trip.
  @discardableResult
  public func query(_ statement: Statement, _ parameters: [SQLValue] = []) async throws(PostgreSQLError) -> QueryResult {
    try await pipeline([BoundStatement(statement, parameters)])[0]
  }

  /// Runs several statements in one round trip; nothing is committed in between. After an error the rest is not run, and the transaction can
  /// only be rolled back (to a savepoint).
  public func pipeline(_ statements: [BoundStatement]) async throws(PostgreSQLError) -> [QueryResult] {
    try await run(statements, isCancellable: true)
  }

  /// Runs `body` within a savepoint: what it did is undone if it throws, and the transaction can go on.
  public func savepoint<T: Sendable>(_ body: () async throws -> T) async throws -> T {
    try await query(Housekeeping.savepoint)
    do {
      let value = try await body()
      try await query(Housekeeping.releaseSavepoint)
      return value
    } catch {
      // Must happen even though the task may be cancelled; if it fails, so will everything after it. One after the other: in an aborted
      // transaction the server prepares nothing but what ends it.
      for statement in [Housekeeping.rollbackToSavepoint, Housekeeping.releaseSavepoint] {
        _ = try? await run([BoundStatement(statement)], isCancellable: false)
      }
      throw error
    }
  }

  /// `COPY … FROM STDIN (FORMAT binary)` from rows as they come, in chunks, with back-pressure. The values must be of exactly the columns'
  /// types. If `rows` throws, nothing is copied and its error is thrown. The statement timeout does not apply. Returns how many rows were copied.
  @discardableResult
  public func copyIn<Rows: AsyncSequence>(_ statement: Statement, rows: Rows) async throws -> Int where Rows.Element == [SQLValue] {
    try await open()
    do { return try await CopyIn.run(statement, rows: rows, on: loan, push: push) } catch let error as PostgreSQLError {
      throw Self.beforeCommit(error)
    }
  }

  /// `COPY … TO STDOUT` as chunks of whole rows in the statement's format, read as fast as they are consumed. What is not consumed is thrown
  /// away when the transaction goes on. The statement timeout does not apply.
  public func copyOut(_ statement: Statement) async throws(PostgreSQLError) -> AsyncThrowingStream<[UInt8], any Error> {
    try await open()
    return try await CopyOut.run(statement, on: loan, push: push)
  }

  // MARK: -

  private func push(_ job: Job) -> PostgreSQLError? {
    state.withLock { state in
      if !state.isOpen { return .closed }
      return state.isDoomed ? Self.aborted : loan.push(job)
    }
  }

  /// Sends what opens the transaction, where nothing else can carry it.
  private func open() async throws(PostgreSQLError) {
    if state.withLock({ $0.opening != nil }) { _ = try await run([], isCancellable: true) }
  }

  private func run(_ statements: [BoundStatement], isCancellable: Bool) async throws(PostgreSQLError) -> [QueryResult] {
    let opening = state.withLock { $0.opening.take() } ?? []
    do {
      let results = try await loan.unit(opening + statements, isCancellable: isCancellable, push: push)
      return opening.isEmpty ? results : Array(results.dropFirst(opening.count))
    } catch {
      if !opening.isEmpty { state.withLock { $0.isDoomed = true } }
      throw Self.beforeCommit(error)
    }
  }

  /// Whatever was lost before the commit was not committed.
  private static func beforeCommit(_ error: PostgreSQLError) -> PostgreSQLError { error == .connectionLost ? .unavailable : error }

  private static let aborted = PostgreSQLError.server(sqlState: "25P02", constraint: nil, statement: "commit")

  /// Nothing more from the body; commits. A cancelled task does not stop the commit, so its outcome is certain.
  func commit() async throws(PostgreSQLError) {
    let (isUnused, isDoomed) = state.withLock { state in
      state.isOpen = false
      return (state.opening != nil, state.isDoomed)
    }
    if isUnused { return }
    if isDoomed { throw Self.aborted }
    let results = try await loan.unit([BoundStatement(Housekeeping.commit)], isCancellable: false)
    guard results[0].storage.hasTag("COMMIT") else { throw Self.aborted }
  }

  /// Nothing more from the body; rolls back.
  func rollback() async throws(PostgreSQLError) {
    let isUnused = state.withLock { state in
      state.isOpen = false
      return state.opening != nil
    }
    if isUnused { return }
    _ = try await loan.unit([BoundStatement(Housekeeping.rollback)], isCancellable: false)
  }
}

extension Loan {
  /// A transaction around `body`. Whether the connection is clean afterwards is told apart from what `body` gave.
  func transaction<T: Sendable>(
    isolation: Isolation, readOnly: Bool, _ body: (Transaction) async throws -> T
  ) async -> (result: Result<T, any Error>, isClean: Bool) {
    var opening = [BoundStatement(Housekeeping.begin(isolation, readOnly: readOnly))]
    if timeout != nil { opening.append(BoundStatement(Housekeeping.localStatementTimeout, [.text(String(timeoutMilliseconds))])) }
    let transaction = Transaction(on: self, opening: opening)
    do {
      let value = try await body(transaction)
      do {
        try await transaction.commit()
        return (.success(value), true)
      } catch PostgreSQLError.server(let sqlState, let constraint, let statement) {
        // The server has rolled back by itself; a doomed transaction may still be open.
        let isClean = (try? await transaction.rollback()) != nil
        return (.failure(PostgreSQLError.server(sqlState: sqlState, constraint: constraint, statement: statement)), isClean)
      } catch {
        return (.failure(error), false)
      }
    } catch {
      let isClean = (try? await transaction.rollback()) != nil
      return (.failure(error), isClean)
    }
  }
}
