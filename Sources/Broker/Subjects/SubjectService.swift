internal import CitizenItems
public import Foundation
internal import PostgreSQL

/// A subject as its tenant sees it: opaque, without items.
public struct SubjectView: Sendable {
  /// Opaque, this tenant's own, stable over renewals.
  public let id: SubjectID
  /// When the tenant met the person.
  public let createdAt: Date
  /// Since when the subject is erased; nil while it is not.
  public let erasedAt: Date?
}

/// SQL of subjects.
enum SubjectStore {
  static let insert = Statement(
    "insert_subject", "insert into subjects (tenant_id, subject_id, reference_index, created_at) values ($1, $2, $3, $4)")
  static let setReference = Statement(
    "set_subject_reference", "update subjects set reference_index = $3 where tenant_id = $1 and subject_id = $2")
  static let get = Statement(
    "get_subject", "select subject_id, created_at, erased_at from subjects where tenant_id = $1 and subject_id = $2")
  static let byReference = Statement(
    "subjects_by_reference",
    """
    select subject_id, created_at, erased_at from subjects where tenant_id = $1 and reference_index = $2 and subject_id > $3 order by subject_id limit $4
    """)
  static let erase = Statement(
    "erase_subject",
    "update subjects set erased_at = $3, reference_index = null where tenant_id = $1 and subject_id = $2 and erased_at is null")
  static let unbind = Statement("unbind_subject", "delete from bindings where tenant_id = $1 and subject_id = $2")
}

/// 利用者: looks at, finds and erases subjects.
public struct SubjectService: Sendable {
  let core: BrokerCore
  let book: ConsentBook

  /// One subject.
  public func get(_ caller: Caller, id: SubjectID) async throws -> SubjectView {
    try caller.require(.subjects)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(SubjectStore.get, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        core.audit.record(.subjectViewed, by: caller, subject: id),
      ])
    guard let row = results[0].rows.first else { throw Refusal.notFound("subject") }
    return try Self.view(row)
  }

  /// Subjects by the tenant's own customer reference.
  public func search(_ caller: Caller, reference: String, limit: Int, pageToken: String?) async throws -> Page<SubjectView> {
    try caller.require(.subjects)
    let index = try await core.vault.tenantKeys(caller.tenantID).index(ofReference: reference, kind: "subject")
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          SubjectStore.byReference,
          [.uuid(caller.tenantID.uuid), .bytes(index), .uuid(try PageToken.decode(pageToken)), .int4(Int32(PageToken.limit(limit) + 1))]),
        core.audit.record(.subjectViewed, by: caller, detail: ["by": "reference"]),
      ])
    return try PageToken.page(results[0].rows, limit: limit) {
      try Self.view($0)
    } id: {
      $0.id.uuid
    }
  }

  /// Erases a subject: bindings and pairs go, consents in force are withdrawn, evidence without items stays.
  public func erase(_ caller: Caller, id: SubjectID, request: RepeatableRequest) async throws {
    try caller.require(.subjects)
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    _ = try await core.idempotency.once(caller, request) { transaction -> Bool in
      guard try await core.pairs.lock(id, tenant: caller.tenantID, in: transaction) else { throw Refusal.notFound("subject") }
      try await core.pairs.applyToAll(.subjectErased, of: id, keys: keys, in: transaction)
      let consents = try await transaction.query(ConsentStore.endable, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)])
      for row in consents.rows {
        _ = try await book.apply(
          .revokedByController, to: try Consent(row), actor: caller.actor, basis: "subject erased", tenant: caller.tenantID, in: transaction
        )
      }
      try await transaction.pipeline([
        // Erased, the person is nobody's customer any more: what evidence is kept is kept from now on for its time.
        BoundStatement(
          EvidenceStore.endContract,
          [
            .uuid(caller.tenantID.uuid), .uuid(id.uuid), .timestamp(core.clock.now()),
            .timestamp(EvidenceKeeper.retention(from: core.clock.now())),
          ]),
        BoundStatement(SubjectStore.unbind, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        BoundStatement(SubjectStore.erase, [.uuid(caller.tenantID.uuid), .uuid(id.uuid), .timestamp(core.clock.now())]),
        core.audit.record(.subjectErased, by: caller, subject: id),
      ])
      return true
    }
  }

  private static func view(_ row: Row) throws -> SubjectView {
    SubjectView(id: SubjectID(try row.uuid(0)), createdAt: try row.timestamp(1), erasedAt: try row.optionalTimestamp(2))
  }
}
