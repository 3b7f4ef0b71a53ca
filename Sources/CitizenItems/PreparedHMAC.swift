internal import Crypto

/// HMAC-SHA-256 (RFC 2104) of which the key's two blocks are hashed once. `HMAC<SHA256>` can be copied for the same end, but being generic it spends more on
/// each message than hashing a short one takes.
struct PreparedHMAC: Redacted {
  private let inner: SHA256
  private let outer: SHA256

  /// - Parameter key: 64 bytes, SHA-256's block, at most.
  init(key: SymmetricKey) {
    func hash(paddedWith pad: UInt8) -> SHA256 {
      key.withUnsafeBytes { key in
        var block = [UInt8](repeating: pad, count: SHA256.blockByteCount)
        for (index, byte) in key.enumerated() { block[index] ^= byte }
        var hash = SHA256()
        block.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash
      }
    }
    inner = hash(paddedWith: 0x36)
    outer = hash(paddedWith: 0x5C)
  }

  /// The code of a message.
  func code(of message: UnsafeRawBufferPointer) -> SHA256.Digest {
    var (inner, outer) = (inner, outer)
    inner.update(bufferPointer: message)
    inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
    return outer.finalize()
  }
}
