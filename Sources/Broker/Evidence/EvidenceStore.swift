internal import Foundation
internal import PostgreSQL

/// SQL of evidence envelopes. What serves has no right to read the column `sealed`.
enum EvidenceStore {
  private static let columns =
    "envelope_id, verification_id, subject_id, kind, key_id, created_at, contract_ended_at, retain_until, shredded_at"

  static let insert = Statement(
    "insert_evidence",
    """
    insert into evidence_envelopes (tenant_id, envelope_id, verification_id, subject_id, kind, key_id, sealed, sealed_digest, created_at, retain_until)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    """)
  static let list = Statement(
    "list_evidence",
    """
    select \(columns) from evidence_envelopes where tenant_id = $1 and envelope_id > $2 and subject_id = $3 order by envelope_id limit $4
    """)
  /// The contract's end counts once; what is said later changes nothing that was counted from it.
  static let endContract = Statement(
    "end_contract",
    """
    update evidence_envelopes set contract_ended_at = $3, retain_until = $4
    where tenant_id = $1 and subject_id = $2 and contract_ended_at is null and shredded_at is null
    """)
  static let contract = Statement(
    "contract_of_subject",
    """
    select max(contract_ended_at), max(retain_until), count(*) from evidence_envelopes
    where tenant_id = $1 and subject_id = $2 and contract_ended_at is not null
    """)
  static let overdue = Statement(
    "overdue_evidence",
    """
    select envelope_id, subject_id from evidence_envelopes where tenant_id = $1 and retain_until <= $2 and shredded_at is null
    order by retain_until limit $3 for update skip locked
    """)
  static let shred = Statement(
    "shred_evidence", "update evidence_envelopes set sealed = null, shredded_at = $3 where tenant_id = $1 and envelope_id = any($2)")
  static let open = Statement(
    "open_evidence", "select \(columns), sealed from evidence_envelopes where tenant_id = $1 and envelope_id = $2")
  static let insertOpening = Statement(
    "insert_evidence_opening",
    """
    insert into evidence_openings (tenant_id, opening_id, envelope_id, opened_by, approvers, reason, outcome, opened_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    """)
}

extension EvidenceEnvelope {
  /// Columns as ``EvidenceStore`` names them.
  init(_ row: Row) throws {
    guard let kind = EvidenceKind(rawValue: try row.text(3)) else { throw KeyError.damaged }
    self.init(
      id: EvidenceID(try row.uuid(0)), verificationID: VerificationID(try row.uuid(1)),
      subjectID: try row.optionalUUID(2).map { SubjectID($0) }, kind: kind, keyID: try row.text(4), createdAt: try row.timestamp(5),
      contractEndedAt: try row.optionalTimestamp(6), retainUntil: try row.optionalTimestamp(7), shreddedAt: try row.optionalTimestamp(8))
  }
}
