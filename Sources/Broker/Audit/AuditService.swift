public import Foundation
internal import PostgreSQL

/// What to look for in the audit log.
public struct AuditQuery: Sendable {
  /// At this instant or later.
  public var after: Date?
  /// Before this instant.
  public var before: Date?
  /// Of this kind only; an unknown one finds nothing.
  public var kind: String?
  /// About this subject only.
  public var subjectID: SubjectID?
  /// By this actor only, such as `client:cli_…`.
  public var actor: String?

  /// Every condition is optional; without any, the whole log of the tenant.
  public init(after: Date? = nil, before: Date? = nil, kind: String? = nil, subjectID: SubjectID? = nil, actor: String? = nil) {
    self.after = after
    self.before = before
    self.kind = kind
    self.subjectID = subjectID
    self.actor = actor
  }
}

/// Reads the audit log of a tenant, oldest first. Each look is audited itself.
public struct AuditService: Sendable {
  let core: BrokerCore

  /// One page.
  public func list(_ caller: Caller, _ query: AuditQuery, limit: Int, pageToken: String?) async throws -> Page<AuditEvent> {
    try caller.require(.auditRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          AuditStore.list,
          [
            .uuid(caller.tenantID.uuid), .uuid(try PageToken.decode(pageToken)), .timestamp(optional: query.before),
            .text(optional: query.kind),
            .id(query.subjectID), .text(optional: query.actor), .int4(Int32(PageToken.limit(limit) + 1)), .timestamp(optional: query.after),
          ]),
        core.audit.record(.auditRead, by: caller, subject: query.subjectID),
      ])
    return try PageToken.page(results[0].rows, limit: limit) { row in
      guard let kind = AuditEvent.Kind(rawValue: try row.text(2)) else { throw KeyError.damaged }
      return AuditEvent(
        id: AuditEventID(try row.uuid(0)), at: try row.timestamp(1), kind: kind, actor: try row.text(3),
        subjectID: try row.optionalUUID(4).map(SubjectID.init), object: try row.optionalText(5), purpose: try row.optionalText(6),
        outcome: try row.text(7), requestID: try row.optionalText(8),
        detail: try row.optionalText(9).map { try JSONDecoder().decode([String: String].self, from: Data($0.utf8)) } ?? [:])
    } id: {
      $0.id.uuid
    }
  }
}
