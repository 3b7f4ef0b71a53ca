/// The four items as the signing certificate writes them. The simulator must hold them, being J-LIS; they print as `<redacted>` all the same.
struct CertifiedItems: Sendable, Equatable, Codable {
  /// 氏名.
  var name: Field
  /// 住所.
  var address: Field
  /// 生年月日 as `EYYYYMMDD`.
  var dateOfBirth: String
  /// 性別: `1` male, `2` female, `3` other, `9` unknown.
  var sex: String

  /// A text and, for each of its characters (Unicode scalars), `1` where it stands in for one that the certificate's character set lacks.
  struct Field: Sendable, Equatable, Codable {
    let text: String
    let substitutes: String
  }
}

extension CertifiedItems: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "<redacted>" }
  var debugDescription: String { "<redacted>" }
  var customMirror: Mirror { Mirror(self, children: []) }
}

extension CertifiedItems.Field: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "<redacted>" }
  var debugDescription: String { "<redacted>" }
  var customMirror: Mirror { Mirror(self, children: []) }

  /// The registered text written with the certificate's characters: those known to fall outside JIS X 0208 and 0212 are replaced and flagged
  /// (jpki.md §3). The table is short: what people are really called; other characters pass as they are.
  init(registered: String) {
    var text = String.UnicodeScalarView()
    var flags = ""
    for scalar in registered.unicodeScalars {
      text.append(Self.substitutes[scalar] ?? scalar)
      flags += Self.substitutes[scalar] == nil ? "0" : "1"
    }
    self.init(text: String(text), substitutes: flags)
  }

  private static let substitutes: [Unicode.Scalar: Unicode.Scalar] = [
    "\u{9AD9}": "高", "\u{FA11}": "崎", "\u{5FB7}": "徳", "\u{6801}": "柳", "\u{7028}": "瀬", "\u{20BB7}": "吉",
  ]
}
