import CitizenItems
import Testing

@Suite struct NameRulesTests {
  static func form(_ text: String) -> String? { try? CanonicalForm.canonical(.name, text) }

  @Test(arguments: [
    ("四情　花子", "四情花子"), ("四情 花子", "四情花子"), ("渡邉　太郎", "渡辺太郎"), ("渡邊太郎", "渡辺　太郎"), ("髙橋一郎", "高橋一郎"), ("﨑山さゆり", "崎山さゆり"), ("濵田", "浜田"),
    ("齋藤", "斎藤"),
    ("佐々木", "佐佐木"), ("いすゞ", "いすず"), ("みすゝ", "みすす"), ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ　タロウ"), ("渡辺\u{E0101}", "渡辺"), ("渡\u{200B}辺", "渡辺"),
    ("神\u{FA19}", "神神"), ("ｊｏｈｎ　ｓｍｉｔｈ", "JOHN SMITH"),
    ("SMITH, JOHN", "SMITH  JOHN"), ("ジョン・スミス", "ジョン スミス"), ("ジャン＝ポール", "ジャンポール"), ("スミ−ス", "スミース"), ("ﾊﾞﾝﾋﾞｰﾝ", "バンビーン"), ("が", "か\u{3099}"),
    ("NGUYỄN", "NGUYE\u{302}\u{303}N"),
    ("O’BRIEN", "O'BRIEN"), ("山田［佐藤］花子", "山田花子"), ("山田(旧姓 佐藤)花子", "山田花子"), ("SMITH JOHN（山田太郎）", "SMITH JOHN"), ("𠮷田", "吉田"), ("栁澤", "柳沢"),
    ("釜ヶ谷", "釜ケ谷"),
  ])
  func spellingsOfOneNameShareAForm(_ left: String, _ right: String) {
    #expect(Self.form(left) != nil)
    #expect(Self.form(left) == Self.form(right))
  }

  @Test(arguments: [
    ("荻野", "萩野"), ("己", "巳"), ("斉藤", "斎藤"), ("坂田", "阪田"), ("峰", "嶺"), ("大田", "太田"), ("川端", "河端"), ("福地", "福池"), ("さくら", "サクラ"),
    ("二木", "ニ木"), ("MARY ANN", "MARYANN"),
    ("MARY-ANN", "MARY ANN"), ("シヨウ", "ショウ"), ("ハ", "八"), ("木村", "本村"), ("祐", "佑"), ("智子", "知子"), ("JOSÉ", "JOSE"), ("カオル", "カオリ"),
    ("崎", "高"), ("伏", "㐲"),
  ])
  func differentNamesStayDifferent(_ left: String, _ right: String) { #expect(Self.form(left) != Self.form(right)) }

  @Test(arguments: ["", " ", "　", "\u{200B}", "\t\n", "・"])
  func nothingIsRefused(_ text: String) { #expect(throws: CanonicalRefusal.empty) { try CanonicalForm.canonical(.name, text) } }

  @Test(arguments: ["山〓", "山\u{FFFD}", "山\u{E000}", "山\u{0}", "山□", "山\u{10FFFD}", "\u{378}"])
  func theUnreadableIsRefused(_ text: String) {
    #expect(throws: CanonicalRefusal.unreadableCharacter) { try CanonicalForm.canonical(.name, text) }
  }

  @Test func theTooLongIsRefused() {
    #expect(throws: CanonicalRefusal.tooLong) { try CanonicalForm.canonical(.name, String(repeating: "あ", count: 1000)) }
  }

  @Test func bracketsAloneAreTheName() { #expect(Self.form("(山田)") == "(山田)") }
}
