public import Foundation
internal import PostgreSQL
internal import Synchronization

/// Counts requests against a tenant's allowances, over all replicas: each takes a block of the minute's allowance from PostgreSQL and spends it by
/// itself (law 9). What is left of a block when the minute ends is gone. Where PostgreSQL does not answer, nothing is let through (law 5).
public final class RateLimiter: Sendable {
  /// Length of a window, in seconds.
  static let windowSeconds = 60
  /// An allowance is taken in so many blocks, at least.
  private static let blocks = 32
  /// Buckets that are remembered; beyond that, those of past windows are forgotten.
  private static let maximumBuckets = 50_000

  private struct Key: Hashable {
    let tenant: TenantID
    let bucket: String
  }
  private struct Bucket {
    var window: Int64
    /// Taken from the database and not spent yet.
    var held = 0
    /// All that was taken in this window by anybody, as far as is known.
    var taken = 0
    /// The block that is being taken; who comes meanwhile waits for it, or as many blocks as there are waiting requests would be gone.
    var lease: Task<Void, any Error>?
  }

  /// Cards and tags are counted here first, in so many counters that they share by chance; who shares one is at worst counted too early.
  private static let counters = 1 << 18
  private struct Counters {
    var window: Int64 = 0
    var counts: [UInt16] = []
  }

  private let database: Database
  private let clock: any WallClock
  private let buckets = Mutex<[Key: Bucket]>([:])
  private let ones = Mutex(Counters())

  init(database: Database, clock: any WallClock) {
    self.database = database
    self.clock = clock
  }

  /// Takes `cost` from the tenant's allowance and from the client's, where it has one of its own.
  ///
  /// - Parameter cost: how many the request counts for; at least 1.
  /// - Returns: the tighter of the two.
  public func take(_ caller: Caller, _ kind: RateKind, cost: Int = 1) async throws -> RateStanding {
    let standing = try await take(max(cost, 1), of: caller.allowances[kind], caller.tenantID, kind, bucket: kind.rawValue)
    guard let own = caller.clientAllowances[kind] else { return standing }
    let ownStanding = try await take(max(cost, 1), of: own, caller.tenantID, kind, bucket: kind.rawValue + "/" + caller.clientID)
    return ownStanding.remaining < standing.remaining ? ownStanding : standing
  }

  /// Counts one signature of one card, or one look-up of one tag. The first few of a minute cost no round trip and are each replica's own; from then on
  /// all replicas share what is left. What happens rarely is so never asked about, and what is tried again and again is.
  ///
  /// - Parameter one: what stands for card or tag: 128 bits of a keyed digest.
  public func take(_ caller: Caller, one kind: RateKind, _ one: UUID) async throws { try await take(caller, each: kind, [one]) }

  /// The same of many cards or tags, one after the other.
  func take(_ caller: Caller, each kind: RateKind, _ these: [UUID]) async throws {
    let limit = kind == .signature ? caller.allowances.signaturesPerCard : caller.allowances.lookUpsPerTag
    let free = min(limit / 8, 1_000)
    let (window, resetSeconds) = now()
    for (index, seen) in count(caller, kind, these, beyond: free, window) {
      do {
        // The first that is counted here brings those along that were not.
        _ = try await take(
          seen == free + 1 ? free + 1 : 1, of: limit, caller.tenantID, kind, bucket: Self.bucket(kind, these[index]))
      } catch let refusal as Refusal {
        for one in these[(index + 1)...] { uncount(caller, kind, one, window) }
        guard case .tooMany = refusal.kind else { throw refusal }
        throw Refusal.tooManyOfOne(kind, retryAfterSeconds: resetSeconds)
      }
    }
  }

  /// Counts one look-up of one tag like the two above together, where no round trip is needed for it.
  ///
  /// - Returns: nil where one is needed, or where the allowance is spent; then nothing was counted.
  func takeLookUpAtHand(_ caller: Caller, _ tag: UUID) -> RateStanding? {
    guard caller.clientAllowances[.lookUp] == nil else { return nil }
    let (window, resetSeconds) = now()
    let (limit, ofTag) = (caller.allowances[.lookUp], caller.allowances.lookUpsPerTag)
    let free = min(ofTag / 8, 1_000)
    let seen = count(caller, .lookUp, [tag], beyond: 0, window)[0].seen
    let all = Key(tenant: caller.tenantID, bucket: RateKind.lookUp.rawValue)
    // The first that goes beyond what is free brings those along that were not counted: that is for the way that may wait.
    let one = seen > free ? Key(tenant: caller.tenantID, bucket: Self.bucket(.lookUp, tag)) : nil
    let standing: RateStanding? = buckets.withLock { buckets in
      guard seen != free + 1, var entry = buckets[all], entry.window == window, entry.held >= 1 else { return nil }
      if let one {
        guard var own = buckets[one], own.window == window, own.held >= 1 else { return nil }
        own.held -= 1
        buckets[one] = own
      }
      entry.held -= 1
      buckets[all] = entry
      return RateStanding(limit: limit, remaining: entry.held + max(limit - entry.taken, 0), resetSeconds: resetSeconds)
    }
    if standing == nil { uncount(caller, .lookUp, tag, window) }
    return standing
  }

