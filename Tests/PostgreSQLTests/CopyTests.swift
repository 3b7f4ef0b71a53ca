import Foundation
import PostgreSQL
import Testing

@Suite struct CopyTests {
  private struct Mishap: Error {}
  private static let makeTable = Statement("make_rows", "CREATE TABLE rows (id bigint, what text, payload bytea, at timestamptz)")
  private static let copyIn = Statement("copy_in", "COPY rows FROM STDIN (FORMAT binary)")
  private static let copyOut = Statement("copy_out", "COPY (SELECT id, what FROM rows ORDER BY id) TO STDOUT")
  private static let count = Statement("count_rows", "SELECT count(*), sum(id)::bigint, count(what) FROM rows")

  private static func rows(_ count: Int, failingAt: Int = .max) -> AsyncThrowingStream<[SQLValue], any Error> {
    let numbers = Counter()
    return AsyncThrowingStream {
      let index = numbers.next()
      if index >= count { return nil }
      if index == failingAt { throw Mishap() }
      return [
        .int(index), index % 3 == 0 ? .null : .text("行 \(index)"), .bytes([1, 2, 3]),
        .timestamp(Date(timeIntervalSince1970: Double(index))),
      ]
    }
  }

  @Test func aHundredThousandRowsGoInAndComeOut() async throws {
    try await withPool { pool, _ in
      try await pool.query(Self.makeTable)
      let copied = try await pool.withConnection { try await $0.copyIn(Self.copyIn, rows: Self.rows(100_000)) }
      #expect(copied == 100_000)
      let row = try await pool.query(Self.count).requireRow()
      #expect(try row.int(0) == 100_000)
      #expect(try row.int(1) == 4_999_950_000)
      #expect(try row.int(2) == 66_666)
      var lines = 0
      var latest = ""
      try await pool.withConnection { connection in
        var rest: [UInt8] = []
        for try await chunk in try await connection.copyOut(Self.copyOut) {
          rest += chunk
          // Chunks are whole rows.
          #expect(chunk.last == UInt8(ascii: "\n"))
          let text = rest.split(separator: UInt8(ascii: "\n"))
          lines += text.count
          latest = String(decoding: text.last ?? [], as: UTF8.self)
          rest = []
        }
        // The connection goes on.
        #expect(try await connection.query(SQL.one).requireRow().int(0) == 1)
      }
      #expect(lines == 100_000)
      #expect(latest == "99999\t\\N")
    }
  }

  @Test func ifTheRowsFailNothingIsCopied() async throws {
    try await withPool { pool, _ in
      try await pool.query(Self.makeTable)
      try await pool.withConnection { connection in
        await #expect(throws: Mishap.self) { try await connection.copyIn(Self.copyIn, rows: Self.rows(50_000, failingAt: 40_000)) }
        let row = try await connection.query(Self.count).requireRow()
        #expect(try row.int(0) == 0)
      }
    }
  }

  @Test func whatTheServerRefusesIsTold() async throws {
    try await withPool { pool, _ in
      try await pool.query(SQL.makeTable)
      try await pool.withConnection { connection in
        let copy = Statement("copy_things", "COPY things FROM STDIN (FORMAT binary)")
        let twice = AsyncStream<[SQLValue]> { continuation in
          for id in [1, 2, 1] { continuation.yield([.int(id), .text("a")]) }
          continuation.finish()
        }
        #expect(
          await failure { try await connection.copyIn(copy, rows: twice) }
            == .server(sqlState: "23505", constraint: "things_pkey", statement: "copy_things"))
        #expect(
          await failure { try await connection.copyIn(Statement("bad_copy", "COPY nowhere FROM STDIN"), rows: twice) }?.sqlState == "42P01")
        #expect(await failure { try await connection.copyIn(SQL.one, rows: twice) } == .misuse(statement: "one"))
        let row = try await connection.query(SQL.count).requireRow()
        #expect(try row.int(0) == 0)
      }
    }
  }

  @Test func copyIsPartOfItsTransaction() async throws {
    try await withPool { pool, _ in
      try await pool.query(Self.makeTable)
      await #expect(throws: Mishap.self) {
        try await pool.transaction { transaction in
          #expect(try await transaction.copyIn(Self.copyIn, rows: Self.rows(1000)) == 1000)
          #expect(try await transaction.query(Self.count).requireRow().int(0) == 1000)
          throw Mishap()
        }
      }
      #expect(try await pool.query(Self.count).requireRow().int(0) == 0)
    }
  }

  @Test func aReaderMayStopEarly() async throws {
    let many = Statement("many", "COPY (SELECT generate_series(1, 200000)) TO STDOUT")
    try await withPool { pool, _ in
      try await pool.transaction { transaction in
        for try await chunk in try await transaction.copyOut(many) {
          #expect(!chunk.isEmpty)
          break
        }
        #expect(try await transaction.query(SQL.one).requireRow().int(0) == 1)
      }
      try await pool.withConnection { connection in
        for try await _ in try await connection.copyOut(many) { break }
      }
      try await pool.withConnection { _ = try await $0.query(SQL.one) }
    }
  }

  @Test func aSlowReaderHoldsTheServerBack() async throws {
    let endless = Statement("endless", "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000)) TO STDOUT")
    try await withPool(configure: { $0.statementTimeout = .seconds(2) }) { pool, _ in
      // A gigabyte if it were read ahead; and COPY is not subject to the statement timeout.
      try await pool.withConnection { connection in
        var chunks = 0
        for try await _ in try await connection.copyOut(endless) {
          chunks += 1
          if chunks == 3 { break }
          try await Task.sleep(for: .milliseconds(2500))
        }
        #expect(chunks == 3)
      }
      #expect(residentMegabytes() < 900)
    }
  }

  private func residentMegabytes() -> Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 >> 20 : 0
  }
}
