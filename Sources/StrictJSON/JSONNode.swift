/// A JSON value as read (RFC 8259). Numbers keep their digits, so that nothing is rounded before a type is asked for.
package enum JSONNode {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONNode])
  case object([JSONMember])

  /// What a person calls it, in a fault's sentence.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// One member of an object, in the order in which it stood there.
package struct JSONMember {
  /// Its name, escapes resolved.
  package let name: String
  /// Its value.
  package let value: JSONNode
}
