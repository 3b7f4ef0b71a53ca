/// Object identifiers of the built-in types (src/include/catalog/pg_type.dat). They never change between versions of PostgreSQL.
enum TypeOID {
  static let unspecified: UInt32 = 0
  static let bool: UInt32 = 16
  static let bytea: UInt32 = 17
  static let char: UInt32 = 18
  static let name: UInt32 = 19
  static let int8: UInt32 = 20
  static let int2: UInt32 = 21
  static let int4: UInt32 = 23
  static let text: UInt32 = 25
  static let oid: UInt32 = 26
  static let json: UInt32 = 114
  static let float4: UInt32 = 700
  static let float8: UInt32 = 701
  static let unknown: UInt32 = 705
  static let byteaArray: UInt32 = 1001
  static let int4Array: UInt32 = 1007
  static let textArray: UInt32 = 1009
  static let int8Array: UInt32 = 1016
  static let bpchar: UInt32 = 1042
  static let varchar: UInt32 = 1043
  static let date: UInt32 = 1082
  static let timestamp: UInt32 = 1114
  static let timestamptz: UInt32 = 1184
  static let uuid: UInt32 = 2950
  static let uuidArray: UInt32 = 2951
  static let jsonb: UInt32 = 3802
  /// Types made by users (enumerations, extensions) begin here.
  static let firstUserDefined: UInt32 = 16384

  /// Whether the binary form of the type is its text.
  static func isText(_ oid: UInt32) -> Bool {
    switch oid {
    case text, varchar, bpchar, name, unknown, json, char: true
    default: oid >= firstUserDefined
    }
  }
}

extension SQLValue {
  /// The type a parameter is declared with; `NULL` has none of its own.
  var typeOID: UInt32 {
    switch self {
    case .null: TypeOID.unspecified
    case .bool: TypeOID.bool
    case .int2: TypeOID.int2
    case .int4: TypeOID.int4
    case .int8: TypeOID.int8
    case .double: TypeOID.float8
    case .text: TypeOID.text
    case .bytes: TypeOID.bytea
    case .uuid: TypeOID.uuid
    case .timestamp: TypeOID.timestamptz
    case .json: TypeOID.jsonb
    case .textArray: TypeOID.textArray
    case .bytesArray: TypeOID.byteaArray
    case .uuidArray: TypeOID.uuidArray
    case .int4Array: TypeOID.int4Array
    case .int8Array: TypeOID.int8Array
    }
  }
}
