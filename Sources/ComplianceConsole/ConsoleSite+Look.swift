import Broker
import Foundation
import HTTPTypes
import JOSE

/// Pages that look.
extension ConsoleSite {
  func overview(_ staff: StaffVisit) async throws -> Answer {
    let words = staff.words
    let overview = try await services.console.overview(staff.caller)
    let now = overview.course.last?.consents ?? [:]
    func standing(_ states: [ConsentState]) -> Int { states.reduce(0) { $0 + (now[$1] ?? 0) } }
    var tiles: [[String: Any]] = [
      ["value": standing([.given, .renewed]), "label": words["inForce"], "path": "/console/consents?state=given"],
      ["value": standing([.pendingAtSource]), "label": words["pendingSource"], "path": "/console/consents?state=pendingAtSource"],
      ["value": overview.endings.last?.count ?? 0, "label": words["endedMonth"]],
    ]
    if let pairs = overview.undecidedPairs { tiles.append(["value": pairs, "label": words["pairsWaiting"], "path": "/console/pairs"]) }
    tiles.append(["value": overview.openIntents, "label": words["openIntents"]])

    let groups: [(name: String, states: [ConsentState])] = [
      ("groupInForce", [.given, .renewed]), ("groupPending", [.requested, .pendingAtSource]),
      ("groupPerson", [.withdrawn, .withdrawnLocally, .cancelledAtSource]),
      ("groupOther", [.refused, .expired, .invalidated, .revoked, .superseded]),
    ]
    let series = groups.map { group in
      Chart.Series(
        name: words[group.name], values: overview.course.map { month in group.states.reduce(0) { $0 + (month.consents[$1] ?? 0) } })
    }
    let days = overview.course.dropLast().map { words.firstDay($0.day) } + [words["today"]]
    let stacked = Chart.stacked(key: "states", title: words["consentsByState"], columns: days, series: series, head: words["day"])
    let endings = Chart.stacked(
      key: "endings", title: words["endings"], columns: overview.endings.map { words.month($0.name) },
      series: [Chart.Series(name: words["count"], values: overview.endings.map(\.count))], head: words["month"])
    let checks = (overview.verifications + overview.checks).map { Chart.Bar(name: words.named("purpose", $0.name), count: $0.count) }
    let bars = Chart.bars(
      key: "checks", title: words["checksByPurpose"], rows: checks, head: words["purpose"], count: words["count"])
    let isEmpty = now.isEmpty && checks.isEmpty
    var charts: [[String: Any]] = []
    if !isEmpty { charts = [stacked, endings] }
    if !checks.isEmpty { charts.append(bars) }
    return show(staff, "overview", words["overview"], at: "overview", ["tiles": tiles, "isEmpty": isEmpty, "charts": charts])
  }

  // MARK: Search

  func searchPage(_ staff: StaffVisit) -> Answer { show(staff, "search", staff.words["search"], at: "search") }

  /// By a customer reference of the tenant's own, which stands in the form and in no address; an id leads straight to its page.
  func search(_ staff: StaffVisit) async throws -> Answer {
    let term = staff.visit.field("term")
    if let subject = SubjectID(term) { return .redirect("/console/people/\(subject)") }
    if let consent = ConsentID(term) { return .redirect("/console/consents/\(consent)") }
    guard (1...128).contains(term.count) else { return searchPage(staff) }
    let page = try await services.subjects.search(staff.caller, reference: term, limit: 100, pageToken: nil)
    let people = page.elements.map { subject -> [String: Any] in
      [
        "id": subject.id.description, "path": "/console/people/\(subject.id)", "since": time(subject.createdAt, staff.words),
        "erased": subject.erasedAt != nil,
      ]
    }
    return show(
      staff, "search", staff.words["search"], at: "search", ["hasSearched": true, "found": !people.isEmpty, "people": people])
  }

  // MARK: People

