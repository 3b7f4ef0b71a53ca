import Foundation
import PostgreSQL
import Testing

@Suite struct ValueTests {
  private static let now = Date(timeIntervalSince1970: 1_750_000_000.123456)

  @Test func everyTypeComesBackAsItWasBound() async throws {
    let id = UUID()
    let statement = Statement(
      "all_types",
      "SELECT $1::boolean, $2::smallint, $3::integer, $4::bigint, $5::double precision, $6::text, $7::bytea, $8::uuid, $9::timestamptz, $10::jsonb"
    )
    let parameters: [SQLValue] = [
      .bool(true), .int2(-2), .int4(.min), .int8(.max), .double(0.1), .text("四情　花子 \u{2000B} '\"\\"), .bytes(Array(0...255)), .uuid(id),
      .timestamp(Self.now), .json(#"{"a": [1, null]}"#),
    ]
    try await withPool { pool, _ in
      let row = try await pool.query(statement, parameters).requireRow()
      #expect(try row.bool(0))
      #expect(try row.int2(1) == -2)
      #expect(try row.int4(2) == .min)
      #expect(try row.int8(3) == .max)
      #expect(try row.double(4) == 0.1)
      #expect(try row.text(5) == "四情　花子 \u{2000B} '\"\\")
      #expect(try row.bytes(6) == Array(0...255))
      #expect(try row.uuid(7) == id)
      #expect(abs(try row.timestamp(8).timeIntervalSince(Self.now)) < 0.000_001)
      #expect(try row.json(9) == #"{"a": [1, null]}"#)
    }
  }

  @Test func nullIsNullInEveryType() async throws {
    let statement = Statement(
      "all_nulls",
      "SELECT $1::boolean, $2::bigint, $3::text, $4::bytea, $5::uuid, $6::timestamptz, $7::jsonb, $8::text[], $9::bytea[], $10::uuid[]")
    try await withPool { pool, _ in
      let row = try await pool.query(statement, Array(repeating: .null, count: 10)).requireRow()
      #expect(try row.optionalBool(0) == nil)
      #expect(try row.optionalInt(1) == nil)
      #expect(try row.optionalText(2) == nil)
      #expect(try row.optionalBytes(3) == nil)
      #expect(try row.optionalUUID(4) == nil)
      #expect(try row.optionalTimestamp(5) == nil)
      #expect(try row.optionalJSON(6) == nil)
      #expect(try row.optionalTextArray(7) == nil)
      #expect(try row.optionalBytesArray(8) == nil)
      #expect(try row.optionalUUIDArray(9) == nil)
      #expect((0..<10).allSatisfy { row.isNull($0) })
    }
  }

  @Test(arguments: [0, 1, 3, 1000]) func arraysOfAnyLengthComeBack(count: Int) async throws {
    let texts = (0..<count).map { "名 \($0)" }
    let bytes = (0..<count).map { Array(repeating: UInt8(truncatingIfNeeded: $0), count: $0 % 7) }
    let ids = (0..<count).map { _ in UUID() }
    let statement = Statement("arrays", "SELECT $1::text[], $2::bytea[], $3::uuid[], $4::integer[], $5::bigint[]")
    try await withPool { pool, _ in
      let row = try await pool.query(
        statement,
        [
          .textArray(texts), .bytesArray(bytes), .uuidArray(ids), .int4Array((0..<count).map(Int32.init)),
          .int8Array((0..<count).map(Int64.init)),
        ]
      ).requireRow()
      #expect(try row.textArray(0) == texts)
      #expect(try row.bytesArray(1) == bytes)
      #expect(try row.uuidArray(2) == ids)
      #expect(try row.int4Array(3) == (0..<count).map(Int32.init))
      #expect(try row.int8Array(4) == (0..<count).map(Int64.init))
    }
  }

  @Test func emptyTextAndEmptyBytesAreNotNull() async throws {
    try await withPool { pool, _ in
      let row = try await pool.query(Statement("empties", "SELECT $1::text, $2::bytea"), [.text(""), .bytes([])]).requireRow()
      #expect(try row.text(0) == "")
      #expect(try row.bytes(1) == [])
      #expect(!row.isNull(0))
    }
  }

  @Test(arguments: [
    (Date(timeIntervalSince1970: 0), "1970-01-01 00:00:00+00"), (Date(timeIntervalSince1970: 946_684_800), "2000-01-01 00:00:00+00"),
    (Date(timeIntervalSince1970: -2_208_988_800.5), "1899-12-31 23:59:59.5+00"), (.distantFuture, "infinity"), (.distantPast, "-infinity"),
  ]) func timesAreWhatTheServerTakesThemFor(date: Date, text: String) async throws {
    let statement = Statement("time", "SELECT $1::timestamptz::text, $1::timestamptz")
    try await withPool { pool, _ in
      let row = try await pool.query(statement, [.timestamp(date)]).requireRow()
      #expect(try row.text(0) == text)
      #expect(try row.timestamp(1) == date)
    }
  }

  @Test func aColumnOfAnotherTypeIsRefusedByIndexAndName() async throws {
    try await withPool { pool, _ in
      let row = try await pool.query(Statement("mixed", "SELECT 1::bigint, 'x'::text, NULL::text, 70000")).requireRow()
      #expect(throws: PostgreSQLError.unexpectedType(column: 0, statement: "mixed")) { try row.text(0) }
      #expect(throws: PostgreSQLError.unexpectedType(column: 1, statement: "mixed")) { try row.int(1) }
      #expect(throws: PostgreSQLError.unexpectedType(column: 2, statement: "mixed")) { try row.text(2) }
      #expect(throws: PostgreSQLError.unexpectedType(column: 3, statement: "mixed")) { try row.int2(3) }
      #expect(throws: PostgreSQLError.unexpectedType(column: 9, statement: "mixed")) { try row.optionalText(9) }
      #expect(try row.int(3) == 70000)
    }
  }

  @Test func oneStatementTakesValuesOfSeveralTypesAndNullsInAnyOrder() async throws {
    let statement = Statement("polymorphic", "SELECT ($1 IS NULL)::boolean, pg_typeof($1)::text")
    try await withPool(configure: { $0.maximumConnections = 1 }) { pool, _ in
      // A null that nobody gave a type is refused by the server; once a type is known, null takes it.
      #expect(await failure { try await pool.query(statement, [.null]) }?.sqlState == "42P18")
      for (value, type) in [(SQLValue.int4(1), "integer"), (.int8(1), "bigint"), (.text("a"), "text"), (.int4(2), "integer")] {
        let row = try await pool.query(statement, [value]).requireRow()
        #expect(try row.text(1) == type)
        let null = try await pool.query(statement, [.null]).requireRow()
        #expect(try null.bool(0))
      }
    }
  }

  @Test func megabytesGoBothWays() async throws {
    let bytes = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try await withPool { pool, _ in
      let results = try await pool.unit((0..<3).map { _ in BoundStatement(Statement("echo", "SELECT $1::bytea"), [.bytes(bytes)]) })
      #expect(try results.allSatisfy { try $0.requireRow().bytes(0) == bytes })
    }
  }
}
