import Broker
import Foundation
import Hummingbird

/// `/v1/evidence` and the end of a contract, from which its time is counted.
struct EvidenceRoutes {
  let endpoint: Endpoint
  let evidence: EvidenceService

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/v1/evidence") { request, context in
      let caller = try await endpoint.caller(.auditRead, request, context)
      let query = try Query(request, Query.paging.union(["subjectId"]))
      let (limit, token) = try query.page()
      guard let subject: SubjectID = try query.id("subjectId") else { throw Problem.invalid(parameter: "subjectId", "is required") }
      let page = try await evidence.list(caller, subjectID: subject, limit: limit, pageToken: token)
      return try Response.json(EvidencePage(evidence: page.elements.map(Evidence.init), nextPageToken: page.nextPageToken))
    }
    router.post("/v1/subjects/{id}/contract-end") { request, context in
      let (caller, body, write) = try await endpoint.write(ContractEnd.self, .subjects, request, context)
      return try Response.json(
        EndedContract(
          try await evidence.endContract(caller, subjectID: try context.id(), endedAt: body.endedAt, request: write)))
    }
  }
}

/// When a contract ended.
struct ContractEnd: Decodable, Bounded {
  let endedAt: Date?

  func check(_ bounds: inout Bounds) {}
}

/// A contract that ended.
struct EndedContract: Encodable {
  let subjectId: SubjectID
  let endedAt: Date
  let retainUntil: Date?
  let envelopes: Int

  init(_ contract: Broker.EndedContract) {
    subjectId = contract.subjectID
    endedAt = contract.endedAt
    retainUntil = contract.retainUntil
    envelopes = contract.envelopes
  }
}

/// That an evidence envelope (証跡原本) is kept, and until when.
struct Evidence: Encodable {
  let id: EvidenceID
  let verificationId: VerificationID
  let kind: EvidenceKind
  let createdAt: Date
  let contractEndedAt: Date?
  let retainUntil: Date?
  let shreddedAt: Date?

  init(_ envelope: EvidenceEnvelope) {
    id = envelope.id
    verificationId = envelope.verificationID
    kind = envelope.kind
    createdAt = envelope.createdAt
    contractEndedAt = envelope.contractEndedAt
    retainUntil = envelope.retainUntil
    shreddedAt = envelope.shreddedAt
  }
}

/// A page of evidence envelopes.
struct EvidencePage: Encodable {
  let evidence: [Evidence]
  let nextPageToken: String?
}
