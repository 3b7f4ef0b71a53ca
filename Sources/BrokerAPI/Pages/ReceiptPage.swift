import Broker
import CitizenItems
import Foundation
import JOSE

/// A consent's receipt (証跡) for people: one page, fit to be printed, that holds the signed receipt as well.
struct ReceiptPage {
  /// The two languages that pages speak.
  enum Language: String, CaseIterable {
    case japanese = "ja"
    case english = "en"

    /// As the notice speaks.
    init(notice: String) { self = notice.lowercased().hasPrefix("ja") ? .japanese : .english }
  }

  private let record: ConsentRecord
  private let receipt: String
  private let language: Language

  /// - Parameter language: nil takes the notice's.
  init(_ record: ConsentRecord, receipt: String, language: Language?) {
    self.record = record
    self.receipt = receipt
    self.language = language ?? Language(notice: record.notice.language)
  }

  /// The page and its style.
  var html: (html: String, style: String) {
    let title = say("同意の証跡", "Consent receipt")
    let page = """
      <!doctype html>
      <html lang="\(language.rawValue)">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title) \(record.consent.id)</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <main>
      <header>
      <p class="kind">\(title)</p>
      <h1>\(HTMLText.escaped(record.notice.title))</h1>
      <p class="state \(isInForce ? "on" : "off")"><strong>\(stateName(record.consent.state))</strong> <span>\(say("発行時点", "as of")) \(time(record.issuedAt))</span></p>
      </header>
      \(section(say("同意の内容", "What was agreed to"), agreement))
      \(section(say("事業者と取扱い", "Controller and handling"), handling))
      \(section(say("説明の全文", "The notice as shown"), notice))
      \(section(say("経過", "History"), history))
      \(section(say("署名された証跡", "The signed receipt"), signature))
      </main>
      </body>
      </html>

      """
    return (page, Self.style)
  }

  private var isInForce: Bool { record.consent.state.isInForce }

  private func say(_ japanese: String, _ english: String) -> String { language == .japanese ? japanese : english }

  private func section(_ title: String, _ content: String) -> String { "<section>\n<h2>\(title)</h2>\n\(content)\n</section>" }

  private func list(_ rows: [(String, String?)]) -> String {
    let entries = rows.compactMap { name, value in value.map { "<div><dt>\(name)</dt><dd>\($0)</dd></div>" } }
    return "<dl>\n\(entries.joined(separator: "\n"))\n</dl>"
  }

  private var agreement: String {
    let consent = record.consent
    return list([
      (say("同意番号", "Consent"), code(consent.id.description)), (say("本人（利用者番号）", "Person (subject)"), code(consent.subjectID.description)),
      (say("サービス", "Service"), HTMLText.escaped(consent.serviceID)),
      (say("利用目的", "Purposes"), consent.purposes.map(purposeName).joined(separator: say("、", ", "))),
      (
        say("対象の情報", "Information"),
        consent.items.isEmpty
          ? say("なし", "none") : Item.allCases.filter(consent.items.contains).map(itemName).joined(separator: say("、", ", "))
      ), (say("求めた日時", "Asked"), time(consent.requestedAt)), (say("同意した日時", "Given"), consent.givenAt.map(time)),
      (say("J-LISが受け取った日時", "Received by J-LIS"), consent.receivedAt.map(time)),
      (say("有効期限", "Valid until"), consent.validUntil.map(time)),
      (say("撤回の方法", "How to withdraw"), HTMLText.escaped(record.notice.withdrawalMethod)),
      (
        say("同意した場所", "Agreed at"),
        consent.channel == .mynaPortal ? say("マイナポータル", "My Number Portal") : say("事業者の画面", "the controller's own screen")
      ),
    ])
  }

  private var handling: String {
    let shown = record.notice.record
    let separator = say("、", ", ")
    func joined(_ texts: [String]) -> String? { texts.isEmpty ? nil : texts.map(HTMLText.escaped).joined(separator: separator) }
    return list([
      (say("事業者", "Controller"), HTMLText.escaped(shown.controller?.name ?? record.tenantName)),
      (say("所在地", "Address"), shown.controller.map { HTMLText.escaped($0.address) }),
      (say("連絡先", "Contact"), shown.controller.map { HTMLText.escaped($0.contact) }),
      (say("提供先", "Recipients"), joined(shown.recipients)), (say("保管場所", "Stored in"), joined(shown.storageLocations)),
      (say("保存期間", "Kept for"), shown.retention.map(HTMLText.escaped)), (say("法的根拠", "Lawful basis"), say("本人の同意", "consent")),
      (say("適用法域", "Jurisdiction"), say("日本", "Japan")),
    ])
  }

  private var notice: String {
    let known = NoticePoint.allCases.compactMap { point in record.notice.terms[point.rawValue].map { (point.number, $0) } }
    let others = record.notice.terms.filter { NoticePoint(rawValue: $0.key) == nil }.sorted { $0.key < $1.key }
    let points = known.map { "<li value=\"\($0.0)\">\(HTMLText.escaped($0.1))</li>" }.joined(separator: "\n")
    let rest = others.map { "<li><span>\(HTMLText.escaped($0.key))</span> \(HTMLText.escaped($0.value))</li>" }.joined(separator: "\n")
    return """
      <p class="body">\(HTMLText.escaped(record.notice.body))</p>
      \(points.isEmpty ? "" : "<ol>\n\(points)\n</ol>")
      \(rest.isEmpty ? "" : "<ul>\n\(rest)\n</ul>")
      <p class="small">\(say("説明", "Notice")) \(code("\(record.notice.id)")) \(say("第\(record.notice.version)版", "version \(record.notice.version)")), \
      \(HTMLText.escaped(record.notice.language)), SHA-256 \(code(Base64URL.encode(record.consent.noticeDigest)))</p>
      """
  }

