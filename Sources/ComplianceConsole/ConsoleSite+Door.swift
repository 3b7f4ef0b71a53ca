import Broker
import Foundation
import HTTPTypes

/// A person's own door: what they agreed to, and the way to withdraw it.
extension ConsoleSite {
  func door(_ visit: Visit) async throws -> Answer {
    let parts = visit.parts
    if parts.count == 2, let tenant = TenantID(parts[0]) {
      return visit.method == .post ? try await enterDoor(visit, tenant, parts[1]) : try await lookAtDoor(visit, tenant, parts[1])
    }
    if visit.query["left"] != nil || (parts == ["leave"] && visit.session(Visit.doorCookie) == nil) {
      let words = Words(language: visit.language)
      return .page(render("message", words["door"], visit, ["narrow": true, "home": "/door", "lead": words["doorLeft"]]))
    }
    guard let (tenant, secret) = visit.session(Visit.doorCookie) else {
      throw Refusal(.unauthenticated, "doorSessionEnded", "There is no session.", nextStep: "Open your consents from the app.")
    }
    let session = try await services.doors.session(tenant, secret: secret, requestID: visit.requestID)
    let person = PersonVisit(visit: visit, session: session, secret: secret)
    if visit.method == .post { try visit.requireToken(of: secret) }
    switch (visit.method, parts.first, parts.count) {
    case (.get, nil, 0): return try await doorPage(person)
    case (.post, "leave", 1):
      try await services.doors.leave(tenant, secret: secret)
      var answer = Answer.redirect("/door?left=1")
      answer.removeCookie(Visit.doorCookie)
      return answer
    case (.get, "consents", 3) where parts[2] == "withdrawal": return try await withdrawPage(person, try Self.id(parts[1]))
    case (.post, "consents", 3) where parts[2] == "withdrawal": return try await withdraw(person, try Self.id(parts[1]))
    default: throw ConsoleFault.noPage
    }
  }

  /// A person who came in, and the language in which they read.
  private struct PersonVisit {
    let visit: Visit
    let session: DoorSession
    let secret: String
    var words: Words { Words(language: visit.language) }
  }

  private func show(_ person: PersonVisit, _ template: String, _ title: String, _ values: [String: Any]) -> Answer {
    var all: [String: Any] = [
      "narrow": true, "home": "/door", "tenant": person.session.tenantName, "token": Visit.token(of: person.secret), "person": true,
    ]
    all.merge(values) { $1 }
    return .page(render(template, title, person.visit, all))
  }

  /// The app's language, until the person has chosen one here.
  private func lookAtDoor(_ visit: Visit, _ tenant: TenantID, _ token: String) async throws -> Answer {
    let (asked, tenantName) = try await services.doors.look(tenant, token: token)
    let path = "/door/\(tenant)/\(token)"
    if visit.cookies[Visit.languageCookie] == nil, asked != visit.language.rawValue {
      return .redirect("\(path)?language=\(asked)")
    }
    let words = Words(language: visit.language)
    return form(visit) { formToken in
      .page(
        render(
          "doorEnter", words["door"], visit,
          ["narrow": true, "home": path, "tenant": tenantName, "action": path, "token": formToken]))
    }
  }

  private func enterDoor(_ visit: Visit, _ tenant: TenantID, _ token: String) async throws -> Answer {
    try visit.requireToken(of: visit.cookies[Visit.formCookie])
    let secret = try await services.doors.enter(tenant, token: token, requestID: visit.requestID)
    var answer = Answer.redirect("/door")
    answer.setCookie(Visit.doorCookie, "\(tenant).\(secret)", maximumAge: Int(DoorService.sessionSeconds))
    return answer
  }

  private func doorPage(_ person: PersonVisit) async throws -> Answer {
    let words = person.words
    let consents = try await services.doors.list(person.session)
    var cards: [(consent: Consent, card: [String: Any])] = []
    for consent in consents { cards.append((consent, try await card(consent, person))) }
    let standing = cards.filter { Self.canWithdraw($0.consent) }.map { $0.card }
    let past = cards.filter { !Self.canWithdraw($0.consent) }.map { $0.card }
    var groups: [[String: Any]] = []
    if !standing.isEmpty { groups.append(["key": "standing", "label": words["doorInForce"], "consents": standing]) }
    if !past.isEmpty { groups.append(["key": "past", "label": words["doorPast"], "consents": past]) }
    var values: [String: Any] = ["groups": groups, "isEmpty": consents.isEmpty]
    if person.visit.query["withdrawn"] != nil { values["notice"] = words["withdrawn"] }
    return show(person, "door", words["door"], values)
  }

  private static func canWithdraw(_ consent: Consent) -> Bool { consent.state.isInForce || consent.state == .pendingAtSource }

  private func card(_ consent: Consent, _ person: PersonVisit) async throws -> [String: Any] {
    var card = row(consent, person.words)
    let notice = try await services.notices.get(person.session.caller, id: consent.noticeID, version: consent.version)
    card["notice"] = notice.title
    if Self.canWithdraw(consent) { card["withdrawPath"] = "/door/consents/\(consent.id)/withdrawal" }
    return card
  }

  private func withdrawPage(_ person: PersonVisit, _ id: ConsentID) async throws -> Answer {
    let consent = try await services.doors.consent(person.session, id: id)
    guard Self.canWithdraw(consent) else { return .redirect("/door") }
    return show(
      person, "doorWithdraw", person.words["withdrawTitle"],
      [
        "consent": try await card(consent, person), "atSource": consent.isAtSource, "action": "/door/consents/\(id)/withdrawal",
      ])
  }

  private func withdraw(_ person: PersonVisit, _ id: ConsentID) async throws -> Answer {
    _ = try await services.doors.withdraw(person.session, id: id)
    return .redirect("/door?withdrawn=1")
  }
}
