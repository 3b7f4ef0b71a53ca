import CitizenItems
import Foundation
import Testing

@testable import Broker

@Suite struct KeptLineTests {
  private static let tag = "hmac.1.1." + String(repeating: "A", count: 43)
  private static let other = "hmac.2147483647.65535." + String(repeating: "-_", count: 21) + "8"
  private static let blind = "voprf.2.1." + String(repeating: "z", count: 64)

  /// What is read of a line by way of how it is kept, or why it cannot be.
  private static func kept(_ line: [UInt8]) throws -> LedgerLine {
    try line.withUnsafeBufferPointer { line in
      try withUnsafeTemporaryAllocation(byteCount: KeptLine.maximumBytes, alignment: 1) { room in
        try #require(LedgerLine(try KeptLine(line, in: room)))
      }
    }
  }

  private static func outcome(_ body: () throws -> LedgerLine) -> String {
    do {
      let line = try body()
      return "\(line.before.map(\.text)) \(line.after.map { "\($0.map(\.text))" } ?? "null") \(line.ref ?? "none")"
    } catch {
      return (error as? LedgerLine.Unreadable)?.reason ?? "\(error)"
    }
  }

  private static func read(_ line: [UInt8]) -> String { outcome { try line.withUnsafeBufferPointer { try LedgerLine($0) } } }

  @Test(arguments: [
    (#"{"before":[],"after":null}"#, "[] null none"),
    (#"{"before":[],"after":null,"ref":"N-1"}"#, "[] null N-1"),
    (#"{"before":[],"after":[],"ref":"あ"}"#, "[] [] あ"),
    (#"{"before":[],"after":null,"ref":"a\u0022b"}"#, #"[] null a"b"#),
    (#"{"ref":"N-1","after":null,"before":[]}"#, "[] null N-1"),
    (#" {"before" : [ ], "after": [ ] } "#, "[] [] none"),
    (#"{"before":[],"after":null,"ref":""}"#, "refInvalid"),
    (#"{"before":[],"after":null,"ref":null}"#, "[] null none"),
    // Without `after` the customer would have left: nobody leaves by a slip.
    (#"{"before":[]}"#, "lineMalformed"),
    (#"{"before":[],"ref":"N-1"}"#, "lineMalformed"),
    (#"{"before":[],"aftr":[],"ref":"N-1"}"#, "lineMalformed"),
    (#"{"before":[],"after":[],"more":1}"#, "lineMalformed"),
    (#"{"before":[],"after":[],"after":null}"#, "lineMalformed"),
    (#"{"before":[],"after":[],}"#, "lineMalformed"),
    (#"{"before":[],"after":[null]}"#, "lineMalformed"),
    (#"{"before":null,"after":[]}"#, "lineMalformed"),
    (#"{"before":[],"after":{}}"#, "lineMalformed"),
    (#"{"before":[],"after":[],"ref":1}"#, "lineMalformed"),
    (#"[]"#, "lineMalformed"),
    (#"{"after":[]}"#, "lineMalformed"),
    (#"{"before":[],"after":null},"#, "lineMalformed"),
    (#"{"before":[],"after":null"#, "lineMalformed"),
    (#"{"before":["x"],"after":null}"#, "tagMalformed"),
    (#"{"before":[1],"after":null}"#, "lineMalformed"),
    ("", "lineMalformed"),
    ("{", "lineMalformed"),
  ]) func aLineIsKeptAsItReads(_ line: String, _ wanted: String) {
    #expect(Self.outcome { try Self.kept(Array(line.utf8)) } == wanted)
    #expect(Self.read(Array(line.utf8)) == wanted)
  }

  @Test func tagsOfEverySchemeAreKept() throws {
    let line = Array(#"{"before":["\#(Self.tag)","\#(Self.blind)"],"after":["\#(Self.other)"],"ref":"N-1"}"#.utf8)
    let kept = try Self.kept(line)
    #expect(kept.before.map(\.text) == [Self.tag, Self.blind] && kept.after?.map(\.text) == [Self.other] && kept.ref == "N-1")
    var told: [String] = []
    try line.withUnsafeBufferPointer { line in
      try withUnsafeTemporaryAllocation(byteCount: KeptLine.maximumBytes, alignment: 1) { room in
        try KeptLine(line, in: room).forEachBefore { told.append(EdgeTag(decoded: $0)?.text ?? "none") }
      }
    }
    #expect(told == [Self.tag, Self.blind])
  }

  @Test(arguments: [0, 1, 8, 9]) func aListHasEightTagsAtMost(_ count: Int) {
    let tags = [String](repeating: #""\#(Self.blind)""#, count: count).joined(separator: ",")
    let line = Array(#"{"before":[\#(tags)],"after":[\#(tags)],"ref":"\#(String(repeating: "x", count: 128))"}"#.utf8)
    let outcome = Self.outcome { try Self.kept(line) }
    #expect(outcome == Self.read(line))
    #expect((outcome == "tooManyTags") == (count > 8))
  }

  @Test(arguments: [128, 129]) func aReferenceHas128BytesAtMost(_ count: Int) {
    let line = Array(#"{"before":[],"after":null,"ref":"\#(String(repeating: "x", count: count))"}"#.utf8)
    #expect((Self.outcome { try Self.kept(line) } == "refInvalid") == (count > 128))
  }

  @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32, .utf32LittleEndian])
  func aLineIsUTF8(_ encoding: String.Encoding) throws {
    let text = #"{"before":[],"after":null,"ref":"\#(String(repeating: "ア", count: 42))"}"#
    #expect(Self.outcome { try Self.kept(Array(text.utf8)) } == "[] null \(String(repeating: "ア", count: 42))")
    #expect(Self.outcome { try Self.kept(Array(try #require(text.data(using: encoding)))) } == "lineMalformed")
  }

  @Test func aLineThatIsTooLongIsRefused() {
    let line = Array(#"{"before":[],"after":[]}"#.utf8) + [UInt8](repeating: 0x20, count: LedgerLine.maximumBytes)
    #expect(Self.outcome { try Self.kept(line) } == "lineTooLong")
  }

  /// Whatever is done to a line: it is kept exactly if a JSON decoder reads it, and as that does.
  @Test func aDamagedLineIsKeptAsItReadsOrNotAtAll() {
    var random = SystemRandomNumberGenerator()
    let whole = Array(#"{"before":["\#(Self.tag)","\#(Self.blind)"],"after":["\#(Self.other)"],"ref":"N-1漢"}"#.utf8)
    let marks = Array(#"{}[]",:\ 0Aé.-_n"#.utf8) + [0, 0x1F, 0xFF]
    for _ in 0..<5_000 {
      var line = whole
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        let place = Int.random(in: 0..<line.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: line[place] = marks.randomElement(using: &random) ?? 0
        case 1: line.insert(marks.randomElement(using: &random) ?? 0, at: place)
        default: line.remove(at: place)
        }
      }
      let (kept, read) = (Self.outcome { try Self.kept(line) }, Self.read(line))
      #expect(kept == read, "\(String(decoding: line, as: UTF8.self))")
    }
  }
}
