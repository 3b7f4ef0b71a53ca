import JOSE
/// The story's people and papers. Nobody here exists.
enum Invented {
  struct Citizen: Sendable {
    let key: String
    let name: String
    let address: String
    let newAddress: String
    let dateOfBirth: String
    let sex: String
  }

  struct LedgerRow: Sendable {
    let reference: String
    let name: String
    let address: String
    let dateOfBirth: String
    let sex: String
  }

  static let hanako = Citizen(
    key: "hanako", name: "四情　花子", address: "東京都清瀬市四季町１－２－３", newAddress: "神奈川県横浜市中区汐風町４－５－６", dateOfBirth: "1990-04-01", sex: "female")
  static let taro = Citizen(
    key: "taro", name: "四情　太郎", address: "東京都清瀬市四季町１－２－３", newAddress: "神奈川県横浜市中区汐風町４－５－６", dateOfBirth: "1988-11-23", sex: "male")
  /// Whose signing certificate has run out.
  static let jiro = Citizen(key: "jiro", name: "時尾　次郎", address: "東京都清瀬市四季町７－８", newAddress: "", dateOfBirth: "1970-01-31", sex: "male")
  /// Whose card was reported lost.
  static let saburo = Citizen(
    key: "saburo", name: "無久志　三郎", address: "東京都清瀬市四季町９－１０", newAddress: "", dateOfBirth: "1975-05-05", sex: "male")

  /// The bank's ledger writes her name in kana; digits, dashes and dates are its own, too.
  static func hanakoInLedger(_ reference: String) -> LedgerRow {
    LedgerRow(reference: reference, name: "四情 はな子", address: "東京都清瀬市四季町1-2-3", dateOfBirth: "平成2年4月1日", sex: "2")
  }
  static func taroInLedger(_ reference: String) -> LedgerRow {
    LedgerRow(reference: reference, name: "四情 太郎", address: "東京都清瀬市四季町1-2-3", dateOfBirth: "昭和63年11月23日", sex: "1")
  }
  static func hanakoInLedgerAfterMove(_ reference: String) -> LedgerRow {
    LedgerRow(reference: reference, name: "四情 はな子", address: "神奈川県横浜市中区汐風町4-5-6", dateOfBirth: "平成2年4月1日", sex: "2")
  }

  static let application = "口座開設申込書 普通預金"
  static let loanContract = "金銭消費貸借契約書 金五十万円 年利二パーセント"
  static let changedLoanContract = "金銭消費貸借契約書 金五百万円 年利二パーセント"
  static let fintechApplication = "利用申込書 送金アプリ"

  static let noticeBody = """
    当行は、J-LIS（地方公共団体情報システム機構）から、あなたの最新の基本4情報（氏名・住所・生年月日・性別）の提供を受けます。
    提供を受けるのは、あなたが項目ごとに同意したものに限ります。有効な署名用電子証明書がない間は提供されません。
    同意は電子署名によるもので、サービスごとに、いつでも撤回できます。同意しなくても不利益はありません。
    """

  /// The points that a notice for latest items must make, in short; `yonjo notice template` prints them in full.
  static let noticePoints: JSONValue = [
    "whatIsProvided": "J-LISは、あなたが同意した項目の最新の情報を、プラットフォーム事業者を通じて当行に提供します。有効な電子証明書がない間は、何も提供されません。",
    "purposeOfUse": "お客さま情報を最新に保つために利用します。利用目的は当行のウェブサイトで公表しています。",
    "disclosure": "いつ、どの情報を取得したかの開示を請求できます。手数料は無料で、二週間以内に書面でお答えします。",
    "storage": "同意の記録は当行、プラットフォーム事業者とJ-LISが保存し、必要がなくなれば消去します。",
    "electronicOnly": "同意は署名用電子証明書による電子署名で、サービスごとに行います。署名と電子証明書はJ-LISに届いた後は保存しません。",
    "validity": "同意した日（J-LISが受け取った日）の翌日から10年間、電子証明書が何度失効しても有効で、いつでも取り消せます。",
    "voluntary": "同意は任意です。同意しなくても、不利益はありません。",
    "cancellation": "取り消すと、J-LISが受け付けた時から、そのサービスへの提供が終わります。",
    "whereToAskAndCancel": "照会は利用者証明用電子証明書で、取消しは署名用電子証明書で、アプリから行えます。",
    "sourceApplication": "J-LISの利用者クライアントソフトでも、照会と取消しができます。",
    "contact": "架空銀行　お客さま相談室　東京都架空区見本町１－２－３　電話 03-0000-0000",
  ]
}
