import Logging
import PostgreSQL
import TestSupport
import Testing

@Suite struct LimitTests {
  @Test func aStatementThatOverrunsItsTimeIsCancelled() async throws {
    try await withPool(configure: { $0.statementTimeout = .milliseconds(200) }) { pool, _ in
      let clock = ContinuousClock()
      let started = clock.now
      #expect(await failure { try await pool.query(SQL.sleep, [.double(30)]) } == .timeout)
      #expect(clock.now - started < .seconds(10))
      _ = try await pool.query(SQL.one)
    }
  }

  @Test func theClientCancelsWhereTheServerDoesNot() async throws {
    // The server's own limit is switched off behind our back.
    let off = Statement("no_timeout", "SELECT set_config('statement_timeout', '0', false)")
    try await withPool(configure: {
      $0.statementTimeout = .milliseconds(200)
      $0.maximumConnections = 1
    }) { pool, _ in
      try await pool.query(off)
      #expect(await failure { try await pool.query(SQL.sleep, [.double(30)]) } == .timeout)
      #expect(try await pool.query(SQL.one).requireRow().int(0) == 1)
    }
  }

  @Test func whoWaitsTooLongForASharedConnectionIsTold() async throws {
    try await withPool(configure: {
      $0.maximumConnections = 1
      $0.maximumInFlight = 1
      $0.acquireTimeout = .milliseconds(300)
    }) { pool, _ in
      try await pool.query(SQL.one)
      async let slow = pool.query(SQL.sleep, [.double(1.5)])
      _ = try await eventually { pool.statistics.inFlight > 0 }
      #expect(await failure { try await pool.query(SQL.one) } == .poolExhausted)
      _ = try await slow
      #expect(try await pool.query(SQL.one).requireRow().int(0) == 1)
    }
  }

  @Test func aFullQueueRefusesAtOnce() async throws {
    try await withPool(configure: {
      $0.maximumConnections = 1
      $0.maximumInFlight = 1
      $0.maximumQueued = 5
    }) { pool, _ in
      try await pool.query(SQL.one)
      let refused = try await withThrowingTaskGroup(of: PostgreSQLError?.self) { group in
        group.addTask { await failure { try await pool.query(SQL.sleep, [.double(1)]) } }
        _ = try await eventually { pool.statistics.inFlight > 0 }
        for _ in 0..<10 { group.addTask { await failure { try await pool.query(SQL.one) } } }
        var refused = 0
        for try await error in group where error == .poolExhausted { refused += 1 }
        return refused
      }
      #expect(refused == 5)
    }
  }

  @Test func whoWaitsTooLongForAConnectionOfHisOwnIsTold() async throws {
    try await withPool(configure: {
      $0.maximumCheckedOut = 1
      $0.acquireTimeout = .milliseconds(300)
    }) { pool, _ in
      try await pool.withConnection { connection in
        try await connection.query(SQL.one)
        #expect(await failure { _ = try await pool.withConnection { try await $0.query(SQL.one) } } == .poolExhausted)
      }
      try await pool.withConnection { _ = try await $0.query(SQL.one) }
    }
  }

  @Test func waitersGetTheConnectionOneAfterAnother() async throws {
    try await withPool(configure: { $0.maximumCheckedOut = 2 }) { pool, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<50 {
          group.addTask { try await pool.transaction { _ = try await $0.query(SQL.one) } }
        }
        try await group.waitForAll()
      }
      #expect(pool.statistics.checkedOut == 0)
      #expect(pool.statistics.waitingForCheckOut == 0)
    }
  }

  @Test func aServerThatIsNotThereMeansUnavailable() async throws {
    var configuration = PostgreSQLConfiguration(url: "host=/nowhere/at/all user=nobody", acquireTimeout: .milliseconds(2000))
    configuration.connectTimeout = .milliseconds(200)
    let pool = PostgreSQLPool(configuration, logger: Logger(label: "tests"))
    #expect(await failure { try await pool.query(SQL.one) } == .unavailable)
    #expect(await failure { try await pool.transaction { _ = try await $0.query(SQL.one) } } == .unavailable)
    #expect(pool.statistics.latestConnectFailure == .unreachable)
    // By now it has been down for longer than anybody waits: no more waiting.
    let clock = ContinuousClock()
    let started = clock.now
    #expect(await failure { try await pool.query(SQL.one) } == .unavailable)
    #expect(clock.now - started < .milliseconds(1500))
    await pool.close()
  }

  @Test func aClosedPoolRefusesAndLetsRunningWorkFinish() async throws {
    try await withPool { pool, _ in
      async let running = pool.query(SQL.sleep, [.double(0.5)])
      _ = try await eventually { pool.statistics.inFlight > 0 }
      await pool.close()
      #expect(try await running.rows.count == 1)
      #expect(await failure { try await pool.query(SQL.one) } == .closed)
      #expect(await failure { try await pool.transaction { _ = try await $0.query(SQL.one) } } == .closed)
      #expect(pool.statistics.connections == 0)
    }
  }

  @Test func nothingPrintsThePassword() async throws {
    let secret = "s3cret-of-the-house"
    for url in [
      "postgresql://yonjo_app:\(secret)@db.example:5432/yonjo", "host=h password=\(secret) user=u",
      "postgresql://u:\(secret)@h/d?x=\(secret)",
    ] {
      let configuration = PostgreSQLConfiguration(url: url)
      var dumped = ""
      dump(configuration, to: &dumped)
      for printed in ["\(configuration)", String(reflecting: configuration), dumped] { #expect(!printed.contains(secret)) }
    }
    #expect("\(PostgreSQLConfiguration(url: "postgresql://yonjo_app:\(secret)@db.example/yonjo"))".contains("db.example"))
  }

  @Test func errorsAndRowsPrintNoValues() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      try await pool.query(SQL.insert, [.int(4711), .text("a")])
      let error = await failure { try await pool.query(SQL.insert, [.int(4711), .text("四情花子")]) }
      #expect(error.map { !"\($0)".contains("4711") && !String(reflecting: $0).contains("四情") } == true)
      let row = try await pool.query(SQL.names).requireRow()
      var dumped = ""
      dump(row, to: &dumped)
      #expect(!dumped.contains("4711") && !"\(row)".contains("4711"))
      #expect("\(SQLValue.text("四情花子"))" == "<text>")
    }
  }
}
