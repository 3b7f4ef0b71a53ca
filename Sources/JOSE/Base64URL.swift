/// Base64url without padding (RFC 4648 §5, RFC 7515 §2). Decoding is strict: no other alphabet, no padding, no white space, no loose bits, so that a
/// value has one spelling.
public enum Base64URL {
  private static let coder = BaseCoder(last: "-_", padded: false)

  /// The text of some bytes.
  public static func encode(_ bytes: [UInt8]) -> String { coder.encode(bytes) }

  /// The bytes of a text; nil if it is not strict base64url.
  public static func decode(_ text: String) -> [UInt8]? { coder.decode(text.utf8) }

  /// The bytes of a part of a compact serialisation; nil if it is not strict base64url.
  static func decode(_ part: Substring.UTF8View) -> [UInt8]? { coder.decode(part) }
}

/// Base64 with padding (RFC 4648 §4), as certificates and CMS are written. Decoding is as strict as that of `Base64URL`.
public enum Base64 {
  private static let coder = BaseCoder(last: "+/", padded: true)

  /// The text of some bytes, padded, in one line.
  public static func encode(_ bytes: [UInt8]) -> String { coder.encode(bytes) }

  /// The bytes of a text; nil if it is not strict, padded base64.
  public static func decode(_ text: String) -> [UInt8]? { coder.decode(text.utf8) }
}

/// One alphabet and its inverse.
private struct BaseCoder: Sendable {
  private let alphabet: [UInt8]
  private let values: [UInt8]
  private let padded: Bool

  init(last: String, padded: Bool) {
    alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8) + Array(last.utf8)
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    self.values = values
    self.padded = padded
  }

  func encode(_ bytes: [UInt8]) -> String {
    let length = (bytes.count + 2) / 3 * 4
    return String(unsafeUninitializedCapacity: length) { out in
      var end = 0
      var index = 0
      while index < bytes.count {
        let first = bytes[index]
        let second = index + 1 < bytes.count ? bytes[index + 1] : 0
        let third = index + 2 < bytes.count ? bytes[index + 2] : 0
        let bits = UInt32(first) << 16 | UInt32(second) << 8 | UInt32(third)
        let digits = Swift.min(bytes.count - index, 3) + 1
        for digit in 0..<digits { out[end + digit] = alphabet[Int(bits >> UInt32(18 - 6 * digit) & 63)] }
        end += digits
        index += 3
      }
      if padded {
        while end < length {
          out[end] = 0x3D
          end += 1
        }
      }
      return end
    }
  }

  func decode(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
    var digits = text[...]
    if padded {
      guard digits.count % 4 == 0 else { return nil }
      for _ in 0..<2 where digits.last == 0x3D { digits = digits.dropLast() }
    }
    var out: [UInt8] = []
    out.reserveCapacity(digits.count * 3 / 4)
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for character in digits {
      let value = values[Int(character)]
      guard value != 0xFF else { return nil }
      bits = (bits << 6 | UInt32(value)) & 0xFFFF
      count += 6
      if count >= 8 {
        count -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    guard count < 6, bits & ((1 << count) - 1) == 0 else { return nil }
    return out
  }
}
