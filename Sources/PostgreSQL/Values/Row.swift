public import Foundation

/// One row of a result. Columns are read by index from 0; a column of another type, or `NULL` where a value is asked for, throws
/// ``PostgreSQLError/unexpectedType(column:statement:)``. Prints no values.
public struct Row: Sendable {
  let storage: ResultStorage
  let index: Int

  /// How many columns there are.
  public var columnCount: Int { storage.columnCount }

  /// Whether the column is `NULL`; true also for a column that does not exist.
  public func isNull(_ column: Int) -> Bool {
    guard let field = try? storage.field(index, column) else { return true }
    return field.bytes.baseAddress == nil
  }

  /// `boolean`
  public func bool(_ column: Int) throws(PostgreSQLError) -> Bool { try value(column, optionalBool) }
  /// `smallint`
  public func int2(_ column: Int) throws(PostgreSQLError) -> Int16 { try value(column, optionalInt2) }
  /// `integer`, or narrower
  public func int4(_ column: Int) throws(PostgreSQLError) -> Int32 { try value(column, optionalInt4) }
  /// `bigint`, or narrower
  public func int8(_ column: Int) throws(PostgreSQLError) -> Int64 { try value(column, optionalInt8) }
  /// An integer of any width.
  public func int(_ column: Int) throws(PostgreSQLError) -> Int { try value(column, optionalInt) }
  /// `double precision` or `real`
  public func double(_ column: Int) throws(PostgreSQLError) -> Double { try value(column, optionalDouble) }
  /// `text`, `varchar`, `char`, `name`, `json` or an enumeration
  public func text(_ column: Int) throws(PostgreSQLError) -> String { try value(column, optionalText) }
  /// `bytea`
  public func bytes(_ column: Int) throws(PostgreSQLError) -> [UInt8] { try value(column, optionalBytes) }
  /// `uuid`
  public func uuid(_ column: Int) throws(PostgreSQLError) -> UUID { try value(column, optionalUUID) }
  /// `timestamptz`, or `timestamp` and `date` taken as UTC
  public func timestamp(_ column: Int) throws(PostgreSQLError) -> Date { try value(column, optionalTimestamp) }
  /// JSON text of a `jsonb` or `json`
  public func json(_ column: Int) throws(PostgreSQLError) -> String { try value(column, optionalJSON) }
  /// `text[]` without nulls
  public func textArray(_ column: Int) throws(PostgreSQLError) -> [String] { try value(column, optionalTextArray) }
  /// `bytea[]` without nulls
  public func bytesArray(_ column: Int) throws(PostgreSQLError) -> [[UInt8]] { try value(column, optionalBytesArray) }
  /// `uuid[]` without nulls
  public func uuidArray(_ column: Int) throws(PostgreSQLError) -> [UUID] { try value(column, optionalUUIDArray) }
  /// `integer[]` without nulls
  public func int4Array(_ column: Int) throws(PostgreSQLError) -> [Int32] { try value(column, optionalInt4Array) }
  /// `bigint[]` without nulls
  public func int8Array(_ column: Int) throws(PostgreSQLError) -> [Int64] { try value(column, optionalInt8Array) }

  private func value<T>(_ column: Int, _ read: (Int) throws(PostgreSQLError) -> T?) throws(PostgreSQLError) -> T {
    guard let value = try read(column) else { throw storage.unexpectedType(column) }
    return value
  }
}

extension Row {
  /// `boolean` or `nil` for `NULL`
  public func optionalBool(_ column: Int) throws(PostgreSQLError) -> Bool? {
    guard let field = try storage.field(index, column) else { return nil }
    guard field.type == TypeOID.bool, field.bytes.count == 1 else { throw storage.unexpectedType(column) }
    return field.bytes[0] != 0
  }

  /// `smallint` or `nil` for `NULL`
  public func optionalInt2(_ column: Int) throws(PostgreSQLError) -> Int16? { try integer(column) }
  /// `integer`, or narrower, or `nil` for `NULL`
  public func optionalInt4(_ column: Int) throws(PostgreSQLError) -> Int32? { try integer(column) }
  /// `bigint`, or narrower, or `nil` for `NULL`
  public func optionalInt8(_ column: Int) throws(PostgreSQLError) -> Int64? { try integer(column) }
  /// An integer of any width or `nil` for `NULL`
  public func optionalInt(_ column: Int) throws(PostgreSQLError) -> Int? { try integer(column) }

