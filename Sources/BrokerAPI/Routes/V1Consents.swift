import Broker
import CitizenItems
import Foundation
import Hummingbird

/// `/v1/consents`
struct ConsentRoutes {
  let endpoint: Endpoint
  let consents: ConsentService
  let withdrawals: WithdrawalService

  func add(to router: Router<BrokerRequestContext>) {
    addSessions(to: router)
    addQueries(to: router)
    addEndings(to: router)
  }

  private func addSessions(to router: Router<BrokerRequestContext>) {
    router.post("/v1/consents") { request, context in
      let (caller, body, write) = try await endpoint.write(ConsentSessionCreation.self, .consentsWrite, request, context)
      let session = try await consents.createSession(
        caller, subjectID: body.subjectId, origin: body.origin, selections: body.consents.map(\.selection), request: write)
      return try Response.json(ConsentSession(session), status: .created)
    }
    router.post("/v1/consents/{id}/signature") { request, context in
      let (caller, body, write) = try await endpoint.write(ConsentSignature.self, .consentsWrite, request, context)
      try await endpoint.spend(.signature, caller, context)
      let outcome = try await consents.sign(caller, id: try context.id(), card: try body.card.input(), request: write)
      switch caller.status {
      case .deemedVerifier: return try Response.json(ConsentSignatureResultForVerifier(outcome))
      case .notVerifier: return try Response.json(ConsentSignatureResultForNonVerifier(outcome))
      }
    }
  }

  private func addQueries(to router: Router<BrokerRequestContext>) {
    router.get("/v1/consents") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      let query = try Query(request, Query.paging.union(["subjectId", "purpose", "state", "at", "givenAfter", "givenBefore"]))
      let (limit, token) = try query.page()
      let at = try query.time("at")
      let wanted = ConsentQuery(
        subjectID: try query.id("subjectId"), purpose: try query.text("purpose", upTo: 64), state: try query.choice("state"), at: at,
        givenAfter: try query.time("givenAfter"), givenBefore: try query.time("givenBefore"))
      let page = try await consents.list(caller, wanted, limit: limit, pageToken: token)
      return try Response.json(ConsentPage(consents: page.elements.map { Consent($0, asOf: at) }, nextPageToken: page.nextPageToken))
    }
    router.post("/v1/consents/search") { request, context in
      let (caller, body) = try await endpoint.body(ConsentSearch.self, .consentsRead, request, context)
      try await endpoint.spend(.lookUp, caller, context)
      let page = try await consents.search(
        caller, subjectReference: body.subjectReference, limit: body.pageSize ?? 50, pageToken: body.pageToken)
      return try Response.json(ConsentPage(consents: page.elements.map { Consent($0) }, nextPageToken: page.nextPageToken))
    }
    router.get("/v1/consents/{id}") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      let id: ConsentID = try context.id()
      guard let at = try Query(request, ["at"]).time("at") else {
        return try Response.json(Consent(try await consents.get(caller, id: id)))
      }
      return try Response.json(try await asOf(at, id, caller))
    }
    router.get("/v1/consents/{id}/events") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      return try Response.json(ConsentEventList(events: try await consents.events(caller, id: try context.id()).map(ConsentEvent.init)))
    }
    router.get("/v1/consents/{id}/receipt") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      return try Response.json(ConsentReceipt(receipt: try await consents.receipt(caller, id: try context.id())))
    }
  }

  /// The state that its history gives for an instant; before its first event a consent was not there.
  private func asOf(_ instant: Date, _ id: ConsentID, _ caller: Caller) async throws -> Consent {
    var consent = try await consents.get(caller, id: id)
    let events = try await consents.events(caller, id: id)
    // To the millisecond, as both are told: the same instant read from text and from the database differs in the last bit of its fraction.
    guard let event = events.last(where: { $0.at.wholeMilliseconds <= instant.wholeMilliseconds }) else {
      throw Refusal.notFound("consent at that instant")
    }
    consent.state = event.state
    return Consent(consent, asOf: instant)
  }

  private func addEndings(to router: Router<BrokerRequestContext>) {
    router.post("/v1/consents/{id}/withdrawal") { request, context in
      let (caller, body, write) = try await endpoint.write(WithdrawalCreation.self, .consentsWrite, request, context)
      return try Response.json(
        Withdrawal(try await withdrawals.withdraw(caller, id: try context.id(), origin: body.origin, request: write)))
    }
    router.post("/v1/consents/{id}/withdrawal/signature") { request, context in
      let (caller, body, write) = try await endpoint.write(WithdrawalSignature.self, .consentsWrite, request, context)
      try await endpoint.spend(.signature, caller, context)
      let id: ConsentID = try context.id()
      let outcome = try await withdrawals.sign(caller, id: id, card: try body.card.input(), request: write)
      switch caller.status {
      case .deemedVerifier: return try Response.json(WithdrawalResultForVerifier(outcome, of: id))
      case .notVerifier: return try Response.json(WithdrawalResultForNonVerifier(outcome, of: id))
      }
    }
    router.post("/v1/consents/{id}/revocation") { request, context in
      let (caller, body, write) = try await endpoint.write(ConsentRevocation.self, .consentsWrite, request, context)
      return try Response.json(Consent(try await consents.revoke(caller, id: try context.id(), basis: body.basis, request: write)))
    }
  }
}
