import Broker
import Foundation
import HTTPTypes
import Hummingbird
import JOSE
import Logging
import PostgreSQL
import TestSupport
import Testing

@testable import BrokerAPI

private let notice =
  #"{"serviceId":"main","language":"ja","title":"同意","body":"架空の説明","purposes":["accountOpening"],"items":["address"],"validFor":"P1Y","withdrawalMethod":"窓口"}"#

@Suite("Routes, on a database")
struct RouteTests {
  /// Method and path of every `/v1` route, ids filled in.
  private static func calls(_ router: Router<BrokerRequestContext>) -> [(method: String, path: String)] {
    router.routes.map { (method: $0.method.rawValue, path: $0.path.description) }.filter { $0.path.hasPrefix("/v1/") }.map { call in
      (call.method, call.path.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }.reduce("") { $0 + "/" + $1 })
    }
  }

  private static let routes = [
    "GET /v1/audit/events", "GET /v1/audit/events/x/proof", "GET /v1/audit/checkpoints/latest", "GET /v1/audit/checkpoints/consistency",
    "GET /v1/audit/exports", "POST /v1/audit/exports", "GET /v1/audit/exports/x", "GET /v1/audit/exports/x/content",
    "GET /v1/consents", "GET /v1/consents/x", "GET /v1/consents/x/events", "GET /v1/consents/x/receipt",
    "GET /v1/consents/counts", "GET /v1/consents/x/receipt-page", "POST /v1/consents/x/refusal", "GET /v1/evidence",
    "POST /v1/subjects/x/contract-end", "POST /v1/subjects/x/door",
    "POST /v1/consents", "POST /v1/consents/search", "POST /v1/consents/x/revocation", "POST /v1/consents/x/signature",
    "POST /v1/consents/x/withdrawal", "POST /v1/consents/x/withdrawal/signature", "POST /v1/documents/verifications", "GET /v1/events",
    "GET /v1/ledger-changes/x",
    "POST /v1/ledger-changes", "POST /v1/logins", "POST /v1/logins/x/signature", "POST /v1/matches", "POST /v1/matches/tags",
    "POST /v1/matches/tags/batch", "POST /v1/matches/x/signature", "GET /v1/notices", "GET /v1/notices/x", "POST /v1/notices",
    "GET /v1/onboardings/x", "POST /v1/onboardings", "POST /v1/onboardings/x/signature", "DELETE /v1/pairs/x", "GET /v1/pairs",
    "GET /v1/pairs/x",
    "POST /v1/pairs", "POST /v1/pairs/search", "DELETE /v1/subjects/x", "GET /v1/subjects/x", "GET /v1/subjects/x/status",
    "GET /v1/subjects/x/status-checks", "POST /v1/subjects/search", "POST /v1/subjects/x/latest-items", "POST /v1/subjects/x/status-checks",
    "GET /v1/tag-keys", "GET /v1/verifications/x", "POST /v1/verifications/search", "POST /v1/voprf/evaluations",
  ]

  @Test("without a token every route answers 401, whatever the body")
  func unauthenticated() async throws {
    try await TestBroker.with { broker in
      for route in Self.routes {
        let parts = route.split(separator: " ").map(String.init)
        for headers in [[], [("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")], [("authorization", "Basic eDp5")]] {
          let reply = try await broker.server.send(parts[0], parts[1], body: parts[0] == "POST" ? "{" : nil, headers: headers)
          #expect(reply.status == 401 && reply.code == "invalidToken", "\(route)")
          #expect(reply["www-authenticate"]?.hasPrefix("Bearer") == true)
        }
      }
    }
  }

  @Test("a scope opens its own routes and no other; it is asked for before the body is read")
  func scopes() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank, .events))
      for route in Self.routes where route != "GET /v1/events" {
        let parts = route.split(separator: " ").map(String.init)
        let reply = try await broker.server.send(parts[0], parts[1], body: parts[0] == "POST" ? "{" : nil, headers: headers)
        #expect(reply.status == 403 && reply.code == "insufficientScope", "\(route)")
      }
      #expect(try await broker.server.send("GET", "/v1/events", headers: headers).status == 200)
    }
  }

  @Test("a notVerifier is refused status, status checks and latest items")
  func notVerifier() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.fintech))
      let id = "sub_01kaq3m5v8f7x9q2w4e6r8t010"
      let calls = [
        ("GET", "status", nil), ("GET", "status-checks", nil), ("POST", "latest-items", nil),
        ("POST", "status-checks", #"{"method":"ocsp","purpose":"livenessCheck"}"#),
      ]
      for (method, path, body) in calls {
        let reply = try await broker.server.send(method, "/v1/subjects/\(id)/\(path)", body: body, headers: headers)
        #expect(reply.status == 403 && reply.code == "notPermittedForStatus", "\(path)")
      }
      #expect(try await broker.server.send("GET", "/v1/pairs?state=stale", headers: headers).code == "invalidRequest")
      #expect(try await broker.server.send("GET", "/v1/pairs?state=inactive", headers: headers).body == #"{"pairs":[]}"#)
    }
  }

  @Test("counts, evidence and the end of a contract: days and times are read strictly")
  func consentsBesides() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      func get(_ path: String) async throws -> Reply { try await broker.server.send("GET", path, headers: headers) }
      let counts = try await get("/v1/consents/counts?from=2026-01-01&until=2026-01-02")
      #expect(counts.body == #"{"counts":[{"day":"2026-01-01","consents":{}},{"day":"2026-01-02","consents":{}}]}"#)
      #expect(try await get("/v1/consents/counts?from=2026-01-02&until=2026-01-01").code == "periodInvalid")
      #expect(try await get("/v1/consents/counts?from=2026-1-2").code == "invalidRequest")
      #expect(try await get("/v1/consents/counts?interval=year").code == "invalidRequest")
      #expect(try await get("/v1/consents?item=phone").code == "invalidRequest")
      #expect(try await get("/v1/consents?item=name&noticeVersion=1&at=2026-01-01T00:00:00Z").body == #"{"consents":[]}"#)
      #expect(try await get("/v1/evidence").code == "invalidRequest")
      let subject = "sub_01kaq3m5v8f7x9q2w4e6r8t010"
      #expect(try await get("/v1/evidence?subjectId=\(subject)").body == #"{"evidence":[]}"#)
      let end = "/v1/subjects/\(subject)/contract-end"
      #expect(try await broker.server.send("POST", end, body: "{}", headers: headers).status == 404)
      let early = try await broker.server.send("POST", end, body: #"{"endedAt":"2999-01-01T00:00:00Z"}"#, headers: headers)
      #expect(early.code == "contractEndInvalid")
      #expect(try await get("/v1/consents/con_01kaq3m5v8f7x9q2w4e6r8t012/receipt-page").status == 404)
    }
  }

  @Test("a notice for latest items says which of its points is missing")
  func noticePoints() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      let reply = try await broker.server.send(
        "POST", "/v1/notices", body: notice.replacing("accountOpening", with: "latestItems"), headers: headers)
      #expect(reply.status == 422 && reply.code == "noticePointMissing")
      #expect(reply.body.contains("/terms/whatIsProvided"))
      for template in NoticeTemplate.allCases {
        let published = try await broker.server.send("POST", "/v1/notices", body: try template.body(), headers: headers)
        #expect(published.status == 201)
        #expect(published.member("language") == template.rawValue)
      }
    }
  }

  @Test("the token endpoint speaks RFC 6749: its errors, its forms, no-store")
  func tokens() async throws {
    try await TestBroker.with { broker in
      let client = try await broker.client(of: broker.bank, .login, .matching)
      let granted = try await broker.token(of: client)
      #expect(granted.status == 200 && granted["cache-control"] == "no-store")
      #expect(granted.member("token_type") == "Bearer" && granted.member("scope") == "login matching")
      #expect(try await broker.token(of: client, scope: "login").member("scope") == "login")
      #expect(try await broker.token(of: client, scope: "events").member("error") == "invalid_scope")
      #expect(try await broker.token([("grant_type", "password")]).member("error") == "unsupported_grant_type")
      #expect(try await broker.token([]).member("error") == "invalid_request")
      let stranger = TestBroker.Client(id: client.id, key: .generate())
      let refused = try await broker.token(of: stranger)
      #expect(refused.status == 401 && refused.member("error") == "invalid_client")
      #expect(try await broker.token(of: client, assertion: try client.assertion(audience: "https://elsewhere.test")).status == 401)
      #expect(try await broker.token(of: client, assertion: try client.assertion(lifetime: 86_400)).status == 401)
    }
  }

  @Test("a client assertion is good once")
  func assertionsOnce() async throws {
    try await TestBroker.with { broker in
      let client = try await broker.client(of: broker.bank)
      let assertion = try client.assertion()
      #expect(try await broker.token(of: client, assertion: assertion).status == 200)
      #expect(try await broker.token(of: client, assertion: assertion).member("error") == "invalid_client")
    }
  }

  @Test("metadata and keys are public, cacheable, and hold no private member")
  func wellKnown() async throws {
    try await TestBroker.with { broker in
      let metadata = try await broker.server.send("GET", "/.well-known/oauth-authorization-server")
      #expect(metadata.member("issuer") == TestBroker.issuer && metadata.member("token_endpoint") == TestBroker.issuer + "/oauth2/token")
      let keys = try await broker.server.send("GET", "/jwks.json")
      #expect(keys["cache-control"] == "public, max-age=60")
      let set = try #require(JSONSerialization.jsonObject(with: Data(keys.body.utf8)) as? [String: [[String: String]]])
      let members = Set(try #require(set["keys"]).flatMap(\.keys))
      #expect(members == ["kty", "crv", "x", "y", "kid", "alg", "use"])
    }
  }

  @Test("the same Idempotency-Key: same body, same answer; other body, 422")
  func idempotency() async throws {
    try await TestBroker.with { broker in
      let client = try await broker.client(of: broker.bank)
      let headers = try await broker.authorisation(client, key: "k-1")
      let first = try await broker.server.send("POST", "/v1/notices", body: notice, headers: headers)
      #expect(first.status == 201)
      #expect(try await broker.server.send("POST", "/v1/notices", body: notice, headers: headers).body == first.body)
      let other = notice.replacingOccurrences(of: "同意", with: "別")
      let refused = try await broker.server.send("POST", "/v1/notices", body: other, headers: headers)
      #expect(refused.status == 422 && refused.code == "idempotencyKeyReused")
      let bad = headers.filter { $0.0 != "idempotency-key" } + [("idempotency-key", "with space")]
      #expect(try await broker.server.send("POST", "/v1/notices", body: notice, headers: bad).code == "idempotencyKeyInvalid")
    }
  }

  @Test("another tenant's id is 404, as is one that never was or is none")
  func tenantsApart() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.authorisation(try await broker.client(of: broker.bank))
      let fintech = try await broker.authorisation(try await broker.client(of: broker.fintech))
      let id = try #require(try await broker.server.send("POST", "/v1/notices", body: notice, headers: bank).member("id"))
      #expect(try await broker.server.send("GET", "/v1/notices/\(id)", headers: bank).status == 200)
      let answers = try await [id, "ntc_01kaq3m5v8f7x9q2w4e6r8t010", "sub_01kaq3m5v8f7x9q2w4e6r8t010", "nonsense"].asyncMap { id in
        try await broker.server.send("GET", "/v1/notices/\(id)", headers: fintech)
      }
      #expect(answers.allSatisfy { $0.status == 404 && $0.code == "notFound" })
      #expect(try await broker.server.send("GET", "/v1/notices", headers: fintech).body == #"{"notices":[]}"#)
    }
  }

  @Test("bodies and queries are strict on real routes, with all faults named at once")
  func strictness() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      func faults(_ reply: Reply) -> [String] {
        let object = (try? JSONSerialization.jsonObject(with: Data(reply.body.utf8))) as? [String: Any]
        return ((object?["errors"] as? [[String: String]]) ?? []).compactMap { $0["pointer"] }
      }
      let unknown = try await broker.server.send(
        "POST", "/v1/logins", body: #"{"origin":"https://app.test","more":1,"other":2}"#, headers: headers)
      #expect(unknown.status == 400 && faults(unknown) == ["/more", "/other"])
      let long = notice.replacingOccurrences(of: "\"同意\"", with: "\"" + String(repeating: "長", count: 201) + "\"")
        .replacingOccurrences(of: "[\"accountOpening\"]", with: "[]")
      #expect(faults(try await broker.server.send("POST", "/v1/notices", body: long, headers: headers)) == ["/title", "/purposes"])
      for query in ["?pagesize=5", "?pageSize=0", "?pageSize=501", "?pageSize=1&pageSize=2"] {
        #expect(try await broker.server.send("GET", "/v1/notices" + query, headers: headers).code == "invalidRequest", "\(query)")
      }
      #expect(try await broker.server.send("GET", "/v1/consents?at=yesterday", headers: headers).code == "invalidRequest")
      #expect(try await broker.server.send("GET", "/v1/notices?pageToken=%22", headers: headers).code == "pageTokenInvalid")
      let plain = #"{"card":{"format":"xml","signature":"AAAA"}}"#
      #expect(try await broker.server.send("POST", "/v1/logins/x/signature", body: plain, headers: headers).code == "formatNotSupported")
    }
  }

  @Test("a list pages to its end, each element once")
  func paging() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      for _ in 0..<5 { _ = try await broker.server.send("POST", "/v1/notices", body: notice, headers: headers) }
      var ids: [String] = []
      var token: String?
      repeat {
        let reply = try await broker.server.send(
          "GET", "/v1/notices?pageSize=2" + (token.map { "&pageToken=\($0)" } ?? ""), headers: headers)
        let object = try #require(JSONSerialization.jsonObject(with: Data(reply.body.utf8)) as? [String: Any])
        ids += ((object["notices"] as? [[String: Any]]) ?? []).compactMap { $0["id"] as? String }
        token = object["nextPageToken"] as? String
      } while token != nil
      #expect(ids.count == 5 && Set(ids).count == 5)
    }
  }

  @Test("a ledger upload is stored and counted; without a key it is refused")
  func ledgerUpload() async throws {
    try await TestBroker.with { broker in
      let client = try await broker.client(of: broker.bank)
      let headers = try await broker.authorisation(client).filter { $0.0 != "content-type" } + [("content-type", "application/x-ndjson")]
      let lines = "{\"before\":[],\"after\":null,\"ref\":\"C-1\"}\nnonsense\n{\"before\":[\"hmac.1.1.x\"],\"after\":null}"
      #expect(try await broker.server.send("POST", "/v1/ledger-changes", body: lines, headers: headers).code == "idempotencyKeyRequired")
      let accepted = try await broker.server.send(
        "POST", "/v1/ledger-changes", body: lines, headers: headers + [("idempotency-key", "night-1")])
      #expect(accepted.status == 202)
      let job = try await broker.server.send("GET", "/v1/ledger-changes/\(accepted.member("jobId") ?? "")", headers: headers)
      #expect(job.body.contains(#""received":3"#) && job.body.contains(#"{"line":2,"reason":"lineMalformed"}"#))
    }
  }

  @Test("a ledger upload that is cut leaves the job receiving; the same key with the whole body continues it")
  func cutUpload() async throws {
    try await TestBroker.with { broker in
      let client = try await broker.client(of: broker.bank)
      let token = try await broker.token(of: client).member("access_token") ?? ""
      let line = "{\"before\":[],\"after\":null,\"ref\":\"C-1\"}\n"
      try await RawClient.talk(port: broker.server.port) { raw in
        try await raw.send(
          "POST /v1/ledger-changes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Type: application/x-ndjson\r\n"
            + "Idempotency-Key: night-2\r\nTransfer-Encoding: chunked\r\n\r\n")
        try await raw.send(String(line.utf8.count * 3, radix: 16) + "\r\n" + line + line + line + "\r\n")
        try await Task.sleep(for: .milliseconds(300))
      }
      try await Task.sleep(for: .milliseconds(300))
      let headers = [("authorization", "Bearer \(token)"), ("content-type", "application/x-ndjson"), ("idempotency-key", "night-2")]
      let lines = String(repeating: line, count: 5)
      var whole = try await broker.server.send("POST", "/v1/ledger-changes", body: lines, headers: headers)
      // On a slow machine the broker learns of the cut some time later.
      for _ in 0..<300 where whole.code == "requestInProgress" {
        try await Task.sleep(for: .milliseconds(100))
        whole = try await broker.server.send("POST", "/v1/ledger-changes", body: lines, headers: headers)
      }
      #expect(whole.status == 202)
      let job = try await broker.server.send("GET", "/v1/ledger-changes/\(whole.member("jobId") ?? "")", headers: headers)
      #expect(job.body.contains(#""state":"stored","received":5"#))
      let other = try await broker.server.send("POST", "/v1/ledger-changes", body: line, headers: headers)
      #expect(other.status == 422 && other.code == "idempotencyKeyReused")
    }
  }

  @Test("the routes served are exactly those of the contract")
  func contract() async throws {
    try await TestDatabase.with(migrated: false) { database in
      let pools = [idlePool(database.appURL), idlePool(database.jobsURL)]
      let services = try TestBroker.services(database, root: .generate(), pools)
      let router = BrokerRoutes.router(services: services, limits: ServerLimits())
      #expect(Set(Self.calls(router).map { "\($0.method) \($0.path)" }) == Set(Self.routes))
      let surroundings = ServerSurroundings(metrics: MetricsRegistry(), sink: LogSink(descriptor: -1), logger: .init(label: "test"))
      _ = BrokerServer.responder(router: router, settings: ServerSettings(host: "", port: 0, tls: nil), surroundings: surroundings)
      let served = Set(router.routes.map { "\($0.method.rawValue) \($0.path)" })
      #expect(served == (try ContractDocument().operations))
      await services.stop()
      for pool in pools { await pool.close() }
    }
  }
}

private func idlePool(_ url: String) -> PostgreSQLPool {
  PostgreSQLPool(PostgreSQLConfiguration(url: url), logger: Logger(label: "test"))
}

extension Sequence {
  fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
    var results: [T] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
