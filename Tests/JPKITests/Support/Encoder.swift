/// The tests' own DER encoder: shares nothing with the reader under test, and writes wrong things on demand.
enum Encoder {
  static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    let count = content.count
    switch count {
    case 0..<128: return [tag, UInt8(count)] + content
    case 128..<256: return [tag, 0x81, UInt8(count)] + content
    case 256..<65_536: return [tag, 0x82, UInt8(count >> 8), UInt8(count & 255)] + content
    default: return [tag, 0x83, UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255)] + content
    }
  }

  static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }
  static func set(_ parts: [UInt8]...) -> [UInt8] { element(0x31, parts.flatMap { $0 }) }
  static func explicit(_ number: UInt8, _ parts: [UInt8]...) -> [UInt8] { element(0xA0 + number, parts.flatMap { $0 }) }
  static func primitive(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { element(0x80 + number, content) }
  static func octets(_ content: [UInt8]) -> [UInt8] { element(4, content) }
  static func bits(_ content: [UInt8], unused: UInt8 = 0) -> [UInt8] { element(3, [unused] + content) }
  static func utf8(_ text: String) -> [UInt8] { element(12, Array(text.utf8)) }
  static func printable(_ text: String) -> [UInt8] { element(19, Array(text.utf8)) }
  static func ia5(_ text: String) -> [UInt8] { element(22, Array(text.utf8)) }
  static func boolean(_ value: Bool) -> [UInt8] { [1, 1, value ? 0xFF : 0] }
  static func enumerated(_ value: UInt8) -> [UInt8] { [10, 1, value] }
  static let null: [UInt8] = [5, 0]

  static func integer(_ value: Int) -> [UInt8] {
    var bytes = withUnsafeBytes(of: value.bigEndian, Array.init)
    while bytes.count > 1, bytes[0] == 0, bytes[1] < 0x80 { bytes.removeFirst() }
    return element(2, bytes)
  }

  /// A positive number from its magnitude.
  static func integer(_ magnitude: [UInt8]) -> [UInt8] { element(2, (magnitude.first ?? 0) >= 0x80 ? [0] + magnitude : magnitude) }

  static func oid(_ dotted: String) -> [UInt8] {
    let arcs = dotted.split(separator: ".").compactMap { Int($0) }
    var content = [UInt8(arcs[0] * 40 + arcs[1])]
    for arc in arcs.dropFirst(2) {
      var groups: [UInt8] = []
      var rest = arc
      repeat {
        groups.append(UInt8(rest % 128))
        rest /= 128
      } while rest > 0
      for (index, group) in groups.enumerated().reversed() { content.append(index == 0 ? group : group + 128) }
    }
    return element(6, content)
  }

  /// UTCTime of `YYMMDDHHMMSSZ`.
  static func utc(_ text: String) -> [UInt8] { element(23, Array(text.utf8)) }
  /// GeneralizedTime of `YYYYMMDDHHMMSSZ`.
  static func generalized(_ text: String) -> [UInt8] { element(24, Array(text.utf8)) }

  static func algorithm(_ dotted: String, parameters: [UInt8] = null) -> [UInt8] { sequence(oid(dotted), parameters) }

  /// One attribute for each relative name; the country printable, all else UTF-8.
  static func name(_ attributes: [(String, String)]) -> [UInt8] {
    element(0x30, attributes.flatMap { type, value in set(sequence(oid(type), type == "2.5.4.6" ? printable(value) : utf8(value))) })
  }

  static func `extension`(_ dotted: String, critical: Bool = false, _ value: [UInt8]) -> [UInt8] {
    critical ? sequence(oid(dotted), boolean(true), octets(value)) : sequence(oid(dotted), octets(value))
  }
}

/// Algorithms by name.
enum Algorithm {
  static let rsa = "1.2.840.113549.1.1.1"
  static let sha1WithRSA = "1.2.840.113549.1.1.5"
  static let sha256WithRSA = "1.2.840.113549.1.1.11"
  static let sha384WithRSA = "1.2.840.113549.1.1.12"
  static let pss = "1.2.840.113549.1.1.10"
  static let md5 = "1.2.840.113549.2.5"
  static let sha1 = "1.3.14.3.2.26"
  static let sha256 = "2.16.840.1.101.3.4.2.1"
  static let sha384 = "2.16.840.1.101.3.4.2.2"
  static let sha512 = "2.16.840.1.101.3.4.2.3"
}
