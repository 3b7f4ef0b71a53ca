import Foundation
import StrictJSON

/// Turns a request body into a `Decodable`: unknown members are refused and named, wrong types are named with their JSON pointer.
///
/// How it knows what is unknown: a synthesised `init(from:)` asks for every member that its type has; what was never asked for is unknown.
enum StrictDecoder {
  /// Throws ``JSONFaults`` only.
  static func decode<T: Decodable>(_ type: T.Type, from bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()) throws -> T {
    let value = try JSONReader.read(bytes, limits: limits)
    return try decode(type, from: value, at: .root)
  }

  /// One node: decodes, then looks for members that nobody asked for.
  static func decode<T: Decodable>(_ type: T.Type, from value: JSONNode, at path: JSONPath) throws -> T {
    let node = DecodingNode(value, path)
    let decoded: T
    do {
      decoded = try T(from: node)
    } catch let faults as JSONFaults {
      // A misspelt name shows as one missing and one unknown member: say both.
      throw JSONFaults(faults.faults + node.unknownMembers())
    } catch is DecodingError {
      throw JSONFaults([JSONFault(pointer: path.pointer, detail: "is not of the form that is wanted here")] + node.unknownMembers())
    }
    let unknown = node.unknownMembers()
    guard unknown.isEmpty else { throw JSONFaults(unknown) }
    return decoded
  }
}

/// The decoder of one value, and the memory of what was asked of it.
final class DecodingNode: Decoder {
  let value: JSONNode
  let path: JSONPath
  private var members: [JSONMember] = []
  private var isAsked: [Bool] = []

  init(_ value: JSONNode, _ path: JSONPath) {
    self.value = value
    self.path = path
  }

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw wrong("an object") }
    if isAsked.count != members.count {
      self.members = members
      isAsked = Array(repeating: false, count: members.count)
    }
    return KeyedDecodingContainer(StrictKeyedContainer<Key>(node: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw wrong("an array") }
    return StrictUnkeyedContainer(node: self, elements: elements)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { StrictSingleContainer(node: self) }

  func wrong(_ wanted: String) -> JSONFaults { JSONFaults(path.pointer, "must be \(wanted), not \(value.kind)") }

  /// Finds a member without asking for it.
  func peek(_ name: String) -> JSONNode? { members.first { $0.name == name }?.value }

  func ask(_ name: String) -> JSONNode? {
    guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
    isAsked[index] = true
    return members[index].value
  }

  var memberNames: [String] { members.map(\.name) }

  func unknownMembers() -> [JSONFault] {
    zip(members, isAsked).filter { !$1 }.prefix(20).map { JSONFault(pointer: path.member($0.0.name).pointer, detail: "is not known here") }
  }
}

/// What every container does with one value.
extension JSONNode {
  func bool(at path: @autoclosure () -> JSONPath) throws -> Bool {
    guard case .bool(let value) = self else { throw JSONFaults(path().pointer, "must be a boolean, not \(kind)") }
    return value
  }

  func string(at path: @autoclosure () -> JSONPath) throws -> String {
    guard case .string(let value) = self else { throw JSONFaults(path().pointer, "must be a string, not \(kind)") }
    return value
  }

  func integer<I: FixedWidthInteger>(_ type: I.Type, at path: @autoclosure () -> JSONPath) throws -> I {
    guard case .number(let text) = self else { throw JSONFaults(path().pointer, "must be an integer, not \(kind)") }
    guard let value = I(text) else { throw JSONFaults(path().pointer, "must be an integer within \(I.min)…\(I.max)") }
    return value
  }

  func double(at path: @autoclosure () -> JSONPath) throws -> Double {
    guard case .number(let text) = self else { throw JSONFaults(path().pointer, "must be a number, not \(kind)") }
    guard let value = Double(text), value.isFinite else { throw JSONFaults(path().pointer, "is out of range") }
    return value
  }

  func decode<T: Decodable>(_ type: T.Type, at path: @autoclosure () -> JSONPath) throws -> T {
    if type == String.self, let value = try string(at: path()) as? T { return value }
    if type == Date.self {
      let path = path()
      guard let date = RFC3339.date(try string(at: path)) else {
        throw JSONFaults(path.pointer, "must be a time such as 2025-11-21T03:04:05Z")
      }
      if let value = date as? T { return value }
    }
    // Tags come by the thousand; through a container each costs more than it took to read.
    if type == [String].self, case .array(let elements) = self {
      let path = path()
      var texts: [String] = []
      texts.reserveCapacity(elements.count)
      for (index, element) in elements.enumerated() { texts.append(try element.string(at: path.element(index))) }
      if let value = texts as? T { return value }
    }
    return try StrictDecoder.decode(type, from: self, at: path())
  }
}
