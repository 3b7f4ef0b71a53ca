/// Base64url without padding (RFC 4648 §5), as tags are written. Strict: no other alphabet, no padding, no loose bits.
enum TagText {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()

  static func encode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count * 4 + 2) / 3)
    bytes.withUnsafeBytes { append($0, to: &out) }
    return String(decoding: out, as: UTF8.self)
  }

  static func append(_ bytes: UnsafeRawBufferPointer, to out: inout [UInt8]) {
    alphabet.withUnsafeBufferPointer { alphabet in
      var bits: UInt32 = 0
      var count: UInt32 = 0
      for byte in bytes {
        bits = bits << 8 | UInt32(byte)
        count += 8
        while count >= 6 {
          count -= 6
          out.append(alphabet[Int(bits >> count & 63)])
        }
      }
      if count > 0 { out.append(alphabet[Int(bits << (6 - count) & 63)]) }
    }
  }

  static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var count = 0
    for character in text {
      let value = values[Int(character)]
      guard value != 0xFF else { return nil }
      bits = (bits << 6 | UInt32(value)) & 0xFFFF
      count += 6
      if count >= 8 {
        count -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    guard count < 6, bits & ((1 << UInt32(count)) - 1) == 0 else { return nil }
    return out
  }
}
