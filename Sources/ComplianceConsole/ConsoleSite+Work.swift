import Broker
import CitizenItems
import Foundation
import HTTPTypes

/// Pages on which staff decide and look after things.
extension ConsoleSite {
  // MARK: Pairs

  func pairs(_ staff: StaffVisit) async throws -> Answer {
    try staff.caller.requireDeemedVerifier()
    let words = staff.words
    let page = try await services.pairs.list(
      staff.caller, state: .needsDecision, limit: 50, pageToken: staff.visit.query["page"])
    let rows = page.elements.map { pair -> [String: Any] in
      var row: [String: Any] = ["id": pair.id.description, "path": "/console/pairs/\(pair.id)", "ref": pair.ledgerRef ?? "–"]
      if let until = pair.decideUntil { row["until"] = time(until, words) }
      return row
    }
    var all: [String: Any] = ["pairs": rows, "hasPairs": !rows.isEmpty]
    if staff.visit.query["decided"] != nil { all["notice"] = words["decided"] }
    if let next = page.nextPageToken { all["nextPath"] = "/console/pairs?page=\(Self.encoded(next))" }
    return show(staff, "pairs", words["pairs"], at: "pairs", all)
  }

  func pair(_ staff: StaffVisit, _ id: PairID) async throws -> Answer { try await pair(staff, id, problem: nil, status: .ok) }

  private func pair(_ staff: StaffVisit, _ id: PairID, problem: String?, status: HTTPResponse.Status) async throws -> Answer {
    try staff.caller.requireDeemedVerifier()
    let words = staff.words
    let pair = try await services.pairs.get(staff.caller, id: id)
    let waits = pair.state == .needsDecision
    var all: [String: Any] = [
      "id": id.description, "personPath": "/console/people/\(pair.subjectID)", "subject": pair.subjectID.description,
      "ref": pair.ledgerRef ?? "–", "action": "/console/pairs/\(id)",
      "state": ["tone": waits ? "warn" : pair.state == .active ? "good" : "", "label": words.named("pair", pair.state.rawValue)],
      "canDecide": waits && staff.session.role >= .officer, "needsOfficer": waits && staff.session.role < .officer,
      "typedBasis": staff.visit.field("basis"),
    ]
    if let until = pair.decideUntil { all["until"] = time(until, words) }
    if let by = pair.decidedBy {
      all["decidedBy"] = by
      all["decisionBasis"] = pair.decisionBasis ?? ""
    }
    if let problem { all["problem"] = problem }
    return show(staff, "pair", words["pair"], at: "pairs", all, status: status)
  }

  /// The rule is that of `POST /v1/pairs`; who decided is the officer's id.
  func decide(_ staff: StaffVisit, _ id: PairID) async throws -> Answer {
    try staff.caller.requireDeemedVerifier()
    try staff.session.require(.officer)
    let basis = staff.visit.field("basis")
    guard (1...500).contains(basis.count), staff.visit.field("confirmed") == "yes" else {
      return try await pair(staff, id, problem: staff.words["basisNeeded"], status: .unprocessableContent)
    }
    _ = try await services.pairs.settle(
      staff.caller, target: .pair(id), ledgerTags: [], ledgerRef: nil,
      decision: PairDecision(by: staff.session.staffID.description, basis: basis),
      request: RepeatableRequest(key: staff.visit.requestID + UUID().uuidString, operation: "console pair \(id)", body: Array(basis.utf8)))
    return .redirect("/console/pairs?decided=1")
  }

  // MARK: Jobs

