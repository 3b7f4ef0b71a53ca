import Broker
import Crypto
import Foundation
import HTTPTypes
import JOSE

/// A visit of somebody who is signed in.
struct StaffVisit: Sendable {
  let visit: Visit
  let session: StaffSession
  /// The session's secret, of which the forms' tokens are made.
  let secret: String
  let words: Words

  var caller: Caller { session.caller }
}

/// Ways in and out, and the way to every page behind them.
extension ConsoleSite {
  func console(_ visit: Visit) async throws -> Answer {
    let words = Words(language: visit.language)
    let parts = visit.parts
    if parts.isEmpty { return try await entrance(visit, words) }
    if let tenant = TenantID(parts[0]) {
      switch (visit.method, parts.dropFirst().first, parts.count) {
      case (.get, "sign-in", 2): return try await signInPage(visit, words, tenant)
      case (.post, "sign-in", 2): return try await signIn(visit, words, tenant)
      case (.get, "provider", 2): return try await toProvider(visit, words, tenant)
      case (.get, "provider", 3) where parts[2] == "answer": return try await fromProvider(visit, words, tenant)
      case (.get, "enrol", 3): return try await enrolPage(visit, words, tenant, token: parts[2])
      case (.post, "enrol", 3): return try await enrol(visit, words, tenant, token: parts[2])
      default: throw ConsoleFault.noPage
      }
    }
    guard let (tenant, secret) = visit.session(Visit.sessionCookie) else { return toSignIn(visit, nil) }
    let session: StaffSession
    do {
      session = try await services.staff.session(tenant, secret: secret, requestID: visit.requestID)
    } catch let refusal as Refusal where refusal.code == "staffSessionEnded" {
      return toSignIn(visit, tenant)
    }
    let staff = StaffVisit(visit: visit, session: session, secret: secret, words: words)
    do {
      // Whatever a form asks for, it is one that this session was shown.
      if visit.method == .post { try visit.requireToken(of: secret) }
      return try await page(staff)
    } catch let refusal as Refusal where refusal.code == "staffSessionEnded" {
      return toSignIn(visit, tenant)
    } catch {
      return failure(error, staff)
    }
  }

  private func page(_ staff: StaffVisit) async throws -> Answer {
    let parts = staff.visit.parts
    let id = parts.count > 1 ? parts[1] : ""
    switch (staff.visit.method, parts[0], parts.count) {
    case (.post, "sign-out", 1): return try await signOut(staff)
    case (.get, "overview", 1): return try await overview(staff)
    case (.get, "search", 1): return searchPage(staff)
    case (.post, "search", 1): return try await search(staff)
    case (.get, "people", 2): return try await person(staff, try Self.id(id))
    case (.get, "consents", 1): return try await consents(staff)
    case (.get, "consents", 2): return try await consent(staff, try Self.id(id))
    case (.get, "consents", 3) where parts[2] == "receipt": return try await receipt(staff, try Self.id(id))
    case (.get, "pairs", 1): return try await pairs(staff)
    case (.get, "pairs", 2): return try await pair(staff, try Self.id(id))
    case (.post, "pairs", 2): return try await decide(staff, try Self.id(id))
    case (.get, "exports", 1): return try await exports(staff)
    case (.post, "exports", 1): return try await order(staff)
    case (.get, "exports", 2): return try await export(staff, try Self.id(id))
    case (.get, "exports", 3) where parts[2] == "download": return try await download(staff, try Self.id(id))
    case (.get, "log", 1): return try await log(staff)
    case (.post, "log", 1): return try await verifyLog(staff)
    case (.get, "jobs", 1): return try await jobs(staff)
    case (.get, "staff", 1): return try await members(staff)
    case (.post, "staff", 1): return try await addMember(staff)
    case (.post, "staff", 3): return try await changeMember(staff, try Self.id(id), parts[2])
    default: throw ConsoleFault.noPage
    }
  }

