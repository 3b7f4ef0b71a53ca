import CitizenItems
import Foundation
import LedgerTool
import Testing

@Suite struct FilesTests {
  static func rows(_ text: String) throws -> [[String]?] {
    let scratch = try Scratch()
    let reader = try CSVReader(path: scratch.file("a.csv", text))
    var rows: [[String]?] = []
    while let row = try reader.next() { rows.append(row.fields) }
    return rows
  }

  @Test(arguments: [
    ("a,b\n1,2\n", [["1", "2"]]), ("a,b\r\n1,2\r\n", [["1", "2"]]), ("a,b\n1,2", [["1", "2"]]),
    ("a,b\n\"1,\"\"x\"\"\",2\n", [["1,\"x\"", "2"]]),
    ("a,b\n\"1\n2\",3\n4,5\n", [["1\n2", "3"], ["4", "5"]]), ("a,b\n\n\n1,2\n\n", [["1", "2"]]), ("a,b\n,\n", [["", ""]]),
    ("a\tb\n1\t2,3\n", [["1", "2,3"]]),
    ("\u{FEFF}a,b\n1,2\n", [["1", "2"]]), ("a,b\n1\n", [["1"]]), ("a,b\n", []),
  ])
  func readsCSV(_ text: String, _ rows: [[String]]) throws { #expect(try Self.rows(text).map { $0 ?? ["?"] } == rows) }

  @Test func anUnreadableRowStopsNothing() throws {
    let scratch = try Scratch()
    let file = scratch.path + "/a.csv"
    try Data(Array("a,b\n1,".utf8) + [0xFF, 0x0A] + Array("3,4\n\"5,6\n".utf8)).write(to: URL(fileURLWithPath: file))
    let reader = try CSVReader(path: file)
    var lines: [(Int, [String]?)] = []
    while let row = try reader.next() { lines.append((row.line, row.fields)) }
    #expect(lines.map(\.0) == [2, 3, 4] && lines[0].1 == nil && lines[1].1 == ["3", "4"] && lines[2].1 == nil)
  }

  @Test func aRowHasALimit() throws {
    let rows = try Self.rows("a,b\n" + String(repeating: "x", count: CSVReader.maximumRowBytes + 1) + ",1\n3,4\n")
    #expect(rows == [nil, ["3", "4"]])
  }

  @Test func aFileNeedsAHeaderAndToBeThere() throws {
    let scratch = try Scratch()
    let empty = try scratch.file("empty.csv", "")
    #expect(throws: LedgerToolError.noHeader(empty)) { _ = try CSVReader(path: empty) }
    #expect(throws: LedgerToolError.unreadable("/nowhere")) { _ = try CSVReader(path: "/nowhere") }
  }

  @Test func canonicalAnswersLineByLine() throws {
    let scratch = try Scratch()
    let input = try scratch.file("in", "見本町一丁目２番３号\n\n〓\n見本町1-2-3\r\n見本町4")
    let output = try scratch.file("out", "")
    let counts = try Canonicalizing.run(
      .address, input: try #require(FileHandle(forReadingAtPath: input)), output: try #require(FileHandle(forWritingAtPath: output)))
    #expect(scratch.read(output) == "見本町1-2-3\n\n\n見本町1-2-3\n見本町4\n")
    #expect(counts.lines == 5 && counts.refused == 2)
  }

  @Test func columnsMayHaveJapaneseOwnOrEnglishNames() async throws {
    let scratch = try Scratch()
    let keys = try WrappedKeys().live(1)
    let japanese = try scratch.file("j.csv", "顧客番号,氏名,住所,生年月日,性別\nC-1,四情花子,見本町1,1980-02-17,女\n")
    let english = try scratch.file("e.csv", "sex,dateOfBirth,address,name,ref\n2,S55.2.17,見本町一番地,四情　花子,C-1\n")
    let own = try scratch.file("o.csv", "KYAKU,SHIMEI,JUSHO,SEINEN,SEI,MEMO\nC-1,四情花子,見本町1,19800217,F,-\n")
    let mapping = try ColumnMapping(
      path: scratch.file("map.json", #"{"ref":"KYAKU","name":"SHIMEI","address":"JUSHO","dateOfBirth":"SEINEN","sex":"SEI"}"#))
    var outputs: Set<String> = []
    for (file, mapping) in [(japanese, ColumnMapping()), (english, ColumnMapping()), (own, mapping)] {
      _ = try await Tagging.run(file, keys: keys, mapping: mapping, output: scratch.path + "/tags")
      outputs.insert(scratch.read(scratch.path + "/tags"))
    }
    #expect(outputs.count == 1 && outputs.first?.hasPrefix(#"{"ref":"C-1","tags":["hmac.1.1."#) == true)
    await #expect(throws: LedgerToolError.columnMissing(["name", "氏名"])) {
      try await Tagging.run(own, keys: keys, mapping: ColumnMapping(), output: nil)
    }
    let wrong = try scratch.file("wrong.json", #"{"colour":"X"}"#)
    #expect(throws: LedgerToolError.mappingMalformed(wrong, "colour: there is no such item")) { try ColumnMapping(path: wrong) }
  }
}
