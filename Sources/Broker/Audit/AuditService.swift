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
        query.statement(caller.tenantID, after: try PageToken.decode(pageToken), limit: PageToken.limit(limit) + 1),
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

extension AuditQuery {
  /// How far an id's time may lie from the event's own, in seconds: ids of one process go on where its clock is set back.
  private static let slackSeconds: TimeInterval = 600

  /// The statement whose index narrows most.
  func statement(_ tenant: TenantID, after token: UUID, limit: Int) -> BoundStatement {
    var first = token
    if let after {
      let bound = UUID.first(at: after.addingTimeInterval(-Self.slackSeconds))
      if token.bytes.lexicographicallyPrecedes(bound.bytes) { first = bound }
    }
    let end = before.map { UUID.first(at: $0.addingTimeInterval(Self.slackSeconds)) } ?? UUID(high: .max, low: .max)
    let common: [SQLValue] = [
      .uuid(tenant.uuid), .uuid(first), .uuid(end), .timestamp(optional: after), .timestamp(optional: before), .int4(Int32(limit)),
    ]
    if let subjectID {
      return BoundStatement(
        AuditStore.listOfSubject, common + [.uuid(subjectID.uuid), .text(optional: kind), .text(optional: actor)])
    }
    if let kind { return BoundStatement(AuditStore.listOfKind, common + [.text(kind), .text(optional: actor)]) }
    if let actor { return BoundStatement(AuditStore.listOfActor, common + [.text(actor)]) }
    return BoundStatement(AuditStore.list, common)
  }
}

extension UUID {
  /// The least UUIDv7 of a millisecond (RFC 9562 §5.7), or below it.
  static func first(at date: Date) -> UUID {
    UUID(high: UInt64(min(max(0, date.timeIntervalSince1970 * 1000), 281_474_976_710_655)) << 16, low: 0)
  }
}
