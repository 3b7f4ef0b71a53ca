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

  static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { text in
      var isText = true
      let bytes = [UInt8](unsafeUninitializedCapacity: text.count * 3 / 4) { bytes, count in
        count = text.count * 3 / 4
        isText = decode(text, into: UnsafeMutableRawBufferPointer(bytes))
        if !isText { bytes.initialize(repeating: 0) }
      }
      return isText ? bytes : nil
    }
  }

  /// Writes three bytes for four characters; false where the text is none, or is of a length that does not fill the bytes.
  static func decode(_ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
    guard text.count % 4 != 1, bytes.count == text.count * 3 / 4 else { return false }
    return values.withUnsafeBufferPointer { values in
      var bits: UInt32 = 0
      var count: UInt32 = 0
      var position = 0
      for character in text {
        let value = values[Int(character)]
        guard value != 0xFF else { return false }
        bits = (bits << 6 | UInt32(value)) & 0xFFFF
        count += 6
        guard count >= 8 else { continue }
        count -= 8
        bytes[position] = UInt8(truncatingIfNeeded: bits >> count)
        position += 1
      }
      return bits & ((1 << count) - 1) == 0
    }
  }
}
