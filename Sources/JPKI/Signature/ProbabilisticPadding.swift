/// Recognises RSASSA-PSS (RFC 8017 §9.1.2), only to name it when it is refused.
enum ProbabilisticPadding {
  /// Whether the block unmasks to zeros, a one and a salt under one of the usual hashes. A block of another key does so about once in 2¹⁵.
  static func isLikely(_ block: [UInt8]) -> Bool {
    guard block.last == 0xBC, block[0] & 0x80 == 0 else { return false }
    return hashes.contains { length, hash in
      guard block.count >= length + 3 else { return false }
      let masked = block[..<(block.count - length - 1)]
      let seed = Array(block[masked.endIndex..<(block.count - 1)])
      let mask = generate(seed, length: masked.count, hash)
      var database = zip(masked, mask).map { $0 ^ $1 }
      database[0] &= 0x7F
      guard let one = database.firstIndex(where: { $0 != 0 }), database[one] == 1 else { return false }
      // A salt as long as fits leaves no zeros in front, any other leaves many.
      return one == 0 || one >= 8
    }
  }

  private static let hashes: [(Int, @Sendable ([UInt8]) -> [UInt8])] = [
    (32, { Hash.sha256($0) }), (20, { Hash.sha1($0) }), (48, { Hash.sha384($0) }), (64, { Hash.sha512($0) }),
  ]

  /// MGF1 (RFC 8017 B.2.1).
  private static func generate(_ seed: [UInt8], length: Int, _ hash: ([UInt8]) -> [UInt8]) -> [UInt8] {
    var mask: [UInt8] = []
    var counter: UInt32 = 0
    while mask.count < length {
      mask += hash(seed + withUnsafeBytes(of: counter.bigEndian, Array.init))
      counter += 1
    }
    return Array(mask[..<length])
  }
}
