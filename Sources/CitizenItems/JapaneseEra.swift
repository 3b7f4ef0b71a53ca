/// The eras of living and recently dead people. The raw value is the digit E of the certificate's date of birth.
enum JapaneseEra: Int, CaseIterable {
  case meiji = 1
  case taisho, showa, heisei, reiwa

  /// First day of the era, as YYYYMMDD.
  var firstDay: Int {
    switch self {
    case .meiji: 1868_01_25
    case .taisho: 1912_07_30
    case .showa: 1926_12_25
    case .heisei: 1989_01_08
    case .reiwa: 2019_05_01
    }
  }

  /// Last day of the era, as YYYYMMDD. Until Showa the day of the change belongs to both eras.
  var lastDay: Int {
    switch self {
    case .meiji: 1912_07_30
    case .taisho: 1926_12_25
    case .showa: 1989_01_07
    case .heisei: 2019_04_30
    case .reiwa: 9999_12_31
    }
  }

  /// The Gregorian year of an era year (元年 = 1); nil outside 1… the era's last year.
  func gregorianYear(_ eraYear: Int) -> Int? {
    let year = firstDay / 1_00_00 + eraYear - 1
    return eraYear >= 1 && eraYear <= 99 && year <= lastDay / 1_00_00 ? year : nil
  }

  /// Whether the era holds the date; zero stands for an unknown part, which is given the benefit of the doubt.
  func mayHold(year: Int, month: Int, day: Int) -> Bool {
    let earliest = year * 1_00_00 + (month == 0 ? 1 : month) * 100 + (day == 0 ? 1 : day)
    let latest = year * 1_00_00 + (month == 0 ? 12 : month) * 100 + (day == 0 ? 31 : day)
    return latest >= firstDay && earliest <= lastDay
  }

  /// The era that a letter or a name, already folded to upper case and full-size kanji, begins with; and how many scalars it takes.
  static func leading(_ scalars: ArraySlice<UInt32>) -> (era: JapaneseEra, length: Int)? {
    guard let first = scalars.first else { return nil }
    let second = scalars.dropFirst().first
    func long(_ era: JapaneseEra, _ expected: UInt32) -> (JapaneseEra, Int) { (era, second == expected ? 2 : 1) }
    switch first {
    case 0x4D, 0x337E: return (.meiji, 1)  // M ㍾
    case 0x54, 0x337D: return (.taisho, 1)  // T ㍽
    case 0x53, 0x337C: return (.showa, 1)  // S ㍼
    case 0x48, 0x337B: return (.heisei, 1)  // H ㍻
    case 0x52, 0x32FF: return (.reiwa, 1)  // R ㋿
    case 0x660E: return long(.meiji, 0x6CBB)  // 明治
    case 0x5927: return long(.taisho, 0x6B63)  // 大正
    case 0x662D: return long(.showa, 0x548C)  // 昭和
    case 0x5E73: return long(.heisei, 0x6210)  // 平成
    case 0x4EE4: return long(.reiwa, 0x548C)  // 令和
    default: return nil
    }
  }
}
