import JOSE
import Testing

@testable import Story

@Suite struct ReadableJSONTests {
  @Test func `short objects stand on one line, ids first`() {
    #expect(ReadableJSON.lines(of: ["known": true, "id": "pair_1"]) == [#"{ "id": "pair_1", "known": true }"#])
  }

  @Test func `nested objects are indented`() {
    #expect(
      ReadableJSON.lines(of: ["pair": ["state": "active"], "result": "ok"]) == [
        "{", #"  "result": "ok","#, #"  "pair": { "state": "active" }"#, "}",
      ])
  }

  @Test func `long values are shortened to beginning, end and length`() {
    let long = String(repeating: "a", count: 100) + "bcdefghi"
    #expect(ReadableJSON.shortened(long) == String(repeating: "a", count: 28) + "…bcdefghi (108 characters)")
    #expect(ReadableJSON.shortened("short") == "short")
  }

  @Test func `long lists say how many elements are left out`() {
    let list = JSONValue.array((0..<20).map { ["number": .integer($0)] })
    #expect(ReadableJSON.lines(of: list).contains { $0.contains("… 12 more") })
  }

  @Test func `control characters cannot reach the terminal`() {
    #expect(ReadableJSON.lines(of: "a\u{1B}[2Jb\n") == [#""a·[2Jb\n""#])
  }
}