  func jobs(_ staff: StaffVisit) async throws -> Answer {
    let words = staff.words
    let ledger = try await services.console.ledgerJobs(staff.caller)
    let files = ledger.map { job -> [String: Any] in
      [
        "created": time(job.createdAt, words), "received": job.received, "deleted": job.deleted, "activated": job.activated,
        "invalid": job.invalid,
        "state": ["tone": job.state == "done" ? "good" : "warn", "label": words.named("ledger", job.state)],
      ]
    }
    let now = clock.now()
    let rows = try await services.auditLog.jobStates().map { job -> [String: Any] in
      let isLate = now.timeIntervalSince(job.ranAt) > 3600
      let (tone, label) =
        job.problem != nil
        ? ("bad", "\(words["failing"]): \(job.problem ?? "")") : isLate ? ("warn", words["late"]) : ("good", words["healthy"])
      var row: [String: Any] = [
        "name": words.named("job", job.name), "state": ["tone": tone, "label": label], "ran": time(job.ranAt, words, seconds: true),
        "items": job.items,
      ]
      if let succeeded = job.succeededAt { row["succeeded"] = time(succeeded, words, seconds: true) }
      return row
    }
    return show(
      staff, "jobs", words["jobs"], at: "jobs",
      ["jobs": rows, "hasJobs": !rows.isEmpty, "ledger": files, "hasLedger": !files.isEmpty])
  }

  // MARK: Staff

  func members(_ staff: StaffVisit) async throws -> Answer { try await members(staff, [:], status: .ok) }

  private func members(_ staff: StaffVisit, _ values: [String: Any], status: HTTPResponse.Status) async throws -> Answer {
    let words = staff.words
    let now = clock.now()
    let rows = try await services.staff.list(staff.session).map { member -> [String: Any] in
      let isResting = member.lockedUntil.map { $0 > now } ?? false
      let (tone, label) =
        member.suspendedAt != nil
        ? ("bad", "suspended") : !member.isEnrolled ? ("warn", "invited") : isResting ? ("warn", "locked") : ("good", "active")
      return [
        "name": member.name, "role": words["role_\(member.role.rawValue)"], "isOwn": member.id == staff.session.staffID,
        "state": ["tone": tone, "label": words[label]], "path": "/console/staff/\(member.id)",
        "toggle": member.suspendedAt == nil ? "suspend" : "resume", "toggleLabel": words[member.suspendedAt == nil ? "suspend" : "resume"],
      ]
    }
    var all: [String: Any] = [
      "members": rows,
      "roles": StaffRole.allCases.map { ["value": $0.rawValue, "label": words["role_\($0.rawValue)"]] as [String: Any] },
    ]
    all.merge(values) { $1 }
    return show(staff, "staff", words["staff"], at: "staff", all, status: status)
  }

  func addMember(_ staff: StaffVisit) async throws -> Answer {
    guard let role = StaffRole(rawValue: staff.visit.field("role")) else { throw ConsoleFault.noPage }
    return try await invite(staff) { try await services.staff.create(staff.session, name: staff.visit.field("name"), role: role) }
  }

  func changeMember(_ staff: StaffVisit, _ id: StaffID, _ change: String) async throws -> Answer {
    switch change {
    case "suspend", "resume":
      _ = try await services.staff.suspend(staff.session, id, change == "suspend")
      return .redirect("/console/staff")
    case "reset": return try await invite(staff) { try await services.staff.reset(staff.session, id) }
    default: throw ConsoleFault.noPage
    }
  }

  /// The link stands in this one answer and nowhere else.
  private func invite(_ staff: StaffVisit, _ make: () async throws -> StaffInvitation) async throws -> Answer {
    do {
      let invitation = try await make()
      let tenant = staff.caller.tenantID
      let byProviderAlone = try await services.staff.provider(tenant)?.allowsPasswords == false
      let link = "\(origin)/console/\(tenant)/" + (byProviderAlone ? "sign-in" : "enrol/\(invitation.token)")
      return try await members(staff, ["invitation": ["account": invitation.member.name, "link": link]], status: .ok)
    } catch let refusal as Refusal where refusal.kind == .conflict || refusal.kind == .unprocessable {
      return try await members(
        staff, ["problem": sentence(refusal, staff.words)], status: refusal.kind == .conflict ? .conflict : .unprocessableContent)
    }
  }
}
