import PostgreSQL
import Testing

@Suite struct TransactionTests {
  private struct Mishap: Error {}

  @Test func aTransactionCommitsWhenItsBodyReturns() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      let count = try await pool.transaction { transaction in
        try await transaction.query(SQL.insert, [.int(1), .text("a")])
        let results = try await transaction.pipeline([SQL.insert(.int(2), .text("b")), SQL.count()])
        // Others do not see it yet.
        #expect(try await pool.query(SQL.count).requireRow().int(0) == 0)
        return try results[1].requireRow().int(0)
      }
      #expect(count == 2)
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 2)
    }
  }

  @Test func aTransactionRollsBackWhenItsBodyThrows() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      await #expect(throws: Mishap.self) {
        try await pool.transaction { transaction in
          try await transaction.query(SQL.insert, [.int(1), .text("a")])
          throw Mishap()
        }
      }
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 0)
      #expect(pool.statistics.checkedOut == 0)
    }
  }

  @Test func aSwallowedErrorDoesNotPassForACommit() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      for insertsFirst in [true, false] {
        let error = await failure {
          try await pool.transaction { transaction in
            if insertsFirst { try await transaction.query(SQL.insert, [.int(1), .text("a")]) }
            _ = try? await transaction.query(SQL.divide, [.int4(0)])
          }
        }
        #expect(error?.sqlState == "25P02")
      }
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 0)
      try await pool.transaction { _ = try await $0.query(SQL.one) }
    }
  }

  @Test func aSavepointUndoesItsPartOnly() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      try await pool.transaction { transaction in
        try await transaction.query(SQL.insert, [.int(1), .text("a")])
        for _ in 0..<2 {
          await #expect(throws: PostgreSQLError.self) {
            try await transaction.savepoint {
              try await transaction.query(SQL.insert, [.int(2), .text("b")])
              try await transaction.query(SQL.insert, [.int(1), .text("again")])
            }
          }
        }
        try await transaction.savepoint { _ = try await transaction.query(SQL.insert, [.int(3), .text("c")]) }
      }
      #expect(try await pool.query(SQL.names).rows.map { try $0.int(0) } == [1, 3])
    }
  }

  @Test(arguments: [Isolation.readCommitted, .repeatableRead, .serializable]) func theIsolationAskedForIsInForce(isolation: Isolation)
    async throws
  {
    let show = Statement(
      "show_isolation", "SELECT upper(current_setting('transaction_isolation')), current_setting('transaction_read_only')")
    try await withPool { pool, _ in
      let row = try await pool.transaction(isolation: isolation, readOnly: true) { try await $0.query(show).requireRow() }
      #expect(try row.text(0) == isolation.rawValue)
      #expect(try row.text(1) == "on")
    }
  }

  @Test func aTransactionsTenantAndTimeoutEndWithIt() async throws {
    let show = Statement("show_timeout", "SELECT current_setting('statement_timeout')")
    try await withPool(configure: { $0.maximumCheckedOut = 1 }) { pool, _ in
      try await pool.transaction(statementTimeout: .seconds(77)) { transaction in
        try await transaction.query(SQL.setTenant, [.text("bank")])
        #expect(try await transaction.query(show).requireRow().text(0) == "77s")
        #expect(try await transaction.query(SQL.tenant).requireRow().text(0) == "bank")
      }
      try await pool.transaction { transaction in
        let results = try await transaction.pipeline([show(), SQL.tenant()])
        #expect(try results[0].requireRow().text(0) == "30s")
        #expect(try results[1].requireRow().text(0) == "")
      }
    }
  }

  @Test func aTransactionIsOfNoUseAfterItsBody() async throws {
    try await withPool { pool, _ in
      let kept = try await pool.transaction { transaction in
        try await transaction.query(SQL.one)
        return transaction
      }
      #expect(await failure { try await kept.query(SQL.one) } == .closed)
      let connection = try await pool.withConnection { $0 }
      #expect(await failure { try await connection.query(SQL.one) } == .closed)
    }
  }

  @Test func aConnectionIsGivenBackClean() async throws {
    let show = Statement(
      "show_session",
      "SELECT current_setting('test.tenant', true), current_user, (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"
    )
    try await withPool(configure: { $0.maximumCheckedOut = 1 }) { pool, _ in
      let first = try await pool.withConnection(statementTimeout: .zero) { connection in
        try await connection.execute("SET test.tenant = 'bank'; SELECT pg_advisory_lock(1); CREATE TEMP TABLE scratch (id int); BEGIN")
        return try await connection.query(SQL.backend).requireRow().int(0)
      }
      try await pool.withConnection { connection in
        #expect(try await connection.query(SQL.backend).requireRow().int(0) == first)
        let row = try await connection.query(show).requireRow()
        #expect(try row.optionalText(0) ?? "" == "")
        #expect(try row.int(2) == 0)
        #expect(await failure { try await connection.execute("SELECT * FROM scratch") }?.sqlState == "42P01")
      }
    }
  }
}
