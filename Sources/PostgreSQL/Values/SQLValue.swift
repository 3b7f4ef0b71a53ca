public import Foundation

/// A parameter. Bound in binary with the type named here, so that the server casts where the column's type differs.
public enum SQLValue: Sendable, Equatable {
  /// SQL `NULL`, of whatever type the statement wants.
  case null
  /// `boolean`
  case bool(Bool)
  /// `smallint`
  case int2(Int16)
  /// `integer`
  case int4(Int32)
  /// `bigint`
  case int8(Int64)
  /// `double precision`
  case double(Double)
  /// `text`
  case text(String)
  /// `bytea`
  case bytes([UInt8])
  /// `uuid`
  case uuid(UUID)
  /// `timestamptz`, to the microsecond; `Date.distantPast` and `Date.distantFuture` are minus and plus infinity
  case timestamp(Date)
  /// `jsonb`, from JSON text
  case json(String)
  /// `text[]`
  case textArray([String])
  /// `bytea[]`
  case bytesArray([[UInt8]])
  /// `uuid[]`
  case uuidArray([UUID])
  /// `integer[]`
  case int4Array([Int32])
  /// `bigint[]`
  case int8Array([Int64])
}

extension SQLValue {
  /// `bigint` from any `Int`.
  public static func int(_ value: Int) -> SQLValue { .int8(Int64(value)) }
  /// `boolean` or `NULL`.
  public static func optional(_ value: Bool?) -> SQLValue { value.map(SQLValue.bool) ?? .null }
  /// `smallint` or `NULL`.
  public static func optional(_ value: Int16?) -> SQLValue { value.map(SQLValue.int2) ?? .null }
  /// `integer` or `NULL`.
  public static func optional(_ value: Int32?) -> SQLValue { value.map(SQLValue.int4) ?? .null }
  /// `bigint` or `NULL`.
  public static func optional(_ value: Int64?) -> SQLValue { value.map(SQLValue.int8) ?? .null }
  /// `bigint` or `NULL`.
  public static func optional(_ value: Int?) -> SQLValue { value.map(SQLValue.int) ?? .null }
  /// `double precision` or `NULL`.
  public static func optional(_ value: Double?) -> SQLValue { value.map(SQLValue.double) ?? .null }
  /// `text` or `NULL`.
  public static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }
  /// `bytea` or `NULL`.
  public static func optional(_ value: [UInt8]?) -> SQLValue { value.map(SQLValue.bytes) ?? .null }
  /// `uuid` or `NULL`.
  public static func optional(_ value: UUID?) -> SQLValue { value.map(SQLValue.uuid) ?? .null }
  /// `timestamptz` or `NULL`.
  public static func optional(_ value: Date?) -> SQLValue { value.map(SQLValue.timestamp) ?? .null }
  /// `text[]` or `NULL`.
  public static func optional(_ value: [String]?) -> SQLValue { value.map(SQLValue.textArray) ?? .null }
  /// `uuid[]` or `NULL`.
  public static func optional(_ value: [UUID]?) -> SQLValue { value.map(SQLValue.uuidArray) ?? .null }
  /// `jsonb` or `NULL`.
  public static func optionalJSON(_ value: String?) -> SQLValue { value.map(SQLValue.json) ?? .null }
}

extension SQLValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The type alone: parameters carry what must not be printed.
  public var description: String { self == .null ? "null" : "<\(typeName)>" }
  /// The same as ``description``.
  public var debugDescription: String { description }
  /// Shows no children.
  public var customMirror: Mirror { Mirror(self, children: [:]) }

  private var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "bool"
    case .int2: "int2"
    case .int4: "int4"
    case .int8: "int8"
    case .double: "double"
    case .text: "text"
    case .bytes: "bytes"
    case .uuid: "uuid"
    case .timestamp: "timestamp"
    case .json: "json"
    case .textArray: "text array"
    case .bytesArray: "bytes array"
    case .uuidArray: "uuid array"
    case .int4Array: "int4 array"
    case .int8Array: "int8 array"
    }
  }
}
