import CitizenItems
import Testing

/// Law 1: what is personal or secret prints as `<redacted>` in every way that Swift can print.
@Suite struct RedactionTests {
  static func hanako() throws -> FourItems {
    FourItems(
      name: try CertifiedText(text: "四情　花子", flags: "00000"), address: CertifiedText(declared: "岩手県架空市見本町１－２－３"),
      dateOfBirth: try DateOfBirth(jpki: "319800217"), sex: .female)
  }

  /// All ways of printing, joined.
  static func printed<T>(_ value: T) -> String {
    var dumped = ""
    dump(value, to: &dumped)
    var mirrored = ""
    for child in Mirror(reflecting: value).children { mirrored += "\(child)" }
    var streamed = ""
    print(value, [value], Optional(value) as Any, (value, 1), ["key": value], to: &streamed)
    debugPrint(value, to: &streamed)
    return dumped + mirrored + streamed + "\(value)" + String(describing: value) + String(reflecting: value)
  }

  @Test func itemsAreNeverPrinted() throws {
    let items = try Self.hanako()
    for text in [Self.printed(items), Self.printed(items.name), Self.printed(items.address), Self.printed(items.dateOfBirth)] {
      #expect(text.contains("<redacted>"))
      for secret in ["四情", "花子", "架空", "1980", "17", "female"] { #expect(!text.contains(secret)) }
    }
  }

  @Test func sexIsNeverPrinted() { for sex in Sex.allCases { #expect(!Self.printed(sex).contains("ale")) } }

  @Test func declaredItemsAreNeverPrinted() {
    let text = Self.printed(DeclaredItems(name: "四情花子", address: "見本町", dateOfBirth: "1980-02-17", sex: "女", salt: "salz"))
    for secret in ["四情", "見本", "1980", "女", "salz"] { #expect(!text.contains(secret)) }
  }

  @Test func keysAndTagsAreNeverPrinted() throws {
    let bytes = [UInt8](repeating: 0xAB, count: 32)
    let tag = EdgeTag.hmac([1, 2, 3], key: try EdgeKey(version: 1, bytes: bytes))
    let pepper = try PepperKey(version: 1, bytes: bytes)
    for text in [
      Self.printed(try EdgeKey(version: 1, bytes: bytes)), Self.printed(pepper), Self.printed(tag), Self.printed(try pepper.seal(tag)),
    ] {
      #expect(text.contains("<redacted>"))
      #expect(!text.contains("171") && !text.contains("hmac."))
    }
  }

  @Test func whatHoldsAnItemPrintsItRedacted() throws {
    struct Envelope { let label = "label", items: FourItems }
    let text = Self.printed(Envelope(items: try Self.hanako()))
    #expect(text.contains("label") && text.contains("<redacted>") && !text.contains("花子"))
  }

  @Test func refusalsCarryNoText() {
    let refusal = #expect(throws: CanonicalRefusal.self) { try CanonicalForm.canonical(.name, "秘密\u{FFFD}") }
    #expect(!"\(refusal as Any)".contains("秘密"))
    #expect(CanonicalRefusal.unreadableCharacter.description.hasSuffix("."))
  }
}
