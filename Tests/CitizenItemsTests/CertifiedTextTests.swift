import CitizenItems
import Testing

@Suite struct CertifiedTextTests {
  @Test func carriesOneFlagPerCharacter() throws {
    let text = try CertifiedText(text: "高橋　一郎", flags: "10000")
    #expect(text.substitutes == [true, false, false, false, false])
    #expect(text.hasSubstitutes)
    #expect(!CertifiedText(declared: "高橋").hasSubstitutes)
  }

  @Test(arguments: ["", "0000", "000000", "0000x", "０００００"])
  func refusesFlagsThatDoNotFit(_ flags: String) {
    #expect(throws: ItemRefusal.substituteFlags) { try CertifiedText(text: "高橋　一郎", flags: flags) }
  }

  @Test func countsScalarsAndNotGraphemes() throws {
    #expect(try CertifiedText(text: "葛\u{E0100}城", flags: "100").substitutes.count == 3)
  }
}