  /// `double precision` or `real`, or `nil` for `NULL`
  public func optionalDouble(_ column: Int) throws(PostgreSQLError) -> Double? {
    guard let field = try storage.field(index, column) else { return nil }
    switch (field.type, field.bytes.count) {
    case (TypeOID.float8, 8): return Double(bitPattern: field.bytes.bigEndian(at: 0, as: UInt64.self))
    case (TypeOID.float4, 4): return Double(Float(bitPattern: field.bytes.bigEndian(at: 0, as: UInt32.self)))
    default: throw storage.unexpectedType(column)
    }
  }

  /// Text or `nil` for `NULL`
  public func optionalText(_ column: Int) throws(PostgreSQLError) -> String? {
    guard let field = try storage.field(index, column) else { return nil }
    guard TypeOID.isText(field.type) else { throw storage.unexpectedType(column) }
    return String(decoding: field.bytes, as: UTF8.self)
  }

  /// `bytea` or `nil` for `NULL`
  public func optionalBytes(_ column: Int) throws(PostgreSQLError) -> [UInt8]? {
    guard let field = try storage.field(index, column) else { return nil }
    guard field.type == TypeOID.bytea else { throw storage.unexpectedType(column) }
    return Array(field.bytes)
  }

  /// `uuid` or `nil` for `NULL`
  public func optionalUUID(_ column: Int) throws(PostgreSQLError) -> UUID? {
    guard let field = try storage.field(index, column) else { return nil }
    guard field.type == TypeOID.uuid, field.bytes.count == 16 else { throw storage.unexpectedType(column) }
    return UUID(uuid: field.bytes.loadUnaligned(as: uuid_t.self))
  }

  /// A time or `nil` for `NULL`
  public func optionalTimestamp(_ column: Int) throws(PostgreSQLError) -> Date? {
    guard let field = try storage.field(index, column) else { return nil }
    switch (field.type, field.bytes.count) {
    case (TypeOID.timestamptz, 8), (TypeOID.timestamp, 8):
      return PostgreSQLTime.date(microseconds: field.bytes.bigEndian(at: 0, as: Int64.self))
    case (TypeOID.date, 4):
      return PostgreSQLTime.date(days: field.bytes.bigEndian(at: 0, as: Int32.self))
    default: throw storage.unexpectedType(column)
    }
  }

  /// JSON text or `nil` for `NULL`
  public func optionalJSON(_ column: Int) throws(PostgreSQLError) -> String? {
    guard let field = try storage.field(index, column) else { return nil }
    switch field.type {
    case TypeOID.json: return String(decoding: field.bytes, as: UTF8.self)
    // The binary form of jsonb begins with its version, 1.
    case TypeOID.jsonb where field.bytes.first == 1: return String(decoding: field.bytes.dropFirst(), as: UTF8.self)
    default: throw storage.unexpectedType(column)
    }
  }

  private func integer<T: FixedWidthInteger>(_ column: Int) throws(PostgreSQLError) -> T? {
    guard let field = try storage.field(index, column) else { return nil }
    let value: T?
    switch (field.type, field.bytes.count) {
    case (TypeOID.int8, 8): value = T(exactly: field.bytes.bigEndian(at: 0, as: Int64.self))
    case (TypeOID.int4, 4): value = T(exactly: field.bytes.bigEndian(at: 0, as: Int32.self))
    case (TypeOID.int2, 2): value = T(exactly: field.bytes.bigEndian(at: 0, as: Int16.self))
    case (TypeOID.oid, 4): value = T(exactly: field.bytes.bigEndian(at: 0, as: UInt32.self))
    default: value = nil
    }
    guard let value else { throw storage.unexpectedType(column) }
    return value
  }
}

extension Row: CustomStringConvertible, CustomReflectable {
  /// The number of columns alone.
  public var description: String { "Row(\(columnCount) columns of “\(storage.statement.name)”)" }
  /// Shows no children.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