  func person(_ staff: StaffVisit, _ id: SubjectID) async throws -> Answer {
    let words = staff.words
    let path = "/console/people/\(id)"
    let (at, values) = asOf(staff.visit, words, path: path)
    let subject = try await services.subjects.get(staff.caller, id: id)
    let page = try await services.consents.list(staff.caller, ConsentQuery(subjectID: id, at: at), limit: 500, pageToken: nil)
    let entries = try await services.console.timeline(staff.caller, subjectID: id, at: at)
    var all = values
    all["id"] = id.description
    all["since"] = time(subject.createdAt, words)
    all["erased"] = subject.erasedAt != nil
    all["consents"] = page.elements.reversed().map { row($0, words) }
    all["hasConsents"] = !page.elements.isEmpty
    all["noConsentsLead"] = words[at == nil ? "noConsentsOfPerson" : "noConsentsThen"]
    let envelopes = try await evidence(of: id, staff, at)
    all["envelopes"] = envelopes
    all["hasEvidence"] = !envelopes.isEmpty
    all["entries"] = entries.map { entry(of: $0, words) }
    all["hasEntries"] = !entries.isEmpty
    return show(staff, "person", words["person"], at: "search", all)
  }

  /// The evidence envelopes of a person: that they are there (as of an instant), and until when. What is inside, the console cannot read.
  private func evidence(of id: SubjectID, _ staff: StaffVisit, _ at: Date?) async throws -> [[String: Any]] {
    let words = staff.words
    let then = at ?? .distantFuture
    let known = try await services.evidence.list(staff.caller, subjectID: id, limit: 100, pageToken: nil).elements
    return known.filter { $0.createdAt <= then }.map { envelope in
      let isShredded = envelope.shreddedAt.map { $0 <= then } ?? false
      var row: [String: Any] = [
        "id": envelope.id.description, "kind": words.named("evidence", envelope.kind.rawValue), "created": time(envelope.createdAt, words),
        "verification": envelope.verificationID.description,
        "state": isShredded
          ? ["tone": "", "label": words["evidenceShredded"]] : ["tone": "good", "label": words["evidenceKept"]],
      ]
      if let until = envelope.retainUntil, envelope.contractEndedAt.map({ $0 <= then }) ?? true { row["keptUntil"] = time(until, words) }
      return row
    }
  }

  private func entry(of entry: TimelineEntry, _ words: Words) -> [String: Any] {
    var values: [String: Any] = [
      "at": time(entry.at, words, seconds: true), "kind": words["kind_\(entry.kind.rawValue)"], "object": entry.object,
    ]
    switch entry.kind {
    case .consent:
      if let known = ConsentState(rawValue: entry.outcome) { values["state"] = state(known, words) }
      values["by"] = words.actor(entry.by)
      values["path"] = "/console/consents/\(entry.object)"
    case .verification, .check:
      let isGood = ["ok", "valid", "updated", "unchanged"].contains(entry.outcome)
      values["state"] = ["tone": isGood ? "good" : "warn", "label": words.named("result", entry.outcome)]
      // Of latest items no card is shown: J-LIS is asked.
      let isQuestion = entry.kind == .verification && entry.by == "latestItems"
      if isQuestion { values["kind"] = words["kind_latestItems"] }
      let method = entry.basis.isEmpty ? "" : words.named("method", entry.basis)
      values["by"] = ((isQuestion ? [] : [words.named("purpose", entry.by)]) + (method.isEmpty ? [] : [method])).joined(separator: " · ")
    }
    return values
  }

  // MARK: Consents

