import CLibPQ

/// A complete result of libpq, freed with its last row.
///
/// `@unchecked Sendable`: the result is complete before it is wrapped and nobody writes to it afterwards; libpq's accessors of a result only
/// read; `PQclear` runs once, in `deinit`, when no row refers to it any more.
final class ResultStorage: @unchecked Sendable {
  let pointer: OpaquePointer
  let statement: StatementEntry

  init(_ pointer: OpaquePointer, statement: StatementEntry) {
    self.pointer = pointer
    self.statement = statement
  }

  deinit { PQclear(pointer) }

  var rowCount: Int { Int(PQntuples(pointer)) }

  var columnCount: Int { Int(PQnfields(pointer)) }

  /// Rows inserted, updated, deleted, selected or copied, as the command tag says.
  var affectedRows: Int { Int(affectedRowsOf: pointer) }

  /// Whether the command tag is this one: a `COMMIT` of a failed transaction answers `ROLLBACK`.
  func hasTag(_ tag: String) -> Bool { PQcmdStatus(pointer).map { String(cString: $0) == tag } ?? false }

  /// The type and the bytes of a field; `nil` for `NULL`. The bytes live as long as this object.
  func field(_ row: Int, _ column: Int) throws(PostgreSQLError) -> (type: UInt32, bytes: UnsafeRawBufferPointer)? {
    guard column >= 0, column < columnCount, PQfformat(pointer, Int32(column)) == 1 else { throw unexpectedType(column) }
    if PQgetisnull(pointer, Int32(row), Int32(column)) != 0 { return nil }
    let length = Int(PQgetlength(pointer, Int32(row), Int32(column)))
    let start = UnsafeRawPointer(PQgetvalue(pointer, Int32(row), Int32(column)))
    return (PQftype(pointer, Int32(column)), UnsafeRawBufferPointer(start: start, count: length))
  }

  func unexpectedType(_ column: Int) -> PostgreSQLError { .unexpectedType(column: column, statement: statement.name) }
}

extension Int {
  /// The count in a result's command tag; 0 where it has none.
  init(affectedRowsOf result: OpaquePointer) {
    self = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
  }
}
