import Foundation
import JOSE

/// Something that must appear nowhere, in every spelling in which it could.
struct Canary: Sendable {
  /// What a finding says in place of the secret.
  let name: String
  private let forms: [Form]

  private struct Form: Sendable {
    let bytes: Data
    /// Not a part of a longer word: short forms turn up in random digits otherwise.
    let asWord: Bool
  }

  /// A text: as it stands, in JSON's and URL's escapes, in hexadecimal and in base64, wherever it begins.
  static func text(_ name: String, _ text: String, asWord: Bool = false) -> Canary {
    let bytes = Array(text.utf8)
    let units = Array(text.utf16)
    var spellings = [text]
    if !text.allSatisfy(\.isASCII) {
      spellings.append(units.map { "\\u" + padded(String($0, radix: 16), 4) }.joined())
      spellings.append(units.map { "\\u" + padded(String($0, radix: 16), 4).uppercased().replacing("U", with: "u") }.joined())
      spellings.append(bytes.map { "%" + padded(String($0, radix: 16), 2).uppercased() }.joined())
      spellings.append(bytes.map { "%" + padded(String($0, radix: 16), 2) }.joined())
    }
    return Canary(name: name, forms: spellings.map { Form(bytes: Data($0.utf8), asWord: asWord) } + encoded(bytes))
  }

  /// Bytes such as keys and certificates: in hexadecimal and in base64, wherever they begin.
  static func bytes(_ name: String, _ bytes: [UInt8]) -> Canary { Canary(name: name, forms: encoded(bytes)) }

  /// A certificate's serial: its bytes, the DER around them, the number.
  static func serial(_ name: String, _ serial: [UInt8]) -> Canary {
    let number = serial.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let words = [hexadecimal(serial), hexadecimal(serial).uppercased(), String(number), Base64.encode(serial), Base64URL.encode(serial)]
    let der = [0x02, UInt8(serial.count)] + serial
    return Canary(
      name: name,
      forms: words.map { Form(bytes: Data($0.utf8), asWord: true) } + encoded(der)
        + [Form(bytes: Data(serial.map { padded(String($0, radix: 16), 2) }.joined(separator: ":").utf8), asWord: false)])
  }

  /// Whether it stands in there.
  func isIn(_ haystack: Data) -> Bool {
    forms.contains { form in
      var place = haystack.startIndex
      while let found = haystack.range(of: form.bytes, in: place..<haystack.endIndex) {
        if !form.asWord || Self.isWord(found, in: haystack) { return true }
        place = found.lowerBound + 1
      }
      return false
    }
  }

  private static func isWord(_ range: Range<Data.Index>, in data: Data) -> Bool {
    func joins(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
      case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "/"): true
      default: false
      }
    }
    // PostgreSQL writes bytes as \x…: that x is no letter of a word.
    let isAfterMark =
      range.lowerBound - data.startIndex >= 2 && data[range.lowerBound - 1] == UInt8(ascii: "x")
      && data[range.lowerBound - 2] == UInt8(ascii: "\\")
    let before = range.lowerBound > data.startIndex && !isAfterMark && joins(data[range.lowerBound - 1])
    let after = range.upperBound < data.endIndex && joins(data[range.upperBound])
    return !before && !after
  }

  private static func encoded(_ bytes: [UInt8]) -> [Form] {
    var spellings = [hexadecimal(bytes), hexadecimal(bytes).uppercased()]
    for offset in 0..<3 {
      // What stands before and after changes the letters at both ends.
      let whole = Base64.encode([UInt8](repeating: 0, count: offset) + bytes)
      let letters = Array(whole.prefix((offset + bytes.count) * 8 / 6).dropFirst(offset == 0 ? 0 : offset + 1))
      guard letters.count >= 7 else { continue }
      spellings += [String(letters), String(letters).replacing("+", with: "-").replacing("/", with: "_")]
    }
    return spellings.map { Form(bytes: Data($0.utf8), asWord: false) }
  }

  static func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { padded(String($0, radix: 16), 2) }.joined() }

  private static func padded(_ text: String, _ width: Int) -> String { String(repeating: "0", count: max(0, width - text.count)) + text }
}

/// Texts that are searched together; a finding names the canary and the place, never the secret.
struct Evidence: Sendable {
  private var places: [(name: String, contents: Data)] = []

  mutating func add(_ name: String, _ text: String) { places.append((name, Data(text.utf8))) }
  mutating func add(_ name: String, _ bytes: [UInt8]) { places.append((name, Data(bytes))) }

  /// So that an empty log does not pass for a clean one.
  var byteCount: Int { places.reduce(0) { $0 + $1.contents.count } }

  func findings(of canaries: [Canary]) -> [String] {
    places.flatMap { place in canaries.filter { $0.isIn(place.contents) }.map { "\($0.name) in \(place.name)" } }
  }

  /// Compact JOSE texts, by the `typ` of their header; a token or an assertion is one.
  func joseTypes() -> [String: [String]] {
    var types: [String: [String]] = [:]
    for place in places {
      var rest = place.contents[...]
      while let found = rest.range(of: Data("eyJ".utf8)) {
        let head = rest[found.lowerBound...].prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: " ") }
        rest = rest[found.upperBound...]
        guard let json = Base64URL.decode(String(decoding: head, as: UTF8.self)), let header = try? JSONValue(parsing: json),
          header["alg"] != nil
        else {
          continue
        }
        types[header["typ"]?.string ?? "none", default: []].append(place.name)
      }
    }
    return types
  }
}
