import CitizenItems
import Crypto
import Foundation
import Hummingbird
import Testing

@testable import Broker
@testable import BrokerAPI

@Suite("The receipt as a page for people")
struct ReceiptPageTests {
  private static let given = Date(timeIntervalSince1970: 1_775_000_000)

  private static func record(title: String = "最新の利用者情報の提供についての同意", state: ConsentState = .given) -> ConsentRecord {
    let draft = NoticeTemplate.japanese.draft()
    let notice = Broker.Notice(
      id: NoticeID(UUID()), version: 2, language: "ja", serviceID: "accounts", title: title, body: draft.body, purposes: draft.purposes,
      items: draft.items, validFor: "P10Y", withdrawalMethod: draft.withdrawalMethod, terms: draft.terms, record: draft.record,
      digest: Array(repeating: 7, count: 32), createdAt: given)
    let consent = Broker.Consent(
      id: ConsentID(UUID()), subjectID: SubjectID(UUID()), serviceID: "accounts", noticeID: notice.id, version: 2,
      noticeDigest: notice.digest, language: "ja", purposes: ["customerDueDiligence", "latestItems"], items: [.name, .address],
      state: state,
      requestedAt: given, givenAt: given + 2, validFrom: given, validUntil: given + 3_652 * 86_400, updatedAt: given + 2, isAtSource: true,
      statementDigest: nil, sourceReference: "SIM-C00000001", receivedAt: given + 2, channel: .tenantScreen)
    let events = [
      Broker.ConsentEvent(sequence: 1, at: given, state: .requested, actor: "tenant", basis: "session:cse_1"),
      Broker.ConsentEvent(sequence: 2, at: given, state: .pendingAtSource, actor: "person", basis: "session:cse_1"),
      Broker.ConsentEvent(sequence: 3, at: given + 2, state: .given, actor: "jlis", basis: "reception:SIM-C00000001"),
    ]
    return ConsentRecord(
      consent: consent, events: events, notice: notice, tenantName: "架空銀行", tenantID: TenantID(UUID()), issuedAt: given + 86_400)
  }

  @Test func itSaysEverythingThatTheReceiptSaysInBothLanguages() {
    let record = Self.record()
    let japanese = ReceiptPage(record, receipt: "a.b.c", language: nil).html.html
    for text in [
      record.consent.id.description, record.consent.subjectID.description, "氏名、住所", "架空銀行", "東京都架空区見本町１－２－３", "同意（有効）", "J-LIS",
      "a.b.c", "lang=\"ja\"", "2026-04-01 08:33:20", "同意の終了から7年",
    ] { #expect(japanese.contains(text), "\(text)") }
    for point in NoticePoint.allCases { #expect(japanese.contains("<li value=\"\(point.number)\">")) }
    let english = ReceiptPage(record, receipt: "a.b.c", language: .english).html.html
    for text in ["Consent receipt", "name, address", "waiting for J-LIS", "lang=\"en\"", "Valid until"] { #expect(english.contains(text)) }
    #expect(ReceiptPage(Self.record(state: .withdrawn), receipt: "a.b.c", language: .english).html.html.contains("state off"))
  }

  @Test func nothingThatATenantWroteIsMarkup() {
    let record = Self.record(title: #"<script>alert("1")</script> & 'more'"# + "\u{202E}")
    let page = ReceiptPage(record, receipt: "<b>", language: nil).html.html
    #expect(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;\u{FFFD}"))
    #expect(!page.contains("<script") && !page.contains("<b>"))
  }

  @Test func itLoadsNothingRunsNothingAndIsFramedByNobody() throws {
    let page = ReceiptPage(Self.record(), receipt: "a.b.c", language: nil).html
    let response = Response.page(page)
    let policy = try #require(response.headers[.contentSecurityPolicy])
    let digest = Data(SHA256.hash(data: Data(page.style.utf8))).base64EncodedString()
    #expect(
      policy == "default-src 'none'; style-src 'sha256-\(digest)'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    #expect(page.html.contains("<style>\(page.style)</style>"))
    for forbidden in ["<script", "<img", "<link", "http://", "https://", "url(", "style=\"", "@import"] {
      #expect(!page.html.contains(forbidden), "\(forbidden)")
    }
  }
}
