public import Broker
import Foundation
import HTTPTypes
public import Hummingbird
public import Logging
import Mustache

/// The compliance console and the persons' own doors: pages made on the server, for browsers with or without script.
public struct ConsoleSite: Sendable {
  /// The paths below which it answers.
  public static let paths = ["/console", "/door"]

  let services: BrokerServices
  /// The broker's own address, from which forms must come.
  let origin: String
  let logger: Logger
  let clock: any WallClock
  /// The tenants' own identity providers.
  let providers: ProviderDirectory
  private let library: MustacheLibrary

  /// - Parameters:
  ///   - issuer: the broker's own address, such as `https://yonjo.example.jp`.
  ///   - providers: how tenants' own identity providers are asked.
  ///   - clock: what "now" is on a page.
  ///   - logger: told of what failed, never of what was looked at.
  /// - Throws: where a template is wrong, which a test would have found.
  public init(
    services: BrokerServices, issuer: String, providers: any ProviderTransport, clock: any WallClock = SystemWallClock(), logger: Logger
  ) throws {
    self.services = services
    let url = URL(string: issuer)
    let port = url?.port.map { ":\($0)" } ?? ""
    origin = "\(url?.scheme ?? "https")://\(url?.host() ?? "")\(port)"
    self.logger = logger
    self.clock = clock
    self.providers = ProviderDirectory(providers)
    library = try Templates.library()
  }

  /// Answers one request.
  ///
  /// - Parameters:
  ///   - requestID: for audit events.
  ///   - address: where it came from, for the lock-out of addresses.
  /// - Returns: the answer, and the route's name for metrics: without ids.
  public func respond(to request: Request, requestID: String, address: String) async -> (route: String, response: Response) {
    if request.method == .get, request.uri.path == Stylesheet.path { return ("/console/style.css", Self.stylesheet) }
    var language = Language.ja
    let isDoor = request.uri.path.hasPrefix("/door")
    let route = Self.route(of: request.uri.path)
    do {
      let visit = try await Visit(request, requestID: requestID, address: address, origin: origin)
      language = visit.language
      if visit.method == .get, let wanted = visit.query["language"].flatMap(Language.init(rawValue:)) {
        return (route, speak(wanted, visit))
      }
      let answer = isDoor ? try await door(visit) : try await console(visit)
      return (route, answer.response)
    } catch {
      return (route, failure(error, language, isDoor: isDoor, requestID).response)
    }
  }

  /// Keeps the language in a cookie, and shows the same page in it.
  private func speak(_ language: Language, _ visit: Visit) -> Response {
    var left = visit.query
    left["language"] = nil
    let query = left.sorted { $0.key < $1.key }.map { "\(Self.encoded($0.key))=\(Self.encoded($0.value))" }.joined(separator: "&")
    var answer = Answer.redirect(visit.path + (query.isEmpty ? "" : "?" + query))
    answer.setPlainCookie(Visit.languageCookie, language.rawValue)
    return answer.response
  }

  private static let stylesheet: Response = {
    Response(
      status: .ok, headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=31536000, immutable"],
      body: .init(byteBuffer: .init(string: Stylesheet.text)))
  }()

