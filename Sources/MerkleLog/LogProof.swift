/// Why a proof cannot be made or does not hold.
public enum LogProofError: Error, Sendable, Equatable {
  /// The entry or the size lies outside the tree.
  case outOfRange
  /// The proof has too few hashes, or too many.
  case wrongLength
  /// The proof leads to another root than the one given.
  case rootMismatch
}

/// Proofs of RFC 9162 §2.1.3 and §2.1.4: that an entry is in a tree, and that a longer tree begins with a shorter one.
///
/// A tree is given by its perfect subtrees: `node(level, index)` is the hash over the entries `index << level ..< (index + 1) << level`.
public enum LogProof {
  /// A subtree is looked up by its level and its place among those of its level.
  public typealias Node<Failure: Error> = (_ level: Int, _ index: UInt64) throws(Failure) -> LogHash

  /// The hash over the entries of a range, whose first one begins a subtree large enough for all of it.
  public static func root<Failure: Error>(_ range: Range<UInt64>, _ node: Node<Failure>) throws(Failure) -> LogHash {
    let count = range.upperBound - range.lowerBound
    guard count > 0 else { return .empty }
    if count.nonzeroBitCount == 1 {
      let level = count.trailingZeroBitCount
      return try node(level, range.lowerBound >> UInt64(level))
    }
    let middle = range.lowerBound + split(count)
    return LogHash.node(try root(range.lowerBound..<middle, node), try root(middle..<range.upperBound, node))
  }

  /// The hashes that lead from an entry to the root of the first `size` entries, from the leaf up. The entry must be one of them.
  public static func inclusion<Failure: Error>(of index: UInt64, size: UInt64, _ node: Node<Failure>) throws(Failure) -> [LogHash] {
    precondition(index < size, "an entry of the tree")
    var path: [LogHash] = []
    var range = 0..<size
    // From the root down; the proof is told from the leaf up.
    while range.upperBound - range.lowerBound > 1 {
      let middle = range.lowerBound + split(range.upperBound - range.lowerBound)
      if index < middle {
        path.append(try root(middle..<range.upperBound, node))
        range = range.lowerBound..<middle
      } else {
        path.append(try root(range.lowerBound..<middle, node))
        range = middle..<range.upperBound
      }
    }
    return path.reversed()
  }

  /// The hashes that lead from the root of the first `old` entries to that of the first `size`. Empty where `old` is 0 or `size`.
  public static func consistency<Failure: Error>(from old: UInt64, to size: UInt64, _ node: Node<Failure>) throws(Failure) -> [LogHash] {
    precondition(old <= size, "the shorter tree first")
    guard old > 0, old < size else { return [] }
    var path: [LogHash] = []
    var range = 0..<size
    // Whether the subtree at hand begins at the first entry: then the verifier knows the old root already.
    var isWhole = true
    while range.upperBound != old {
      let middle = range.lowerBound + split(range.upperBound - range.lowerBound)
      if old <= middle {
        path.append(try root(middle..<range.upperBound, node))
        range = range.lowerBound..<middle
      } else {
        path.append(try root(range.lowerBound..<middle, node))
        range = middle..<range.upperBound
        isWhole = false
      }
    }
    if !isWhole { path.append(try root(range, node)) }
    return path.reversed()
  }

  /// Checks that the entry with this hash is at this place of the tree with this root (RFC 9162 §2.1.3.2).
  public static func checkInclusion(_ leaf: LogHash, at index: UInt64, size: UInt64, root: LogHash, proof: [LogHash]) throws(LogProofError)
  {
    guard index < size else { throw .outOfRange }
    var place = index
    var last = size - 1
    var hash = leaf
    for sibling in proof {
      guard last > 0 else { throw .wrongLength }
      if place & 1 == 1 || place == last {
        hash = LogHash.node(sibling, hash)
        // A subtree without a right neighbour climbs until it has one.
        while place & 1 == 0, place > 0 {
          place >>= 1
          last >>= 1
        }
      } else {
        hash = LogHash.node(hash, sibling)
      }
      place >>= 1
      last >>= 1
    }
    guard last == 0 else { throw .wrongLength }
    guard hash == root else { throw .rootMismatch }
  }

  /// Checks that the tree with root `new` begins with the tree with root `old` (RFC 9162 §2.1.4.2).
  public static func checkConsistency(
    from oldSize: UInt64, _ old: LogHash, to newSize: UInt64, _ new: LogHash, proof: [LogHash]
  ) throws(LogProofError) {
    guard oldSize <= newSize else { throw .outOfRange }
    if oldSize == newSize || oldSize == 0 {
      guard proof.isEmpty else { throw .wrongLength }
      guard oldSize == 0 ? old == .empty : old == new else { throw .rootMismatch }
      return
    }
    var hashes = proof[...]
    // A perfect shorter tree is itself the first hash of the proof, and left out.
    if oldSize.nonzeroBitCount == 1 { hashes = [old] + hashes }
    guard let first = hashes.popFirst() else { throw .wrongLength }
    var place = oldSize - 1
    var last = newSize - 1
    while place & 1 == 1 {
      place >>= 1
      last >>= 1
    }
    var before = first
    var after = first
    for hash in hashes {
      guard last > 0 else { throw .wrongLength }
      if place & 1 == 1 || place == last {
        before = LogHash.node(hash, before)
        after = LogHash.node(hash, after)
        while place & 1 == 0, place > 0 {
          place >>= 1
          last >>= 1
        }
      } else {
        after = LogHash.node(after, hash)
      }
      place >>= 1
      last >>= 1
    }
    guard last == 0 else { throw .wrongLength }
    guard before == old, after == new else { throw .rootMismatch }
  }

  /// The largest power of two below `count`, which is at least 2.
  private static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }
}
