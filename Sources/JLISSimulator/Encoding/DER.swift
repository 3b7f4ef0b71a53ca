/// A piece of DER (X.690 §10), written by the simulator's own means: the verifier's encoder is another one, so that a shared bug cannot hide.
struct DER: Sendable, Equatable {
  /// Tag, length, content.
  let bytes: [UInt8]

  /// Bytes that are DER already, such as a public key.
  init(encoded bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// One element; lengths in the shortest form (X.690 §10.1).
  init(tag: UInt8, content: [UInt8]) {
    var bytes = [tag]
    if content.count < 0x80 {
      bytes.append(UInt8(content.count))
    } else {
      let length = Self.bigEndian(UInt64(content.count))
      bytes.append(0x80 | UInt8(length.count))
      bytes += length
    }
    self.bytes = bytes + content
  }

  static func sequence(_ parts: [DER]) -> DER { DER(tag: 0x30, content: parts.flatMap(\.bytes)) }

  static func sequence(_ parts: DER...) -> DER { sequence(parts) }

  /// SET OF: DER sorts the elements by their encoding (X.690 §11.6).
  static func set(_ parts: DER...) -> DER {
    DER(tag: 0x31, content: parts.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 })
  }

  static func boolean(_ value: Bool) -> DER { DER(tag: 0x01, content: [value ? 0xFF : 0x00]) }

  static let null = DER(tag: 0x05, content: [])

  /// A non-negative INTEGER from big-endian bytes: leading zeros dropped, one put back where the first bit would read as a sign.
  static func integer(_ magnitude: [UInt8]) -> DER {
    var content = Array(magnitude.drop { $0 == 0 })
    if content.first.map({ $0 & 0x80 != 0 }) ?? true { content.insert(0, at: 0) }
    return DER(tag: 0x02, content: content)
  }

  static func integer(_ value: UInt64) -> DER { integer(bigEndian(value)) }

  static func enumerated(_ value: UInt8) -> DER { DER(tag: 0x0A, content: [value]) }

  static func octetString(_ content: [UInt8]) -> DER { DER(tag: 0x04, content: content) }

  static func bitString(_ content: [UInt8]) -> DER { DER(tag: 0x03, content: [0] + content) }

  /// A BIT STRING of named bits, at most eight: trailing zero bits are dropped (X.690 §11.2.2). Bit 0 is the first.
  static func namedBits(_ bits: Set<Int>) -> DER {
    guard let last = bits.filter({ (0..<8).contains($0) }).max() else { return DER(tag: 0x03, content: [0]) }
    let value = bits.reduce(UInt8(0)) { $0 | (0x80 >> UInt8($1)) }
    return DER(tag: 0x03, content: [UInt8(7 - last), value])
  }

  static func utf8String(_ text: String) -> DER { DER(tag: 0x0C, content: Array(text.utf8)) }

  static func printableString(_ text: String) -> DER { DER(tag: 0x13, content: Array(text.utf8)) }

  static func ia5String(_ text: String) -> DER { DER(tag: 0x16, content: Array(text.utf8)) }

  static func objectIdentifier(_ identifier: ObjectIdentifier) -> DER { DER(tag: 0x06, content: identifier.content) }

  /// Context-specific, constructed: EXPLICIT tagging of one element, IMPLICIT tagging of a constructed one.
  static func context(_ number: UInt8, _ content: [UInt8]) -> DER { DER(tag: 0xA0 | number, content: content) }

  static func explicit(_ number: UInt8, _ inner: DER) -> DER { context(number, inner.bytes) }

  /// Context-specific, primitive: IMPLICIT tagging of a primitive element.
  static func implicitPrimitive(_ number: UInt8, _ content: [UInt8]) -> DER { DER(tag: 0x80 | number, content: content) }

  /// The value as big-endian bytes without leading zeros; zero is one zero byte.
  static func bigEndian(_ value: UInt64) -> [UInt8] {
    let all = (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
    let short = Array(all.drop { $0 == 0 })
    return short.isEmpty ? [0] : short
  }
}

/// An OBJECT IDENTIFIER by its arcs.
struct ObjectIdentifier: Sendable, Equatable {
  let arcs: [UInt64]

  init(_ arcs: UInt64...) {
    self.arcs = arcs
  }

  private init(arcs: [UInt64]) {
    self.arcs = arcs
  }

  func appending(_ more: UInt64...) -> ObjectIdentifier { ObjectIdentifier(arcs: arcs + more) }

  /// X.690 §8.19: the first two arcs share one number; each number in base 128, all bytes but the last with the high bit.
  var content: [UInt8] {
    guard arcs.count >= 2 else { return [] }
    return ([arcs[0] * 40 + arcs[1]] + arcs.dropFirst(2)).flatMap { number -> [UInt8] in
      var digits = [UInt8(number & 0x7F)]
      var rest = number >> 7
      while rest > 0 {
        digits.append(UInt8(rest & 0x7F) | 0x80)
        rest >>= 7
      }
      return digits.reversed()
    }
  }
}
