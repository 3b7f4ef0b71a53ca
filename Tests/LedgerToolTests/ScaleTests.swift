import CitizenItems
import Foundation
import LedgerTool
import Synchronization
import Testing

/// What holds for files of many blocks, which are read, tagged and compared in parts.
@Suite struct ScaleTests {
  static let header = "ref,name,address,dateOfBirth,sex\n"

  /// Invented customers: numbers in kanji for names.
  static func row(_ number: Int, lot: Int = 1) -> String {
    let digits = Array("零一二三四五六七八九")
    let name = String(String(number).compactMap(\.wholeNumberValue).map { digits[$0] })
    return
      "C-\(number),見本　\(name),岩手県架空市見本町\(number % 90 + 1)丁目\(lot)番\(number % 7 + 1)号,19\(10 + number % 90)-0\(1 + number % 9)-1\(number % 10),\(1 + number % 2)\n"
  }

  @Test func aFileOfManyBlocksKeepsItsOrderAndItsLines() async throws {
    let scratch = try Scratch()
    let count = 9_000
    var text = Self.header
    for number in 1...count { text += number % 1_000 == 0 ? "C-\(number),〓,見本町1,1980-02-17,2\n" : Self.row(number) }
    let file = try scratch.file("l.csv", text)
    #expect(text.utf8.count > 2 << 18)
    let keys = try WrappedKeys().live(1)
    let report = try await Tagging.run(file, keys: keys, mapping: ColumnMapping(), output: scratch.path + "/tags")
    #expect(report.rows == count && report.tagged == count - 9 && report.rejected == 9)
    let lines = scratch.read(scratch.path + "/tags").split(separator: "\n")
    let expected = (1...count).filter { $0 % 1_000 != 0 }
    #expect(lines.count == expected.count)
    #expect(zip(lines, expected).allSatisfy { $0.hasPrefix(#"{"ref":"C-\#($1)","tags":["hmac.1.1."#) })
    #expect(scratch.read(file + ".rejected.csv").hasPrefix("line,reason\n1001,name unreadableCharacter\n2001,"))
  }

  @Test func aStrayQuoteCostsOneRow() throws {
    let rows = try FilesTests.rows("a,b\n1,2\n\"3,4\n" + String(repeating: "5,6\n", count: 200_000))
    #expect(rows.count == 200_002 && rows[1] == nil && rows.count { $0 == ["5", "6"] } == 200_000)
  }

  @Test func aLineWithoutEndCostsOneRow() throws {
    let rows = try FilesTests.rows("a,b\n1,2\n" + String(repeating: "x", count: 3 << 20) + ",9\n3,4\n")
    #expect(rows == [["1", "2"], nil, ["3", "4"]])
  }

  @Test(arguments: [1, 7, 100])
  func rowsAreFoundWhereverBlocksEnd(_ width: Int) throws {
    let count = 40_000
    var text = "a,b\n"
    for number in 0..<count { text += "\(number),\"" + String(repeating: "\"\"\n,", count: number % width) + "\"\n" }
    let rows = try FilesTests.rows(text)
    #expect(rows.count == count)
    for number in 0..<count where rows[number] != ["\(number)", String(repeating: "\"\n,", count: number % width)] {
      Issue.record("row \(number)")
      break
    }
  }

