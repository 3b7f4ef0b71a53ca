import StrictJSON

/// An object being asked for its members.
struct StrictKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let node: DecodingNode

  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] { node.memberNames.compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool { node.peek(key.stringValue) != nil }

  func decodeNil(forKey key: Key) throws -> Bool {
    // The contract knows no null: what is not there is left out.
    guard case .null? = node.ask(key.stringValue) else { return false }
    throw JSONFaults(path(key).pointer, "must not be null; leave it out")
  }

  private func member(_ key: Key) throws -> JSONNode {
    guard let value = node.ask(key.stringValue) else { throw JSONFaults(node.path.member(key.stringValue).pointer, "is required") }
    return value
  }

  private func path(_ key: Key) -> JSONPath { node.path.member(key.stringValue) }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key).bool(at: path(key)) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).string(at: path(key)) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try member(key).double(at: path(key)) }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try member(key).double(at: path(key))) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try member(key).integer(type, at: path(key)) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try member(key).integer(type, at: path(key)) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try member(key).integer(type, at: path(key)) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try member(key).integer(type, at: path(key)) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try member(key).integer(type, at: path(key)) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try member(key).integer(type, at: path(key)) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try member(key).integer(type, at: path(key)) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try member(key).integer(type, at: path(key)) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try member(key).integer(type, at: path(key)) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try member(key).integer(type, at: path(key)) }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try member(key).decode(type, at: path(key)) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
    try DecodingNode(try member(key), path(key)).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try DecodingNode(try member(key), path(key)).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { node }
  func superDecoder(forKey key: Key) throws -> any Decoder { DecodingNode(try member(key), path(key)) }
}

/// An array being read from front to back.
struct StrictUnkeyedContainer: UnkeyedDecodingContainer {
  let node: DecodingNode
  let elements: [JSONNode]
  var currentIndex = 0

  init(node: DecodingNode, elements: [JSONNode]) {
    self.node = node
    self.elements = elements
  }

  var codingPath: [any CodingKey] { [] }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  private mutating func take<T>(_ read: (JSONNode, JSONPath) throws -> T) throws -> T {
    let path = node.path.element(currentIndex)
    guard currentIndex < elements.count else { throw JSONFaults(path.pointer, "is required") }
    let value = try read(elements[currentIndex], path)
    currentIndex += 1
    return value
  }

  mutating func decodeNil() throws -> Bool {
    guard currentIndex < elements.count, case .null = elements[currentIndex] else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try take { try $0.bool(at: $1) } }
  mutating func decode(_ type: String.Type) throws -> String { try take { try $0.string(at: $1) } }
  mutating func decode(_ type: Double.Type) throws -> Double { try take { try $0.double(at: $1) } }
  mutating func decode(_ type: Float.Type) throws -> Float { try take { Float(try $0.double(at: $1)) } }
  mutating func decode(_ type: Int.Type) throws -> Int { try take { try $0.integer(type, at: $1) } }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try take { try $0.integer(type, at: $1) } }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try take { try $0.integer(type, at: $1) } }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try take { try $0.integer(type, at: $1) } }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try take { try $0.integer(type, at: $1) } }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try take { try $0.integer(type, at: $1) } }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try take { try $0.integer(type, at: $1) } }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try take { try $0.integer(type, at: $1) } }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try take { try $0.integer(type, at: $1) } }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try take { try $0.integer(type, at: $1) } }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try take { try $0.decode(type, at: $1) } }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
    try take { try DecodingNode($0, $1).container(keyedBy: type) }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take { try DecodingNode($0, $1).unkeyedContainer() } }

  mutating func superDecoder() throws -> any Decoder { try take { DecodingNode($0, $1) } }
}

/// A single value: an id, an enumeration's raw value.
struct StrictSingleContainer: SingleValueDecodingContainer {
  let node: DecodingNode

  var codingPath: [any CodingKey] { [] }

  func decodeNil() -> Bool {
    guard case .null = node.value else { return false }
    return true
  }

  func decode(_ type: Bool.Type) throws -> Bool { try node.value.bool(at: node.path) }
  func decode(_ type: String.Type) throws -> String { try node.value.string(at: node.path) }
  func decode(_ type: Double.Type) throws -> Double { try node.value.double(at: node.path) }
  func decode(_ type: Float.Type) throws -> Float { Float(try node.value.double(at: node.path)) }
  func decode(_ type: Int.Type) throws -> Int { try node.value.integer(type, at: node.path) }
  func decode(_ type: Int8.Type) throws -> Int8 { try node.value.integer(type, at: node.path) }
  func decode(_ type: Int16.Type) throws -> Int16 { try node.value.integer(type, at: node.path) }
  func decode(_ type: Int32.Type) throws -> Int32 { try node.value.integer(type, at: node.path) }
  func decode(_ type: Int64.Type) throws -> Int64 { try node.value.integer(type, at: node.path) }
  func decode(_ type: UInt.Type) throws -> UInt { try node.value.integer(type, at: node.path) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try node.value.integer(type, at: node.path) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try node.value.integer(type, at: node.path) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try node.value.integer(type, at: node.path) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try node.value.integer(type, at: node.path) }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try node.value.decode(type, at: node.path) }
}
