import Broker
import CitizenItems
import Foundation
import Hummingbird

/// `/v1/subjects`
struct SubjectRoutes {
  let endpoint: Endpoint
  let subjects: SubjectService
  let statuses: StatusService
  let latestItems: LatestItemsService

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/v1/subjects/{id}") { request, context in
      let caller = try await endpoint.caller(.subjects, request, context)
      return try Response.json(Subject(try await subjects.get(caller, id: try context.id())))
    }
    router.post("/v1/subjects/search") { request, context in
      let (caller, body) = try await endpoint.body(SubjectSearch.self, .subjects, request, context)
      try await endpoint.spend(.lookUp, caller, context)
      let page = try await subjects.search(caller, reference: body.subjectReference, limit: body.pageSize ?? 50, pageToken: body.pageToken)
      return try Response.json(SubjectPage(subjects: page.elements.map(Subject.init), nextPageToken: page.nextPageToken))
    }
    router.delete("/v1/subjects/{id}") { request, context in
      let (caller, write) = try await endpoint.write(.subjects, request, context)
      try await subjects.erase(caller, id: try context.id(), request: write)
      return Response.noContent
    }
    router.get("/v1/subjects/{id}/status") { request, context in
      let caller = try await endpoint.caller(.subjects, request, context)
      try caller.requireDeemedVerifier()
      return try Response.json(SubjectStatus(try await statuses.get(caller, id: try context.id())))
    }
    router.post("/v1/subjects/{id}/status-checks") { request, context in
      let (caller, body, write) = try await endpoint.write(StatusCheckCreation.self, .subjects, request, context)
      try caller.requireDeemedVerifier()
      let id: SubjectID = try context.id()
      let check = try await statuses.check(caller, id: id, method: body.method.method, purpose: body.purpose, request: write)
      return try Response.json(StatusCheck(check, of: id), status: .created)
    }
    router.get("/v1/subjects/{id}/status-checks") { request, context in
      let caller = try await endpoint.caller(.subjects, request, context)
      try caller.requireDeemedVerifier()
      let id: SubjectID = try context.id()
      let (limit, token) = try Query(request, Query.paging).page()
      let page = try await statuses.history(caller, id: id, limit: limit, pageToken: token)
      return try Response.json(
        StatusCheckPage(statusChecks: page.elements.map { StatusCheck($0, of: id) }, nextPageToken: page.nextPageToken))
    }
    router.post("/v1/subjects/{id}/latest-items") { request, context in
      let (caller, write) = try await endpoint.write(.latestItems, request, context)
      try caller.requireDeemedVerifier()
      return try Response.json(LatestItemsResult(try await latestItems.fetch(caller, id: try context.id(), request: write)))
    }
  }
}

/// A subject (利用者): opaque, without items.
struct Subject: Encodable {
  let id: SubjectID
  let createdAt: Date
  let erasedAt: Date?

  init(_ subject: SubjectView) {
    id = subject.id
    createdAt = subject.createdAt
    erasedAt = subject.erasedAt
  }
}

/// Looks for subjects by the tenant's own reference.
struct SubjectSearch: Decodable, Bounded {
  let subjectReference: String
  let pageSize: Int?
  let pageToken: String?

  func check(_ bounds: inout Bounds) {
    bounds.length(subjectReference, "/subjectReference", 1...128)
    bounds.value(pageSize, "/pageSize", 1...500)
    bounds.length(pageToken, "/pageToken", 1...512)
  }
}

/// A page of subjects.
struct SubjectPage: Encodable {
  let subjects: [Subject]
  let nextPageToken: String?
}

/// Last known state of a subject's certificates, for a `deemedVerifier`.
struct SubjectStatus: Encodable {
  let signing: CertificateStanding
  let authentication: CertificateStanding
  let checkedAt: Date?
  let method: String

  init(_ status: Broker.SubjectStatus) {
    signing = status.signing
    authentication = status.authentication
    checkedAt = status.checkedAt
    method = status.method
  }
}

/// Asks for a status check (現況確認).
struct StatusCheckCreation: Decodable {
  /// How to look: the list or the responder.
  enum Method: String, Decodable {
    case crl, ocsp

    var method: RevocationDecision.Method { self == .crl ? .crl : .ocsp }
  }

  let method: Method
  let purpose: CheckPurpose
}

/// A status check, for a `deemedVerifier`.
struct StatusCheck: Encodable {
  let id: StatusCheckID?
  let subjectId: SubjectID
  let purpose: CheckPurpose?
  let signing: CertificateStanding
  let authentication: CertificateStanding
  let checkedAt: Date?
  let method: String

  init(_ status: Broker.SubjectStatus, of subject: SubjectID) {
    id = status.checkID
    subjectId = subject
    purpose = status.purpose
    signing = status.signing
    authentication = status.authentication
    checkedAt = status.checkedAt
    method = status.method
  }
}

/// A page of status checks.
struct StatusCheckPage: Encodable {
  let statusChecks: [StatusCheck]
  let nextPageToken: String?
}

/// The latest items (最新の利用者情報), once, for a `deemedVerifier`. Prints as `<redacted>`.
struct LatestItemsResult: Encodable, Redacted {
  let outcome: String
  let items: CertifiedItems?
  let itemsHandedOver: Bool?
  let pair: PairOfResultForVerifier?
  let verificationId: VerificationID

  init(_ result: Broker.LatestItemsResult) {
    outcome = result.outcome.outcome
    items = result.items.map(CertifiedItems.init)
    itemsHandedOver = result.itemsHandedOver ? true : nil
    pair = result.outcome.pair.map { PairOfResultForVerifier($0) }
    verificationId = result.outcome.verificationID
  }
}