  private var history: String {
    let rows = record.events.map { event in
      "<tr><td>\(time(event.at))</td><td>\(stateName(event.state))</td><td>\(actorName(event.actor))</td></tr>"
    }
    return """
      <table>
      <thead><tr><th scope="col">\(say("日時", "When"))</th><th scope="col">\(say("状態", "State"))</th><th scope="col">\(say("行った者", "By"))</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      """
  }

  private var signature: String {
    """
    <p>\(say(
      "次の文字列は、この証跡をプラットフォーム事業者が電子署名したもの（JWS）です。公開鍵（/jwks.json）があれば、誰でも <code>yonjo receipt verify</code> や一般のJOSEライブラリで検証できます。",
      "The text below is this receipt, signed by the platform operator (JWS). Anyone can verify it with the published keys (/jwks.json), by <code>yonjo receipt verify</code> or any JOSE library."))</p>
    <pre>\(HTMLText.escaped(receipt))</pre>
    """
  }

  private func code(_ text: String) -> String { "<code>\(HTMLText.escaped(text))</code>" }

  /// In Japan's time, to the second.
  private func time(_ date: Date) -> String {
    let stamp = RFC3339.text(Date(timeIntervalSince1970: (date.timeIntervalSince1970 + 9 * 3600).rounded(.down)))
    let text = stamp.prefix(19).replacing("T", with: " ") + " " + say("（日本時間）", "JST")
    return "<time datetime=\"\(RFC3339.text(date))\">\(text)</time>"
  }

  private func purposeName(_ purpose: String) -> String {
    purpose == NoticePoint.purpose
      ? say("最新の利用者情報の提供を受けること", "receiving the latest information") + " (\(purpose))" : HTMLText.escaped(purpose)
  }

  private func itemName(_ item: Item) -> String {
    switch item {
    case .name: say("氏名", "name")
    case .address: say("住所", "address")
    case .dateOfBirth: say("生年月日", "date of birth")
    case .sex: say("性別", "sex")
    }
  }

  private func stateName(_ state: ConsentState) -> String {
    switch state {
    case .requested: say("同意を求めた", "requested")
    case .refused: say("同意しなかった", "refused")
    case .pendingAtSource: say("J-LISの受付待ち", "waiting for J-LIS")
    case .given: say("同意（有効）", "given")
    case .renewed: say("更新（有効）", "renewed")
    case .expired: say("期間満了", "expired")
    case .invalidated: say("無効", "invalidated")
    case .revoked: say("事業者による終了", "ended by the controller")
    case .withdrawn: say("撤回", "withdrawn")
    case .withdrawnLocally: say("撤回（J-LISへの反映待ち）", "withdrawn (J-LIS to follow)")
    case .superseded: say("新しい同意に置換え", "superseded")
    case .cancelledAtSource: say("J-LISで取消", "cancelled at J-LIS")
    }
  }

  private func actorName(_ actor: String) -> String {
    switch actor {
    case "person": say("本人", "the person")
    case "tenant": say("事業者", "the controller")
    case "jlis": "J-LIS"
    default: actor.hasPrefix("job:") ? say("システム（期日）", "the system (time)") : say("事業者", "the controller")
    }
  }

  private static let style = """
    :root{color-scheme:light;--ink:#1b2430;--soft:#5a6675;--line:#d9dee5;--accent:#0b5c66}
    *{box-sizing:border-box}
    body{margin:0;background:#f3f5f7;color:var(--ink);font:16px/1.7 "Noto Sans CJK JP","Noto Sans JP","Hiragino Sans","Yu Gothic",system-ui,sans-serif}
    main{max-width:50rem;margin:2rem auto;padding:2.5rem 3rem;background:#fff;border:1px solid var(--line);border-radius:6px}
    header{border-bottom:3px solid var(--accent);padding-bottom:1rem}
    .kind{margin:0;color:var(--accent);font-weight:600;letter-spacing:.08em}
    h1{margin:.2rem 0 .8rem;font-size:1.6rem;line-height:1.4}
    h2{margin:2rem 0 .6rem;font-size:1.1rem}
    .state{margin:0}.state strong{padding:.15rem .7rem;border-radius:1rem;border:1px solid currentColor}
    .state.on strong{color:#17603a;background:#e9f6ee}.state.off strong{color:#7c2d12;background:#fdf1ea}
    .state span,.small{color:var(--soft);font-size:.85rem}
    dl{margin:0}dl div{display:grid;grid-template-columns:11rem 1fr;gap:1rem;padding:.4rem 0;border-bottom:1px solid var(--line)}
    dt{color:var(--soft)}dd{margin:0}
    code,pre{font-family:"Noto Sans Mono",ui-monospace,monospace;font-size:.82rem;overflow-wrap:anywhere}
    pre{white-space:pre-wrap;margin:0;padding:1rem;background:#f6f8fa;border:1px solid var(--line);border-radius:4px;line-height:1.45}
    .body{white-space:pre-wrap}ol,ul{padding-left:1.6rem}li{margin:.3rem 0}li span{color:var(--soft)}
    table{width:100%;border-collapse:collapse}th,td{text-align:left;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--line)}
    th{color:var(--soft);font-weight:500}
    @media (max-width:40rem){main{margin:0;padding:1.5rem 1.2rem;border:0}dl div{grid-template-columns:1fr;gap:0}}
    @media print{@page{margin:18mm}body{background:#fff;font-size:11pt}main{max-width:none;margin:0;padding:0;border:0}section{break-inside:auto}tr,dl div,li{break-inside:avoid}}
    """
}
