import Synchronization

/// A connection in the hands of one borrower. Once given back, nothing more gets onto the connection: jobs are queued under the lock that closes
/// the loan, so whatever a task that outlived its body had queued runs before the connection is cleaned.
final class Loan: Sendable {
  private struct State {
    var isOpen = true
    /// A COPY whose rows have not all been read.
    var isCopyingOut = false
    var hasListened = false
  }

  let connection: Connection
  /// Nanoseconds, 0 for none; `nil` for the configured one.
  let timeout: Int64?
  let configuration: PostgreSQLConfiguration
  private let state = Mutex(State())

  init(_ connection: Connection, timeout: Duration?, configuration: PostgreSQLConfiguration) {
    self.connection = connection
    self.timeout = timeout?.nanoseconds
    self.configuration = configuration
  }

  /// The timeout in force, in milliseconds as the server takes it.
  var timeoutMilliseconds: Int64 { min((timeout ?? configuration.statementTimeout.nanoseconds) / 1_000_000, Int64(Int32.max)) }

  func push(_ job: Job) -> PostgreSQLError? {
    state.withLock { $0.isOpen ? connection.queue.push(job) : .closed }
  }

  func close() { state.withLock { $0.isOpen = false } }

  var isCopyingOut: Bool { state.withLock { $0.isCopyingOut } }
  func setCopyingOut(_ value: Bool) { state.withLock { $0.isCopyingOut = value } }

  var hasListened: Bool { state.withLock { $0.hasListened } }
  func setListened() { state.withLock { $0.hasListened = true } }

  /// Runs a job after whatever is left of a COPY that its reader gave up.
  func run(
    _ kind: Job.Kind, _ statement: Statement, isCancellable: Bool = true, push: ((Job) -> PostgreSQLError?)? = nil
  ) async throws(PostgreSQLError) -> Answer {
    while isCopyingOut {
      let read = await Job(.copyOutRead, statement: statement.entry, timeout: timeout, isCancellable: isCancellable).run(self.push)
      guard case .success(.chunk(.some)) = read else {
        setCopyingOut(false)
        break
      }
    }
    let job = Job(kind, statement: statement.entry, timeout: timeout, isCancellable: isCancellable)
    return try await job.run(push ?? self.push).get()
  }

  /// Statements with one Sync.
  func unit(
    _ statements: [BoundStatement], isCancellable: Bool = true, push: ((Job) -> PostgreSQLError?)? = nil
  ) async throws(PostgreSQLError) -> [QueryResult] {
    guard let first = statements.first else { return [] }
    let answer = try await run(.unit(statements), first.statement, isCancellable: isCancellable, push: push)
    guard case .results(let results) = answer else { throw .misuse(statement: first.statement.name) }
    return results
  }

  /// Text by the simple protocol.
  func simple(_ sql: String, name: Statement, isCancellable: Bool = true) async throws(PostgreSQLError) {
    _ = try await run(.simple(sql), name, isCancellable: isCancellable)
  }
}

/// Names for what this room says to the server on its own account.
enum Housekeeping {
  static let reset = Statement(
    "reset",
    "ROLLBACK; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; CLOSE ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP")
  static let statementTimeout = Statement("statement_timeout", "SET statement_timeout")
  static let localStatementTimeout = Statement("local_statement_timeout", "SELECT set_config('statement_timeout', $1, true)")
  static let listen = Statement("listen", "LISTEN")
  static let commit = Statement("commit", "COMMIT")
  static let rollback = Statement("rollback", "ROLLBACK")
  static let savepoint = Statement("savepoint", "SAVEPOINT yonjo")
  static let releaseSavepoint = Statement("release_savepoint", "RELEASE SAVEPOINT yonjo")
  static let rollbackToSavepoint = Statement("rollback_to_savepoint", "ROLLBACK TO SAVEPOINT yonjo")

  private static let begins: [String: Statement] = {
    var begins: [String: Statement] = [:]
    for isolation in [Isolation.readCommitted, .repeatableRead, .serializable] {
      for access in ["READ WRITE", "READ ONLY"] {
        let mode = "\(isolation.rawValue) \(access)"
        begins[mode] = Statement("begin", "BEGIN ISOLATION LEVEL \(mode)")
      }
    }
    return begins
  }()

  static func begin(_ isolation: Isolation, readOnly: Bool) -> Statement {
    let mode = "\(isolation.rawValue) \(readOnly ? "READ ONLY" : "READ WRITE")"
    return begins[mode] ?? Statement("begin", "BEGIN ISOLATION LEVEL \(mode)")
  }
}
