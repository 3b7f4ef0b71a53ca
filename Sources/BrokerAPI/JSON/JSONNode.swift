/// A JSON value as read (RFC 8259). Numbers keep their digits, so that nothing is rounded before a type is asked for.
enum JSONNode {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONNode])
  case object([JSONMember])

  /// What a person calls it, in a fault's sentence.
  var kind: String {
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
struct JSONMember {
  let name: String
  let value: JSONNode
}
