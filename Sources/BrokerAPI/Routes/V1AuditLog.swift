import Broker
import Foundation
import Hummingbird
import JOSE

/// `/v1/audit/checkpoints`, `/v1/audit/events/{id}/proof`
struct AuditLogRoutes {
  let endpoint: Endpoint
  let log: AuditLogService

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/v1/audit/checkpoints/latest") { request, context in
      let caller = try await endpoint.caller(.auditRead, request, context)
      let month = try Self.month(try Query(request, ["month"]))
      return try Response.json(AuditCheckpoint(try await log.checkpoint(caller, month: month)))
    }
    router.get("/v1/audit/checkpoints/consistency") { request, context in
      let caller = try await endpoint.caller(.auditRead, request, context)
      let query = try Query(request, ["month", "from", "to"])
      guard let month = try Self.month(query) else { throw Problem.invalid(parameter: "month", "is needed") }
      guard let from = try query.integer("from", 1...Int.max) else { throw Problem.invalid(parameter: "from", "is needed") }
      let to = try query.integer("to", 1...Int.max).map(UInt64.init)
      return try Response.json(AuditConsistency(try await log.consistency(caller, month: month, from: UInt64(from), to: to)))
    }
    router.get("/v1/audit/events/{id}/proof") { request, context in
      let caller = try await endpoint.caller(.auditRead, request, context)
      return try Response.json(AuditInclusion(try await log.inclusion(caller, event: try context.id())))
    }
  }

  private static func month(_ query: Query) throws -> AuditMonth? {
    guard let text = try query.text("month", upTo: 7) else { return nil }
    guard let month = AuditMonth(text) else { throw Problem.invalid(parameter: "month", "must be a month such as 2026-04") }
    return month
  }
}

/// A signed checkpoint of a log.
struct AuditCheckpoint: Encodable {
  let origin: String
  let month: String
  let size: Int
  let rootHash: String
  let checkpoint: String
  let verifierKey: String
  let timeStamp: AuditTimeStamp?

  init(_ view: AuditCheckpointView) {
    origin = view.origin
    month = view.month.description
    size = Int(clamping: view.size)
    rootHash = Base64URL.encode(view.root)
    checkpoint = view.note
    verifierKey = view.verifierKey
    timeStamp = view.timeStamp.map(AuditTimeStamp.init)
  }
}

/// A time stamp (RFC 3161) over a checkpoint.
struct AuditTimeStamp: Encodable {
  let size: Int
  let checkpoint: String
  let response: String
  let receivedAt: Date

  init(_ stamp: AuditTimeStampView) {
    size = Int(clamping: stamp.size)
    checkpoint = stamp.note
    response = Data(stamp.der).base64EncodedString()
    receivedAt = stamp.at
  }
}

/// That an event is in the log (RFC 9162 §2.1.3).
struct AuditInclusion: Encodable {
  let entry: String
  let leafHash: String
  let leafIndex: Int
  let inclusionPath: [String]
  let checkpoint: AuditCheckpoint

  init(_ proof: AuditInclusionProof) {
    entry = Base64URL.encode(proof.entry)
    leafHash = Base64URL.encode(proof.leaf)
    leafIndex = Int(clamping: proof.index)
    inclusionPath = proof.path.map { Base64URL.encode($0) }
    checkpoint = AuditCheckpoint(proof.checkpoint)
  }
}

/// That a longer log begins with a shorter one (RFC 9162 §2.1.4).
struct AuditConsistency: Encodable {
  let from: Int
  let to: Int
  let fromRootHash: String
  let toRootHash: String
  let consistencyPath: [String]

  init(_ proof: AuditConsistencyProof) {
    from = Int(clamping: proof.from)
    to = Int(clamping: proof.to)
    fromRootHash = Base64URL.encode(proof.fromRoot)
    toRootHash = Base64URL.encode(proof.toRoot)
    consistencyPath = proof.path.map { Base64URL.encode($0) }
  }
}
