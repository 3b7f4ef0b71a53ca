import JOSE
import Testing

@testable import Story

@Suite struct StoryRecorderTests {
  @Test(arguments: [
    ("/v1/documents/verifications", "/v1/documents/verifications"), ("/v1/voprf/evaluations", "/v1/voprf/evaluations"),
    ("/v1/onboardings", "/v1/onboardings"),
    ("/v1/onboardings/onb_1/signature", "/v1/onboardings/{id}/signature"),
    ("/v1/consents/con_1?at=2025-01-01T00:00:00Z", "/v1/consents/{id}"),
    ("/v1/matches/tags", "/v1/matches/tags"),
    ("/v1/matches/tags/batch", "/v1/matches/tags/batch"),
    ("/v1/ledger-changes/job_1", "/v1/ledger-changes/{jobId}"),
    ("/v1/audit/events?pageSize=1", "/v1/audit/events"),
    ("/jwks.json", "/jwks.json"),
  ])
  func `paths are written as the contract writes them`(path: String, template: String) {
    #expect(StoryRecorder.template(of: path) == template)
  }

  @Test func `an answer becomes one line, with the tenant's kind and without the request`() throws {
    let recorder = StoryRecorder()
    recorder.receives(exchange)
    let lines = try recorder.newlineDelimitedAnswers().split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 1)
    let line = try JSONValue(parsing: Array(lines[0]))
    #expect(line["tenant"] == "notVerifier")
    #expect(line["body"] == ["result": "ok"])
    #expect(line["path"] == "/v1/logins/{id}/signature")
    #expect(!String(decoding: lines[0], as: UTF8.self).contains("secret"))
  }

  @Test func `the printer shows request and answer, and no colours where none are wanted`() {
    let lines = Lines()
    let printer = StoryPrinter(colours: false) { lines.append($0) }
    printer.receives(exchange)
    #expect(lines.all.contains { $0.contains("→ POST /v1/logins/lgn_1/signature   as fintech") })
    #expect(lines.all.contains { $0.contains("← 200") })
    #expect(!lines.all.contains { $0.contains("\u{1B}") })
  }

  @Test func `brief, the printer shows headings and confirmations alone`() {
    let lines = Lines()
    let printer = StoryPrinter(colours: false, brief: true) { lines.append($0) }
    printer.begins(StoryBook.steps[0], number: 1, of: 2)
    printer.tells("A sentence.")
    printer.receives(exchange)
    printer.confirms("matched")
    #expect(lines.all.filter { !$0.isEmpty }.count == 2)
  }

  private var exchange: StoryExchange {
    StoryExchange(
      request: StoryRequest(
        step: "login", role: .fintech, method: "POST", path: "/v1/logins/lgn_1/signature", idempotencyKey: "j-login-1",
        contentType: "application/json",
        body: Array(#"{"card":{"envelope":"secret"}}"#.utf8)),
      status: 200, headers: [(name: "content-type", value: "application/json")], body: Array(#"{"result":"ok"}"#.utf8),
      duration: .milliseconds(3))
  }
}
