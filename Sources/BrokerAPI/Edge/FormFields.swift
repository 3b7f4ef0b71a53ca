/// The fields of an `application/x-www-form-urlencoded` body (the token endpoint takes no other), each at most once.
struct FormFields {
  private var values: [String: String] = [:]

  /// Nil where the body is no form, or names a field twice (RFC 6749 §3.2).
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    for pair in bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(parts[0]), let value = parts.count == 2 ? Self.decoded(parts[1]) : "",
        values.updateValue(value, forKey: name) == nil
      else { return nil }
    }
  }

  /// An empty field is one that was not sent (RFC 6749 §3.2).
  subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

  private static func decoded(_ text: Slice<UnsafeRawBufferPointer>) -> String? {
    var bytes: [UInt8] = []
    var index = text.startIndex
    while index < text.endIndex {
      switch text[index] {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard index + 2 < text.endIndex, let high = digit(text[index + 1]), let low = digit(text[index + 2]) else { return nil }
        bytes.append(high << 4 | low)
        index += 2
      default: bytes.append(text[index])
      }
      index += 1
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? { Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init) }
}
