import Broker
import CitizenItems
import Foundation
import Hummingbird
import StrictJSON

/// `/v1/verifications`
struct VerificationRoutes {
  let endpoint: Endpoint
  let verifications: VerificationService

  func add(to router: Router<BrokerRequestContext>) {
    router.get("/v1/verifications/{id}") { request, context in
      let caller = try await endpoint.caller(.documents, request, context)
      let verification = try await verifications.get(caller, id: try context.id())
      switch caller.status {
      case .deemedVerifier: return try Response.json(VerificationRecordForVerifier(verification))
      case .notVerifier: return try Response.json(VerificationRecordForNonVerifier(verification))
      }
    }
    router.post("/v1/verifications/search") { request, context in
      let (caller, body) = try await endpoint.body(VerificationSearch.self, .documents, request, context)
      if caller.status == .notVerifier { try body.checkForNonVerifier() }
      let page = try await verifications.search(caller, body.query, limit: body.pageSize ?? 50, pageToken: body.pageToken)
      switch caller.status {
      case .deemedVerifier:
        return try Response.json(
          VerificationPage(verifications: page.elements.map(VerificationRecordForVerifier.init), nextPageToken: page.nextPageToken))
      case .notVerifier:
        return try Response.json(
          VerificationPage(verifications: page.elements.map(VerificationRecordForNonVerifier.init), nextPageToken: page.nextPageToken))
      }
    }
  }
}

/// Looks for evidence of verifications; every condition is optional.
struct VerificationSearch: Decodable, Bounded {
  let subjectId: SubjectID?
  let purpose: VerificationPurpose?
  let result: String?
  let after: Date?
  let before: Date?
  let documentDigest: Base64URLField?
  let documentPurpose: String?
  let pageSize: Int?
  let pageToken: String?

  func check(_ bounds: inout Bounds) {
    bounds.length(result, "/result", 1...64)
    bounds.length(documentPurpose, "/documentPurpose", 1...64)
    if let documentDigest { bounds.require(documentDigest.bytes.count == 32, "/documentDigest", "must be a SHA-256: 32 bytes") }
    bounds.value(pageSize, "/pageSize", 1...500)
    bounds.length(pageToken, "/pageToken", 1...512)
  }

  /// To ask for a finer result than was told would be to be told it.
  func checkForNonVerifier() throws {
    let told = Verdict.toldToAll + [Verdict.notConfirmed]
    if let result, !told.contains(result) { throw JSONFaults("/result", "must be one of \(told.joined(separator: ", "))") }
  }

  var query: VerificationQuery {
    var query = VerificationQuery()
    query.subjectID = subjectId
    query.purpose = purpose
    query.result = result
    query.after = after
    query.before = before
    query.documentDigest = documentDigest?.bytes
    query.documentPurpose = documentPurpose
    return query
  }
}

/// Evidence of a verification, without items, for a `deemedVerifier`.
struct VerificationRecordForVerifier: Encodable {
  let id: VerificationID
  let purpose: VerificationPurpose
  let documentPurpose: String?
  let result: String
  let reason: String?
  let subjectId: SubjectID?
  let documentDigest: Base64URLField?
  let consents: [ConsentSelectionOfRecord]?
  let checkedAt: Date
  let method: String
  let sourceTime: Date?
  /// Present where revocation was unknown and passed by the tenant's override.
  let revocationOverride: Bool?

  init(_ verification: Verification) {
    id = verification.evidence.id
    purpose = verification.purpose
    documentPurpose = verification.documentPurpose
    result = verification.verdict.result
    reason = verification.verdict.reason
    subjectId = verification.subjectID
    documentDigest = verification.documentDigest.map(Base64URLField.init)
    consents = verification.notices.isEmpty ? nil : verification.notices.map(ConsentSelectionOfRecord.init)
    checkedAt = verification.evidence.checkedAt
    method = verification.evidence.method
    sourceTime = verification.evidence.sourceTime
    revocationOverride = verification.evidence.isUnderOverride
  }
}

/// Evidence of a verification for a `notVerifier`: no reason, no source, and a subject only beside `ok`.
struct VerificationRecordForNonVerifier: Encodable {
  let id: VerificationID
  let purpose: VerificationPurpose
  let documentPurpose: String?
  let result: String
  let subjectId: SubjectID?
  let documentDigest: Base64URLField?
  let consents: [ConsentSelectionOfRecord]?
  let checkedAt: Date

  init(_ verification: Verification) {
    id = verification.evidence.id
    purpose = verification.purpose
    documentPurpose = verification.documentPurpose
    result = verification.verdict.coarse
    subjectId = verification.verdict.isOK ? verification.subjectID : nil
    documentDigest = verification.documentDigest.map(Base64URLField.init)
    consents = verification.notices.isEmpty ? nil : verification.notices.map(ConsentSelectionOfRecord.init)
    checkedAt = verification.evidence.checkedAt
  }
}

/// What a document's verification named: a notice, and names of items, never the items.
struct ConsentSelectionOfRecord: Encodable {
  let noticeId: NoticeID
  let version: Int
  let purposes: [String]
  let items: [String]

  init(_ selection: Broker.ConsentSelection) {
    noticeId = selection.noticeID
    version = selection.version
    purposes = selection.purposes
    items = selection.items.map(\.rawValue)
  }
}

/// A page of evidence (VerificationPageForVerifier, VerificationPageForNonVerifier).
struct VerificationPage<Record: Encodable>: Encodable {
  let verifications: [Record]
  let nextPageToken: String?
}
