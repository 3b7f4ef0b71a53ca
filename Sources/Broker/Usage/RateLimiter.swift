internal import Foundation
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
  }

  private let database: Database
  private let clock: any WallClock
  private let buckets = Mutex<[Key: Bucket]>([:])

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

  private func take(_ cost: Int, of limit: Int, _ tenant: TenantID, _ kind: RateKind, bucket: String) async throws -> RateStanding {
    let seconds = Int64(clock.now().timeIntervalSince1970.rounded(.down))
    let window = seconds / Int64(Self.windowSeconds)
    let resetSeconds = Self.windowSeconds - Int(seconds % Int64(Self.windowSeconds))
    let key = Key(tenant: tenant, bucket: bucket)
    while true {
      let standing: (spent: Bool, remaining: Int, exhausted: Bool) = buckets.withLock { buckets in
        var entry = buckets[key] ?? Bucket(window: window)
        if entry.window != window { entry = Bucket(window: window) }
        let spent = entry.held >= cost
        if spent { entry.held -= cost }
        if buckets.count >= Self.maximumBuckets { buckets = buckets.filter { $0.value.window == window } }
        buckets[key] = entry
        return (spent, entry.held + max(limit - entry.taken, 0), entry.taken >= limit)
      }
      if standing.spent { return RateStanding(limit: limit, remaining: standing.remaining, resetSeconds: resetSeconds) }
      guard !standing.exhausted else { throw Refusal.tooMany(kind, retryAfterSeconds: resetSeconds) }
      try await lease(max(cost, limit / Self.blocks), of: limit, key, window)
    }
  }

  /// Takes a block; what would go beyond the limit is not handed out.
  private func lease(_ block: Int, of limit: Int, _ key: Key, _ window: Int64) async throws {
    let start = Date(timeIntervalSince1970: TimeInterval(window * Int64(Self.windowSeconds)))
    let taken = try await database.query(
      key.tenant, RateStore.lease, [.uuid(key.tenant.uuid), .text(key.bucket), .timestamp(start), .int8(Int64(block))]
    ).rows[0].int(0)
    buckets.withLock { buckets in
      guard var entry = buckets[key], entry.window == window else { return }
      entry.held += max(0, min(block, limit - (taken - block)))
      entry.taken = max(entry.taken, taken)
      buckets[key] = entry
    }
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