  /// An id of a path; what is none names nothing.
  static func id<Kind: IdentifierKind>(_ text: String) throws -> Identifier<Kind> {
    guard let id = Identifier<Kind>(text) else { throw ConsoleFault.noPage }
    return id
  }

  /// A page behind the sign-in, with its menu.
  func show(
    _ staff: StaffVisit, _ template: String, _ title: String, at menu: String, _ values: [String: Any] = [:],
    status: HTTPResponse.Status = .ok
  ) -> Answer {
    let words = staff.words
    var entries = ["overview", "search", "consents"]
    if staff.caller.status == .deemedVerifier { entries.append("pairs") }
    entries += ["exports", "log", "jobs"]
    if staff.session.role >= .administrator { entries.append("staff") }
    var all: [String: Any] = [
      "tenant": staff.session.tenantName, "token": Visit.token(of: staff.secret),
      "user": ["name": staff.session.name, "role": words["role_\(staff.session.role.rawValue)"]],
      "hasMenu": true,
      "menu": entries.map { ["path": "/console/\($0)", "label": words[$0], "current": $0 == menu] as [String: Any] },
    ]
    // After a form, the way to the other language leads to the page that the form was on.
    if staff.visit.method == .post {
      all["switchPath"] = "/console/\(menu.isEmpty ? "overview" : menu)?language=\(words.language.other.rawValue)"
    }
    all.merge(values) { $1 }
    return .page(render(template, title, staff.visit, all), status: status)
  }

  // MARK: In

  private func entrance(_ visit: Visit, _ words: Words) async throws -> Answer {
    guard visit.method == .get else { throw ConsoleFault.method }
    if let wanted = visit.query["tenant"] {
      if let tenant = TenantID(wanted.trimmingCharacters(in: .whitespaces)), try await services.staff.tenantName(tenant) != nil {
        return .redirect("/console/\(tenant)/sign-in")
      }
      return .page(
        render("entrance", words["entrance"], visit, ["narrow": true, "problem": words["tenantUnknown"]]), status: .notFound)
    }
    if let (tenant, secret) = visit.session(Visit.sessionCookie) {
      do {
        _ = try await services.staff.session(tenant, secret: secret, requestID: visit.requestID)
        return .redirect("/console/overview")
      } catch let refusal as Refusal where refusal.code == "staffSessionEnded" {
        return toSignIn(visit, tenant)
      }
    }
    if let tenant = visit.cookies[Visit.tenantCookie].flatMap({ TenantID($0) }) { return .redirect("/console/\(tenant)/sign-in") }
    return .page(render("entrance", words["entrance"], visit, ["narrow": true]))
  }

  private func toSignIn(_ visit: Visit, _ ended: TenantID?) -> Answer {
    guard let tenant = ended ?? visit.cookies[Visit.tenantCookie].flatMap({ TenantID($0) }) else { return .redirect("/console") }
    var answer = Answer.redirect("/console/\(tenant)/sign-in" + (ended == nil ? "" : "?over=1"))
    if ended != nil { answer.removeCookie(Visit.sessionCookie) }
    return answer
  }

  private func signInPage(_ visit: Visit, _ words: Words, _ tenant: TenantID) async throws -> Answer {
    var values: [String: Any] = [:]
    if visit.query["over"] != nil { values["problem"] = words["sessionOver"] }
    if visit.query["out"] != nil { values["notice"] = words["signedOut"] }
    if visit.query["ready"] != nil { values["notice"] = words["enrolDone"] }
    return try await signInPage(visit, words, tenant, values, status: .ok)
  }

  func signInPage(
    _ visit: Visit, _ words: Words, _ tenant: TenantID, _ values: [String: Any], status: HTTPResponse.Status
  ) async throws -> Answer {
    guard let name = try await services.staff.tenantName(tenant) else { throw ConsoleFault.noPage }
    let provider = try await services.staff.provider(tenant)
    let path = "/console/\(tenant)/sign-in"
    return form(visit) { token in
      var all: [String: Any] = [
        "narrow": true, "tenant": name, "action": path, "token": token,
        "switchPath": "\(path)?language=\(words.language.other.rawValue)", "withPassword": provider?.allowsPasswords ?? true,
      ]
      if let provider {
        all["provider"] = ["path": "/console/\(tenant)/provider", "host": URL(string: provider.issuer)?.host() ?? provider.issuer]
      }
      all.merge(values) { $1 }
      return .page(render("signIn", words["signIn"], visit, all), status: status)
    }
  }

