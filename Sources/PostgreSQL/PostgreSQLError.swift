/// Why the database did not do what was asked. Of what the server said, only SQLSTATE, constraint and statement name leave this room:
/// a server's message may quote values.
public enum PostgreSQLError: Error, Sendable, Equatable {
  /// The server refused a statement. `statement` is the name given to it, never its SQL. Nothing of the unit remains.
  case server(sqlState: String, constraint: String?, statement: String)
  /// There is no connection to the server, or it was lost before anything could have been committed.
  case unavailable
  /// The connection was lost while the unit (or the commit) was on its way: whether it was committed is unknown.
  case connectionLost
  /// No connection became free within the acquire timeout, or too many units wait already.
  case poolExhausted
  /// The statement ran longer than the statement timeout and was cancelled. Nothing of the unit remains.
  case timeout
  /// The task was cancelled. Nothing of the unit remains.
  case cancelled
  /// The pool, or the connection that was checked out, has been closed or given back.
  case closed
  /// A column is absent, of another type than asked for, or null where a value was asked for.
  case unexpectedType(column: Int, statement: String)
  /// A row was expected and none came.
  case missingRow(statement: String)
  /// The caller asked for what this room does not do: too many parameters, COPY inside a unit, a value beyond the size limit.
  case misuse(statement: String)
}

extension PostgreSQLError: CustomStringConvertible {
  /// One sentence, without values.
  public var description: String {
    switch self {
    case .server(let sqlState, let constraint, let statement):
      return "the database refused “\(statement)” with SQLSTATE \(sqlState)" + (constraint.map { " (constraint \($0))" } ?? "")
    case .unavailable: return "the database cannot be reached"
    case .connectionLost: return "the connection to the database was lost while work was on its way; its outcome is unknown"
    case .poolExhausted: return "no database connection became free in time"
    case .timeout: return "a statement ran longer than the statement timeout"
    case .cancelled: return "the work was cancelled"
    case .closed: return "the database connection is closed"
    case .unexpectedType(let column, let statement): return "column \(column) of “\(statement)” does not hold what was asked for"
    case .missingRow(let statement): return "“\(statement)” returned no row"
    case .misuse(let statement): return "“\(statement)” cannot be run in this way"
    }
  }

  /// The server's SQLSTATE, where the server spoke.
  public var sqlState: String? {
    if case .server(let sqlState, _, _) = self { return sqlState }
    return nil
  }

  /// The violated constraint, where the server named one.
  public var constraint: String? {
    if case .server(_, let constraint, _) = self { return constraint }
    return nil
  }

  /// Whether a unique constraint (or the named one) was violated: SQLSTATE 23505.
  public func isUniqueViolation(of name: String? = nil) -> Bool {
    guard case .server("23505", let constraint, _) = self else { return false }
    return name == nil || name == constraint
  }

  /// Whether the same unit may succeed when run again: serialization failure or deadlock.
  public var isSerializationFailure: Bool { sqlState == "40001" || sqlState == "40P01" }
}
