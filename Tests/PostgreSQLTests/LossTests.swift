import Logging
import PostgreSQL
import TestSupport
import Testing

@Suite struct LossTests {
  private static let terminateOthers = Statement(
    "terminate_others",
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()"
  )

  /// Ends all backends of an application in the test's database, from outside.
  private func terminate(_ application: String, _ database: TestDatabase.Handle) async throws {
    let configuration = PostgreSQLConfiguration(url: database.superuserURL, maximumConnections: 1, applicationName: "terminator")
    let pool = PostgreSQLPool(configuration, logger: Logger(label: "tests"))
    _ = try await pool.query(Self.terminateOthers, [.text(application)])
    await pool.close()
  }

  private static let sleepers = Statement(
    "sleepers",
    """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND wait_event = 'PgSleep'
    AND clock_timestamp() - query_start > make_interval(secs => $2)
    """)

  /// Waits until a backend of the application has slept, in `pg_sleep`, for so long.
  private func waitForSleeper(_ application: String, _ database: TestDatabase.Handle, seconds: Double = 0) async throws {
    let pool = PostgreSQLPool(PostgreSQLConfiguration(url: database.superuserURL, maximumConnections: 1), logger: Logger(label: "tests"))
    let found = try await eventually {
      try await pool.query(Self.sleepers, [.text(application), .double(seconds)]).requireRow().int(0) > 0
    }
    #expect(found)
    await pool.close()
  }

  @Test func aPoolReconnectsAfterItsBackendsWereTerminated() async throws {
    try await withPool(configure: { $0.applicationName = "victim" }) { pool, database in
      let before = try await pool.query(SQL.backend).requireRow().int(0)
      try await terminate("victim", database)
      #expect(try await eventually { await failure { try await pool.query(SQL.one) } == nil })
      #expect(try await pool.query(SQL.backend).requireRow().int(0) != before)
    }
  }

  @Test func aUnitLostWhileItCommitsHasAnUnknownOutcome() async throws {
    try await withPool(configure: { $0.applicationName = "victim" }) { pool, database in
      try await pool.query(SQL.makeTable)
      try await pool.withConnection {
        try await $0.execute(
          """
          CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NULL; END';
          CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()
          """)
      }
      let task = Task { await failure { try await pool.query(SQL.insert, [.int(1), .text("a")]) } }
      try await waitForSleeper("victim", database)
      try await terminate("victim", database)
      #expect(await task.value == .connectionLost)
    }
  }

  @Test func aLongUnitThatTheServerEndedIsNotRunAgainButKnownToBeUndone() async throws {
    try await withPool(configure: { $0.applicationName = "victim" }) { pool, database in
      let task = Task { await failure { try await pool.query(SQL.sleep, [.double(30)]) } }
      try await waitForSleeper("victim", database, seconds: 1.2)
      try await terminate("victim", database)
      #expect(await task.value == .unavailable)
    }
  }

  @Test func unitsBehindTheOneThatWasEndedGoToAnotherConnection() async throws {
    try await withPool(configure: {
      $0.maximumConnections = 1
      $0.applicationName = "victim"
    }) { pool, database in
      try await pool.query(SQL.makeTable)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<200 {
          group.addTask { _ = try await pool.unit([SQL.insert(.int(index), .text("a")), SQL.sleep(.double(0.005))]) }
        }
        try await Task.sleep(for: .milliseconds(300))
        try await terminate("victim", database)
        try await group.waitForAll()
      }
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 200)
    }
  }

  @Test func aUnitThatWasNotSentGoesToAnotherConnection() async throws {
    try await withPool(configure: {
      $0.maximumConnections = 1
      $0.maximumInFlight = 1
      $0.applicationName = "victim"
    }) { pool, database in
      let lost = Task { await failure { try await pool.query(SQL.sleep, [.double(30)]) } }
      try await waitForSleeper("victim", database)
      let waiting = Task { await failure { try await pool.query(SQL.one) } }
      _ = try await eventually { pool.statistics.waiting > 0 }
      try await terminate("victim", database)
      lost.cancel()
      #expect(await lost.value != nil)
      #expect(await waiting.value == nil)
    }
  }

  @Test func aTransactionLostBeforeItsCommitIsUnavailable() async throws {
    try await withPool(configure: { $0.applicationName = "victim" }) { pool, database in
      try await pool.query(SQL.makeTable)
      let error = await failure {
        try await pool.transaction { transaction in
          try await transaction.query(SQL.insert, [.int(1), .text("a")])
          try await terminate("victim", database)
          try await transaction.query(SQL.one)
        }
      }
      #expect(error == .unavailable)
      #expect(try await eventually { await failure { try await pool.transaction { _ = try await $0.query(SQL.one) } } == nil })
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 0)
    }
  }

  @Test func nobodyHangsWhileUnitsFailAndBackendsDie() async throws {
    try await withPool(configure: {
      $0.applicationName = "victim"
      $0.statementTimeout = .seconds(5)
    }) { pool, database in
      try await pool.query(SQL.makeTable)
      let kept = Counter()
      let unknown = Counter()
      let isOver = Flag()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          while !isOver.isSet {
            try await Task.sleep(for: .milliseconds(50))
            try await terminate("victim", database)
          }
        }
        try await withThrowingTaskGroup(of: Void.self) { workers in
          for worker in 0..<16 {
            workers.addTask {
              for index in 0..<500 {
                let id = worker * 1000 + index
                let error = await failure {
                  switch index % 5 {
                  case 3: try await pool.query(SQL.divide, [.int4(0)])
                  case 4: try await pool.transaction { _ = try await $0.query(SQL.one) }
                  default: try await pool.query(SQL.insert, [.int(id), .text("kept")])
                  }
                }
                switch error {
                case nil: if index % 5 < 3 { _ = kept.next() }
                case .connectionLost: if index % 5 < 3 { _ = unknown.next() }
                case .unavailable, .server: break
                default: Issue.record("unexpected: \(error.map { "\($0)" } ?? "")")
                }
              }
            }
          }
          try await workers.waitForAll()
        }
        isOver.set()
        try await group.waitForAll()
      }
      // What was confirmed is there; of what was lost on its way some may be.
      let found = try await pool.query(SQL.count).requireRow().int(0)
      let confirmed = kept.next()
      #expect(found >= confirmed && found <= confirmed + unknown.next())
      #expect(pool.statistics.inFlight == 0 && pool.statistics.waiting == 0 && pool.statistics.waitingForCheckOut == 0)
    }
  }
}
