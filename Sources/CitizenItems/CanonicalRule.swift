/// One rule of the canonical form with its source and examples. `yonjo-ledger rules` prints the table, and tests hold every example to be true.
public struct CanonicalRule: Sendable {
  /// `N2`: what it is for (C common, N names, A addresses, D dates of birth, S sexes) and a number.
  public let id: String
  /// The item to whose forms the examples belong.
  public let item: Item
  /// What the rule does.
  public let rule: String
  /// Where it comes from.
  public let source: String
  /// Texts and the one form that they share, which stands first.
  public let same: [[String]]
  /// Pairs that must never share a form.
  public let different: [(String, String)]
  /// Texts that have no form.
  public let refused: [String]

  private init(
    _ id: String, _ item: Item, _ rule: String, source: String, same: [[String]] = [], different: [(String, String)] = [],
    refused: [String] = []
  ) {
    self.id = id
    self.item = item
    self.rule = rule
    self.source = source
    self.same = same
    self.different = different
    self.refused = refused
  }

  /// Ruleset 1, in the order in which its rules apply.
  public static let all: [CanonicalRule] = common + names + addresses + datesAndSexes

  private static let common = [
    CanonicalRule(
      "C1", .name,
      "Widths do not count: full-width Latin and digits, half-width kana (with their sound marks), enclosed and compatibility characters.",
      source: "Unicode Character Database 17.0.0, compatibility and canonical decompositions (UAX #15)",
      same: [["JOHN SMITH", "Ｊｏｈｎ　Ｓｍｉｔｈ", "john smith"], ["ヤマダタロウ", "ﾔﾏﾀﾞ ﾀﾛｳ"], ["が", "か\u{3099}"]],
      different: [("JOSE", "JOSÉ"), ("カ", "ガ")]),
    CanonicalRule(
      "C2", .name, "What is not seen does not count: variation selectors, joiners, marks of direction.",
      source: "UCD 17.0.0, Default_Ignorable_Code_Point; UTS #37 (a variation sequence is the same character)",
      same: [["渡辺", "渡辺\u{E0101}", "渡\u{200B}辺"]]),
    CanonicalRule(
      "C3", .name, "Variants of one kanji in family registers are one kanji: its 常用 or 人名用 form. Different names are never merged.",
      source: "MJ縮退マップ 1.2.0 (IPA, CC BY-SA 2.1 JP): relations by 民一2842号 and 民二5202号 or JIS inclusion; 戸籍法施行規則別表第二; 常用漢字表",
      same: [
        ["高橋", "髙橋"], ["崎山", "﨑山"], ["渡辺", "渡邊", "渡邉"], ["斎藤", "齋藤"], ["浜田", "濵田", "濱田"], ["柳沢", "栁澤"], ["吉田", "𠮷田"], ["広沢", "廣澤"],
      ],
      different: [("荻野", "萩野"), ("己", "巳"), ("斉藤", "斎藤"), ("坂田", "阪田"), ("峰", "嶺"), ("大田", "太田"), ("祐", "佑")]),
    CanonicalRule(
      "C4", .name, "々 and 〻 repeat the kanji before them, ゝ ゞ ヽ ヾ the kana.", source: "文部省『くりかへし符号の使ひ方』(1946); JIS X 0208",
      same: [["佐佐木", "佐々木", "佐〻木"], ["いすず", "いすゞ"], ["みすす", "みすゝ"], ["日比日比谷", "日比々々谷"]]),
    CanonicalRule(
      "C5", .name,
      "A text with a character that nobody can read has no form: 〓, U+FFFD, private (外字) and unassigned code points, control characters.",
      source: "a false \"same\" is worse than a missed one; UCD 17.0.0, General_Category Cn, Co, Cc",
      refused: ["山〓", "山\u{FFFD}", "山\u{E000}", "山\u{0}", ""]),
  ]

