import Synchronization

/// SQL text under a name. It is prepared under that name once on each connection that first uses it.
///
/// Statements are meant to be `static let`: the text of every distinct statement stays in memory for the life of the process. Values go into
/// parameters (`$1`, …), never into the text.
public struct Statement: Sendable, Hashable {
  let entry: StatementEntry

  /// The name that appears in errors.
  public var name: String { entry.name }
  /// The SQL text.
  public var sql: String { entry.sql }

  /// Names a text. Two statements may share a name as long as their texts tell them apart.
  public init(_ name: String, _ sql: String) { entry = StatementRegistry.entry(name: name, sql: sql) }

  /// Binds values to the statement's parameters.
  public func callAsFunction(_ parameters: SQLValue...) -> BoundStatement { BoundStatement(self, parameters) }

  /// Equal name and equal text.
  public static func == (a: Statement, b: Statement) -> Bool { a.entry === b.entry }

  /// Hashes the identity, which stands for name and text.
  public func hash(into hasher: inout Hasher) { hasher.combine(entry.id) }
}

/// A statement with the values of its parameters.
public struct BoundStatement: Sendable {
  /// What is to be run.
  public let statement: Statement
  /// The values of `$1`, `$2`, ….
  public let parameters: [SQLValue]

  /// Binds values to the statement's parameters; at most 65,535.
  public init(_ statement: Statement, _ parameters: [SQLValue] = []) {
    self.statement = statement
    self.parameters = parameters
  }
}

/// One distinct statement of the process, with a dense number by which connections find what they prepared, without hashing.
final class StatementEntry: Sendable {
  let id: Int
  let name: String
  let sql: String

  init(id: Int, name: String, sql: String) {
    self.id = id
    self.name = name
    self.sql = sql
  }
}

/// All distinct statements of the process.
enum StatementRegistry {
  private struct Key: Hashable {
    let name: String
    let sql: String
  }

  private static let entries = Mutex<[Key: StatementEntry]>([:])

  static func entry(name: String, sql: String) -> StatementEntry {
    let key = Key(name: name, sql: sql)
    return entries.withLock { entries in
      if let entry = entries[key] { return entry }
      let entry = StatementEntry(id: entries.count, name: name, sql: sql)
      entries[key] = entry
      return entry
    }
  }
}
