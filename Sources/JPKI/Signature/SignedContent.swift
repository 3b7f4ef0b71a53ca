/// What was to be signed: the bytes, or no more than their digest.
struct SignedContent {
  /// Nil where only the digest is known.
  let bytes: [UInt8]?
  private let known: (algorithm: DigestAlgorithm, digest: [UInt8])?

  init(bytes: [UInt8]) {
    self.bytes = bytes
    known = nil
  }

  init(digest: [UInt8], algorithm: DigestAlgorithm) {
    bytes = nil
    known = (algorithm, digest)
  }

  /// The digest under this algorithm, if it is known or can be made.
  func digest(_ algorithm: DigestAlgorithm) -> [UInt8]? {
    if let bytes { return algorithm.digest(of: bytes) }
    return known?.algorithm == algorithm ? known?.digest : nil
  }
}
