import CitizenItems
import Foundation
import LedgerTool
import Testing

/// CP932, columns in a bank's own ways, dates and sexes in its own codes.
@Suite struct EncodingTests {
  static func bytes(_ scratch: Scratch, _ name: String, _ bytes: [UInt8]) throws -> String {
    let file = scratch.path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  static func mapping(_ scratch: Scratch, _ text: String) throws -> ColumnMapping {
    try ColumnMapping(path: scratch.file("mapping-\(UUID().uuidString).json", text))
  }

  static func fields(_ bytes: [UInt8]) throws -> [[String]?] {
    let scratch = try Scratch()
    var mapping = ColumnMapping()
    mapping.encoding = .cp932
    let reader = try CSVReader(path: Self.bytes(scratch, "a.csv", Array("a,b\n".utf8) + bytes), mapping: mapping)
    var rows: [[String]?] = []
    while let row = try reader.next() { rows.append(row.fields) }
    return rows
  }

  /// Each from a part of the table of its own: level 1 and 2, kana, NEC row 13, NEC's selection, IBM's own, half width, the user's own, ASCII.
  @Test(
    arguments: [
      ([0x88, 0x9F], "亜"), ([0xEA, 0xA4], "熙"), ([0x82, 0xA0], "あ"), ([0x87, 0x40], "①"), ([0x87, 0x8A], "㈱"), ([0xED, 0x40], "纊"),
      ([0xFA, 0x40], "ⅰ"),
      ([0xFB, 0xFC], "髙"), ([0xFA, 0xB1], "﨑"), ([0xB6, 0xDE], "ｶﾞ"), ([0xF0, 0x40], "\u{E000}"), ([0xF9, 0xFC], "\u{E757}"),
      ([0x81, 0x40], "\u{3000}"),
      ([0x81, 0x7C], "－"), ([0x81, 0x60], "～"), ([0x95, 0x5C], "表"), ([0x8F, 0x5C], "十"), ([0x5C, 0x7E], "\\~"), ([0xFC, 0x4B], "黑"),
    ] as [([UInt8], String)])
  func cp932IsReadAsWindowsReadsIt(_ bytes: [UInt8], _ text: String) throws {
    #expect(try Self.fields(bytes + [0x2C] + bytes + [0x0A]) == [[text, text]])
  }

  @Test(arguments: [[0x81], [0x80], [0xA0], [0xFD], [0x81, 0x20], [0x81, 0x7F], [0x82, 0x40], [0xFC, 0x4C]] as [[UInt8]])
  func whatIsNoTextOfCP932IsNoRow(_ bytes: [UInt8]) throws {
    #expect(try Self.fields(Array("1,".utf8) + bytes + [0x0A] + Array("3,4\n".utf8)) == [nil, ["3", "4"]])
  }

  /// Foundation's converter is the oracle for the kanji of both levels; elsewhere Windows and JIS go apart.
  @Test func theTableAgreesWithFoundation() throws {
    let cells = ((0x88...0x9F).map { $0 } + (0xE0...0xEA).map { $0 }).flatMap { row in
      (0x40...0xFC).compactMap { $0 == 0x7F ? nil : [UInt8(row), UInt8($0)] }
    }
    let known = cells.compactMap { cell in
      String(bytes: cell, encoding: .shiftJIS).flatMap { $0.unicodeScalars.count == 1 && $0 != "\u{FFFD}" ? (cell, $0) : nil }
    }
    let rows = try Self.fields(known.flatMap { $0.0 + [0x2C, 0x0A] })
    #expect(rows.count == known.count)
    for (row, (cell, text)) in zip(rows, known) where row?.first != text {
      Issue.record("\(cell.map { String($0, radix: 16) }): \(row?.first ?? "-"), not \(text)")
    }
  }

  @Test func aLedgerInCP932HasTheTagsOfOneInUTF8() async throws {
    let scratch = try Scratch()
    let keys = try WrappedKeys().live(1)
    // 顧客番号,氏名,住所,生年月日,性別 / C-1,髙山　花子,ﾐﾎﾝ町1-2,19800217,女
    let header: [UInt8] = [
      0x8C, 0xDA, 0x8B, 0x71, 0x94, 0xD4, 0x8D, 0x86, 0x2C, 0x8E, 0x81, 0x96, 0xBC, 0x2C, 0x8F, 0x5A, 0x8F, 0x8A, 0x2C, 0x90, 0xB6, 0x94,
      0x4E, 0x8C,
      0x8E, 0x93, 0xFA, 0x2C, 0x90, 0xAB, 0x95, 0xCA, 0x0D, 0x0A,
    ]
    let row: [UInt8] =
      Array("C-1,".utf8) + [0xFB, 0xFC, 0x8E, 0x52, 0x81, 0x40, 0x89, 0xD4, 0x8E, 0x71, 0x2C, 0xD0, 0xCE, 0xDD, 0x92, 0xAC]
      + Array("1-2,19800217,".utf8)
      + [0x8F, 0x97, 0x0D, 0x0A]
    let old = try Self.bytes(scratch, "cp932.csv", header + row)
    let new = try scratch.file("utf8.csv", "ref,name,address,dateOfBirth,sex\nC-1,高山花子,ミホン町１番地２,S55.2.17,2\n")
    var mapping = ColumnMapping()
    mapping.encoding = .cp932
    _ = try await Tagging.run(old, keys: keys, mapping: mapping, output: scratch.path + "/one")
    _ = try await Tagging.run(new, keys: keys, mapping: ColumnMapping(), output: scratch.path + "/two")
    #expect(scratch.read(scratch.path + "/one") == scratch.read(scratch.path + "/two") && !scratch.read(scratch.path + "/one").isEmpty)
    #expect(throws: LedgerToolError.notText(old)) { try CSVReader(path: old) }
  }

  @Test func columnsMayBePositionsAndSeveral() async throws {
    let scratch = try Scratch()
    let keys = try WrappedKeys().live(1)
    let file = try scratch.file("a.csv", "C-1  ;四情;花子;岩手県架空市;見本町1-2-3;3550217;0\n")
    let mapping = try Self.mapping(
      scratch,
      """
      {"header": false, "separator": ";", "ref": 1, "name": [2, 3], "address": [4, 5],
       "dateOfBirth": {"column": 6, "format": "GYYMMDD", "eras": {"3": "S", "4": "平成"}}, "sex": {"column": 7, "codes": {"0": "female", "1": "male"}}}
      """)
    _ = try await Tagging.run(file, keys: keys, mapping: mapping, output: scratch.path + "/tags")
    let plain = try scratch.file("b.csv", "ref,name,address,dateOfBirth,sex\nC-1,四情花子,岩手県架空市見本町1-2-3,1980-02-17,2\n")
    _ = try await Tagging.run(plain, keys: keys, mapping: ColumnMapping(), output: scratch.path + "/plain")
    #expect(scratch.read(scratch.path + "/tags") == scratch.read(scratch.path + "/plain") && scratch.exists(scratch.path + "/plain"))
  }

  @Test(arguments: [
    ("YYMMDD", "550217"), ("DDMMYYYY", "1702198"), ("GYYMMDD", "9550217"), ("GYYMMDD", "S550217 x"), ("YYYY/MM/DD", "1980-02-17"),
    ("YYYYMMDD", "19801301"),
  ])
  func whatDoesNotFollowThePatternIsRefused(_ format: String, _ date: String) async throws {
    let scratch = try Scratch()
    let file = try scratch.file("a.csv", "ref,name,address,dateOfBirth,sex\nC-1,四情花子,見本町1,\(date),2\n")
    guard
      let mapping = try? Self.mapping(scratch, #"{"dateOfBirth": {"column": "dateOfBirth", "format": "\#(format)"}}"#)
    else { return }
    let report = try await Tagging.run(file, keys: WrappedKeys().live(1), mapping: mapping, output: scratch.path + "/tags")
    #expect(report.tagged == 0 && scratch.read(file + ".rejected.csv") == "line,reason\n2,dateOfBirth date\n")
  }

  @Test(arguments: [
    ("DDMMYYYY", "17021980"), ("YYYY/MM/DD", "1980/02/17"), ("GYYMMDD", "S550217"), ("MM-DD-YYYY", "02-17-1980"),
    ("YYYYMMDD000000", "19800217000000"),
  ])
  func patternsReadWhatIsNotCertainByItself(_ format: String, _ date: String) async throws {
    let scratch = try Scratch()
    let keys = try WrappedKeys().live(1)
    var outputs: Set<String> = []
    for (date, mapping) in [
      (date, try Self.mapping(scratch, #"{"dateOfBirth": {"column": "dateOfBirth", "format": "\#(format)"}}"#)),
      ("1980-02-17", ColumnMapping()),
    ] {
      let file = try scratch.file("a.csv", "ref,name,address,dateOfBirth,sex\nC-1,四情花子,見本町1,\(date),2\n")
      _ = try await Tagging.run(file, keys: keys, mapping: mapping, output: scratch.path + "/tags")
      outputs.insert(scratch.read(scratch.path + "/tags"))
    }
    #expect(outputs.count == 1 && outputs.first?.isEmpty == false)
  }

  @Test(arguments: [
    #"[]"#, #"{"name": 0}"#, #"{"name": []}"#, #"{"name": true}"#, #"{"encoding": "euc-jp"}"#, #"{"header": 1}"#, #"{"separator": ",,"}"#,
    #"{"sex": {"column": 1, "codes": {"1": "cat"}}}"#, #"{"sex": {"column": 1, "format": "YYYYMMDD"}}"#,
    #"{"dateOfBirth": {"column": 1, "format": "YYMMDD"}}"#,
    #"{"dateOfBirth": {"column": 1, "format": "GYYMMDD", "eras": {"3": "X"}}}"#,
    #"{"dateOfBirth": {"column": [1, 2], "format": "YYYYMMDD"}}"#, #"{"x.name": 1}"#,
  ])
  func aMappingThatCannotBeMeantIsRefused(_ text: String) throws {
    let scratch = try Scratch()
    let error = #expect(throws: LedgerToolError.self) { try Self.mapping(scratch, text) }
    #expect(error?.exitCode == 2 && error?.description.contains("is not a mapping") == true)
  }
}