  private static let names = [
    CanonicalRule(
      "N1", .name, "What stands in brackets is an addition (旧氏, 通称, a reading) and is left out, if anything stands outside.",
      source: "住民基本台帳事務処理要領: 旧氏 and 通称 are written beside the name",
      same: [["山田花子", "山田［佐藤］花子", "山田(旧姓 佐藤)花子"], ["SMITH JOHN", "SMITH JOHN（山田太郎）"], ["(山田)"]], different: [("山田花子", "佐藤花子")]),
    CanonicalRule(
      "N2", .name, "Spaces, middle dots, commas and full stops part words of Latin, Greek and Cyrillic; anywhere else they are left out.",
      source: "names of foreign residents stand in the register in Latin capitals with spaces; Japanese names have none",
      same: [["四情花子", "四情　花子", "四情 花子"], ["JOHN SMITH", "JOHN  SMITH", "JOHN,SMITH"], ["ジョンスミス", "ジョン・スミス", "ジョン スミス"]],
      different: [("MARY ANN", "MARYANN"), ("MARY-ANN", "MARY ANN")]),
    CanonicalRule(
      "N3", .name, "A dash after katakana that no Latin letter follows is the prolonged sound mark; ゠ and = between kana are left out.",
      source: "ledgers of half-width kana know only one dash", same: [["スミース", "スミ−ス", "ｽﾐ-ｽ"], ["ジャンポール", "ジャン＝ポール"]],
      different: [("スミス", "スミース")]),
    CanonicalRule(
      "N4", .name, "ヶ between kanji is ケ. All other kana stay what they are.", source: "ヶ stands for 箇 or が between kanji, in either size",
      same: [["釜ケ谷", "釜ヶ谷"]], different: [("さくら", "サクラ"), ("二木", "ニ木"), ("シヨウ", "ショウ"), ("ハ", "八")]),
  ]

