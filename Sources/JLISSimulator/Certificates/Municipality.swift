/// A city, ward, town or village that issues cards. The simulator knows a few; every other address counts as Chiyoda's.
struct Municipality: Sendable, Equatable {
  /// How an address of it begins.
  let japanese: String
  /// Prefecture in Roman letters.
  let prefecture: String
  /// Municipality in Roman letters.
  let city: String
  /// 全国地方公共団体コード without its check digit.
  let code: String

  /// The one whose name the address begins with.
  static func of(address: String) -> Municipality {
    known.first { address.hasPrefix($0.japanese) } ?? chiyoda
  }

  static func of(code: String) -> Municipality {
    known.first { $0.code == code } ?? chiyoda
  }

  private static let chiyoda = Municipality(japanese: "東京都千代田区", prefecture: "Tokyo-to", city: "Chiyoda-ku", code: "13101")

  static let known: [Municipality] = [
    chiyoda,
    Municipality(japanese: "東京都新宿区", prefecture: "Tokyo-to", city: "Shinjuku-ku", code: "13104"),
    Municipality(japanese: "東京都世田谷区", prefecture: "Tokyo-to", city: "Setagaya-ku", code: "13112"),
    Municipality(japanese: "東京都渋谷区", prefecture: "Tokyo-to", city: "Shibuya-ku", code: "13113"),
    Municipality(japanese: "東京都八王子市", prefecture: "Tokyo-to", city: "Hachioji-shi", code: "13201"),
    Municipality(japanese: "東京都清瀬市", prefecture: "Tokyo-to", city: "Kiyose-shi", code: "13221"),
    Municipality(japanese: "北海道札幌市中央区", prefecture: "Hokkaido", city: "Sapporo-shi Chuo-ku", code: "01101"),
    Municipality(japanese: "宮城県仙台市青葉区", prefecture: "Miyagi-ken", city: "Sendai-shi Aoba-ku", code: "04101"),
    Municipality(japanese: "神奈川県横浜市中区", prefecture: "Kanagawa-ken", city: "Yokohama-shi Naka-ku", code: "14104"),
    Municipality(japanese: "愛知県名古屋市中区", prefecture: "Aichi-ken", city: "Nagoya-shi Naka-ku", code: "23106"),
    Municipality(japanese: "京都府京都市中京区", prefecture: "Kyoto-fu", city: "Kyoto-shi Nakagyo-ku", code: "26104"),
    Municipality(japanese: "大阪府大阪市北区", prefecture: "Osaka-fu", city: "Osaka-shi Kita-ku", code: "27127"),
    Municipality(japanese: "福岡県福岡市中央区", prefecture: "Fukuoka-ken", city: "Fukuoka-shi Chuo-ku", code: "40133"),
    Municipality(japanese: "沖縄県那覇市", prefecture: "Okinawa-ken", city: "Naha-shi", code: "47201"),
  ]
}
