internal import Foundation
internal import PostgreSQL

/// SQL of verifications: evidence without items.
enum VerificationStore {
  static let insert = Statement(
    "insert_verification",
    """
    insert into verifications (tenant_id, verification_id, purpose, session_id, subject_id, result, reason, method, source_time, document_digest, checked_at,
      revocation_purpose, source_age_seconds, revocation_override, document_purpose, notices)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    """)

  static func insert(
    _ evidence: VerificationEvidence, tenant: TenantID, purpose: VerificationPurpose, session: UUID?, subject: SubjectID?, verdict: Verdict,
    documentDigest: [UInt8]? = nil, documentPurpose: String? = nil, notices: String? = nil
  ) -> BoundStatement {
    BoundStatement(
      insert,
      [
        .uuid(tenant.uuid), .uuid(evidence.id.uuid), .text(purpose.rawValue), session.map { .uuid($0) } ?? .null, .id(subject),
        .text(verdict.result), .text(optional: verdict.reason), .text(evidence.method), .timestamp(optional: evidence.sourceTime),
        .bytes(optional: documentDigest), .timestamp(evidence.checkedAt), .text(optional: evidence.purpose?.rawValue),
        evidence.sourceAgeSeconds.map { .int4($0) } ?? .null, .bool(evidence.isUnderOverride == true), .text(optional: documentPurpose),
        notices.map { .json($0) } ?? .null,
      ])
  }

  private static let columns = """
    verification_id, purpose, subject_id, result, reason, method, source_time, document_digest, checked_at, document_purpose, notices::text,
    revocation_override
    """

  static let get = Statement(
    "get_verification", "select \(columns) from verifications where tenant_id = $1 and verification_id = $2")

  /// 1 tenant · 2 last id of the page before · 3 subject · 4 purpose · 5 results · 6 whether those are the ones looked for (true) or left out ·
  /// 7 not before · 8 before · 9 ids from · 10 ids before · 11 document's digest · 12 document's purpose · 13 limit · 14 of the subject only what was ok
  ///
  /// Ids begin with the time at which they were made: their bounds, somewhat wider than the times, let the key's index skip what is too old.
  static let search = Statement(
    "search_verifications",
    """
    select \(columns) from verifications
    where tenant_id = $1 and verification_id > $2 and ($3::uuid is null or (subject_id = $3 and (not $14 or result = 'ok')))
      and ($4::text is null or purpose = $4) and ($5::text[] is null or (result = any($5)) = $6)
      and ($7::timestamptz is null or checked_at >= $7) and ($8::timestamptz is null or checked_at < $8)
      and ($9::uuid is null or verification_id >= $9) and ($10::uuid is null or verification_id < $10)
      and ($11::bytea is null or document_digest = $11) and ($12::text is null or document_purpose = $12)
    order by verification_id limit $13
    """)
}