  func consents(_ staff: StaffVisit) async throws -> Answer {
    let words = staff.words
    let wanted = staff.visit.query["state"].flatMap(ConsentState.init(rawValue:))
    let (at, values) = asOf(staff.visit, words, path: "/console/consents")
    let page = try await services.consents.list(
      staff.caller, ConsentQuery(state: wanted, at: at), limit: 50, pageToken: staff.visit.query["page"])
    var all = values
    let options: [[String: Any]] =
      [["value": "", "label": words["allStates"], "selected": wanted == nil]]
      + ConsentState.allCases.map { ["value": $0.rawValue, "label": words.state($0), "selected": $0 == wanted] }
    all["states"] = ["options": options]
    all["consents"] = page.elements.map { row($0, words) }
    all["hasConsents"] = !page.elements.isEmpty
    if let next = page.nextPageToken {
      var query = ["page=\(Self.encoded(next))"]
      if let wanted { query.append("state=\(wanted.rawValue)") }
      if let at { query.append("at=\(Self.encoded(Words.input(at, seconds: true)))") }
      all["nextPath"] = "/console/consents?" + query.joined(separator: "&")
    }
    return show(staff, "consents", words["consents"], at: "consents", all)
  }

  func consent(_ staff: StaffVisit, _ id: ConsentID) async throws -> Answer {
    let words = staff.words
    let (at, values) = asOf(staff.visit, words, path: "/console/consents/\(id)")
    let consent: Consent
    do {
      consent =
        if let at { try await services.consents.get(staff.caller, id: id, at: at) } else {
          try await services.consents.get(staff.caller, id: id)
        }
    } catch let refusal as Refusal where refusal.kind == .notFound && at != nil {
      // It may be younger than the instant, which is an answer as well.
      _ = try await services.consents.get(staff.caller, id: id)
      return show(
        staff, "notYet", words["consent"], at: "consents", values.merging(["id": id.description]) { $1 }, status: .notFound)
    }
    let events = try await services.consents.events(staff.caller, id: id).filter { $0.at <= at ?? .distantFuture }
    let notice = try await services.notices.get(staff.caller, id: consent.noticeID, version: consent.version)
    var all = row(consent, words).merging(values) { $1 }
    all["personPath"] = "/console/people/\(consent.subjectID)"
    all["subject"] = consent.subjectID.description
    all["service"] = consent.serviceID
    all["requested"] = time(consent.requestedAt, words)
    if let from = consent.validFrom { all["validFrom"] = time(from, words) }
    all["atSource"] = words[consent.isAtSource ? "yes" : "no"]
    all["notice"] = consent.noticeID.description
    all["version"] = consent.version
    all["digest"] = Base64URL.encode(consent.noticeDigest)
    all["receiptPath"] = "/console/consents/\(id)/receipt"
    let envelopes = try await evidence(of: consent.subjectID, staff, at)
    all["envelopes"] = envelopes
    all["hasEvidence"] = !envelopes.isEmpty
    if consent.isAtSource {
      var source: [String: Any] = ["reference": consent.sourceReference ?? "–"]
      if let received = consent.receivedAt { source["received"] = time(received, words) }
      all["source"] = source
    }
    all["events"] = events.map { event -> [String: Any] in
      [
        "at": time(event.at, words, seconds: true), "state": state(event.state, words), "by": words.actor(event.actor),
        "basis": words.basis(event.basis),
      ]
    }
    all["noticeLang"] = notice.language
    all["shown"] = ["title": notice.title, "body": notice.body, "method": notice.withdrawalMethod] as [String: Any]
    let points = NoticePoint.allCases.compactMap { point in
      notice.terms[point.rawValue].map { ["number": point.number, "text": $0] as [String: Any] }
    }
    let others = notice.terms.filter { NoticePoint(rawValue: $0.key) == nil }.sorted { $0.key < $1.key }
    all["points"] = points
    all["hasPoints"] = !points.isEmpty
    all["terms"] = others.map { ["name": $0.key, "text": $0.value] }
    all["hasTerms"] = !others.isEmpty
    return show(staff, "consent", words["consent"], at: "consents", all)
  }

  func receipt(_ staff: StaffVisit, _ id: ConsentID) async throws -> Answer {
    let receipt = try await services.consents.receipt(staff.caller, id: id)
    return .file(Array(receipt.utf8), type: "application/jwt", name: "\(id).jwt")
  }
}
