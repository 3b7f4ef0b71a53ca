/// 漢数字 as numbers: positional (一二〇) or with units (百二十三).
enum KanjiNumber {
  /// Whether the scalar is a numeral that `value(of:)` reads.
  static func isNumeral(_ scalar: UInt32) -> Bool { digit(scalar) != nil || unit(scalar) != nil }

  /// 〇…九, and the legal forms 壱弐参.
  static func digit(_ scalar: UInt32) -> UInt64? {
    switch scalar {
    case 0x3007, 0x96F6: 0  // 〇 零
    case 0x4E00, 0x58F1, 0x58F9: 1  // 一 壱 壹
    case 0x4E8C, 0x5F10, 0x8CB3: 2  // 二 弐 貳
    case 0x4E09, 0x53C2, 0x53C3: 3  // 三 参 參
    case 0x56DB: 4
    case 0x4E94: 5
    case 0x516D: 6
    case 0x4E03: 7
    case 0x516B: 8
    case 0x4E5D: 9
    default: nil
    }
  }

  /// 十百千, and the legal form 拾.
  static func unit(_ scalar: UInt32) -> UInt64? {
    switch scalar {
    case 0x5341, 0x62FE: 10
    case 0x767E: 100
    case 0x5343: 1000
    default: nil
    }
  }

  /// The number that some numerals make, given by their places; nil where they make none: units must fall (千 before 百 before 十), and both ways of
  /// writing must not be mixed.
  static func value(_ count: Int, _ numeral: (Int) -> UInt32) -> UInt64? {
    guard count > 0, count <= 12 else { return nil }
    var total: UInt64 = 0
    var pending: UInt64?
    var lastUnit: UInt64 = 10_000
    var positional: UInt64 = 0
    var hasUnits = false
    var isMixed = false
    for place in 0..<count {
      if let unit = unit(numeral(place)) {
        hasUnits = true
        guard unit < lastUnit, pending != 0 else { return nil }
        total += (pending ?? 1) * unit
        lastUnit = unit
        pending = nil
      } else {
        let digit = digit(numeral(place)) ?? 0
        positional = positional * 10 + digit
        isMixed = isMixed || pending != nil
        pending = digit
      }
      if hasUnits, isMixed { return nil }
    }
    guard hasUnits else { return positional }
    if let pending {
      guard pending != 0 else { return nil }
      total += pending
    }
    return total
  }
}
