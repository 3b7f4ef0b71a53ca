enum NameRules {
  static func canonical(_ text: String) throws(CanonicalRefusal) -> String {
    let folded = PlainText.folded(text)
    guard !folded.isEmpty else { throw .empty }
    return folded
  }
  static func isKanaOnly(_ canonical: String) -> Bool { canonical.unicodeScalars.allSatisfy { $0.value >= 0x3041 && $0.value <= 0x30FF } }
}
enum AddressRules {
  static func canonical(_ text: String) throws(CanonicalRefusal) -> String {
    let folded = PlainText.folded(text)
    guard !folded.isEmpty else { throw .empty }
    return folded
  }
}
