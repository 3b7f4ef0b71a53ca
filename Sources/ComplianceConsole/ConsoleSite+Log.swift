import Broker
import Foundation
import HTTPTypes
import Hummingbird
import JOSE
import NIOCore

/// The audit log: exports and verification.
extension ConsoleSite {
  // MARK: Exports

  func exports(_ staff: StaffVisit) async throws -> Answer { try await exports(staff, problem: nil) }

  private func exports(_ staff: StaffVisit, problem: String?) async throws -> Answer {
    let words = staff.words
    let page = try await services.auditExports.list(staff.caller, limit: 100, pageToken: nil)
    let now = clock.now()
    var all: [String: Any] = [
      "mayOrder": staff.session.role >= .officer, "exports": page.elements.reversed().map { values(of: $0, words) },
      "hasExports": !page.elements.isEmpty, "from": Words.input(now.addingTimeInterval(-30 * 86_400)), "to": Words.input(now),
    ]
    if let problem { all["problem"] = problem }
    return show(staff, "exports", words["exports"], at: "exports", all, status: problem == nil ? .ok : .unprocessableContent)
  }

  private func values(of export: AuditExport, _ words: Words) -> [String: Any] {
    let tone =
      switch export.state {
      case .done: "good"
      case .waiting, .running: "warn"
      case .failed: "bad"
      case .expired: ""
      }
    var values: [String: Any] = [
      "id": export.id.description, "path": "/console/exports/\(export.id)", "created": time(export.createdAt, words),
      "state": ["tone": tone, "label": words["export_\(export.state.rawValue)"]], "after": time(export.after, words),
      "before": time(export.before, words), "encoding": export.encoding.rawValue.uppercased(), "events": export.events,
      "covered": export.covered, "total": max(1, export.total), "isRunning": export.state == .waiting || export.state == .running,
      "isMade": export.state == .done || export.state == .expired,
      "size": words.size(Int64(export.bytes)),
    ]
    if export.state == .failed { values["failed"] = ["code": export.problem ?? "internal"] }
    if let digest = export.digest { values["digest"] = Base64URL.encode(digest) }
    if let expires = export.expiresAt, export.state == .done {
      values["expires"] = time(expires, words)
      values["downloadPath"] = "/console/exports/\(export.id)/download"
    }
    return values
  }

  func order(_ staff: StaffVisit) async throws -> Answer {
    try staff.session.require(.officer)
    guard let from = Words.instant(staff.visit.field("from")), let to = Words.instant(staff.visit.field("to")), from < to,
      let encoding = AuditExportFormat.Encoding(rawValue: staff.visit.field("format"))
    else { return try await exports(staff, problem: staff.words["periodInvalid"]) }
    do {
      let export = try await services.auditExports.create(
        staff.caller, AuditExportOrder(encoding: encoding, after: from, before: to, kinds: []),
        request: RepeatableRequest(key: staff.visit.requestID + UUID().uuidString, operation: "console export", body: []))
      return .redirect("/console/exports/\(export.id)?follow=1")
    } catch let refusal as Refusal where refusal.code == "auditPeriodInvalid" || refusal.code == "auditExportsTooMany" {
      return try await exports(staff, problem: sentence(refusal, staff.words))
    }
  }

  func export(_ staff: StaffVisit, _ id: AuditExportID) async throws -> Answer {
    let export = try await services.auditExports.get(staff.caller, id: id)
    let follows = staff.visit.query["follow"] != nil
    let path = "/console/exports/\(id)"
    var all = values(of: export, staff.words)
    all["follow"] = [
      "note": follows ? staff.words["refreshing"] : "", "path": follows ? path : path + "?follow=1",
      "label": staff.words[follows ? "refreshStop" : "refreshStart"],
    ]
    var answer = show(staff, "export", staff.words["export"], at: "exports", ["export": all])
    // WCAG 2.2.1: a page that is loaded anew by itself can be told not to.
    if follows, export.state == .waiting || export.state == .running { answer.response.headers[.refresh] = "3" }
    return answer
  }

  /// As it is read from the database, piece by piece: an export may be larger than memory.
  func download(_ staff: StaffVisit, _ id: AuditExportID) async throws -> Answer {
    let content = try await services.auditExports.content(staff.caller, id: id)
    let name = "\(id).\(content.export.encoding.rawValue)"
    let body = ResponseBody(contentLength: Int(content.export.bytes)) { writer in
      var place: Int64 = 0
      while place < content.export.bytes {
        let bytes = try await content.bytes(from: place)
        // It expired under the download: the connection breaks off, and the browser sees that something is missing.
        guard !bytes.isEmpty else { throw ConsoleFault.noPage }
        try await writer.write(ByteBuffer(bytes: bytes))
        place += Int64(bytes.count)
      }
      try await writer.finish(nil)
    }
    return Answer(
      Response(
        status: .ok,
        headers: [
          .contentType: "application/octet-stream", .cacheControl: "no-store", .contentDisposition: "attachment; filename=\"\(name)\"",
        ], body: body))
  }

  // MARK: Log

  func log(_ staff: StaffVisit) async throws -> Answer { try await log(staff, verdict: nil) }

  private func log(_ staff: StaffVisit, verdict: [String: Any]?) async throws -> Answer {
    let words = staff.words
    var all: [String: Any] = ["mayVerify": staff.session.role >= .officer]
    if let verdict { all["verdict"] = verdict }
    do {
      let checkpoint = try await services.auditLog.checkpoint(staff.caller, month: nil)
      var values: [String: Any] = [
        "month": checkpoint.month.description, "size": checkpoint.size, "root": Base64URL.encode(checkpoint.root), "note": checkpoint.note,
      ]
      if let stamp = checkpoint.timeStamp { values["stamp"] = time(stamp.at, words) }
      all["checkpoint"] = values
    } catch let refusal as Refusal where refusal.kind == .notFound {}
    return show(staff, "log", words["log"], at: "log", all)
  }

  /// How long a page waits for a verification, in seconds.
  private static let verificationSeconds = 20

  func verifyLog(_ staff: StaffVisit) async throws -> Answer {
    try staff.session.require(.officer)
    let words = staff.words
    let tenant = staff.caller.tenantID
    let inspection = services.auditInspection
    let report = try await withThrowingTaskGroup(of: AuditInspectionReport?.self) { group in
      group.addTask { try await inspection.inspect(tenant) }
      group.addTask {
        try await Task.sleep(for: .seconds(Self.verificationSeconds))
        return nil
      }
      let first = try await group.next() ?? nil
      group.cancelAll()
      return first
    }
    let verdict: [String: Any]
    if let report, report.damage.isEmpty {
      verdict = ["tone": "good", "label": words["verified"], "lead": "\(report.entries) \(words["records"]) · \(words["verifiedLead"])"]
    } else if let report {
      let damage = report.damage.prefix(50).map { ["place": $0.place, "sentence": $0.sentence] }
      verdict = ["tone": "bad", "label": words["damaged"], "lead": "", "hasDamage": true, "damage": Array(damage)]
    } else {
      verdict = ["tone": "warn", "label": words["takesLonger"], "lead": words["takesLongerLead"]]
    }
    return try await log(staff, verdict: verdict)
  }
}
