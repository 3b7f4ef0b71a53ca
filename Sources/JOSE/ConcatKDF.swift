internal import Crypto

/// The key derivation of ECDH-ES (RFC 7518 §4.6.2; NIST SP 800-56A §5.8.1, SHA-256).
enum ConcatKDF {
  /// A key of `bits` bits from the shared secret `z`. `algorithm` is `enc` where the key is used directly.
  static func derive(_ z: [UInt8], algorithm: String, partyU: [UInt8], partyV: [UInt8], bits: Int) -> [UInt8] {
    var otherInfo: [UInt8] = []
    for field in [Array(algorithm.utf8), partyU, partyV] {
      otherInfo += bigEndian(UInt32(truncatingIfNeeded: field.count))
      otherInfo += field
    }
    otherInfo += bigEndian(UInt32(truncatingIfNeeded: bits))
    var key: [UInt8] = []
    var round: UInt32 = 1
    while key.count * 8 < bits {
      key += SHA256.hash(data: bigEndian(round) + z + otherInfo)
      round += 1
    }
    return Array(key.prefix(bits / 8))
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
