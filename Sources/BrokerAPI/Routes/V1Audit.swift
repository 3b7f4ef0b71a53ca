import Broker
import Foundation
import Hummingbird

/// `/v1/audit`
struct AuditRoutes {
  let endpoint: Endpoint
  let audit: AuditService

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/v1/audit/events") { request, context in
      let caller = try await endpoint.caller(.auditRead, request, context)
      let query = try Query(request, Query.paging.union(["after", "before", "kind", "subjectId", "actor"]))
      let (limit, token) = try query.page()
      let wanted = AuditQuery(
        after: try query.time("after"), before: try query.time("before"), kind: try query.text("kind", upTo: 64),
        subjectID: try query.id("subjectId"), actor: try query.text("actor", upTo: 128))
      let page = try await audit.list(caller, wanted, limit: limit, pageToken: token)
      switch caller.status {
      case .deemedVerifier:
        return try Response.json(
          AuditEventPage(auditEvents: page.elements.map(AuditEventForVerifier.init), nextPageToken: page.nextPageToken))
      case .notVerifier:
        return try Response.json(
          AuditEventPage(auditEvents: page.elements.map(AuditEventForNonVerifier.init), nextPageToken: page.nextPageToken))
      }
    }
  }
}

/// One decision or one look, for a `deemedVerifier`.
struct AuditEventForVerifier: Encodable {
  let id: AuditEventID
  let at: Date
  let kind: Broker.AuditEvent.Kind
  let actor: String
  let subjectId: SubjectID?
  let object: String?
  let purpose: String?
  let outcome: String
  let requestId: String?
  let detail: [String: String]?

  init(_ event: Broker.AuditEvent) {
    id = event.id
    at = event.at
    kind = event.kind
    actor = event.actor
    subjectId = event.subjectID
    object = event.object
    purpose = event.purpose
    outcome = event.outcome
    requestId = event.requestID
    detail = event.detail.isEmpty ? nil : event.detail
  }
}

/// One decision or one look, for a `notVerifier`: its own log must not tell what its answers may not (jpki.md §9).
struct AuditEventForNonVerifier: Encodable {
  let id: AuditEventID
  let at: Date
  let kind: Broker.AuditEvent.Kind
  let actor: String
  let subjectId: SubjectID?
  let object: String?
  let purpose: String?
  let outcome: String
  let requestId: String?

  init(_ event: Broker.AuditEvent) {
    id = event.id
    at = event.at
    kind = event.kind
    actor = event.actor
    subjectId = event.subjectID
    object = event.object
    purpose = event.purpose
    outcome = ToldOutcome.of(event.outcome)
    requestId = event.requestID
  }
}

/// A page of the audit log (AuditEventPageForVerifier, AuditEventPageForNonVerifier).
struct AuditEventPage<Event: Encodable>: Encodable {
  let auditEvents: [Event]
  let nextPageToken: String?
}
