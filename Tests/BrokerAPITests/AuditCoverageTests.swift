import Broker
import Foundation
import Hummingbird
import Logging
import PostgreSQL
import TestSupport
import Testing

@testable import BrokerAPI

/// Who looked at what: each route that shows something leaves an event, also where it finds nothing. A route that stands in neither list fails here, so
/// that nobody adds a look without its record.
@Suite("Every look is audited", .serialized)
struct AuditCoverageTests {
  private struct Look {
    let route: String
    let kind: AuditEvent.Kind
    var path: String?
    var body: String?

    init(_ route: String, _ kind: AuditEvent.Kind, path: String? = nil, body: String? = nil) {
      self.route = route
      self.kind = kind
      self.path = path
      self.body = body
    }
  }

  private static func id(_ prefix: String) -> String { prefix + "_01kaq3m5v8f7x9q2w4e6r8t012" }
  private static let tag = "hmac.1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

  private static let looks: [Look] = [
    Look("GET /v1/notices", .noticesViewed),
    Look("GET /v1/notices/{id}", .noticesViewed, path: "/v1/notices/\(id("ntc"))"),
    Look("GET /v1/consents", .consentsListed),
    Look("POST /v1/consents/search", .consentsListed, body: #"{"subjectReference":"C-1"}"#),
    Look("GET /v1/consents/{id}", .consentViewed, path: "/v1/consents/\(id("con"))"),
    Look("GET /v1/consents/{id}/events", .consentViewed, path: "/v1/consents/\(id("con"))/events"),
    Look("GET /v1/consents/{id}/receipt", .receiptIssued, path: "/v1/consents/\(id("con"))/receipt"),
    Look("GET /v1/consents/{id}/receipt-page", .receiptIssued, path: "/v1/consents/\(id("con"))/receipt-page"),
    Look("GET /v1/consents/counts", .consentsCounted),
    Look("GET /v1/evidence", .evidenceListed, path: "/v1/evidence?subjectId=\(id("sub"))"),
    Look("GET /v1/onboardings/{id}", .onboardingViewed, path: "/v1/onboardings/\(id("onb"))"),
    Look("GET /v1/verifications/{id}", .verificationViewed, path: "/v1/verifications/\(id("ver"))"),
    Look("POST /v1/verifications/search", .verificationViewed, body: #"{"subjectId":"\#(id("sub"))"}"#),
    Look("GET /v1/subjects/{id}", .subjectViewed, path: "/v1/subjects/\(id("sub"))"),
    Look("POST /v1/subjects/search", .subjectViewed, body: #"{"subjectReference":"C-1"}"#),
    Look("GET /v1/subjects/{id}/status", .statusViewed, path: "/v1/subjects/\(id("sub"))/status"),
    Look("GET /v1/subjects/{id}/status-checks", .statusViewed, path: "/v1/subjects/\(id("sub"))/status-checks"),
    Look("GET /v1/pairs", .pairsListed),
    Look("GET /v1/pairs/{id}", .pairViewed, path: "/v1/pairs/\(id("par"))"),
    Look("POST /v1/pairs/search", .pairsListed, body: #"{"ledgerRef":"C-1"}"#),
    Look("GET /v1/ledger-changes/{jobId}", .ledgerChangesViewed, path: "/v1/ledger-changes/\(id("ldg"))"),
    Look("POST /v1/matches/tags", .tagLookedUp, body: #"{"cardTag":"\#(tag)"}"#),
    Look("POST /v1/matches/tags/batch", .tagsLookedUp, body: #"{"cardTags":["\#(tag)"]}"#),
    Look("GET /v1/events", .eventsRead),
    Look("GET /v1/audit/events", .auditRead),
    Look("GET /v1/audit/events/{id}/proof", .auditProofRead, path: "/v1/audit/events/\(id("aud"))/proof"),
    Look("GET /v1/audit/checkpoints/latest", .auditCheckpointRead),
    Look("GET /v1/audit/checkpoints/consistency", .auditProofRead, path: "/v1/audit/checkpoints/consistency?month=2026-04&from=1"),
    Look("GET /v1/audit/exports", .auditExportViewed),
    Look("GET /v1/audit/exports/{id}", .auditExportViewed, path: "/v1/audit/exports/\(id("axp"))"),
    Look("GET /v1/audit/exports/{id}/content", .auditExportFetched, path: "/v1/audit/exports/\(id("axp"))/content"),
  ]

  /// What these leave is asked of the rules themselves, in a whole journey (LawTests, "every action leaves its audit event").
  private static let actions: Set<String> = [
    "POST /v1/notices", "POST /v1/consents", "POST /v1/consents/{id}/signature", "POST /v1/consents/{id}/revocation",
    "POST /v1/consents/{id}/refusal", "POST /v1/consents/{id}/withdrawal", "POST /v1/consents/{id}/withdrawal/signature",
    "POST /v1/documents/verifications",
    "POST /v1/onboardings", "POST /v1/onboardings/{id}/signature", "POST /v1/logins/{id}/signature", "POST /v1/matches/{id}/signature",
    "POST /v1/pairs", "DELETE /v1/pairs/{id}", "POST /v1/ledger-changes", "DELETE /v1/subjects/{id}", "POST /v1/subjects/{id}/latest-items",
    "POST /v1/subjects/{id}/status-checks", "POST /v1/subjects/{id}/contract-end", "POST /v1/subjects/{id}/door", "POST /v1/audit/exports",
    "GET /v1/tag-keys",
    "POST /v1/voprf/evaluations",
  ]
  /// Nothing is decided, looked at or kept: the answer is a challenge that holds its own state.
  private static let challenges: Set<String> = ["POST /v1/logins", "POST /v1/matches"]

  @Test("each route is a look, an action or a challenge")
  func everyRouteIsKnown() async throws {
    try await TestBroker.with { broker in
      let router = BrokerRoutes.router(services: broker.services, limits: ServerLimits())
      let routes = Set(router.routes.map { "\($0.method.rawValue) \($0.path.description)" }.filter { $0.contains(" /v1/") })
      let known = Set(Self.looks.map(\.route)).union(Self.actions).union(Self.challenges)
      #expect(routes.subtracting(known).sorted() == [], "say what they leave in the audit log")
      #expect(known.subtracting(routes).sorted() == [])
    }
  }

  @Test("each look leaves an event of its kind, also where it finds nothing")
  func everyLookIsRecorded() async throws {
    try await TestBroker.with { broker in
      let client = try await broker.client(of: broker.bank)
      let headers = try await broker.authorisation(client)
      let pool = PostgreSQLPool(
        PostgreSQLConfiguration(url: broker.superuserURL, maximumConnections: 1, maximumCheckedOut: 1),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      func recorded(_ kind: AuditEvent.Kind) async throws -> Int {
        try await pool.query(
          Statement("recorded", "select count(*) from audit_events where kind = $1 and actor = $2"),
          [.text(kind.rawValue), .text("client:" + client.id)]
        ).requireRow().int(0)
      }
      for look in Self.looks {
        let method = String(look.route.split(separator: " ")[0])
        let path = look.path ?? String(look.route.split(separator: " ")[1])
        let before = try await recorded(look.kind)
        let reply = try await broker.server.send(method, path, body: look.body, headers: headers)
        #expect([200, 404, 409].contains(reply.status), "\(look.route): \(reply.status) \(reply.body)")
        let after = try await recorded(look.kind)
        #expect(after == before + 1, "\(look.route) leaves \(after - before) events of kind \(look.kind.rawValue), answer \(reply.status)")
      }
      await pool.close()
    }
  }
}
