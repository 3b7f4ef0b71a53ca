internal import PostgreSQL

/// SQL of persons' doors.
enum DoorStore {
  /// The newest card login of a subject that was ok. 3 the least id that still counts · 4 not before
  static let login = Statement(
    "door_login",
    """
    select verification_id from verifications where tenant_id = $1 and subject_id = $2 and verification_id >= $3 and checked_at >= $4
      and purpose in ('login', 'onboarding', 'match') and result = 'ok' order by verification_id desc limit 1
    """)
  static let insert = Statement(
    "insert_door",
    """
    insert into person_doors (tenant_id, door_id, subject_id, verification_id, language, link_digest, link_until, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    """)
  /// The language of a link that is still good.
  static let look = Statement(
    "look_at_door",
    """
    select d.language, t.name from person_doors d join tenants t on t.tenant_id = d.tenant_id
    where d.tenant_id = $1 and d.link_digest = $2 and d.link_until > $3 and d.session_digest is null and t.suspended_at is null
    """)
  /// Uses the link up, once. 4 session · 5 its end
  static let enter = Statement(
    "enter_door",
    """
    update person_doors set session_digest = $4, session_until = $5
    where tenant_id = $1 and link_digest = $2 and link_until > $3 and session_digest is null returning door_id, subject_id
    """)
  static let session = Statement(
    "door_session",
    """
    select d.door_id, d.subject_id, d.language, t.name, t.verifier_status, t.sandbox, t.revocation_policy from person_doors d
    join tenants t on t.tenant_id = d.tenant_id join subjects s on s.tenant_id = d.tenant_id and s.subject_id = d.subject_id
    where d.tenant_id = $1 and d.session_digest = $2 and d.session_until > $3 and t.suspended_at is null and s.erased_at is null
    """)
  static let leave = Statement(
    "leave_door", "update person_doors set session_until = $3 where tenant_id = $1 and session_digest = $2 and session_until > $3")
}
