/// The canonical order of combining marks (Unicode Standard §3.11) for U+0300…U+036F and the kana sound marks; no other marks occur in the names
/// that registers hold.
enum CombiningOrder {
  /// Sorts each run of marks by its combining class, keeping the order within a class.
  static func sort(_ letters: inout Letters) {
    var index = 1
    while index < letters.count {
      let current = combiningClass(letters[index].scalar)
      if current > 0 {
        var place = index
        while place > 0, combiningClass(letters[place - 1].scalar) > current {
          letters.swap(place, place - 1)
          place -= 1
        }
      }
      index += 1
    }
  }

  /// Canonical_Combining_Class, Unicode 17.0.0.
  private static func combiningClass(_ scalar: UInt32) -> UInt8 {
    switch scalar {
    case 0x3099, 0x309A: 8
    case 0x0334...0x0338: 1
    case 0x0321...0x0322, 0x0327...0x0328: 202
    case 0x031B: 216
    case 0x0316...0x0319, 0x031C...0x0320, 0x0323...0x0326, 0x0329...0x0333, 0x0339...0x033C, 0x0347...0x0349, 0x034D...0x034E,
      0x0353...0x0356,
      0x0359...0x035A:
      220
    case 0x0315, 0x031A, 0x0358: 232
    case 0x035C, 0x035F, 0x0362: 233
    case 0x035D...0x035E, 0x0360...0x0361: 234
    case 0x0345: 240
    case 0x0300...0x036F: 230
    default: 0
    }
  }
}
