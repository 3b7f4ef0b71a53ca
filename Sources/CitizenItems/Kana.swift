/// Voicing of kana. Hiragana and katakana are laid out alike, 0x60 apart.
enum Kana {
  /// The kana with its sound mark (U+3099 or U+309A), where Unicode has one.
  static func composed(_ kana: UInt32, mark: UInt32) -> UInt32? {
    if mark == 0x309A { return isH(kana) ? kana + 2 : nil }
    if let voiced = voiced(kana) { return voiced }
    switch kana {
    case 0x309D, 0x30FD: return kana + 1  // ゝ ヽ
    case 0x30EF, 0x30F0, 0x30F1, 0x30F2: return kana + 8  // ワ ヰ ヱ ヲ
    default: return nil
    }
  }

  /// The kana that ゝ or ヽ repeats (without voice), ゞ or ヾ (with voice); nil if there is none before.
  static func repeated(_ before: UInt32, by mark: UInt32) -> UInt32? {
    guard mark < 0x30A0 ? before.isHiragana && before < 0x309D : before.isKatakana && before < 0x30FC else { return nil }
    let plain = unvoiced(before)
    if mark == 0x309E || mark == 0x30FE { return voiced(plain) ?? plain }
    return plain
  }

  private static func voiced(_ kana: UInt32) -> UInt32? {
    let hiragana = kana >= 0x30A1 ? kana - 0x60 : kana
    switch hiragana {
    case 0x3046: return kana + 0x4E  // う → ゔ
    case 0x304B...0x3061 where hiragana % 2 == 1: return kana + 1
    case 0x3064, 0x3066, 0x3068: return kana + 1
    default: return isH(kana) ? kana + 1 : nil
    }
  }

  private static func unvoiced(_ kana: UInt32) -> UInt32 {
    let hiragana = kana >= 0x30A1 ? kana - 0x60 : kana
    switch hiragana {
    case 0x3094: return kana - 0x4E
    case 0x304C...0x3062 where hiragana % 2 == 0: return kana - 1
    case 0x3065, 0x3067, 0x3069: return kana - 1
    case 0x306F...0x307D: return kana - (hiragana - 0x306F) % 3
    default: return kana
    }
  }

  /// は ひ ふ へ ほ and their katakana.
  private static func isH(_ kana: UInt32) -> Bool {
    let hiragana = kana >= 0x30A1 ? kana - 0x60 : kana
    return hiragana >= 0x306F && hiragana <= 0x307B && (hiragana - 0x306F) % 3 == 0
  }
}
