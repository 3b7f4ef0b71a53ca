public import CitizenItems

/// The serial number of a certificate (発行番号). It stays inside the broker: it prints as `<redacted>` and is never returned.
public struct Serial: Redacted, Hashable {
  /// The number, big-endian, without leading zero bytes; 1…20 bytes (RFC 5280 §4.1.2.2).
  public let bytes: [UInt8]

  /// Takes a number in any length; leading zero bytes are dropped. Nil for zero, for nothing, and beyond 20 bytes.
  public init?(_ bytes: [UInt8]) {
    let number = Array(bytes.drop(while: { $0 == 0 }))
    guard !number.isEmpty, number.count <= 20 else { return nil }
    self.bytes = number
  }

  /// DER's INTEGER for this number: a zero byte in front where the highest bit is set.
  var integerContent: [UInt8] { bytes[0] & 0x80 == 0 ? bytes : [0] + bytes }
}
