internal import Logging
public import PostgreSQL
internal import Synchronization

/// The sign of life of one serving process: a session-level advisory lock that PostgreSQL releases when the process dies,
/// however it dies. Whoever can take the lock knows that its holder is gone, and may take up the work that it left.
public final class InstanceLock: Sendable {
  /// Random, this process's own.
  public let key: Int64
  private let pool: PostgreSQLPool
  private let held = Mutex(false)

  /// - Parameter pool: one of its checked-out connections is kept for the lock.
  public init(pool: PostgreSQLPool) {
    self.pool = pool
    key = Int64.random(in: 1...Int64.max)
  }

  /// Whether the lock is held: without it this process must take on no work of several transactions.
  public var isHeld: Bool { held.withLock { $0 } }

  /// Holds the lock until cancelled; takes it again after a lost connection, asking every second.
  public func run() async {
    while !Task.isCancelled {
      try? await pool.withConnection { connection in
        _ = try await connection.query(InstanceStore.hold, [.int8(key)])
        held.withLock { $0 = true }
        defer { held.withLock { $0 = false } }
        while !Task.isCancelled {
          try await Task.sleep(for: .seconds(1))
          _ = try await connection.query(InstanceStore.alive, [])
        }
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }
}

/// SQL of the sign of life.
enum InstanceStore {
  static let hold = Statement("hold_instance_lock", "select pg_advisory_lock($1)")
  static let alive = Statement("instance_alive", "select 1")
}
