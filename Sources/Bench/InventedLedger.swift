import Foundation

/// A ledger of any length, the same in every run: names and towns are invented, spellings are those of ledgers. Nobody is behind a row.
public struct InventedLedger: Sendable {
  /// The names of the columns, as `yonjo-ledger` knows them.
  public static let header = "ref,name,address,dateOfBirth,sex\n"

  /// A ledger.
  public init() {}

  /// The fields of a row, from 1: reference, name, address, date of birth, sex.
  ///
  /// - Parameter day: a later day's ledger, in which one customer of a thousand has moved.
  public func row(_ number: Int, day: Int = 0) -> [String] {
    var dice = Dice(number)
    let name = dice.pick(Self.families) + dice.pick(["　", " ", ""]) + dice.pick(Self.given)
    let birth = (year: 1930 + dice.below(80), month: 1 + dice.below(12), day: 1 + dice.below(28))
    let sex = dice.pick(["1", "2", "男", "女"])
    var address = Self.address(&dice)
    if day > 0, number % 1_000 == day % 1_000 {
      var moved = Dice(number + day * 1_000_003)
      address = Self.address(&moved)
    }
    return ["C-\(number)", name, address, Self.date(birth, &dice), sex]
  }

  /// Writes a ledger as CSV, block by block.
  /// - Throws: where the file cannot be written.
  public func write(rows: Int, day: Int = 0, to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
      let file = FileHandle(forWritingAtPath: path)
    else { throw BenchFailure.unexpected("a file that can be written, not \(path)") }
    var text = Self.header
    for number in 1...max(rows, 1) {
      text += row(number, day: day).joined(separator: ",") + "\n"
      if text.utf8.count >= 1 << 20 {
        try file.write(contentsOf: Data(text.utf8))
        text = ""
      }
    }
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }

  // MARK: spellings

  private static let families = [
    "四情", "見本", "架空", "佐々木", "髙橋", "渡邉", "齋藤", "山﨑", "小野寺", "長谷川", "菊池", "阿部", "濵田", "五十嵐", "大久保", "千田", "八重樫", "及川",
  ]
  private static let given = [
    "花子", "太郎", "一郎", "美咲", "陽菜", "翔太", "健一", "さくら", "みすゞ", "悠真", "凛", "智恵子", "和夫", "博", "千代", "エミ", "三千代", "龍之介",
  ]
  private static let cities = [
    "岩手県盛岡市", "岩手県北上市", "宮城県仙台市青葉区", "東京都清瀬市", "東京都千代田区", "神奈川県横浜市中区", "大阪府大阪市北区", "北海道札幌市中央区", "福岡県福岡市博多区",
    "岩手県下閉伊郡山田町", "長野県諏訪郡下諏訪町", "盛岡市", "青森県八戸市大字",
  ]
  private static let towns = ["見本町", "四季町", "架空ケ丘", "本町通", "字中野", "上ノ原", "緑が丘", "南大通", "下ノ沢", "桜台", "北三条西", "新田町"]
  private static let buildings = ["見本ハイツ", "コーポ架空", "メゾン四季", "架空マンション", "グランド見本"]

  private static func address(_ dice: inout Dice) -> String {
    let numbers = [1 + dice.below(9), 1 + dice.below(60), 1 + dice.below(30)]
    let lot: String
    switch dice.below(6) {
    case 0: lot = "\(numbers[0])-\(numbers[1])-\(numbers[2])"
    case 1: lot = wide("\(numbers[0])丁目\(numbers[1])番\(numbers[2])号")
    case 2: lot = wide("\(numbers[0])−\(numbers[1])−\(numbers[2])")
    case 3: lot = kanji(numbers[0]) + "丁目\(numbers[1])番地\(numbers[2])"
    case 4: lot = wide("\(numbers[1])番地の\(numbers[2])")
    default: lot = kanji(numbers[0]) + "丁目" + wide("\(numbers[1])番\(numbers[2])号")
    }
    var address = dice.pick(cities) + dice.pick(towns) + lot
    if dice.below(3) == 0 { address += "　" + dice.pick(buildings) + wide("\(100 * (1 + dice.below(9)) + dice.below(12))号室") }
    return address
  }

  private static func date(_ birth: (year: Int, month: Int, day: Int), _ dice: inout Dice) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    switch dice.below(10) {
    case 0..<4: return "\(birth.year)\(two(birth.month))\(two(birth.day))"
    case 4..<6: return "\(birth.year)-\(two(birth.month))-\(two(birth.day))"
    case 6..<8: return "\(birth.year)/\(birth.month)/\(birth.day)"
    case 8 where birth.year > 1926 && birth.year < 1989: return "S\(birth.year - 1925).\(birth.month).\(birth.day)"
    case 9 where birth.year > 1989 && birth.year < 2019: return "平成\(birth.year - 1988)年\(birth.month)月\(birth.day)日"
    default: return "\(birth.year)年\(birth.month)月\(birth.day)日"
    }
  }

  private static func wide(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value >= 0x30 && $0.value <= 0x39 ? Unicode.Scalar($0.value + 0xFEE0) ?? $0 : $0 }))
  }

  private static func kanji(_ number: Int) -> String { String(Array("〇一二三四五六七八九")[number % 10]) }

  /// SplitMix64.
  private struct Dice {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
    mutating func pick(_ list: [String]) -> String { list[below(list.count)] }
  }
}
