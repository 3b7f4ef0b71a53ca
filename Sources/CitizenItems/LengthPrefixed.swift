/// Fields with a four-byte big-endian length before each: no two lists of fields have the same bytes.
struct LengthPrefixed {
  private(set) var bytes: [UInt8] = []

  /// Appends a number as four big-endian bytes, without a length.
  mutating func append(number: UInt32) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// Appends length and bytes.
  mutating func append(_ field: some Collection<UInt8>) {
    append(number: UInt32(truncatingIfNeeded: field.count))
    bytes.append(contentsOf: field)
  }

  /// Appends length and UTF-8 bytes; nil is written as the length `FFFFFFFF` alone.
  mutating func append(_ field: String?) {
    guard let field else {
      append(number: .max)
      return
    }
    append(field.utf8)
  }
}
