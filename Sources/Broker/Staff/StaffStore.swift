internal import PostgreSQL

/// SQL of staff and their sessions.
enum StaffStore {
  private static let columns = """
    staff_id, name, role, (password_hash is not null and enrolment_digest is null) or provider_index is not null, locked_until, created_at, suspended_at
    """
  static let insert = Statement(
    "insert_staff",
    """
    insert into staff (tenant_id, staff_id, name, role, totp_sealed, enrolment_digest, enrolment_until, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, name) do nothing returning \(columns)
    """)
  static let list = Statement("list_staff", "select \(columns) from staff where tenant_id = $1 order by staff_id limit 500")
  static let suspend = Statement(
    "suspend_staff",
    """
    update staff set suspended_at = case when $3 then coalesce(suspended_at, $4) end where tenant_id = $1 and staff_id = $2 returning \(columns)
    """)
  /// A new password and second factor are to be set: the old ones end now.
  static let reset = Statement(
    "reset_staff",
    """
    update staff set password_hash = null, totp_sealed = $3, totp_step = 0, enrolment_digest = $4, enrolment_until = $5, failures = 0,
      locked_until = null, provider_index = null
    where tenant_id = $1 and staff_id = $2 returning \(columns)
    """)
  static let endSessions = Statement("end_staff_sessions", "delete from staff_sessions where tenant_id = $1 and staff_id = $2")

  static let enrolling = Statement(
    "enrolling_staff",
    """
    select p.staff_id, p.name, t.name, p.totp_sealed from staff p join tenants t on t.tenant_id = p.tenant_id
    where p.tenant_id = $1 and p.enrolment_digest = $2 and p.enrolment_until > $3 and p.suspended_at is null and t.suspended_at is null
    """)
  static let enrol = Statement(
    "enrol_staff",
    """
    update staff set password_hash = $3, totp_step = $4, enrolment_digest = null, enrolment_until = null
    where tenant_id = $1 and enrolment_digest = $2 and enrolment_until > $5 and suspended_at is null
    """)

  /// Counted before the password is looked at: of many attempts at once no more are let through than one after another. 3 now · 4 end of the rest ·
  /// 5 how many
  static let charge = Statement(
    "charge_staff_attempt",
    """
    update staff p set
      failures = case when p.locked_until is null then p.failures + 1 else 1 end,
      locked_until = case when (case when p.locked_until is null then p.failures + 1 else 1 end) >= $5 then $4::timestamptz end
    from tenants t
    where p.tenant_id = $1 and p.name = $2 and p.suspended_at is null and p.enrolment_digest is null and p.password_hash is not null
      and (p.locked_until is null or p.locked_until <= $3) and t.tenant_id = p.tenant_id and t.suspended_at is null
      and not exists (select from staff_providers v where v.tenant_id = $1 and not v.passwords_allowed)
    returning p.staff_id, p.password_hash, p.totp_sealed, p.totp_step
    """)
  /// How many came from one address in its window. 3 now · 4 start of the oldest window that still counts
  static let chargeAddress = Statement(
    "charge_staff_address",
    """
    insert into staff_addresses (tenant_id, address_index, attempts, window_start) values ($1, $2, 1, $3)
    on conflict (tenant_id, address_index) do update set
      attempts = case when staff_addresses.window_start <= $4 then 1 else staff_addresses.attempts + 1 end,
      window_start = case when staff_addresses.window_start <= $4 then $3 else staff_addresses.window_start end
    returning attempts
    """)
  static let creditAddress = Statement(
    "credit_staff_address", "update staff_addresses set attempts = greatest(attempts - 1, 0) where tenant_id = $1 and address_index = $2")
  /// Takes the code's step, once.
  static let succeed = Statement(
    "succeed_staff",
    """
    update staff set failures = 0, locked_until = null, totp_step = $3 where tenant_id = $1 and staff_id = $2 and totp_step < $3
      and suspended_at is null
    """)
  static let insertSession = Statement(
    "insert_staff_session",
    """
    insert into staff_sessions (tenant_id, session_digest, staff_id, created_at, seen_at, expires_at, by_provider)
    values ($1, $2, $3, $4, $4, $5, $6)
    """)
  /// A session that stands, used now. 3 now · 4 oldest use that still counts
  static let use = Statement(
    "use_staff_session",
    """
    update staff_sessions s set seen_at = greatest(s.seen_at, $3) from staff p, tenants t
    where s.tenant_id = $1 and s.session_digest = $2 and s.seen_at > $4 and s.expires_at > $3
      and p.tenant_id = s.tenant_id and p.staff_id = s.staff_id and p.suspended_at is null
      and (s.by_provider or p.enrolment_digest is null) and t.tenant_id = s.tenant_id and t.suspended_at is null
    returning p.staff_id, p.name, p.role, t.name, t.verifier_status, t.sandbox, t.revocation_policy
    """)
  static let endSession = Statement("end_staff_session", "delete from staff_sessions where tenant_id = $1 and session_digest = $2")
  static let tenantName = Statement(
    "console_tenant", "select name from tenants where tenant_id = $1 and suspended_at is null")
  static let cleanSessions = Statement(
    "clean_staff_sessions", "delete from staff_sessions where tenant_id = $1 and (expires_at <= $2 or seen_at <= $3)")
  static let cleanAddresses = Statement(
    "clean_staff_addresses", "delete from staff_addresses where tenant_id = $1 and window_start <= $2")
  static let cleanDoors = Statement(
    "clean_person_doors",
    "delete from person_doors where tenant_id = $1 and link_until <= $2 and (session_until is null or session_until <= $2)")
}
