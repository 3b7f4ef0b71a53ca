public import PostgreSQL

/// Why migrations were not, or not all, applied.
public enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The directory or a file in it cannot be read.
  case unreadable(String)
  /// A `.sql` file is not called `NNNN_what.sql`.
  case invalidName(String)
  /// Two files bear one number.
  case sameNumber(String, String)
  /// A file begins or ends transactions by itself.
  case controlsTransactions(file: String, line: Int)
  /// A file that was applied has been changed since.
  case checksumMismatch(file: String)
  /// The database holds a migration that this program does not know: the schema is newer than the program.
  case schemaNewer(number: Int, name: String)
  /// A file came to stand before one that is applied already.
  case outOfOrder(file: String, applied: Int)
  /// Another program has been migrating for longer than anybody should wait.
  case locked
  /// A statement of a file failed; nothing of the file remains, unless it runs without a transaction.
  case failed(file: String, line: Int, sqlState: String)
  /// The database could not be reached, or refused something else.
  case database(PostgreSQLError)

  /// One sentence, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let name): "\(name) cannot be read."
    case .invalidName(let name): "\(name): a migration is called NNNN_what.sql, with four digits."
    case .sameNumber(let first, let second): "\(first) and \(second) bear the same number; give the newer one the next free number."
    case .controlsTransactions(let file, let line):
      "\(file), line \(line): a migration does not begin or end transactions; each file is one."
    case .checksumMismatch(let file): "\(file) has been changed since it was applied; restore it, and put the change into a new file."
    case .schemaNewer(let number, let name):
      "The database holds migration \(number) (\(name)), which this program does not know: its schema is newer. Run the newer program."
    case .outOfOrder(let file, let applied):
      "\(file) comes before migration \(applied), which is applied already; give it the next free number."
    case .locked: "Another program is migrating this database; wait for it to end, then try again."
    case .failed(let file, let line, "55P03"):
      "\(file), line \(line): a lock was not free in time (SQLSTATE 55P03); try again when there is less traffic."
    case .failed(let file, let line, let sqlState): "\(file), line \(line): SQLSTATE \(sqlState). The server's log says more."
    case .database(let error): "Migrating failed: \(error)."
    }
  }
}
