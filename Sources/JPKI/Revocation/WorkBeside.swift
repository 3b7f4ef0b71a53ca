internal import Dispatch

/// One piece of work at a time beside the caller's thread, so that processor and disk are busy together.
final class WorkBeside: Sendable {
  private let queue = DispatchQueue(label: "yonjo.revocation-index")
  private let free = DispatchSemaphore(value: 1)

  /// Waits until the piece before is done, then starts this one.
  func begin(_ work: @escaping @Sendable () -> Void) {
    free.wait()
    queue.async { [free] in
      work()
      free.signal()
    }
  }

  /// Waits until nothing is under way. What the work wrote is visible from here on.
  func wait() {
    free.wait()
    free.signal()
  }
}

/// A list's hash, taken beside the caller's thread where the caller has other work to do with the same bytes.
///
/// Invariant behind `@unchecked Sendable`: the hash is touched by one piece of work at a time, and by the owner only while none is under way.
final class HashBeside: @unchecked Sendable {
  private let hash: RunningHash
  private let beside = WorkBeside()

  let pace: RevocationListPace

  init(_ algorithm: DigestAlgorithm, _ pace: RevocationListPace) {
    hash = RunningHash(algorithm)
    self.pace = pace
  }

  deinit { beside.wait() }

  /// Takes the next bytes, beside; they must stay as they are until `wait`.
  func begin(_ bytes: UnsafeBufferPointer<UInt8>) {
    nonisolated(unsafe) let bytes = bytes
    beside.begin { [self] in hash.update(bytes) }
  }

  func wait() { beside.wait() }

  /// Takes a part of a list here and now.
  func take(_ source: RevocationListBytes, _ range: Range<Int>) throws(RevocationIndexError) {
    var pieces = RevocationListPieces(source, range, pace)
    var isThere = true
    while isThere {
      isThere = try pieces.next { piece, _ throws(RevocationIndexError) in
        hash.update(piece)
        return piece.count
      }
    }
  }

  /// The digest of everything taken, to be asked for once; nil if OpenSSL failed.
  func digest() -> [UInt8]? {
    beside.wait()
    return hash.digest()
  }
}
