/// The first step of every canonical form: scalars by the table, then what depends on the neighbour alone.
enum Folding {
  static let space: UInt32 = 0x20
  static let dash: UInt32 = 0x2D
  static let prolonged: UInt32 = 0x30FC

  /// The folded scalars; white space is one space each, dashes are `-`.
  ///
  /// - Throws: `CanonicalRefusal.unreadableCharacter`.
  static func fold(_ text: String) throws(CanonicalRefusal) -> [UInt32] {
    let table = ScalarTable.shared
    var out: [UInt32] = []
    out.reserveCapacity(text.utf8.count)
    var hasMarks = false
    for scalar in text.unicodeScalars {
      switch table[scalar.value] {
      case .scalar(let value):
        if value >= 0x300, value <= 0x36F { hasMarks = true }
        append(value, to: &out)
      case .several(let range):
        hasMarks = true
        for value in table.expansions[range] { append(value, to: &out) }
      case .nothing: break
      case .unreadable: throw .unreadableCharacter
      }
    }
    if hasMarks { CombiningOrder.sort(&out) }
    return out
  }

  /// Applies rules until they change nothing, which for almost every text is after the first time: what one rule leaves out can bring together what
  /// another one joins, and the form of a form must be itself.
  ///
  /// - Throws: `CanonicalRefusal.unsettled` if the rules do not come to rest.
  static func settled(_ scalars: [UInt32], by rules: ([UInt32]) -> [UInt32]) throws(CanonicalRefusal) -> [UInt32] {
    var scalars = scalars
    for _ in 0..<16 {
      let next = composed(rules(scalars))
      if next == scalars { return next }
      scalars = next
    }
    throw .unsettled
  }

  /// Joins sound marks to kana and orders combining marks that rules have brought together.
  private static func composed(_ scalars: [UInt32]) -> [UInt32] {
    guard scalars.contains(where: { ($0 >= 0x300 && $0 <= 0x36F) || $0 == 0x3099 || $0 == 0x309A }) else { return scalars }
    var out: [UInt32] = []
    for scalar in scalars { append(scalar, to: &out) }
    CombiningOrder.sort(&out)
    return out
  }

  /// The text of some scalars.
  static func text(_ scalars: [UInt32]) -> String {
    var view = String.UnicodeScalarView()
    for value in scalars {
      if let scalar = Unicode.Scalar(value) { view.append(scalar) }
    }
    return String(view)
  }

  /// Appends a scalar; a sound mark joins the kana before it, a Hangul syllable falls into its letters.
  private static func append(_ value: UInt32, to out: inout [UInt32]) {
    if value == 0x3099 || value == 0x309A, let last = out.last, let composed = Kana.composed(last, mark: value) {
      out[out.count - 1] = composed
    } else if value >= 0xAC00, value <= 0xD7A3 {
      let index = value - 0xAC00
      out.append(0x1100 + index / 588)
      out.append(0x1161 + index % 588 / 28)
      if index % 28 != 0 { out.append(0x11A7 + index % 28) }
    } else {
      out.append(value)
    }
  }

  /// 々 and 〻 repeat the kanji before them (a run of n repeats the n kanji before it, if there are as many), ゝゞヽヾ the kana.
  static func withoutIterationMarks(_ scalars: [UInt32]) -> [UInt32] {
    guard scalars.contains(where: isIterationMark) else { return scalars }
    var out: [UInt32] = []
    out.reserveCapacity(scalars.count)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      switch scalar {
      case 0x3005, 0x303B:
        var run = 1
        while index + run < scalars.count, scalars[index + run] == 0x3005 || scalars[index + run] == 0x303B { run += 1 }
        let before = out.suffix(run)
        if before.count == run, before.allSatisfy({ $0.isKanji && !isIterationMark($0) }) {
          out.append(contentsOf: Array(before))
        } else if let last = out.last, last.isKanji, !isIterationMark(last) {
          out.append(contentsOf: repeatElement(last, count: run))
        } else {
          out.append(contentsOf: repeatElement(0x3005, count: run))
        }
        index += run
      case 0x309D, 0x309E, 0x30FD, 0x30FE:
        out.append(Kana.repeated(out.last, by: scalar) ?? scalar)
        index += 1
      default:
        out.append(scalar)
        index += 1
      }
    }
    return out
  }

  private static func isIterationMark(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x3005, 0x303B, 0x309D, 0x309E, 0x30FD, 0x30FE: true
    default: false
    }
  }
}
