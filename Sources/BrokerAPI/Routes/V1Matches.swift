import Broker
import Foundation
import Hummingbird

/// `/v1/matches`
struct MatchRoutes {
  let endpoint: Endpoint
  let matches: MatchService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/matches") { request, context in
      let (caller, body) = try await endpoint.body(MatchCreation.self, .matching, request, context)
      return try Response.json(MatchSession(try await matches.create(caller, origin: body.origin)), status: .created)
    }
    router.post("/v1/matches/{id}/signature") { request, context in
      let (caller, body, write) = try await endpoint.write(MatchSignature.self, .matching, request, context)
      try await endpoint.spend(.signature, caller, context)
      let answer = try await matches.sign(caller, id: try context.opaqueID(), card: try body.card.input(), request: write)
      switch caller.status {
      case .deemedVerifier: return try Response.json(MatchResultForVerifier(answer))
      case .notVerifier: return try Response.json(MatchResultForNonVerifier(answer))
      }
    }
    router.post("/v1/matches/tags") { request, context in
      let (caller, body) = try await endpoint.body(TagLookUp.self, .matching, request, context)
      try await endpoint.spend(.lookUp, caller, context)
      let answer = try await matches.lookUp(caller, cardTag: body.cardTag)
      switch caller.status {
      case .deemedVerifier: return try Response.json(TagLookUpResultForVerifier(answer))
      case .notVerifier: return try Response.json(TagLookUpResultForNonVerifier(answer))
      }
    }
    router.post("/v1/matches/tags/batch") { request, context in
      let (caller, body) = try await endpoint.body(TagBatchLookUp.self, .matching, request, context)
      try await endpoint.spend(.lookUp, cost: body.cardTags.count, caller, context)
      let answers = try await matches.lookUp(caller, cardTags: body.cardTags)
      switch caller.status {
      case .deemedVerifier: return Response.json(encoded: try TagBatchResult.encode(answers, as: TagLookUpResultForVerifier.init))
      case .notVerifier: return Response.json(encoded: try TagBatchResult.encode(answers, as: TagLookUpResultForNonVerifier.init))
      }
    }
  }
}

/// A match that awaits its signature: of the same form as a login.
typealias MatchSession = LoginSession

/// The card's answer to a match: of the same form as to a login.
typealias MatchSignature = LoginSignature

/// Begins a match.
struct MatchCreation: Decodable, Bounded {
  let origin: String

  func check(_ bounds: inout Bounds) { bounds.length(origin, "/origin", 1...256) }
}

/// How a match ended, for a `deemedVerifier`.
struct MatchResultForVerifier: Encodable {
  let id: String
  let result: String
  let reason: String?
  let matched: Bool
  let pair: PairOfResultForVerifier?
  let subject: SubjectOfResult?
  let verification: VerificationForVerifier

  init(_ answer: MatchAnswer) {
    id = answer.id
    result = answer.verdict.result
    reason = answer.verdict.reason
    matched = answer.matched
    pair = answer.pair.map { PairOfResultForVerifier($0) }
    subject = answer.matched ? answer.subjectID.map { SubjectOfResult(id: $0) } : nil
    verification = VerificationForVerifier(answer.evidence)
  }
}

/// How a match ended, for a `notVerifier`.
struct MatchResultForNonVerifier: Encodable {
  let id: String
  let result: String
  let matched: Bool
  let pair: PairOfResultForNonVerifier?
  let subject: SubjectOfResult?
  let verification: VerificationForNonVerifier

  init(_ answer: MatchAnswer) {
    id = answer.id
    result = answer.verdict.coarse
    matched = answer.matched
    pair = answer.pair.map { PairOfResultForNonVerifier($0) }
    subject = answer.matched ? answer.subjectID.map { SubjectOfResult(id: $0) } : nil
    verification = VerificationForNonVerifier(answer.evidence)
  }
}

/// Asks for one card tag.
struct TagLookUp: Decodable {
  let cardTag: String
}

/// Asks for up to 1,000 card tags.
struct TagBatchLookUp: Decodable, Bounded {
  let cardTags: [String]

  func check(_ bounds: inout Bounds) { bounds.count(cardTags, "/cardTags", 1...MatchService.maximumBatch) }
}

/// What is known of a card tag, for a `deemedVerifier`; `evidence` says that nobody's presence is proved.
struct TagLookUpResultForVerifier: Encodable {
  let known: Bool
  let pair: PairOfResultForVerifier?
  let evidence = "none"

  init(_ answer: TagAnswer) {
    known = answer.isKnown
    pair = answer.pair.map { PairOfResultForVerifier($0) }
  }
}

/// What is known of a card tag, for a `notVerifier`.
struct TagLookUpResultForNonVerifier: Encodable {
  let known: Bool
  let pair: PairOfResultForNonVerifier?
  let evidence = "none"

  init(_ answer: TagAnswer) {
    known = answer.isKnown
    pair = answer.pair.map { PairOfResultForNonVerifier($0) }
  }
}

/// Answers in the order of the tags (TagBatchResultForVerifier, TagBatchResultForNonVerifier).
enum TagBatchResult {
  /// Most tags of a batch nobody has: what is said of one of them is said of all.
  static func encode(_ answers: [TagAnswer], as result: (TagAnswer) -> some Encodable) throws -> [UInt8] {
    var bytes = Array(#"{"results":["#.utf8)
    var unknown: [UInt8]?
    for (index, answer) in answers.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      if !answer.isKnown, let unknown {
        bytes.append(contentsOf: unknown)
        continue
      }
      let encoded = try AnswerEncoder.encode(result(answer))
      if !answer.isKnown { unknown = encoded }
      bytes.append(contentsOf: encoded)
    }
    bytes.append(contentsOf: "]}".utf8)
    return bytes
  }
}
