internal import Crypto

/// A hash of the tree of RFC 9162 §2.1.1, over SHA-256: 32 bytes.
public struct LogHash: Sendable, Hashable {
  /// Length of every hash, in bytes.
  public static let byteCount = 32

  /// The 32 bytes.
  public let bytes: [UInt8]

  /// Takes 32 bytes; nil for any other number.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  private init(digest: SHA256Digest) { bytes = Array(digest) }

  /// The root of the empty tree: the hash of nothing.
  public static let empty = LogHash(digest: SHA256.hash(data: [UInt8]()))

  /// The hash of an entry: a leading 0 keeps leaves and nodes apart.
  public static func leaf(_ entry: some Collection<UInt8>) -> LogHash {
    var hash = SHA256()
    hash.update(data: [0])
    hash.update(data: Array(entry))
    return LogHash(digest: hash.finalize())
  }

  /// The hash of two subtrees: a leading 1.
  public static func node(_ left: LogHash, _ right: LogHash) -> LogHash {
    var hash = SHA256()
    hash.update(data: [1])
    hash.update(data: left.bytes)
    hash.update(data: right.bytes)
    return LogHash(digest: hash.finalize())
  }
}
