/// All that is needed to make a log longer: the roots of its perfect subtrees, one for each 1 of its size in binary, the largest first.
public struct CompactRange: Sendable, Equatable {
  /// How many entries there are.
  public private(set) var size: UInt64
  /// Roots of the perfect subtrees, the largest first.
  public private(set) var roots: [LogHash]

  /// A log without entries.
  public init() {
    size = 0
    roots = []
  }

  /// A log as it was kept; nil where the number of roots does not belong to the size.
  public init?(size: UInt64, roots: [LogHash]) {
    guard size.nonzeroBitCount == roots.count else { return nil }
    self.size = size
    self.roots = roots
  }

  /// Appends the hash of an entry.
  public mutating func append(_ leaf: LogHash) {
    var hash = leaf
    var full = size
    while full & 1 == 1 {
      hash = LogHash.node(roots.removeLast(), hash)
      full >>= 1
    }
    roots.append(hash)
    size += 1
  }

  /// Appends the root of a perfect subtree over `1 << level` entries; false, and nothing is changed, where such a one cannot begin at this size.
  public mutating func append(subtree: LogHash, level: Int) -> Bool {
    guard (0..<63).contains(level), size & ((1 << UInt64(level)) - 1) == 0, size <= UInt64.max >> 1 else { return false }
    var hash = subtree
    var full = size >> UInt64(level)
    while full & 1 == 1 {
      hash = LogHash.node(roots.removeLast(), hash)
      full >>= 1
    }
    roots.append(hash)
    size += 1 << UInt64(level)
    return true
  }

  /// The root of the whole tree (RFC 9162 §2.1.1).
  public var root: LogHash {
    guard var hash = roots.last else { return .empty }
    for left in roots.dropLast().reversed() { hash = LogHash.node(left, hash) }
    return hash
  }
}
