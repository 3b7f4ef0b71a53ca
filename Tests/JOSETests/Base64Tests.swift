import JOSE
import Testing

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
  ])
  func writesTheVectorsOfRFC4648(_ plain: String, _ encoded: String) {
    let bytes = Array(plain.utf8)
    let padded = encoded + String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
    #expect(Base64URL.encode(bytes) == encoded && Base64URL.decode(encoded) == bytes)
    #expect(Base64.encode(bytes) == padded && Base64.decode(padded) == bytes)
  }

  @Test func bothAlphabetsAreTheirOwn() {
    #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8" && Base64.encode([0xFB, 0xFF]) == "+/8=")
    #expect(Base64URL.decode("+/8") == nil && Base64.decode("-_8=") == nil)
  }

  @Test(arguments: ["Z", "Zg==", "Zh", "Zm9=", "Zm 9v", "Zm9v\n", "Zm9", "Zmé9", "=", "Zm9vYmFyZ"])
  func base64urlIsStrict(_ text: String) {
    #expect(Base64URL.decode(text) == nil || Base64URL.encode(Base64URL.decode(text) ?? []) == text)
  }

  @Test(arguments: ["Zg", "Zg=", "Zh==", "Zg===", "Z===", "====", "Zg==Zg==", "Zm9v\n"]) func base64IsStrict(_ text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test func everyByteSurvives() {
    for count in 0...64 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes && Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }
}
