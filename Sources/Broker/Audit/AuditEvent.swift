public import Foundation
internal import PostgreSQL

/// One decision or one look, for those who audit: who, whom (opaque), what for, how it ended. Never items, serials, keys or references in clear.
public struct AuditEvent: Sendable, Codable {
  /// What happened; the names are stable and listed in OpenAPI.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case tenantCreated, tenantSuspended, tenantChanged, revocationOverrideSet, revocationOverrideEnded, clientCreated, clientRotated,
      clientRevoked, keyRotated, keyRetired, pairsStranded, keysHandedOver
    case tokenIssued, noticeCreated, noticesViewed, onboardingCreated, onboardingSigned, onboardingViewed, loginAnswered, matchAnswered,
      documentVerified,
      tagLookedUp, tagsLookedUp, tagsEvaluated
    case pairSettled, pairViewed, pairsListed, pairDeleted, ledgerChangesReceived, ledgerChangesApplied, ledgerChangesViewed
    case consentSessionCreated, consentSigned, consentForwarded, consentViewed, consentsListed, consentWithdrawn, withdrawalForwarded,
      consentRevoked, consentExpired, consentRefused, consentReminded, consentsCounted
    case evidenceKept, evidenceListed, evidenceOpened, evidenceShredded, contractEnded
    case subjectViewed, subjectErased, statusViewed, statusChecked, latestItemsAsked, eventsRead, auditRead, receiptIssued,
      verificationViewed
    case sourceAddressed
    case auditCheckpointRead, auditProofRead, auditExportCreated, auditExportMade, auditExportViewed, auditExportFetched, auditMonthDetached
    case staffCreated, staffSuspended, staffReset, staffEnrolled, staffSignedIn, staffSignedOut, staffListed,
      staffProviderChanged
    case doorMade, doorEntered, timelineViewed, overviewViewed, jobsViewed
  }

  /// Sortable within one process.
  public let id: AuditEventID
  /// When.
  public let at: Date
  /// What happened.
  public let kind: Kind
  /// `client:…`, `staff:…`, `person:…`, `operator:…` or `job:…`.
  public let actor: String
  /// Whom it was about, by opaque id; nil where nobody.
  public let subjectID: SubjectID?
  /// The id of what was acted on, where it is not a subject.
  public let object: String?
  /// Why, for looks that the law asks a purpose of (52条1項).
  public let purpose: String?
  /// `ok`, or the code of the result or refusal.
  public let outcome: String
  /// The request that did it; nil for jobs and operators.
  public let requestID: String?
  /// Codes and counts, and the reason that an operator wrote for an override; never anything personal.
  public let detail: [String: String]
}

/// SQL of the audit log: insert and read, never change.
enum AuditStore {
  static let insert = Statement(
    "insert_audit_event",
    """
    insert into audit_events (tenant_id, event_id, at, kind, actor, subject_id, object, purpose, outcome, request_id, detail)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    """)

  private static let columns = "event_id, at, kind, actor, subject_id, object, purpose, outcome, request_id, detail::text"
  /// Conditions that every look has beside its range of ids: 4, 5 times
  private static let period = "($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5)"
  // 1 tenant · 2, 3 ids from and to (UUIDv7, so that a period is a range of ids) · 6 limit. One statement for each index; rows are compared, so that no
  // other index gives the order: whatever is looked for, and however rare it is, a page is read from one place of one index.
  static let list = Statement(
    "list_audit_events",
    "select \(columns) from audit_events where tenant_id = $1 and event_id > $2 and event_id < $3 and \(period) order by event_id limit $6")
  static let listOfSubject = Statement(
    "list_audit_events_of_subject",
    """
    select \(columns) from audit_events
    where tenant_id = $1 and subject_id is not null and (subject_id, event_id) > ($7, $2) and (subject_id, event_id) < ($7, $3) and \(period)
      and ($8::text is null or kind = $8) and ($9::text is null or actor = $9)
    order by subject_id, event_id limit $6
    """)
  static let listOfKind = Statement(
    "list_audit_events_of_kind",
    """
    select \(columns) from audit_events
    where tenant_id = $1 and (kind, event_id) > ($7, $2) and (kind, event_id) < ($7, $3) and \(period) and ($8::text is null or actor = $8)
    order by kind, event_id limit $6
    """)
  static let listOfActor = Statement(
    "list_audit_events_of_actor",
    """
    select \(columns) from audit_events
    where tenant_id = $1 and (actor, event_id) > ($7, $2) and (actor, event_id) < ($7, $3) and \(period)
    order by actor, event_id limit $6
    """)
}

/// Writes audit events into the unit of work of what they tell of (law 4).
public struct AuditTrail: Sendable {
  let ids: IdentifierSource
  let clock: any WallClock

  /// The statement to put beside the action, in the same transaction.
  func record(
    _ kind: AuditEvent.Kind, by caller: Caller, subject: SubjectID? = nil, object: String? = nil, purpose: String? = nil,
    outcome: String = "ok",
    detail: [String: String] = [:]
  ) -> BoundStatement {
    record(
      kind, tenant: caller.tenantID, actor: caller.actor, requestID: caller.requestID, subject: subject, object: object, purpose: purpose,
      outcome: outcome,
      detail: detail)
  }

  /// The same for jobs and operators, who are no callers.
  func record(
    _ kind: AuditEvent.Kind, tenant: TenantID, actor: String, requestID: String? = nil, subject: SubjectID? = nil, object: String? = nil,
    purpose: String? = nil, outcome: String = "ok", detail: [String: String] = [:]
  ) -> BoundStatement {
    BoundStatement(
      AuditStore.insert,
      [
        .uuid(tenant.uuid), .uuid(ids.nextUUID()), .timestamp(clock.now()), .text(kind.rawValue), .text(actor),
        subject.map { .uuid($0.uuid) } ?? .null,
        object.map { .text($0) } ?? .null, purpose.map { .text($0) } ?? .null, .text(outcome), requestID.map { .text($0) } ?? .null,
        detail.isEmpty ? .null : .json(Self.json(detail)),
      ])
  }

  /// A flat object of strings, keys sorted, so that the same detail is the same bytes.
  static func json(_ detail: [String: String]) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(detail)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}
