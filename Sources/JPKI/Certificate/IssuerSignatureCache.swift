internal import Synchronization

/// Remembers which certificates an anchor signed: by digest only, so that nothing of a certificate stays in memory. A signature once true stays true;
/// everything that depends on time is looked at again each time.
///
/// Two generations bound it: when the young one is full it becomes the old one, and what is asked for again moves back.
final class IssuerSignatureCache: Sendable {
  private struct Key: Hashable {
    let digest: InlineArray<4, UInt64>
    let anchor: UInt64

    static func == (left: Key, right: Key) -> Bool {
      left.anchor == right.anchor && left.digest[0] == right.digest[0] && left.digest[1] == right.digest[1]
        && left.digest[2] == right.digest[2]
        && left.digest[3] == right.digest[3]
    }

    func hash(into hasher: inout Hasher) { hasher.combine(digest[0]) }
  }
  private struct Generations {
    var young: Set<Key> = []
    var old: Set<Key> = []
  }

  private let limit: Int
  private let generations = Mutex(Generations())

  /// Holds at most twice `limit` digests.
  init(limit: Int) {
    self.limit = max(limit, 0)
  }

  /// Whether `anchor` signed the certificate.
  func holds(_ fields: CertificateFields, by anchor: TrustAnchor) -> Bool {
    guard limit > 0 else { return fields.isSigned(by: anchor.key) }
    let key = Key(digest: Self.words(Hash.sha256(fields.der)), anchor: anchor.cacheKey)
    let known = generations.withLock { state in
      if state.young.contains(key) { return true }
      guard state.old.contains(key) else { return false }
      insert(key, &state)
      return true
    }
    if known { return true }
    guard fields.isSigned(by: anchor.key) else { return false }
    generations.withLock { insert(key, &$0) }
    return true
  }

  private func insert(_ key: Key, _ state: inout Generations) {
    if state.young.count >= limit {
      state.old = state.young
      state.young = []
    }
    state.young.insert(key)
  }

  /// Eight bytes each, big-endian.
  static func words(_ digest: [UInt8]) -> InlineArray<4, UInt64> {
    InlineArray { word in digest[(word * 8)..<(word * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
  }
}
