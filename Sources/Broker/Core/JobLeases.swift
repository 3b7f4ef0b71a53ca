internal import Foundation
internal import PostgreSQL

/// Leases of jobs that one replica does at a time: a row in PostgreSQL, held for a time, given back at the end.
struct JobLeases: Sendable {
  /// How long a lease outlives its holder's last word, in seconds.
  static let seconds: TimeInterval = 120

  let database: Database
  let clock: any WallClock
  private let holder = UUID()

  init(database: Database, clock: any WallClock) {
    self.database = database
    self.clock = clock
  }

  /// Runs `work` while this process holds the lease; does nothing where another holds it. `work` is given a way to hold it longer, which answers
  /// whether it is held still.
  func holding(_ name: String, _ work: (_ extend: () async -> Bool) async -> Void) async {
    guard await take(name) else { return }
    var last = clock.now()
    await work {
      // With many tenants a word for each would be half the work.
      let now = clock.now()
      if now.timeIntervalSince(last) < Self.seconds / 4 { return true }
      last = now
      return await take(name)
    }
    await giveBack(name)
  }

  /// Takes a lease, or holds one of ours longer; false where another holds it, and where PostgreSQL cannot be asked.
  func take(_ name: String, for seconds: TimeInterval = Self.seconds) async -> Bool {
    let now = clock.now()
    let taken = try? await database.platform([
      BoundStatement(LeaseStore.take, [.text(name), .uuid(holder), .timestamp(now), .timestamp(now.addingTimeInterval(seconds))])
    ])
    return taken?[0].affectedRows == 1
  }

  /// Gives a lease back; does nothing where it is another's.
  func giveBack(_ name: String) async {
    _ = try? await database.platform([BoundStatement(LeaseStore.giveBack, [.text(name), .uuid(holder)])])
  }
}

/// SQL of leases.
enum LeaseStore {
  static let take = Statement(
    "take_lease",
    """
    insert into leases (name, holder, held_until) values ($1, $2, $4)
    on conflict (name) do update set holder = $2, held_until = $4 where leases.holder = $2 or leases.held_until <= $3
    """)
  static let giveBack = Statement("give_back_lease", "delete from leases where name = $1 and holder = $2")
}