  private func signIn(_ visit: Visit, _ words: Words, _ tenant: TenantID) async throws -> Answer {
    try visit.requireToken(of: visit.cookies[Visit.formCookie])
    do {
      let secret = try await services.staff.signIn(
        tenant, name: visit.field("name"), password: visit.form["password"] ?? "", code: visit.field("code"), address: visit.address,
        requestID: visit.requestID)
      var answer = Answer.redirect("/console/overview")
      answer.setCookie(Visit.sessionCookie, "\(tenant).\(secret)")
      answer.setPlainCookie(Visit.tenantCookie, tenant.description)
      return answer
    } catch let refusal as Refusal where refusal.code == "staffSignInRefused" {
      return try await signInPage(
        visit, words, tenant, ["problem": words["signInFailed"], "typedName": visit.field("name")], status: .unauthorized)
    }
  }

  private func signOut(_ staff: StaffVisit) async throws -> Answer {
    try await services.staff.signOut(staff.session, secret: staff.secret)
    var answer = Answer.redirect("/console/\(staff.caller.tenantID)/sign-in?out=1")
    answer.removeCookie(Visit.sessionCookie)
    return answer
  }

  /// A page with a form, before there is a session: its token belongs to a cookie of its own.
  func form(_ visit: Visit, _ page: (_ token: String) -> Answer) -> Answer {
    if let secret = visit.cookies[Visit.formCookie], secret.utf8.count == 43 { return page(Visit.token(of: secret)) }
    let secret = Base64URL.encode(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
    var answer = page(Visit.token(of: secret))
    answer.setCookie(Visit.formCookie, secret)
    return answer
  }

  // MARK: Enrolment

  private func enrolPage(
    _ visit: Visit, _ words: Words, _ tenant: TenantID, token: String, problem: String? = nil
  ) async throws -> Answer {
    let enrolment = try await services.staff.enrolment(tenant, token: token)
    // Where the provider alone opens the console, there is nothing to set up.
    if try await services.staff.provider(tenant)?.allowsPasswords == false { return .redirect("/console/\(tenant)/sign-in") }
    return form(visit) { formToken in
      var values: [String: Any] = [
        "narrow": true, "tenant": enrolment.tenantName, "account": enrolment.name, "address": enrolment.address,
        "secret": Self.grouped(enrolment.secret), "action": "/console/\(tenant)/enrol/\(token)", "token": formToken,
        "switchPath": "/console/\(tenant)/enrol/\(token)?language=\(words.language.other.rawValue)",
      ]
      if let code = QRCode(enrolment.address) { values["qr"] = ["svg": code.svg(title: words["enrolCode"])] }
      if let problem { values["problem"] = problem }
      return .page(render("enrol", words["enrol"], visit, values), status: problem == nil ? .ok : .unprocessableContent)
    }
  }

  private func enrol(_ visit: Visit, _ words: Words, _ tenant: TenantID, token: String) async throws -> Answer {
    try visit.requireToken(of: visit.cookies[Visit.formCookie])
    do {
      try await services.staff.enrol(
        tenant, token: token, password: visit.form["password"] ?? "", code: visit.field("code"), requestID: visit.requestID)
      return .redirect("/console/\(tenant)/sign-in?ready=1")
    } catch let refusal as Refusal where refusal.kind == .unprocessable {
      return try await enrolPage(visit, words, tenant, token: token, problem: sentence(refusal, words))
    }
  }

  /// In fours, as people copy it.
  private static func grouped(_ secret: String) -> String {
    stride(from: 0, to: secret.count, by: 4).map { start in String(secret.dropFirst(start).prefix(4)) }.joined(separator: " ")
  }
}