  static func encoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? ""
  }

  /// The path with `{id}` in place of ids and tokens.
  static func route(of path: String) -> String {
    let known: Set<Substring> = [
      "console", "door", "sign-in", "sign-out", "enrol", "overview", "search", "people", "consents", "receipt", "pairs", "exports",
      "download",
      "log", "jobs", "staff", "suspend", "resume", "reset", "withdrawal", "leave", "provider",
      "answer",
    ]
    return "/" + path.split(separator: "/").prefix(6).map { known.contains($0) ? String($0) : "{id}" }.joined(separator: "/")
  }

  // MARK: Rendering

  /// A page in the layout.
  func render(_ template: String, _ title: String, _ visit: Visit, _ values: [String: Any]) -> String {
    render(template, title, visit.language, path: visit.method == .get ? visit.path : "/console", values)
  }

  private func render(_ template: String, _ title: String, _ language: Language, path: String, _ values: [String: Any]) -> String {
    let words = Words(language: language)
    var all: [String: Any] = [
      "t": words.all, "lang": language.rawValue, "title": title, "style": Stylesheet.path, "home": "/console",
      "switchPath": "\(path)?language=\(language.other.rawValue)", "switchLang": language.other.rawValue,
    ]
    all.merge(values) { $1 }
    return library.render(all, withTemplate: template) ?? ""
  }

  /// Why a page cannot be shown, as a page of somebody who is not signed in.
  private func failure(_ error: any Error, _ language: Language, isDoor: Bool, _ requestID: String) -> Answer {
    let words = Words(language: language)
    if let refusal = error as? Refusal, refusal.code == "staffSessionEnded" { return .redirect("/console") }
    var (title, values, status) = explain(error, words, requestID)
    values["narrow"] = true
    values["home"] = isDoor ? "/door" : "/console"
    if !isDoor { values["backPath"] = "/console" }
    return .page(render("message", title, language, path: isDoor ? "/door" : "/console", values), status: status)
  }

  /// The same of a member of staff, whose menu stays.
  func failure(_ error: any Error, _ staff: StaffVisit) -> Answer {
    let (title, values, status) = explain(error, staff.words, staff.visit.requestID)
    return show(staff, "message", title, at: "", values.merging(["backPath": "/console/overview"]) { $1 }, status: status)
  }

  private func explain(
    _ error: any Error, _ words: Words, _ requestID: String
  ) -> (title: String, values: [String: Any], status: HTTPResponse.Status) {
    var values: [String: Any] = [:]
    var status = HTTPResponse.Status.internalServerError
    var title = words["downTitle"]
    var lead = words["downLead"]
    switch error {
    case let fault as ConsoleFault:
      switch fault {
      case .noPage: (status, title, lead) = (.notFound, words["notFoundTitle"], words["notFoundLead"])
      case .method: (status, title, lead) = (.methodNotAllowed, words["notFoundTitle"], words["notFoundLead"])
      case .formTooLarge: (status, title, lead) = (.contentTooLarge, words["formTitle"], words["formLead"])
      case .foreignForm, .formToken: (status, title, lead) = (.forbidden, words["formTitle"], words["formLead"])
      }
    case let refusal as Refusal:
      values["code"] = refusal.code
      switch (refusal.kind, refusal.code) {
      case (_, "doorSessionEnded"): (status, title, lead) = (.unauthorized, words["doorOver"], words["doorOverLead"])
      case (_, "doorLinkInvalid"): (status, title, lead) = (.notFound, words["doorInvalid"], words["doorInvalidLead"])
      case (_, "notPermittedForStatus"): (status, title, lead) = (.forbidden, words["notVerifierTitle"], words["notVerifierLead"])
      case (.notFound, _): (status, title, lead) = (.notFound, words["notFoundTitle"], words["notFoundLead"])
      case (.forbidden, _): (status, title, lead) = (.forbidden, words["forbiddenTitle"], words["forbiddenLead"])
      case (.unavailable, _): status = .serviceUnavailable
      case (.conflict, _): (status, title, lead) = (.conflict, words["errorTitle"], sentence(refusal, words))
      default: (status, title, lead) = (.unprocessableContent, words["errorTitle"], sentence(refusal, words))
      }
      if Words.table["refusal_\(refusal.code)"] != nil { lead = sentence(refusal, words) }
    default:
      // Its type only: an error's text may quote what it stumbled over.
      logger.error(
        "a page failed", metadata: ["errorType": .string(String(describing: type(of: error))), "requestId": .string(requestID)])
    }
    values["lead"] = lead
    values["tone"] = status.code >= 500 ? "warn" : ""
    return (title, values, status)
  }

  /// A refusal in the reader's language, where there are words for it.
  func sentence(_ refusal: Refusal, _ words: Words) -> String {
    Words.table["refusal_\(refusal.code)"] != nil ? words["refusal_\(refusal.code)"] : refusal.sentence + " " + refusal.nextStep
  }

  // MARK: Values for templates

  func time(_ date: Date, _ words: Words, seconds: Bool = false) -> [String: Any] {
    ["iso": date.formatted(.iso8601), "text": words.time(date, seconds: seconds)]
  }

  func state(_ state: ConsentState, _ words: Words) -> [String: Any] {
    let tone =
      switch state {
      case .given, .renewed: "good"
      case .requested, .pendingAtSource, .withdrawnLocally: "warn"
      case .refused, .revoked, .invalidated: "bad"
      case .expired, .withdrawn, .superseded, .cancelledAtSource: ""
      }
    return ["tone": tone, "label": words.state(state)]
  }

  /// A consent as a row of a table, or as a card.
  func row(_ consent: Consent, _ words: Words) -> [String: Any] {
    var row: [String: Any] = [
      "id": consent.id.description, "path": "/console/consents/\(consent.id)", "state": state(consent.state, words),
      "purposes": words.purposes(consent.purposes), "items": items(consent, words),
    ]
    if let given = consent.givenAt { row["given"] = time(given, words) }
    if let until = consent.validUntil { row["until"] = time(until, words) }
    return row
  }

  func items(_ consent: Consent, _ words: Words) -> String {
    consent.items.isEmpty ? words["noItems"] : words.list(consent.items.map(words.item))
  }

  /// What the as-of form needs; `at` is the instant that is shown: the end of the second that was asked for, so that what a page dates to a second is in it.
  func asOf(_ visit: Visit, _ words: Words, path: String) -> (at: Date?, values: [String: Any]) {
    let asked = visit.query["at"].flatMap(Words.instant)
    var values: [String: Any] = ["asOfPath": path, "asOfValue": Words.input(asked ?? clock.now(), seconds: true)]
    if let asked { values["asOfText"] = words.time(asked, seconds: true) }
    return (asked?.addingTimeInterval(0.999), values)
  }
}
