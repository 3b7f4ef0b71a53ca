/// Ruleset 1 for names (氏名). Each rule takes folded scalars.
///
/// 1. What stands in brackets is an addition (旧氏, 通称, a reading) and is left out, if anything stands outside.
/// 2. Spaces, middle dots, commas and full stops part words in Latin, Greek and Cyrillic (`MARY ANN` is not `MARYANN`); anywhere else they are left out.
/// 3. A dash after katakana that no Latin letter follows is the prolonged sound mark; `゠` and `=` between kana part words and are left out.
/// 4. ヶ between kanji is ケ.
///
/// Kana stay the kana they are: さくら is not サクラ, ニ is not 二, シヨウ is not ショウ.
enum NameRules {
  static func canonical(_ text: String) throws(CanonicalRefusal) -> String {
    let scalars = try Folding.settled(try Folding.fold(text)) { scalars in
      Folding.withoutIterationMarks(joined(parted(withoutBrackets(scalars))))
    }
    guard !scalars.isEmpty else { throw .empty }
    return Folding.text(scalars)
  }

  /// Whether a canonical name is written in kana alone.
  static func isKanaOnly(_ canonical: String) -> Bool {
    canonical.unicodeScalars.allSatisfy { $0.value.isKatakana || $0.value.isHiragana || $0.value == 0x20 || $0.value == 0x2D }
  }

  private static func closing(_ opening: UInt32) -> UInt32? {
    switch opening {
    case 0x28: 0x29  // ( )
    case 0x5B: 0x5D  // [ ]
    case 0x3C: 0x3E  // < >
    case 0x7B: 0x7D  // { }
    case 0x3008, 0x300A, 0x300C, 0x300E, 0x3010, 0x3014, 0x3016, 0x3018: opening + 1  // 〈〉 《》 「」 『』 【】 〔〕 〖〗 〘〙
    default: nil
    }
  }

  private static func withoutBrackets(_ scalars: [UInt32]) -> [UInt32] {
    guard scalars.contains(where: { closing($0) != nil }) else { return scalars }
    var out: [UInt32] = []
    var open: [UInt32] = []
    for scalar in scalars {
      if let end = closing(scalar) {
        open.append(end)
      } else if let end = open.last {
        if scalar == end {
          open.removeLast()
          out.append(Folding.space)
        }
      } else {
        out.append(scalar)
      }
    }
    return open.isEmpty && out.contains { $0 != Folding.space } ? out : scalars
  }

  /// Rule 2.
  private static func parted(_ scalars: [UInt32]) -> [UInt32] {
    var out: [UInt32] = []
    out.reserveCapacity(scalars.count)
    var index = 0
    while index < scalars.count {
      guard isSeparator(scalars[index]) else {
        out.append(scalars[index])
        index += 1
        continue
      }
      while index < scalars.count, isSeparator(scalars[index]) { index += 1 }
      if let last = out.last, last.isSpacedScript, index < scalars.count, scalars[index].isSpacedScript { out.append(Folding.space) }
    }
    return out
  }

  private static func isSeparator(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x20, 0x30FB, 0x2C, 0x2E, 0x3001, 0x3002: true
    default: false
    }
  }

  /// Rules 3 and 4.
  private static func joined(_ scalars: [UInt32]) -> [UInt32] {
    var out: [UInt32] = []
    out.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      let next = index + 1 < scalars.count ? scalars[index + 1] : 0
      let last = out.last ?? 0
      switch scalar {
      case Folding.dash where last.isKatakana && !next.isSpacedScript:
        if last != Folding.prolonged { out.append(Folding.prolonged) }
      case Folding.prolonged where !last.isKatakana && !last.isHiragana: out.append(Folding.dash)
      case 0x3D, 0x30A0:
        if !(last.isKatakana || last.isHiragana) || !(next.isKatakana || next.isHiragana) { out.append(0x3D) }
      case 0x30F6: out.append(last.isKanji && next.isKanji ? 0x30B1 : scalar)
      default: out.append(scalar)
      }
    }
    return out
  }
}
