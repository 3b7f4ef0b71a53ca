import Broker
import Foundation
import Hummingbird

/// `/v1/events`
struct EventRoutes {
  let endpoint: Endpoint
  let events: EventService

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/v1/events") { request, context in
      let caller = try await endpoint.caller(.events, request, context)
      let query = try Query(request, ["after", "waitSeconds", "pageSize"])
      let page = try await events.list(
        caller, after: try query.text("after", upTo: 128), limit: try query.integer("pageSize", 1...500) ?? 50,
        waitSeconds: try query.integer("waitSeconds", 0...EventService.maximumWaitSeconds) ?? 0)
      return try Response.json(EventPage(events: page.events.map(Event.init), nextAfter: page.nextAfter))
    }
  }
}

/// Something that happened: ids only (EventForVerifier, EventForNonVerifier). Which kinds a tenant sees is decided by the rules.
struct Event: Encodable {
  let id: EventID
  let at: Date
  let kind: TenantEvent.Kind
  let consentId: ConsentID?
  let subjectId: SubjectID?
  let pairId: PairID?

  init(_ event: TenantEvent) {
    id = event.id
    at = event.at
    kind = event.kind
    consentId = event.consentID
    subjectId = event.subjectID
    pairId = event.pairID
  }
}

/// A page of events and where the next one begins (EventPageForVerifier, EventPageForNonVerifier).
struct EventPage: Encodable {
  let events: [Event]
  let nextAfter: String
}
