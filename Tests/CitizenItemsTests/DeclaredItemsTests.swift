import CitizenItems
import Testing

@Suite struct DeclaredItemsTests {
  @Test func eachDeclaredItemIsComparedAlone() throws {
    let certified = try TagTests.items()
    let declared = DeclaredItems(name: "四情花子", address: "岩手県架空市見本町1-2-4", dateOfBirth: "S55.2.17", sex: "男")
    #expect(declared.compare(with: certified) == [.name: .match, .address: .mismatch, .dateOfBirth: .match, .sex: .mismatch])
    #expect(DeclaredItems(sex: "女").compare(with: certified) == [.sex: .match])
    #expect(DeclaredItems().compare(with: certified).isEmpty)
  }

  @Test func whatCannotBeReadDoesNotMatch() throws {
    let declared = DeclaredItems(name: "〓", address: "", dateOfBirth: "?", sex: "?")
    #expect(declared.compare(with: try TagTests.items()).values.allSatisfy { $0 == .mismatch })
  }

  @Test func aSubstituteCharacterMatchesNothing() throws {
    #expect(DeclaredItems(name: "四情花子").compare(with: try TagTests.items(flags: "10000")) == [.name: .mismatch])
  }

  @Test func theDigestTellsAbsentFromEmptyAndFieldsApart() {
    let variants = [
      DeclaredItems(), DeclaredItems(name: ""), DeclaredItems(address: ""), DeclaredItems(name: "a", address: "b"),
      DeclaredItems(name: "ab", address: ""),
      DeclaredItems(name: "", address: "ab"), DeclaredItems(salt: "a"), DeclaredItems(sex: "a"),
    ]
    #expect(Set(variants.map { DeclaredItems.digest(of: $0) }).count == variants.count)
    #expect(DeclaredItems.digest(of: variants[0]).count == 32)
    #expect(DeclaredItems.digest(of: variants[3]) == DeclaredItems.digest(of: DeclaredItems(name: "a", address: "b")))
  }
}
