import CitizenItems
import Testing

@Suite struct ResemblanceTests {
  static let card = DeclaredItems(name: "四情　花子", address: "岩手県架空市見本町一丁目２番３号", dateOfBirth: "1980-02-17", sex: "2")

  static func row(name: String? = "四情 花子", address: String? = "岩手県架空市見本町1-2-3", dateOfBirth: String? = "S55.2.17", sex: String? = "女")
    -> DeclaredItems
  {
    DeclaredItems(name: name, address: address, dateOfBirth: dateOfBirth, sex: sex)
  }

  @Test func anotherSpellingIsTheSame() {
    let comparison = Self.card.compare(with: Self.row())
    #expect(comparison.resemblance == .same && comparison.why.isEmpty)
  }

  @Test(arguments: [
    (row(name: "ｼｼﾞｮｳ ﾊﾅｺ"), "name readingOnly"), (row(name: "四情 花"), "name oneCharacter"), (row(name: "五条 花子"), "name familyName"),
    (row(name: "四〓花子"), "name unreadable"), (row(name: nil), "name missing"), (row(address: "架空市見本町1-2-3"), "address beginningOmitted"),
    (row(address: "岩手県架空市見本町1-2-3 架空荘"), "address building"), (row(address: "岩手県架空市見本町1-2-3-201"), "address building"),
    (row(address: "岩手県架空市見元町1-2-3"), "address oneCharacter"), (row(address: "岩手県架空市見本町1-2-4"), "address moved"),
    (row(dateOfBirth: "昭和55年2月日不詳"), "dateOfBirth partUnknown"), (row(sex: "9"), "sex sexUnknown"),
  ])
  func whatAPersonMustLookAtIsProbable(_ row: DeclaredItems, _ why: String) {
    let comparison = Self.card.compare(with: row)
    #expect(comparison.resemblance == .probable && comparison.why == why)
    #expect(row.compare(with: Self.card).resemblance == .probable)
  }

  @Test(arguments: [row(name: "山田 太郎"), row(dateOfBirth: "1980-02-18"), row(dateOfBirth: "1981-02-17"), row(sex: "男")])
  func anotherPersonIsDifferent(_ row: DeclaredItems) { #expect(Self.card.compare(with: row).resemblance == .different) }

  @Test func twoReadingsAreAtMostProbable() {
    let reading = Self.row(name: "シジョウ ハナコ")
    #expect(reading.compare(with: reading).resemblance == .probable)
  }

  @Test func wordsOfALatinNameMayStandInAnotherOrder() {
    #expect(Self.row(name: "JOHN SMITH").compare(with: Self.row(name: "Smith, John")).why == "name wordOrder")
  }
}
