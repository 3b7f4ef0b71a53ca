/// What one statement returned.
public struct QueryResult: Sendable {
  let storage: ResultStorage

  /// The rows, in the server's order.
  public var rows: RowList { RowList(storage: storage, count: storage.rowCount) }

  /// Rows inserted, updated, deleted or selected, as the server counted them.
  public var affectedRows: Int { storage.affectedRows }

  /// The first row, if there is one.
  public var first: Row? { storage.rowCount > 0 ? Row(storage: storage, index: 0) : nil }

  /// The first row; ``PostgreSQLError/missingRow(statement:)`` if there is none.
  public func requireRow() throws(PostgreSQLError) -> Row {
    guard let first else { throw .missingRow(statement: storage.statement.name) }
    return first
  }
}

/// The rows of a result, indexed from 0. Rows refer to the result; nothing is copied until a column is read.
public struct RowList: Sendable, RandomAccessCollection {
  let storage: ResultStorage
  /// How many rows there are.
  public let count: Int

  /// 0.
  public var startIndex: Int { 0 }
  /// ``count``.
  public var endIndex: Int { count }

  /// The row at a position, which must be within the bounds.
  public subscript(position: Int) -> Row {
    precondition(position >= 0 && position < count, "row out of bounds")
    return Row(storage: storage, index: position)
  }
}
