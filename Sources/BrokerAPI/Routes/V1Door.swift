import Broker
import Foundation
import Hummingbird

/// `/v1/subjects/{id}/door`: a person's way to their own consents.
struct DoorRoutes {
  let endpoint: Endpoint
  let doors: DoorService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/subjects/{id}/door") { request, context in
      let (caller, body) = try await endpoint.body(DoorCreation.self, .consentsWrite, request, context)
      try await endpoint.spend(.lookUp, caller, context)
      let link = try await doors.make(caller, subjectID: try context.id(), language: body.language?.rawValue ?? "ja")
      return try Response.json(Door(link, tenant: caller.tenantID, issuer: doors.issuer), status: .created)
    }
  }
}

/// Asks for a door. Each answer is a link of its own: a repeat makes another, because no link is kept.
struct DoorCreation: Decodable {
  /// The languages of the page.
  enum Language: String, Decodable {
    case ja, en
  }

  let language: Language?
}

/// A one-time link to a person's own consents.
struct Door: Encodable {
  let id: DoorID
  let url: String
  let expiresAt: Date

  init(_ link: DoorLink, tenant: TenantID, issuer: String) {
    id = link.id
    url = "\(issuer)/door/\(tenant)/\(link.token)"
    expiresAt = link.until
  }
}
