/// Limits of one body, beside its size in bytes.
package struct JSONLimits {
  /// Arrays and objects within one another.
  package var depth = 16
  /// Values in all, so that a small body cannot become a large tree.
  package var values = 20_000

  /// What a request body may hold.
  package init() {}
}

/// Reads one JSON text strictly: RFC 8259, UTF-8 without BOM, no member twice, no lone surrogate, no NUL, nothing behind the value.
package struct JSONReader {
  private let bytes: UnsafeRawBufferPointer
  private let limits: JSONLimits
  private var position = 0
  private var values = 0

  private init(_ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// The one value in these bytes.
  ///
  /// - Throws: the first fault, with the byte at which it was found.
  package static func read(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()) throws(JSONFaults) -> JSONNode {
    var reader = JSONReader(bytes, limits)
    reader.skipSpace()
    let value = try reader.value(at: .root, depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.fault(.root, "has something behind its end") }
    return value
  }

  private func fault(_ path: JSONPath, _ what: String) -> JSONFaults { JSONFaults(path.pointer, "\(what) (byte \(position))") }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  /// - Parameter path: made where it is wanted only, as a value in an array seldom needs one.
  private mutating func value(at path: @autoclosure () -> JSONPath, depth: Int) throws(JSONFaults) -> JSONNode {
    values += 1
    guard values <= limits.values else { throw fault(path(), "holds more than \(limits.values) values") }
    switch next {
    case UInt8(ascii: "{"): return try object(at: path(), depth: depth + 1)
    case UInt8(ascii: "["): return try array(at: path(), depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string(at: path()))
    case UInt8(ascii: "t"): return try literal("true", .bool(true), at: path())
    case UInt8(ascii: "f"): return try literal("false", .bool(false), at: path())
    case UInt8(ascii: "n"): return try literal("null", .null, at: path())
    case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number(at: path())
    case nil: throw fault(path(), "ends too early")
    default: throw fault(path(), "is not JSON")
    }
  }

  private mutating func object(at path: JSONPath, depth: Int) throws(JSONFaults) -> JSONNode {
    guard depth <= limits.depth else { throw fault(path, "is nested deeper than \(limits.depth)") }
    position += 1
    var members: [JSONMember] = []
    skipSpace()
    if next == UInt8(ascii: "}") {
      position += 1
      return .object(members)
    }
    // Above a few members a set finds duplicates; below, looking is cheaper.
    var names: Set<String> = []
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw fault(path, "lacks the name of a member") }
      let name = try string(at: path)
      let isTwice = members.count < 16 ? members.contains { $0.name == name } : !names.insert(name).inserted
      guard !isTwice else { throw JSONFaults(path.member(name).pointer, "stands there twice") }
      if members.count == 15 { names = Set(members.map(\.name)).union([name]) }
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw fault(path, "lacks a colon") }
      position += 1
      skipSpace()
      members.append(JSONMember(name: name, value: try value(at: path.member(name), depth: depth)))
      skipSpace()
      switch next {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return .object(members)
      default: throw fault(path, "lacks a comma or its closing brace")
      }
    }
  }

  private mutating func array(at path: JSONPath, depth: Int) throws(JSONFaults) -> JSONNode {
    guard depth <= limits.depth else { throw fault(path, "is nested deeper than \(limits.depth)") }
    position += 1
    var elements: [JSONNode] = []
    skipSpace()
    if next == UInt8(ascii: "]") {
      position += 1
      return .array(elements)
    }
    while true {
      skipSpace()
      let index = elements.count
      elements.append(try value(at: path.element(index), depth: depth))
      skipSpace()
      switch next {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return .array(elements)
      default: throw fault(path, "lacks a comma or its closing bracket")
      }
    }
  }

  private mutating func literal(_ text: StaticString, _ value: JSONNode, at path: JSONPath) throws(JSONFaults) -> JSONNode {
    for index in 0..<text.utf8CodeUnitCount {
      guard next == text.utf8Start[index] else { throw fault(path, "is not JSON") }
      position += 1
    }
    return value
  }

  /// RFC 8259 §6; at most 32 characters.
  private mutating func number(at path: JSONPath) throws(JSONFaults) -> JSONNode {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let integer = digits()
    guard integer > 0, integer == 1 || bytes[position - integer] != UInt8(ascii: "0") else { throw fault(path, "is not a JSON number") }
    if next == UInt8(ascii: ".") {
      position += 1
      guard digits() > 0 else { throw fault(path, "is not a JSON number") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw fault(path, "is not a JSON number") }
    }
    guard position - start <= 32 else { throw fault(path, "has too many digits") }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func string(at path: @autoclosure () -> JSONPath) throws(JSONFaults) -> String {
    position += 1
    let start = position
    // All bits that any byte has; where the highest is in none, there is nothing that could not be UTF-8.
    var bits: UInt8 = 0
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        guard let text = bits < 0x80 ? String(decoding: slice, as: UTF8.self) : String(validating: slice, as: UTF8.self) else {
          throw fault(path(), "is not UTF-8")
        }
        position += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start, at: path())
      case 0..<0x20: throw fault(path(), "holds a bare control character")
      default:
        bits |= byte
        position += 1
      }
    }
    throw fault(path(), "ends within a string")
  }

  /// The slow path: a string with escapes. `position` is at the first backslash.
  private mutating func escapedString(from start: Int, at path: JSONPath) throws(JSONFaults) -> String {
    var decoded = [UInt8](bytes[start..<position])
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: decoded, as: UTF8.self) else { throw fault(path, "is not UTF-8") }
        return text
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &decoded, at: path)
      case 0..<0x20: throw fault(path, "holds a bare control character")
      default:
        decoded.append(byte)
        position += 1
      }
    }
    throw fault(path, "ends within a string")
  }

  private mutating func escape(into decoded: inout [UInt8], at path: JSONPath) throws(JSONFaults) {
    guard let byte = next else { throw fault(path, "ends within a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(byte)
    case UInt8(ascii: "b"): decoded.append(0x08)
    case UInt8(ascii: "f"): decoded.append(0x0c)
    case UInt8(ascii: "n"): decoded.append(0x0a)
    case UInt8(ascii: "r"): decoded.append(0x0d)
    case UInt8(ascii: "t"): decoded.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal(at: path)
      if (0xd800..<0xdc00).contains(code) {
        guard next == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u") else {
          throw fault(path, "holds a lone surrogate")
        }
        position += 2
        let low = try hexadecimal(at: path)
        guard (0xdc00..<0xe000).contains(low) else { throw fault(path, "holds a lone surrogate") }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      // NUL is JSON, but no database text; a low surrogate alone is no scalar.
      guard code != 0, let scalar = Unicode.Scalar(code) else { throw fault(path, "holds NUL or a lone surrogate") }
      decoded.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: throw fault(path, "holds an unknown escape")
    }
  }

  private mutating func hexadecimal(at path: JSONPath) throws(JSONFaults) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault(path, "holds a malformed \\u escape")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
