import Broker
import Foundation
import Hummingbird

/// `/v1/voprf`
struct VOPRFRoutes {
  let endpoint: Endpoint
  let evaluations: EvaluationService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/voprf/evaluations") { request, context in
      let (caller, body) = try await endpoint.body(VOPRFEvaluation.self, anyOf: [.matching, .ledger], request, context)
      try await endpoint.spend(.evaluation, cost: body.blinded.count, caller, context)
      let evaluated = try await evaluations.evaluate(caller, keyVersion: body.keyVersion, blinded: body.blinded.map(\.bytes))
      return try Response.json(VOPRFEvaluationResult(keyVersion: body.keyVersion, evaluated: evaluated.map(Base64URLField.init)))
    }
  }
}

/// Blinded elements to be evaluated under one key version.
struct VOPRFEvaluation: Decodable, Bounded {
  let keyVersion: Int
  let blinded: [Base64URLField]

  func check(_ bounds: inout Bounds) {
    bounds.value(keyVersion, "/keyVersion", 1...Int(Int32.max))
    bounds.count(blinded, "/blinded", 1...EvaluationService.maximumBatch)
  }
}

/// Evaluated elements with their proofs, in the order of the request.
struct VOPRFEvaluationResult: Encodable {
  let keyVersion: Int
  let evaluated: [Base64URLField]
}
