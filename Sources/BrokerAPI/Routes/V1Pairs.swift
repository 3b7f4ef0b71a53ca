import Broker
import CitizenItems
import Foundation
import Hummingbird
import StrictJSON

/// `/v1/pairs`
struct PairRoutes {
  let endpoint: Endpoint
  let pairs: PairService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/pairs") { request, context in
      let (caller, body, write) = try await endpoint.write(PairSettlement.self, .matching, request, context)
      // Without a decision, the answer says whether the tags are equal.
      try await endpoint.spend(.lookUp, cost: body.ledgerTag?.count ?? 1, caller, context)
      do {
        let pair = try await pairs.settle(
          caller, target: try body.target(), ledgerTags: body.ledgerTag ?? [], ledgerRef: body.ledgerRef, decision: body.decision?.decision,
          request: write)
        return try Self.answer(pair, caller)
      } catch let refusal as Refusal where caller.status == .notVerifier && Self.tellingStates.contains(refusal.code) {
        throw Refusal(
          .conflict, "pairInactive", "This pair cannot be made active.",
          nextStep: "Let the customer present the card again, in a new onboarding.")
      }
    }
    router.get("/v1/pairs") { request, context in
      let caller = try await endpoint.caller(.matching, request, context)
      let query = try Query(request, Query.paging.union(["state"]))
      let (limit, token) = try query.page()
      switch caller.status {
      case .deemedVerifier:
        let page = try await pairs.list(caller, state: try query.choice("state"), limit: limit, pageToken: token)
        return try Self.answer(page, caller)
      case .notVerifier:
        // Asking for one finer state would tell them apart: only active or not can be asked for.
        let state = try query.choice("state", PairStateForNonVerifier.self)
        let page = try await pairs.list(caller, state: state == .active ? .active : nil, limit: limit, pageToken: token)
        let kept = state == .inactive ? page.elements.filter { $0.state != .active } : page.elements
        return try Response.json(PairPage(pairs: kept.map(PairForNonVerifier.init), nextPageToken: page.nextPageToken))
      }
    }
    router.post("/v1/pairs/search") { request, context in
      let (caller, body) = try await endpoint.body(PairSearch.self, .matching, request, context)
      try await endpoint.spend(.lookUp, caller, context)
      let page = try await pairs.search(caller, ledgerRef: body.ledgerRef, limit: body.pageSize ?? 50, pageToken: body.pageToken)
      return try Self.answer(page, caller)
    }
    router.get("/v1/pairs/{id}") { request, context in
      let caller = try await endpoint.caller(.matching, request, context)
      return try Self.answer(try await pairs.get(caller, id: try context.id()), caller)
    }
    router.delete("/v1/pairs/{id}") { request, context in
      let (caller, write) = try await endpoint.write(.matching, request, context)
      try await pairs.delete(caller, id: try context.id(), request: write)
      return Response.noContent
    }
  }

  /// Refusals from which a `notVerifier` tenant would learn what became of a certificate.
  private static let tellingStates: Set<String> = ["pairStale", "pairDecisionOverdue"]

  private static func answer(_ pair: PairView, _ caller: Caller) throws -> Response {
    switch caller.status {
    case .deemedVerifier: try Response.json(PairForVerifier(pair))
    case .notVerifier: try Response.json(PairForNonVerifier(pair))
    }
  }

  private static func answer(_ page: Page<PairView>, _ caller: Caller) throws -> Response {
    switch caller.status {
    case .deemedVerifier: try Response.json(PairPage(pairs: page.elements.map(PairForVerifier.init), nextPageToken: page.nextPageToken))
    case .notVerifier: try Response.json(PairPage(pairs: page.elements.map(PairForNonVerifier.init), nextPageToken: page.nextPageToken))
    }
  }
}

/// Settles a pair.
struct PairSettlement: Decodable, Bounded {
  let onboardingId: OnboardingID?
  let pairId: PairID?
  let ledgerTag: [String]?
  let ledgerRef: String?
  let decision: PairDecision?

  func check(_ bounds: inout Bounds) {
    bounds.require((onboardingId == nil) != (pairId == nil), "", "must name either onboardingId or pairId")
    bounds.count(ledgerTag, "/ledgerTag", 1...8)
    bounds.length(ledgerRef, "/ledgerRef", 1...128)
    bounds.length(decision?.by, "/decision/by", 1...128)
    bounds.length(decision?.basis, "/decision/basis", 1...500)
  }

  func target() throws -> PairTarget {
    if let onboardingId { return .onboarding(onboardingId) }
    guard let pairId else { throw JSONFaults("", "must name either onboardingId or pairId") }
    return .pair(pairId)
  }
}

/// Who decided that two spellings are one person's, and why (PairDecision).
struct PairDecision: Codable {
  let by: String
  let basis: String

  var decision: Broker.PairDecision { Broker.PairDecision(by: by, basis: basis) }
}

/// Looks for the pairs of a ledger reference.
struct PairSearch: Decodable, Bounded {
  let ledgerRef: String
  let pageSize: Int?
  let pageToken: String?

  func check(_ bounds: inout Bounds) {
    bounds.length(ledgerRef, "/ledgerRef", 1...128)
    bounds.value(pageSize, "/pageSize", 1...500)
    bounds.length(pageToken, "/pageToken", 1...512)
  }
}

/// A pair (対), for a `deemedVerifier`.
struct PairForVerifier: Encodable {
  let id: PairID
  let subjectId: SubjectID
  let state: PairState
  let ledgerRef: String?
  let decision: PairDecision?
  let decideUntil: Date?
  let createdAt: Date
  let updatedAt: Date

  init(_ pair: PairView) {
    id = pair.id
    subjectId = pair.subjectID
    state = pair.state
    ledgerRef = pair.ledgerRef
    if let by = pair.decidedBy, let basis = pair.decisionBasis { decision = PairDecision(by: by, basis: basis) } else { decision = nil }
    decideUntil = pair.decideUntil
    createdAt = pair.createdAt
    updatedAt = pair.updatedAt
  }
}

/// A pair, for a `notVerifier`: when it changed would say what happened to the certificate.
struct PairForNonVerifier: Encodable {
  let id: PairID
  let subjectId: SubjectID
  let state: PairStateForNonVerifier
  let ledgerRef: String?

  init(_ pair: PairView) {
    id = pair.id
    subjectId = pair.subjectID
    state = PairStateForNonVerifier(pair.state)
    ledgerRef = pair.ledgerRef
  }
}

/// A page of pairs (PairPageForVerifier, PairPageForNonVerifier).
struct PairPage<Pair: Encodable>: Encodable {
  let pairs: [Pair]
  let nextPageToken: String?
}