  @Test func partsOnDiskTellTheSameAsMemory() async throws {
    let scratch = try Scratch()
    // More than one part: above 8 MiB, most of it in a column that nobody reads.
    let count = 10_000
    func row(_ number: Int, lot: Int = 1) -> String {
      String(Self.row(number, lot: lot).dropLast()) + "," + String(repeating: "x", count: 900) + "\n"
    }
    let header = String(Self.header.dropLast()) + ",memo\n"
    let old = header + (1...count).map { row($0) }.joined()
    let new = header + (2...count).reversed().map { row($0, lot: $0 % 1_000 == 0 ? 2 : 1) }.joined() + row(count + 1) + row(2)
    let keys = try WrappedKeys().live(1)
    let files = (try scratch.file("old.csv", old), try scratch.file("new.csv", new))
    let report = try await Differing.run(old: files.0, new: files.1, mapping: ColumnMapping(), output: scratch.path + "/changes") {
      () throws(LedgerToolError) in keys
    }
    #expect(
      [Int]([report.old, report.new, report.came, report.left, report.changed, report.rejected]) == [count, count, 1, 1, 10, 1] as [Int])
    #expect(scratch.read(files.1 + ".rejected.csv") == "line,reason\n\(count + 2),ref repeated\n")
    let changes = scratch.read(scratch.path + "/changes").split(separator: "\n")
    #expect(changes.count == 12 && changes.count { $0.hasSuffix(#""after":null,"ref":"C-1"}"#) } == 1)
    #expect(changes.count { $0.hasPrefix(#"{"before":[],"#) && $0.hasSuffix(#""ref":"C-\#(count + 1)"}"#) } == 1)
    // The same from tag files.
    for (file, name) in [(files.0, "/old"), (files.1, "/new")] {
      _ = try await Tagging.run(file, keys: keys, mapping: ColumnMapping(), output: scratch.path + name)
    }
    _ = try await Differing.run(
      old: scratch.path + "/old", new: scratch.path + "/new", mapping: ColumnMapping(), output: scratch.path + "/again"
    ) { () throws(LedgerToolError) -> LedgerKeys in throw .noLiveKey }
    #expect(Set(scratch.read(scratch.path + "/again").split(separator: "\n")) == Set(changes))
  }

  @Test func whoseRowCannotBeTaggedHasNotLeft() async throws {
    let scratch = try Scratch()
    let old = try scratch.file("old.csv", Self.header + Self.row(1) + Self.row(2) + Self.row(3))
    let new = try scratch.file("new.csv", Self.header + "C-1,四〓,見本町1,1980-02-17,2\n" + Self.row(2))
    let keys = try WrappedKeys().live(1)
    let report = try await Differing.run(old: old, new: new, mapping: ColumnMapping(), output: scratch.path + "/changes") {
      () throws(LedgerToolError) in keys
    }
    #expect(report.left == 1 && report.rejected == 1 && report.rejectedFiles == [new + ".rejected.csv"])
    #expect(scratch.read(scratch.path + "/changes").hasSuffix("\"after\":null,\"ref\":\"C-3\"}\n"))
  }

  @Test func whileARowHasNoReadableReferenceNobodyIsSaidToHaveLeft() async throws {
    let scratch = try Scratch()
    let old = try scratch.file("old.csv", Self.header + Self.row(1) + Self.row(2))
    let new = try scratch.file("new.csv", Self.header + "\"C-1,四情花子,見本町1,1980-02-17,2\n" + Self.row(2, lot: 5))
    let keys = try WrappedKeys().live(1)
    let report = try await Differing.run(old: old, new: new, mapping: ColumnMapping(), output: scratch.path + "/changes") {
      () throws(LedgerToolError) in keys
    }
    #expect(report.left == 0 && report.withheld == 1 && report.changed == 1 && report.rejected == 1)
  }

  @Test func aFileThatWasCutShortDeletesNobody() async throws {
    let scratch = try Scratch()
    let old = try scratch.file("old.csv", Self.header + (1...300).map { Self.row($0) }.joined())
    let new = try scratch.file("new.csv", Self.header + (1...150).map { Self.row($0) }.joined())
    let empty = try scratch.file("empty.tags", "")
    let keys = try WrappedKeys().live(1)
    for (file, left) in [(new, 150), (empty, 300)] {
      await #expect(throws: LedgerToolError.tooManyLeft(left, of: 300)) {
        try await Differing.run(old: old, new: file, mapping: ColumnMapping(), output: scratch.path + "/changes") {
          () throws(LedgerToolError) in keys
        }
      }
    }
    #expect(!scratch.exists(scratch.path + "/changes"))
    let report = try await Differing.run(old: old, new: new, mapping: ColumnMapping(), output: scratch.path + "/changes", leavingLimit: 150)
    {
      () throws(LedgerToolError) in keys
    }
    #expect(report.left == 150)
  }

  @Test func aNightWithoutChangesPushesNothing() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("ledger.csv", Self.header + Self.row(1))
    let keys = try WrappedKeys().live(1)
    _ = try await Differing.run(old: file, new: file, mapping: ColumnMapping(), output: scratch.path + "/changes") {
      () throws(LedgerToolError) in keys
    }
    let broker = FakeLedgerBroker()
    let report = try await PushingTests.push(scratch.path + "/changes", to: broker, keys)
    #expect(report.received == 0 && broker.state.withLock { $0.uploads.isEmpty })
  }

  @Test func aFileHasItsNameOnlyWhenItIsWhole() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("l.csv", Self.header + Self.row(1))
    struct Broken: LedgerTagger {
      func tagLists(of forms: CanonicalForms) async throws(LedgerToolError) -> TagLists { throw .noLiveKey }
    }
    _ = try scratch.file("tags", "yesterday's")
    await #expect(throws: LedgerToolError.noLiveKey) {
      try await Tagging.run(file, keys: Broken(), mapping: ColumnMapping(), output: scratch.path + "/tags")
    }
    #expect(scratch.read(scratch.path + "/tags") == "yesterday's")
  }

  @Test func anotherTaggerSeesCanonicalBytesInOrder() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("l.csv", Self.header + Self.row(1) + "C-2,四〓,見本町1,1980-02-17,2\n" + Self.row(3))
    final class Recording: LedgerTagger {
      let forms = Mutex<[[UInt8]]>([])
      let key: EdgeKey
      init(_ key: EdgeKey) { self.key = key }
      func tagLists(of forms: CanonicalForms) async throws(LedgerToolError) -> TagLists {
        var lists = TagLists()
        for index in 0..<forms.count {
          self.forms.withLock { $0.append(Array(forms[index])) }
          lists.append([EdgeTag.hmac([UInt8(index)], key: key)])
        }
        return lists
      }
    }
    let tagger = Recording(try EdgeKey(version: 7, bytes: [UInt8](repeating: 1, count: 32)))
    _ = try await Tagging.run(file, keys: tagger, mapping: ColumnMapping(), output: scratch.path + "/tags")
    let first = DeclaredItems(name: "見本一", address: "岩手県架空市見本町2-1-2", dateOfBirth: "1911-02-11", sex: "女")
    let forms = tagger.forms.withLock { $0 }
    let expected = try CanonicalForm.bytes(ofLedger: first)
    #expect(forms.count == 2 && forms[0] == expected)
    #expect(scratch.read(scratch.path + "/tags").split(separator: "\n").last?.hasPrefix(#"{"ref":"C-3","tags":["hmac.7.1."#) == true)
  }
}
