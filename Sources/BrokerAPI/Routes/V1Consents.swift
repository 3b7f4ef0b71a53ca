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
      let query = try Query(
        request,
        Query.paging.union(["subjectId", "purpose", "item", "state", "noticeId", "noticeVersion", "at", "givenAfter", "givenBefore"]))
      let (limit, token) = try query.page()
      let wanted = ConsentQuery(
        subjectID: try query.id("subjectId"), purpose: try query.text("purpose", upTo: 64), item: try query.choice("item"),
        state: try query.choice("state"), noticeID: try query.id("noticeId"),
        version: try query.integer("noticeVersion", 1...Int(Int32.max)), at: try query.time("at"),
        givenAfter: try query.time("givenAfter"), givenBefore: try query.time("givenBefore"))
      let page = try await consents.list(caller, wanted, limit: limit, pageToken: token)
      return try Response.json(ConsentPage(page, asOf: wanted.at))
    }
    router.post("/v1/consents/search") { request, context in
      let (caller, body) = try await endpoint.body(ConsentSearch.self, .consentsRead, request, context)
      try await endpoint.spend(.lookUp, caller, context)
      let page = try await consents.search(
        caller, subjectReference: body.subjectReference, body.query, limit: body.pageSize ?? 50, pageToken: body.pageToken)
      return try Response.json(ConsentPage(page, asOf: body.at))
    }
    router.get("/v1/consents/counts") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      let query = try Query(request, ["from", "until", "interval"])
      let counts = try await consents.counts(
        caller, from: try query.day("from"), until: try query.day("until"), interval: try query.choice("interval") ?? .day)
      return try Response.json(ConsentCounts(counts: counts.map(ConsentCount.init)))
    }
    router.get("/v1/consents/{id}") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      let id: ConsentID = try context.id()
      guard let at = try Query(request, ["at"]).time("at") else {
        return try Response.json(Consent(try await consents.get(caller, id: id)))
      }
      return try Response.json(Consent(try await consents.get(caller, id: id, at: at), asOf: at))
    }
    router.get("/v1/consents/{id}/events") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      return try Response.json(ConsentEventList(events: try await consents.events(caller, id: try context.id()).map(ConsentEvent.init)))
    }
    router.get("/v1/consents/{id}/receipt") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      return try Response.json(ConsentReceipt(receipt: try await consents.receipt(caller, id: try context.id())))
    }
    router.get("/v1/consents/{id}/receipt-page") { request, context in
      let caller = try await endpoint.caller(.consentsRead, request, context)
      let language: ReceiptPage.Language? = try Query(request, ["language"]).choice("language")
      let (record, receipt) = try await consents.receiptWithRecord(caller, id: try context.id())
      return Response.page(ReceiptPage(record, receipt: receipt, language: language).html)
    }
  }

  private func addEndings(to router: Router<BrokerRequestContext>) {
    router.post("/v1/consents/{id}/refusal") { request, context in
      let (caller, write) = try await endpoint.write(.consentsWrite, request, context)
      let refused = try await consents.refuse(caller, id: try context.id(), request: write)
      return try Response.json(RefusedConsents(consents: refused.map(ConsentOfResult.init)))
    }
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
