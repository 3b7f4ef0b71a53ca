internal import Foundation
internal import PostgreSQL

/// SQL of verifications: evidence without items.
enum VerificationStore {
  static let insert = Statement(
    "insert_verification",
    """
    insert into verifications (tenant_id, verification_id, purpose, session_id, subject_id, result, reason, method, source_time, document_digest, checked_at,
      revocation_purpose, source_age_seconds, revocation_override)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    """)

  static func insert(
    _ evidence: VerificationEvidence, tenant: TenantID, purpose: ToBeSigned.Purpose, session: UUID, subject: SubjectID?, verdict: Verdict,
    documentDigest: [UInt8]? = nil
  ) -> BoundStatement {
    BoundStatement(
      insert,
      [
        .uuid(tenant.uuid), .uuid(evidence.id.uuid), .text(purpose.rawValue), .uuid(session), .id(subject), .text(verdict.result),
        .text(optional: verdict.reason), .text(evidence.method), .timestamp(optional: evidence.sourceTime),
        .bytes(optional: documentDigest),
        .timestamp(evidence.checkedAt), .text(optional: evidence.purpose?.rawValue), evidence.sourceAgeSeconds.map { .int4($0) } ?? .null,
        .bool(evidence.isUnderOverride == true),
      ])
  }
}
