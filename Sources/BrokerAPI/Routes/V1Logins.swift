import Broker
import CitizenItems
import Foundation
import Hummingbird

/// `/v1/logins`
struct LoginRoutes {
  let endpoint: Endpoint
  let logins: LoginService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/logins") { request, context in
      let (caller, body) = try await endpoint.body(LoginCreation.self, .login, request, context)
      let session = try await logins.create(caller, origin: body.origin, subjectID: body.subjectId)
      return try Response.json(LoginSession(session), status: .created)
    }
    router.post("/v1/logins/{id}/signature") { request, context in
      let (caller, body, write) = try await endpoint.write(LoginSignature.self, .login, request, context)
      try await endpoint.spend(.signature, caller, context)
      let answer = try await logins.sign(caller, id: try context.opaqueID(), card: try body.card.input(), request: write)
      switch caller.status {
      case .deemedVerifier: return try Response.json(LoginResultForVerifier(answer))
      case .notVerifier: return try Response.json(LoginResultForNonVerifier(answer))
      }
    }
  }
}

/// Begins a login.
struct LoginCreation: Decodable, Bounded {
  let origin: String
  let subjectId: SubjectID?

  func check(_ bounds: inout Bounds) { bounds.length(origin, "/origin", 1...256) }
}

/// A login that awaits its signature.
struct LoginSession: Encodable {
  let id: String
  let toBeSigned: Base64URLField
  let expiresAt: Date

  init(_ session: StartedSession) {
    id = session.id
    toBeSigned = Base64URLField(session.toBeSigned)
    expiresAt = session.expiresAt
  }
}

/// A card and nothing else. Prints as `<redacted>`.
struct LoginSignature: Decodable, Redacted {
  let card: Card
}

/// How a login ended, for a `deemedVerifier`.
struct LoginResultForVerifier: Encodable {
  let id: String
  let result: String
  let reason: String?
  let subject: SubjectOfResult?
  let pair: PairOfResultForVerifier?
  /// What this person uses the card for; none are kept yet.
  let links: [String] = []
  let itemsMayHaveChanged: Bool?
  let authenticatedAt: Date?
  let idToken: String?
  let verification: VerificationForVerifier

  init(_ answer: LoginAnswer) {
    let isOK = answer.verdict.isOK
    id = answer.id
    result = answer.verdict.result
    reason = answer.verdict.reason
    subject = isOK ? answer.subjectID.map { SubjectOfResult(id: $0) } : nil
    pair = answer.pair.map { PairOfResultForVerifier($0) }
    itemsMayHaveChanged = isOK ? answer.itemsMayHaveChanged : nil
    authenticatedAt = isOK ? answer.authenticatedAt : nil
    idToken = answer.idToken
    verification = VerificationForVerifier(answer.evidence)
  }
}

/// How a login ended, for a `notVerifier`.
struct LoginResultForNonVerifier: Encodable {
  let id: String
  let result: String
  let subject: SubjectOfResult?
  let pair: PairOfResultForNonVerifier?
  /// What this person uses the card for; none are kept yet.
  let links: [String] = []
  let authenticatedAt: Date?
  let idToken: String?
  let verification: VerificationForNonVerifier

  init(_ answer: LoginAnswer) {
    let isOK = answer.verdict.isOK
    id = answer.id
    result = answer.verdict.coarse
    subject = isOK ? answer.subjectID.map { SubjectOfResult(id: $0) } : nil
    pair = answer.pair.map { PairOfResultForNonVerifier($0) }
    authenticatedAt = isOK ? answer.authenticatedAt : nil
    idToken = answer.idToken
    verification = VerificationForNonVerifier(answer.evidence)
  }
}