  private static let addresses = [
    CanonicalRule(
      "A1", .address,
      "Spaces and dashes of every kind count only where they part numbers or capitals. ー after anything but kana is a dash. 2F is 2階.",
      source: "the forms of ledgers; a number must never grow into its neighbour",
      same: [["見本町1-2-3", "見本町１－２−３", "見本町 1‐2―3", "見本町1ー2ー3"], ["見本町1-2-3-4階", "見本町1-2-3 4F"], ["パーク見本", "パ−ク見本"]],
      different: [("見本町1-23-4", "見本町12-3-4"), ("見本町1 2", "見本町12"), ("見本町①②", "見本町12"), ("見本町A-1", "見本町A1")]),
    CanonicalRule(
      "A2", .address, "A postcode before the address is left out.", source: "Japan Post: three digits, four digits",
      same: [["岩手県架空市見本町1", "〒020-0000 岩手県架空市見本町1", "020-0000岩手県架空市見本町1"]]),
    CanonicalRule(
      "A3", .address, "大字, 小字 and 字 before a place are left out; in 文字, 十字 and the like they are words.",
      source: "市制町村制 (1889): 大字 and 字 say what kind of place follows; ledgers leave them out",
      same: [["架空市見本町1", "架空市大字見本町1", "架空市字見本町1"], ["架空市十文字町"]]),
    CanonicalRule(
      "A4", .address, "Between kanji ケ ヶ ヵ が ガ are ケ; の ノ 之 are ノ; つ ツ ッ are ツ. 通り is 通; 上る 下る 西入る are 上ル 下ル 西入. None is ever left out.",
      source: "国土地理院・地名の表記; 27 neighbouring towns differ by ケ or ノ alone. 日之出 is not 日の出: 清須市 has both",
      same: [
        ["つつじケ丘", "つつじヶ丘", "つつじが丘"], ["山ノ内1", "山の内1", "山之内1"], ["四ツ谷", "四つ谷"], ["南郷通1", "南郷通り1丁目"], ["通4条上ル", "通四条上る", "通四条上がる"],
      ],
      different: [("下ノ沢1", "下沢1"), ("大ケ蔵1", "大蔵1"), ("日之出1", "日の出1"), ("見本町1", "見本1")]),
    CanonicalRule(
      "A5", .address, "漢数字 are digits where they count: before 丁目, 番, 号, 条, 線, 地割 and the like, after 第, beside digits, at the end.",
      source: "住居表示に関する法律 (1962) writes 丁目 in 漢数字, ledgers in digits; 一〇 is 10, 二十三 is 23, 壱 is 1",
      same: [["北3条西6", "北三条西六丁目"], ["見本町1-2-3", "見本町一丁目二番三号", "見本町壱丁目弐番参号"], ["見本町201", "見本町二〇一"], ["第46線北10", "第四十六線北10番地"]],
      different: [("見本町二十三", "見本町2-13"), ("見本町二十 三", "見本町二十三"), ("佐賀県伊万里市", "佐賀県伊10000里市")]),
    CanonicalRule(
      "A6", .address,
      "丁目, 番地, 番, 号, 号室 and の between numbers are -; after the last number they are left out. 番館, 番街, 号棟 and the like stay.",
      source: "住居表示に関する法律; 地番 (不動産登記規則98条) is written with の or -",
      same: [
        ["見本町1-2-3", "見本町1丁目2番3号", "見本町1丁目2番地の3", "見本町1の2の3", "見本町一ノ二ノ三"], ["見本町1-2コーポ架空101", "見本町1-2 コーポ架空 101号室"],
        ["ハ74", "ハの74"],
      ], different: [("見本町1丁目10", "見本町11-0"), ("見本町2号棟3", "見本町23号棟"), ("見本町1番館2", "見本町12"), ("見本町1-2", "見本町1-2-3")]),
    CanonicalRule(
      "A7", .address, "A prefecture or county that was left out is written, where the municipality leaves no doubt.",
      source: "Japan Post, KEN_ALL of October 2026: municipalities whose name only one place has; 塩竈市 on writing its own name",
      same: [
        ["東京都千代田区紀尾井町1-3", "千代田区紀尾井町1-3"], ["茨城県竜ケ崎市馴馬町1", "竜ヶ崎市馴馬町1"], ["北海道虻田郡ニセコ町富士見55", "北海道ニセコ町字富士見55"],
        ["宮城県塩竃市海岸通15", "宮城県塩竈市海岸通15", "塩釜市海岸通15"],
      ], different: [("府中市宮町1", "東京都府中市宮町1"), ("中央区本町1", "東京都中央区本町1"), ("伊達市本町1", "北海道伊達市本町1")]),
  ]

  private static let datesAndSexes = [
    CanonicalRule(
      "D1", .dateOfBirth,
      "Gregorian and era dates in any width are YYYY-MM-DD; an unknown part (00, 不詳) is 00. What is not certain is refused.",
      source: "署名用電子証明書: EYYYYMMDD; 元号を改める政令. Two-digit years and seven bare digits differ between trades",
      same: [
        ["1980-02-17", "1980/2/17", "19800217", "昭和55年2月17日", "S55.2.17", "S550217", "昭和五十五年二月十七日"], ["1989-01-08", "平成元年1月8日"],
        ["1980-00-00", "1980年不詳"],
      ],
      different: [("1980-02-17", "1980-02-07")], refused: ["800217", "3550217", "17/02/1980", "1980-02-30", "昭和99年1月1日", ""]),
    CanonicalRule(
      "S1", .sex, "The codes of the certificate: 1 男, 2 女, 3 other, 9 unknown.", source: "署名用電子証明書の性別; ISO/IEC 5218 for 1, 2 and 9",
      same: [["1", "１", "男", "男性", "M", "male"], ["2", "女", "F", "Female"], ["9", "不明"]], different: [("1", "2")], refused: ["0", "x1", ""]),
  ]
}
