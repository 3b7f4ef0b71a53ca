import PostgreSQL
import Testing

@Suite struct UnitTests {
  @Test func aUnitReturnsTheResultsOfItsStatementsInOrder() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      let results = try await pool.unit([SQL.insert(.int(1), .text("a")), SQL.insert(.int(2), .text("b")), SQL.names(), SQL.count()])
      #expect(results.count == 4)
      #expect(results[1].affectedRows == 1)
      #expect(try results[2].rows.map { try $0.text(1) } == ["a", "b"])
      #expect(try results[3].requireRow().int(0) == 2)
      #expect(try await pool.unit([]).isEmpty)
    }
  }

  @Test func aUnitIsAllOrNothing() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      let error = await failure {
        _ = try await pool.unit([SQL.insert(.int(1), .text("a")), SQL.insert(.int(1), .text("b")), SQL.insert(.int(2), .text("c"))])
      }
      #expect(error == .server(sqlState: "23505", constraint: "things_pkey", statement: "insert_thing"))
      #expect(error?.isUniqueViolation(of: "things_pkey") == true)
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 0)
    }
  }

  @Test func anErrorOfOneUnitDoesNotTouchItsNeighboursInThePipeline() async throws {
    try await withPool(configure: { $0.maximumConnections = 1 }) { pool, _ in
      try await pool.query(SQL.makeTable)
      // One connection, so that all of them go through one pipeline, mixed.
      let outcomes = try await withThrowingTaskGroup(of: (Int, PostgreSQLError?).self) { group in
        for index in 0..<300 {
          group.addTask {
            let error = await failure {
              switch index % 3 {
              case 0: try await pool.query(SQL.insert, [.int(index), .text("fine")])
              case 1: try await pool.query(SQL.divide, [.int4(0)])
              default:
                _ = try await pool.unit([
                  SQL.insert(.int(index), .text("undone")), SQL.insert(.int(-index), .text("much too long, far too long")),
                ])
              }
            }
            return (index, error)
          }
        }
        var outcomes: [Int: PostgreSQLError] = [:]
        for try await (index, error) in group { outcomes[index] = error }
        return outcomes
      }
      for index in 0..<300 {
        switch index % 3 {
        case 0: #expect(outcomes[index] == nil)
        case 1: #expect(outcomes[index]?.sqlState == "22012")
        default: #expect(outcomes[index] == .server(sqlState: "23514", constraint: "short", statement: "insert_thing"))
        }
      }
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 100)
    }
  }

  @Test func anErrorAtTheCommitIsTheUnitsError() async throws {
    let table = Statement("deferred_table", "CREATE TABLE kept (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    let insert = Statement("deferred_insert", "INSERT INTO kept VALUES (1), (1)")
    try await withPool { pool, _ in
      try await pool.query(table)
      let error = await failure { try await pool.query(insert) }
      #expect(error?.sqlState == "23505")
      #expect(try await pool.query(SQL.one).requireRow().int(0) == 1)
    }
  }

  @Test func theTenantSetInAUnitIsGoneAfterIt() async throws {
    try await withPool(configure: { $0.maximumConnections = 1 }) { pool, _ in
      let inside = try await pool.unit([SQL.setTenant(.text("bank")), SQL.tenant()])
      #expect(try inside[1].requireRow().text(0) == "bank")
      #expect(try await pool.query(SQL.tenant).requireRow().text(0) == "")
      _ = await failure { _ = try await pool.unit([SQL.setTenant(.text("bank")), SQL.divide(.int4(0))]) }
      #expect(try await pool.query(SQL.tenant).requireRow().text(0) == "")
    }
  }

  @Test func aStatementThatCannotBePreparedFailsAloneAndTellsWhy() async throws {
    let later = Statement("later", "SELECT count(*) FROM not_yet")
    try await withPool(configure: { $0.maximumConnections = 1 }) { pool, _ in
      #expect(await failure { try await pool.query(later) } == .server(sqlState: "42P01", constraint: nil, statement: "later"))
      #expect(await failure { _ = try await pool.unit([SQL.one(), later()]) }?.sqlState == "42P01")
      try await pool.query(Statement("make_later", "CREATE TABLE not_yet (id int)"))
      #expect(try await pool.query(later).requireRow().int(0) == 0)
    }
  }

  @Test func aUnitPlannedBeforeItsTableChangedIsPlannedAnew() async throws {
    let all = Statement("all_things", "SELECT * FROM things")
    try await withPool(configure: { $0.maximumConnections = 1 }) { pool, _ in
      try await pool.query(SQL.makeTable)
      #expect(try await pool.query(all).rows.isEmpty)
      try await pool.query(Statement("widen", "ALTER TABLE things ADD COLUMN more int"))
      try await pool.query(SQL.insert, [.int(1), .text("a")])
      #expect(try await pool.query(all).requireRow().columnCount == 3)
      try await pool.query(Statement("deallocate", "DEALLOCATE ALL"))
      #expect(try await pool.query(all).requireRow().columnCount == 3)
    }
  }

  @Test func aThousandUnitsAtOnceOnFourConnections() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<1000 {
          group.addTask {
            let results = try await pool.unit([SQL.setTenant(.text("t\(index)")), SQL.insert(.int(index), .text("x")), SQL.tenant()])
            #expect(try results[2].requireRow().text(0) == "t\(index)")
          }
        }
        try await group.waitForAll()
      }
      #expect(try await pool.query(SQL.count).requireRow().int(0) == 1000)
      #expect(pool.statistics.connections <= 4)
      #expect(pool.statistics.inFlight == 0)
      #expect(pool.statistics.waiting == 0)
    }
  }

  @Test func copyAndTooManyParametersDoNotBelongIntoAUnit() async throws {
    try await withPool { pool, _ in
      #expect(await failure { try await pool.query(Statement("copy_in_unit", "COPY (SELECT 1) TO STDOUT")) } != nil)
      let many = Array(repeating: SQLValue.int4(1), count: 65_536)
      #expect(await failure { try await pool.query(SQL.one, many) } == .misuse(statement: "one"))
      _ = try await pool.query(SQL.one)
    }
  }
}
