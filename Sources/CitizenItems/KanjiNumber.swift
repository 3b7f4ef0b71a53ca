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

  /// The number, or nil where the numerals make none: units must fall (千 before 百 before 十), and both ways of writing must not be mixed.
  static func value(of numerals: ArraySlice<UInt32>) -> UInt64? {
    guard !numerals.isEmpty, numerals.count <= 12 else { return nil }
    guard numerals.contains(where: { unit($0) != nil }) else { return numerals.reduce(0) { $0 * 10 + (digit($1) ?? 0) } }
    var total: UInt64 = 0
    var pending: UInt64?
    var lastUnit: UInt64 = 10_000
    for numeral in numerals {
      if let unit = unit(numeral) {
        guard unit < lastUnit, pending != 0 else { return nil }
        total += (pending ?? 1) * unit
        lastUnit = unit
        pending = nil
      } else if let digit = digit(numeral) {
        guard pending == nil else { return nil }
        pending = digit
      } else {
        return nil
      }
    }
    if let pending {
      guard pending != 0 else { return nil }
      total += pending
    }
    return total
  }
}