  private static func bucket(_ kind: RateKind, _ one: UUID) -> String {
    "\(kind.rawValue)/one/" + one.uuidString
  }

  private static func place(_ caller: Caller, _ kind: RateKind, _ one: UUID) -> Int {
    var hasher = Hasher()
    hasher.combine(caller.tenantID)
    hasher.combine(kind)
    hasher.combine(one)
    return Int(UInt(bitPattern: hasher.finalize()) % UInt(counters))
  }

  /// Which of these were seen here more than `free` times in this window, and how often, this time with them.
  private func count(
    _ caller: Caller, _ kind: RateKind, _ these: [UUID], beyond free: Int, _ window: Int64
  ) -> [(index: Int, seen: Int)] {
    ones.withLock { ones in
      if ones.window != window || ones.counts.isEmpty { ones = Counters(window: window, counts: .init(repeating: 0, count: Self.counters)) }
      var beyond: [(index: Int, seen: Int)] = []
      for (index, one) in these.enumerated() {
        let place = Self.place(caller, kind, one)
        let seen = min(ones.counts[place] + 1, 2_000)
        ones.counts[place] = seen
        if seen > free { beyond.append((index, Int(seen))) }
      }
      return beyond
    }
  }

  private func uncount(_ caller: Caller, _ kind: RateKind, _ one: UUID, _ window: Int64) {
    let place = Self.place(caller, kind, one)
    ones.withLock { ones in
      if ones.window == window, !ones.counts.isEmpty, ones.counts[place] > 0 { ones.counts[place] -= 1 }
    }
  }

  private func now() -> (window: Int64, resetSeconds: Int) {
    let seconds = Int64(clock.now().timeIntervalSince1970.rounded(.down))
    return (seconds / Int64(Self.windowSeconds), Self.windowSeconds - Int(seconds % Int64(Self.windowSeconds)))
  }

  private func take(_ cost: Int, of limit: Int, _ tenant: TenantID, _ kind: RateKind, bucket: String) async throws -> RateStanding {
    let key = Key(tenant: tenant, bucket: bucket)
    while true {
      let (window, resetSeconds) = now()
      let step: Step = buckets.withLock { buckets in
        if buckets.count >= Self.maximumBuckets { buckets = buckets.filter { $0.value.window == window } }
        var entry = buckets[key] ?? Bucket(window: window)
        if entry.window != window { entry = Bucket(window: window) }
        defer { buckets[key] = entry }
        if entry.held >= cost {
          entry.held -= cost
          return .taken(remaining: entry.held + max(limit - entry.taken, 0))
        }
        if let lease = entry.lease { return .wait(lease) }
        guard entry.taken < limit else { return .exhausted }
        let lease = Task { try await self.lease(max(cost, limit / Self.blocks), of: limit, key, window) }
        entry.lease = lease
        return .wait(lease)
      }
      switch step {
      case .taken(let remaining): return RateStanding(limit: limit, remaining: remaining, resetSeconds: resetSeconds)
      case .exhausted: throw Refusal.tooMany(kind, retryAfterSeconds: resetSeconds)
      case .wait(let lease): try await lease.value
      }
    }
  }

  private enum Step {
    case taken(remaining: Int)
    case exhausted
    case wait(Task<Void, any Error>)
  }

  /// Takes a block; what would go beyond the limit is not handed out.
  private func lease(_ block: Int, of limit: Int, _ key: Key, _ window: Int64) async throws {
    let start = Date(timeIntervalSince1970: TimeInterval(window * Int64(Self.windowSeconds)))
    let taken: Result<Int, any Error>
    do {
      taken = .success(
        try await database.query(
          key.tenant, RateStore.lease, [.uuid(key.tenant.uuid), .text(key.bucket), .timestamp(start), .int8(Int64(block))]
        ).rows[0].int(0))
    } catch {
      taken = .failure(error)
    }
    buckets.withLock { buckets in
      guard var entry = buckets[key], entry.window == window else { return }
      entry.lease = nil
      if case .success(let taken) = taken {
        entry.held += max(0, min(block, limit - (taken - block)))
        entry.taken = max(entry.taken, taken)
      }
      buckets[key] = entry
    }
    _ = try taken.get()
  }
}

extension RateKind {
  /// What a client may ask by itself: columns `column`…`column + 2`, in the order of the cases; null where it has no allowance of its own.
  static func own(_ row: Row, at column: Int) throws -> [RateKind: Int] {
    var own: [RateKind: Int] = [:]
    for (offset, kind) in allCases.enumerated() where !row.isNull(column + offset) { own[kind] = try row.int(column + offset) }
    return own
  }
}

/// SQL of allowances.
enum RateStore {
  static let lease = Statement(
    "lease_rate",
    """
    insert into rate_windows (tenant_id, bucket, window_start, taken) values ($1, $2, $3, $4)
    on conflict (tenant_id, bucket, window_start) do update set taken = rate_windows.taken + excluded.taken returning taken
    """)
  static let clean = Statement("clean_rate_windows", "delete from rate_windows where tenant_id = $1 and window_start < $2")
}
