/// The small folding that codes, dates and words need (not names and addresses: those have `CanonicalForm`).
enum PlainText {
  /// Full-width ASCII to ASCII, half-width and hiragana to katakana where a single character suffices, lower to upper case, spaces dropped.
  static func folded(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      var value = scalar.value
      if value == 0x3000 || value == 0x20 || value == 0x09 || value == 0xA0 || value == 0xFEFF { continue }
      if value >= 0xFF01, value <= 0xFF5E { value -= 0xFEE0 }
      if value >= 0x61, value <= 0x7A { value -= 0x20 }
      if value >= 0x3041, value <= 0x3096 { value += 0x60 }
      if let folded = Unicode.Scalar(value) { out.append(folded) }
    }
    return String(out)
  }
}
