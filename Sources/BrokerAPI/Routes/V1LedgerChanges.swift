import Broker
import Foundation
import Hummingbird

/// `/v1/ledger-changes`
struct LedgerChangeRoutes {
  /// The upload's path: for the limits that are different there.
  static let path = "/v1/ledger-changes"
  /// An upload counts for so many look-ups, however long it is: its job tells how many tags are known.
  static let lookUps = 100

  let endpoint: Endpoint
  let ledgerChanges: LedgerChangeService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/ledger-changes") { request, context in
      let caller = try await endpoint.caller(.ledger, request, context)
      try request.require(mediaType: "application/x-ndjson")
      guard let key = request.headers[.idempotencyKey] else {
        throw Problem(400, "idempotencyKeyRequired", "Send an Idempotency-Key: it names the upload, so that a cut one can be continued.")
      }
      try await endpoint.spend(.lookUp, cost: Self.lookUps, caller, context)
      let lines = NDJSONLines(body: request.body, limit: endpoint.limits.lineBytes)
      let job = try await ledgerChanges.receive(caller, key: key, lines: lines)
      return try Response.json(LedgerChangeAccepted(jobId: job), status: .accepted)
    }
    router.get("/v1/ledger-changes/{jobId}") { request, context in
      let caller = try await endpoint.caller(.ledger, request, context)
      return try Response.json(LedgerChangeJob(try await ledgerChanges.get(caller, id: try context.id("jobId"))))
    }
  }
}

/// The upload is stored whole; the job applies it.
struct LedgerChangeAccepted: Encodable {
  let jobId: LedgerJobID
}

/// How far a job is.
struct LedgerChangeJob: Encodable {
  let id: LedgerJobID
  let state: LedgerJobState
  let received: Int
  let deleted: Int
  let activated: Int
  let unknown: Int
  /// The first 1,000 of them.
  let invalid: [LedgerLineRefusal]
  let invalidCount: Int
  let createdAt: Date
  let updatedAt: Date

  init(_ job: LedgerJob) {
    id = job.id
    state = job.state
    received = job.received
    deleted = job.deleted
    activated = job.activated
    unknown = job.unknown
    invalid = job.invalid.map { LedgerLineRefusal(line: $0.line, reason: $0.reason) }
    invalidCount = job.invalidCount
    createdAt = job.createdAt
    updatedAt = job.updatedAt
  }
}

/// A line that was not taken, and why.
struct LedgerLineRefusal: Encodable {
  let line: Int
  let reason: String
}
