import Broker
import CitizenItems
import Foundation
import Mustache
import Testing

@testable import ComplianceConsole

@Suite("Pages: words, colours, charts, what is read from a request")
struct PageTests {
  @Test func everyTemplateParsesAndEveryWordInItIsThereInBothLanguages() throws {
    let library = try Templates.library()
    for (name, text) in Templates.all {
      #expect(library.getTemplate(named: name) != nil)
      for match in text.matches(of: /\{\{t\.(\w+)\}\}/) {
        let key = String(match.output.1)
        #expect(Words.table[key] != nil, "\(name): \(key)")
      }
      // What is not escaped is a chart, and nothing else.
      #expect(text.matches(of: /\{\{\{(\w+)\}\}\}|\{\{&/).allSatisfy { $0.output.1 == "svg" }, "\(name)")
      #expect(!text.contains("<script") && !text.contains("style="), "\(name)")
    }
  }

  @Test func whateverTheRulesNameHasAWord() {
    let names =
      ConsentState.allCases.map { "state_\($0)" } + Item.allCases.map { "item_\($0.rawValue)" } + StaffRole.allCases.map { "role_\($0)" }
      + PairState.allCases.map { "pair_\($0)" } + VerificationPurpose.allCases.map { "purpose_\($0)" }
      + EvidenceKind.allCases.map { "evidence_\($0)" }
    for name in names { #expect(Words.table[name] != nil, "\(name)") }
    #expect(Words.text.split(separator: "\n").count == Words.table.count)
    #expect(Words(language: .ja).actor("staff:stf_1") == "担当者 stf_1")
    #expect(Words(language: .en).actor("person") == "The person")
    #expect(Words(language: .en).named("purpose", "somethingNew") == "somethingNew")
    #expect(Words(language: .en).purposes(["customerDueDiligence", "newsletter"]) == "Customer due diligence, newsletter")
    #expect(Words(language: .ja).basis("reception:SIM-C1") == "J-LIS受付番号 SIM-C1")
    #expect(Words(language: .en).basis("the contract: cancelled by us") == "the contract: cancelled by us")
    #expect([999, 38_214, 4_200_000, 7_950_000_000].map { Words(language: .en).size($0) } == ["999 B", "38.2 kB", "4.2 MB", "7.9 GB"])
  }

  @Test(arguments: [
    ("", Language.ja), ("en", .en), ("en-GB,en;q=0.9,ja;q=0.8", .en), ("ja,en;q=0.9", .ja), ("fr, de", .ja), ("en;q=0.2, ja;q=0.7", .ja),
    ("en;q=0", .ja),
  ])
  func theLanguageIsTheReaders(header: String, language: Language) { #expect(Language(accepted: header) == language) }

  @Test func instantsAreThoseOfJapan() throws {
    let instant = try #require(Words.instant("2026-04-01T09:30"))
    #expect(instant == (try Date("2026-04-01T00:30:00Z", strategy: .iso8601)))
    #expect(Words.input(instant) == "2026-04-01T09:30")
    #expect(Words(language: .ja).time(instant) == "2026年4月1日 9:30 JST")
    #expect(Words(language: .en).time(instant) == "2026-04-01 09:30 JST")
    let second = instant.addingTimeInterval(7)
    #expect(Words(language: .ja).time(second, seconds: true) == "2026年4月1日 9:30:07 JST")
    #expect(Words.input(second, seconds: true) == "2026-04-01T09:30:07")
    #expect(Words.instant("2026-04-01T09:30:07") == second)
    for text in ["", "2026-04-01", "2026-13-01T00:00", "0-0-0T0:0", "2026-04-01T25:00", String(repeating: "9", count: 400)] {
      #expect(Words.instant(text) == nil)
    }
  }

  @Test func formsAreReadAsBrowsersSendThem() {
    #expect(Visit.fields("a=1&b=%E5%9B%9B+%2B&c&a=2&%zz=3&d=%00") == ["a": "1", "b": "四 +", "c": ""])
  }

  @Test func aRouteNamesNoIdsAndNoTokens() {
    #expect(ConsoleSite.route(of: "/console/ten_01/enrol/c2VjcmV0") == "/console/{id}/enrol/{id}")
    #expect(ConsoleSite.route(of: "/door/ten_01/c2VjcmV0") == "/door/{id}/{id}")
    #expect(ConsoleSite.route(of: "/door/consents/con_1/withdrawal") == "/door/consents/{id}/withdrawal")
    #expect(ConsoleSite.route(of: "/console/a/b/c/d/e/f/g/h") == "/console/{id}/{id}/{id}/{id}/{id}")
  }

  @Test(arguments: [(0, 1), (1, 1), (3, 4), (7, 8), (9, 10), (12, 20), (99, 100), (4_321_000, 5_000_000)])
  func anAxisEndsAtARoundNumber(maximum: Int, top: Int) {
    let scale = Chart.Scale(maximum: maximum)
    #expect(scale.top == top && scale.top % scale.steps == 0)
  }

  @Test func chartsEscapeWordsAndHaveATable() {
    let chart = Chart.bars(key: "k", title: "<&\"", rows: [Chart.Bar(name: "<script>", count: 3)], head: "h", count: "n")
    let svg = chart["svg"] as? String ?? ""
    #expect(!svg.contains("<script>") && svg.contains("&lt;script&gt;") && svg.contains("&lt;&amp;&quot;"))
    #expect((chart["rows"] as? [[String: Any]])?.count == 1)
  }

  /// That readers read it, Tests/Console tries.
  @Test(arguments: [(14, 21), (15, 25), (122, 45), (666, 97)])
  func aQRCodeIsAsLargeAsItsTextNeeds(bytes: Int, size: Int) throws {
    let code = try #require(QRCode(String(repeating: "a", count: bytes)))
    #expect(code.size == size)
    // The three eyes, and none in the fourth corner.
    let eyes = [(0, 0), (size - 7, 0), (0, size - 7)]
    for (x, y) in eyes { #expect((0..<7).allSatisfy { code[x + $0, y] && code[x, y + $0] } && !code[x + 1, y + 1] && code[x + 3, y + 3]) }
    #expect(!(0..<7).allSatisfy { code[size - 7 + $0, size - 1] })
    #expect(QRCode(String(repeating: "a", count: 667)) == nil)
  }

  /// WCAG 2.2, 1.4.3: 4.5 to 1 for text, in light and in dark.
  @Test func coloursStandApart() throws {
    let schemes = Stylesheet.text.components(separatedBy: "@media (prefers-color-scheme: dark)")
    try #require(schemes.count == 2)
    for scheme in schemes {
      var colours: [String: Double] = [:]
      for match in scheme.prefix(1_400).matches(of: /--([a-z0-9-]+): #([0-9a-f]{6})/) {
        let name = String(match.output.1)
        if colours[name] == nil { colours[name] = Self.luminance(String(match.output.2)) }
      }
      let texts = [
        ("ink", "card"), ("ink", "ground"), ("soft", "card"), ("soft", "ground"), ("accent", "card"), ("accent", "ground"),
        ("accent-ink", "accent"), ("good", "good-tint"), ("warn", "warn-tint"), ("bad", "bad-tint"), ("ink", "tint"), ("card", "bad"),
        ("ink", "good-tint"), ("ink", "warn-tint"), ("ink", "bad-tint"),
      ]
      for (front, back) in texts {
        let (one, other) = (try #require(colours[front]), try #require(colours[back]))
        #expect((max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5, "\(front) on \(back)")
      }
      // 1.4.11: 3 to 1 for what a chart is read by.
      for series in ["c1", "c3"] {
        let (one, other) = (try #require(colours[series]), try #require(colours["card"]))
        #expect((max(one, other) + 0.05) / (min(one, other) + 0.05) >= 3, "\(series)")
      }
    }
  }

  private static func luminance(_ hex: String) -> Double {
    let number = Int(hex, radix: 16) ?? 0
    let parts = [16, 8, 0].map { shift -> Double in
      let value = Double(number >> shift & 255) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }
}
