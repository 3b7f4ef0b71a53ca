import CitizenItems
import Foundation
import LedgerTool
import Testing

@Suite struct TaggingTests {
  static let header = "ref,name,address,dateOfBirth,sex\n"

  @Test func badRowsGoToTheirFileWithoutTheirItems() async throws {
    let scratch = try Scratch()
    let file = try scratch.file(
      "l.csv", Self.header + "C-1,四情花子,見本町1,1980-02-17,2\nC-2,四〓花子,見本町1,1980-02-17,2\nC-3,四情太郎,見本町1,1980-13-17,1\nC-4,,,,\n")
    let report = try await Tagging.run(file, keys: WrappedKeys().live(1), mapping: ColumnMapping(), output: scratch.path + "/tags")
    #expect(report.rows == 4 && report.tagged == 1 && report.rejected == 3)
    #expect(
      scratch.read(try #require(report.rejectedFile)) == "line,reason\n3,name unreadableCharacter\n4,dateOfBirth date\n5,missingItem\n")
  }

  @Test func whatHoldsTagsIsReadableByItsOwnerAlone() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("l.csv", Self.header + "C-1,四情花子,見本町1,1980-02-17,2\n")
    _ = try await Tagging.run(file, keys: WrappedKeys().live(1), mapping: ColumnMapping(), output: scratch.path + "/tags")
    let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path + "/tags")
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test func cardTagsTakeKanaForAName() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("l.csv", Self.header + "C-1,シジョウ ハナコ,見本町1,1980-02-17,2\n")
    let keys = try WrappedKeys().live(1)
    _ = try await Tagging.run(file, keys: keys, mapping: ColumnMapping(), output: scratch.path + "/ledger")
    _ = try await Tagging.run(file, keys: keys, mapping: ColumnMapping(), card: true, output: scratch.path + "/card")
    let card = try keys.tags(
      of: FourItems(
        name: CertifiedText(declared: "シジョウ　ハナコ"), address: CertifiedText(declared: "見本町１"), dateOfBirth: DateOfBirth(jpki: "319800217"),
        sex: .female))
    #expect(scratch.read(scratch.path + "/card").contains(card[0].text) && !scratch.read(scratch.path + "/ledger").contains(card[0].text))
  }

  @Test func referencesAreEscaped() {
    let change = LedgerChange(before: ["a", "b"], after: nil, ref: "C\"\\\n1")
    #expect(change.line == #"{"before":["a","b"],"after":null,"ref":"C\"\\\u000a1"}"#)
    #expect(LedgerChange(before: [], after: ["a"], ref: nil).line == #"{"before":[],"after":["a"]}"#)
  }

  @Test func diffTellsWhoCameLeftAndChanged() async throws {
    let scratch = try Scratch()
    let old = try scratch.file(
      "old.csv", Self.header + "C-1,四情花子,見本町1,1980-02-17,2\nC-2,四情太郎,見本町1,1978-11-23,1\nC-3,四情次郎,見本町1,2000-01-01,1\n")
    let new = try scratch.file(
      "new.csv",
      Self.header + "C-4,四情三郎,見本町1,2001-01-01,1\nC-2,四情　太郎,見本町１番地,S53.11.23,男\nC-1,四情花子,見本町2,1980-02-17,2\nC-4,四情四郎,見本町1,2002-01-01,1\n")
    let keys = try WrappedKeys().live(1)
    let report = try await Differing.run(old: old, new: new, mapping: ColumnMapping(), output: scratch.path + "/changes") {
      () throws(LedgerToolError) in keys
    }
    #expect([Int]([report.old, report.new, report.came, report.left, report.changed, report.rejected]) == [3, 3, 1, 1, 1, 1] as [Int])
    let lines = scratch.read(scratch.path + "/changes").split(separator: "\n")
    #expect(lines.count == 3 && lines[0].contains(#""before":[],"after":["#) && lines[0].hasSuffix(#","ref":"C-4"}"#))
    #expect(lines[1].hasSuffix(#","ref":"C-1"}"#) && lines[2].hasSuffix(#","after":null,"ref":"C-3"}"#))
  }

  @Test func diffOfTagFilesNeedsNoKeyAndNoticesANewKey() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("l.csv", Self.header + "C-1,四情花子,見本町1,1980-02-17,2\n")
    _ = try await Tagging.run(file, keys: WrappedKeys().live(1), mapping: ColumnMapping(), output: scratch.path + "/one")
    _ = try await Tagging.run(file, keys: WrappedKeys().live(1, 2), mapping: ColumnMapping(), output: scratch.path + "/two")
    let report = try await Differing.run(
      old: scratch.path + "/one", new: scratch.path + "/two", mapping: ColumnMapping(), output: scratch.path + "/changes"
    ) {
      () throws(LedgerToolError) -> LedgerKeys in throw .noLiveKey
    }
    #expect(report.changed == 1)
    let change = scratch.read(scratch.path + "/changes")
    #expect(change.components(separatedBy: "hmac.1.1.").count == 3 && change.components(separatedBy: "hmac.2.1.").count == 2)
  }

  @Test func compareSaysWhyAndNotWhat() throws {
    let scratch = try Scratch()
    let header = "ref,card.name,card.address,card.dateOfBirth,card.sex,ledger.name,ledger.address,ledger.dateOfBirth,ledger.sex\n"
    let rows = [
      "C-1,四情　花子,見本町一丁目２番３号,1980-02-17,2,四情花子,見本町1-2-3,S55.2.17,女", "C-2,四情　花子,見本町1-2-3,1980-02-17,2,シジョウ ハナコ,見本町1-2-3 架空荘201,S55.2.17,女",
      "C-3,四情　花子,見本町1-2-3,1980-02-17,2,四情花子,見本町1-2-3,1981-02-17,女",
    ]
    let file = try scratch.file("pairs.csv", header + rows.joined(separator: "\n") + "\n")
    let report = try Comparing.run(file, mapping: ColumnMapping(), output: scratch.path + "/verdicts")
    #expect([Int]([report.same, report.probable, report.different, report.rejected]) == [1, 1, 1, 0] as [Int])
    #expect(
      scratch.read(scratch.path + "/verdicts")
        == "line,ref,verdict,why\n2,C-1,same,\n3,C-2,probable,name readingOnly; address building\n4,C-3,different,dateOfBirth different\n")
  }
}
