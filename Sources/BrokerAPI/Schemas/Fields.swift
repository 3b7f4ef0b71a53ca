import Broker
import CitizenItems
import Foundation
import JOSE
import StrictJSON

/// Bytes as base64url without padding (api.md, Conventions).
struct Base64URLField: Codable, Sendable, Equatable {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  init(from decoder: any Decoder) throws {
    guard let bytes = Base64URL.decode(try decoder.singleValueContainer().decode(String.self)) else {
      throw JSONFaults(decoder.pointer, "must be base64url without padding")
    }
    self.bytes = bytes
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Base64URL.encode(bytes))
  }
}

/// A certificate or a CMS message: base64 of its DER (api.md, Conventions).
struct Base64Field: Decodable, Sendable, Equatable {
  let bytes: [UInt8]

  init(from decoder: any Decoder) throws {
    guard let bytes = Base64.decode(try decoder.singleValueContainer().decode(String.self)) else {
      throw JSONFaults(decoder.pointer, "must be base64 with padding")
    }
    self.bytes = bytes
  }
}

extension Decoder {
  /// Where the decoder stands; empty under another decoder than ours.
  var pointer: String { (self as? DecodingNode)?.path.pointer ?? "" }
}

/// A request body whose members have bounds beside their types.
protocol Bounded {
  /// Names what is out of bounds; throws nothing, so that all faults are named at once.
  func check(_ bounds: inout Bounds)
}

/// Collects what is out of bounds in one body.
struct Bounds {
  private(set) var faults: [JSONFault] = []

  /// Characters (Unicode scalars, as JSON Schema counts them) of a text.
  mutating func length(_ text: String?, _ pointer: String, _ range: ClosedRange<Int>) {
    guard let text else { return }
    // No text in range has more bytes than four a scalar: a long one is not counted through.
    guard text.utf8.count <= range.upperBound * 4, range.contains(text.unicodeScalars.count) else {
      return faults.append(JSONFault(pointer: pointer, detail: "must have \(range.lowerBound) to \(range.upperBound) characters"))
    }
  }

  /// How many elements a list has.
  mutating func count(_ list: (some Collection)?, _ pointer: String, _ range: ClosedRange<Int>) {
    guard let list, !range.contains(list.count) else { return }
    faults.append(JSONFault(pointer: pointer, detail: "must have \(range.lowerBound) to \(range.upperBound) elements"))
  }

  mutating func value(_ number: Int?, _ pointer: String, _ range: ClosedRange<Int>) {
    guard let number, !range.contains(number) else { return }
    faults.append(JSONFault(pointer: pointer, detail: "must be within \(range.lowerBound)…\(range.upperBound)"))
  }

  /// Whether every element stands there once.
  mutating func unique<Element: Hashable>(_ list: [Element]?, _ pointer: String) {
    guard let list, Set(list).count != list.count else { return }
    faults.append(JSONFault(pointer: pointer, detail: "must not name an element twice"))
  }

  mutating func require(_ holds: Bool, _ pointer: String, _ detail: String) {
    if !holds { faults.append(JSONFault(pointer: pointer, detail: detail)) }
  }
}
