/// A CRL number (RFC 5280 §5.2.3): only ever grows.
public struct RevocationListNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Big-endian, without leading zero bytes; empty for zero. At most 20 bytes.
  public let bytes: [UInt8]

  /// Leading zero bytes are dropped; nil beyond 20 bytes.
  public init?(_ bytes: [UInt8]) {
    let number = Array(bytes.drop(while: { $0 == 0 }))
    guard number.count <= 20 else { return nil }
    self.bytes = number
  }

  /// By size.
  public static func < (left: Self, right: Self) -> Bool {
    left.bytes.count != right.bytes.count ? left.bytes.count < right.bytes.count : left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// Hexadecimal, as `openssl crl` prints it.
  public var description: String {
    "0x"
      + (bytes.isEmpty
        ? "00" : bytes.map { String($0 >> 4, radix: 16, uppercase: true) + String($0 & 15, radix: 16, uppercase: true) }.joined())
  }
}
