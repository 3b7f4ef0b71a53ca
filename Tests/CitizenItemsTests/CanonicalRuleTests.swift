import CitizenItems
import Testing

/// The table of rules is documentation that is true.
@Suite struct CanonicalRuleTests {
  static func form(_ item: Item, _ text: String) -> String? { try? CanonicalForm.canonical(item, text) }

  @Test(arguments: CanonicalRule.all.map(\.id))
  func everyExampleHolds(_ id: String) throws {
    let rule = try #require(CanonicalRule.all.first { $0.id == id })
    for texts in rule.same {
      for text in texts { #expect(Self.form(rule.item, text) == texts[0], "\(id): \(text)") }
    }
    for (left, right) in rule.different {
      let forms = (Self.form(rule.item, left), Self.form(rule.item, right))
      #expect(forms.0 != nil && forms.0 != forms.1, "\(id): \(left), \(right)")
    }
    for text in rule.refused { #expect(Self.form(rule.item, text) == nil, "\(id): \(text)") }
  }

  @Test func everyRuleHasASourceAndAnExample() {
    #expect(Set(CanonicalRule.all.map(\.id)).count == CanonicalRule.all.count)
    for rule in CanonicalRule.all { #expect(!rule.source.isEmpty && !(rule.same.isEmpty && rule.refused.isEmpty), "\(rule.id)") }
  }
}
