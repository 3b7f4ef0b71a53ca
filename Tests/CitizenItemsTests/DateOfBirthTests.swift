import CitizenItems
import Testing

@Suite struct DateOfBirthTests {
  @Test(arguments: [
    ("319800217", "1980-02-17"), ("118991231", "1899-12-31"), ("119120730", "1912-07-30"), ("219120730", "1912-07-30"),
    ("219261225", "1926-12-25"),
    ("319261225", "1926-12-25"), ("319890107", "1989-01-07"), ("419890108", "1989-01-08"), ("420190430", "2019-04-30"),
    ("520190501", "2019-05-01"),
    ("019800217", "1980-02-17"), ("319800200", "1980-02-00"), ("319800000", "1980-00-00"), ("000000000", "0000-00-00"),
    ("420000229", "2000-02-29"),
  ])
  func readsTheCertificatesForm(_ text: String, _ iso: String) throws { #expect(try DateOfBirth(jpki: text).iso == iso) }

  @Test(arguments: [
    "", "31980021", "3198002170", "3１９８００２１７", "319800230", "319801317", "619800217", "3-9800217", "31980O217", "419800217", "320200101",
  ])
  func refusesWhatTheCertificateNeverSays(_ text: String) { #expect(throws: ItemRefusal.self) { try DateOfBirth(jpki: text) } }

  @Test(arguments: [
    "1980-02-17", "1980/2/17", "1980.02.17", "1980年2月17日", "１９８０年２月１７日", "19800217", "319800217", "昭和55年2月17日", "昭和５５年２月１７日", "S55.2.17",
    "s55/02/17",
    "S550217", "昭55.2.17", "㍼55年2月17日", "昭和五十五年二月十七日", "昭和五五年二月一七日", "一九八〇年二月十七日", " 昭和 55年 2月 17日 ", "1980-02-17 00:00:00",
    "1980-02-17T00:00:00", "1980 2 17",
  ])
  func readsWhatPeopleWrite(_ text: String) throws { #expect(try DateOfBirth(text: text).iso == "1980-02-17") }

  @Test(arguments: [
    ("平成元年1月8日", "1989-01-08"), ("平成31年5月1日", "2019-05-01"), ("令和元年5月1日", "2019-05-01"), ("R1.5.1", "2019-05-01"),
    ("大正15年12月25日", "1926-12-25"),
    ("明治45年7月30日", "1912-07-30"), ("昭和64年1月7日", "1989-01-07"), ("昭和20年不詳", "1945-00-00"), ("昭和20年3月日不詳", "1945-03-00"),
    ("1945-03-00", "1945-03-00"),
    ("昭和２０年月日不詳", "1945-00-00"), ("㋿2年2月29日", "2020-02-29"),
  ])
  func readsEras(_ text: String, _ iso: String) throws { #expect(try DateOfBirth(text: text).iso == iso) }

  @Test(arguments: [
    "", "80/2/17", "17/2/1980", "5550217", "550217", "昭和65年1月1日", "昭和0年1月1日", "平成32年1月1日", "1980-02-30", "1980-13-01", "1980-2", "昭和55年2月",
    "1979-02-29", "二月十七日",
    "1980-02/17", "yesterday", "1980-02-17 12:00:00", "慶応2年1月1日", "10000-01-01",
  ])
  func refusesWhatIsNotCertain(_ text: String) { #expect(throws: ItemRefusal.self) { try DateOfBirth(text: text) } }

  @Test func everyDayOfTheCertificateSurvivesItsOwnText() throws {
    for year in stride(from: 1870, through: 2025, by: 5) {
      for month in 1...12 {
        let date = try DateOfBirth(year: year, month: month, day: 28)
        #expect(try DateOfBirth(text: date.iso) == date)
      }
    }
  }
}

@Suite struct SexTests {
  @Test(arguments: [
    ("1", Sex.male), ("１", .male), ("男", .male), ("男性", .male), ("male", .male), ("M", .male), ("ｍ", .male), (" 男 ", .male),
  ])
  func readsMale(_ text: String, _ sex: Sex) throws { #expect(try Sex(text: text) == sex) }

  @Test(arguments: [
    ("2", Sex.female), ("女", .female), ("女性", .female), ("Female", .female), ("f", .female), ("３", .other), ("9", .unknown),
    ("不明", .unknown),
  ])
  func readsOthers(_ text: String, _ sex: Sex) throws { #expect(try Sex(text: text) == sex) }

  @Test(arguments: ["", "0", "4", "11", "男女", "mf", "unknown?", String(repeating: "男", count: 100)])
  func refusesTheRest(_ text: String) { #expect(throws: ItemRefusal.self) { try Sex(text: text) } }

  @Test func theCertificateKnowsFourCodes() throws {
    for code in 0...99 { #expect(((try? Sex(jpki: String(code))) != nil) == [1, 2, 3, 9].contains(code)) }
  }
}
