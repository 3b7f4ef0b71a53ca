internal import PostgreSQL

/// SQL of logins: one statement uses the session up, finds the subject and writes verification and audit event, in one round trip.
enum LoginStore {
  /// 1 tenant · 2 session uuid · 3 key digest · 4 fingerprint · 5 now · 6 session's end · 7 serial indexes · 8 wanted subject or null ·
  /// 9 verification id · 10 method · 11 source time · 12 audit id · 13 actor · 14 request id · 15 the session's time is over ·
  /// 16 purpose of the revocation check · 17 age of its word · 18 passed by override · 19 the audit event's detail
  ///
  /// A repeat under the same key finds the verification of the first time (`told`) and makes no second; that it was answered is audited each time.
  ///
  /// Where a repeat arrives while the first request is still running, the insert waits for it, but no snapshot of this statement sees its row: so the
  /// row is written back unchanged if it is the repeat's own, and nothing comes back if it is another's. `xmax` is 0 in a row just inserted.
  static let answer = Statement(
    "answer_login",
    """
    with used as (
      insert into used_sessions (tenant_id, session_id, key_digest, fingerprint, used_at, expires_at, verification_id)
      select $1, $2, $3, $4, $5, $6, $9 where not $15
      on conflict (tenant_id, session_id) do update set used_at = used_sessions.used_at
        where used_sessions.key_digest = excluded.key_digest and used_sessions.fingerprint = excluded.fingerprint
      returning xmax = 0 as fresh, used_at, verification_id
    ), earlier as (
      select used_at, verification_id from used_sessions where $15 and tenant_id = $1 and session_id = $2 and key_digest = $3 and fingerprint = $4
    ), mine as (
      select exists (select 1 from used where fresh) as fresh,
        exists (select 1 from used where not fresh) or exists (select 1 from earlier) as repeated
    ), found as (
      select b.subject_id from bindings b join subjects s on s.tenant_id = b.tenant_id and s.subject_id = b.subject_id
      where b.tenant_id = $1 and b.kind = 'authentication' and b.serial_index = any($7) and b.status in ('valid', 'unknown')
        and s.erased_at is null and ($8::uuid is null or b.subject_id = $8)
      limit 1
    ), verdict as (
      select case when not fresh and not repeated then case when $15 then 'expired' else 'replayed' end when (select subject_id from found) is null then 'unknownSubject' else 'ok' end as outcome,
        fresh, repeated from mine
    ), first_time as (
      select verification_id, used_at from used where not fresh union all select verification_id, used_at from earlier
    ), told as (
      select v.method, v.source_time, v.result, v.revocation_override from first_time e join verifications v on v.tenant_id = $1 and v.verification_id = e.verification_id
    ), verified as (
      insert into verifications (tenant_id, verification_id, purpose, session_id, subject_id, result, method, source_time, checked_at,
        revocation_purpose, source_age_seconds, revocation_override)
      select $1, $9, 'login', $2, (select subject_id from found), outcome, $10, $11, $5, $16, $17, $18 from verdict
      where outcome <> 'expired' and (not repeated or exists (select 1 from told where result <> outcome))
    ), audited as (
      insert into audit_events (tenant_id, event_id, at, kind, actor, subject_id, object, purpose, outcome, request_id, detail)
      select $1, $12, $5, 'loginAnswered', $13, (select subject_id from found), null, 'signatureVerification', outcome, $14, $19 from verdict
    )
    select v.outcome, v.fresh, f.subject_id, p.pair_id, p.state, p.ledger_ref_sealed,
      exists (select 1 from bindings b where b.tenant_id = $1 and b.subject_id = f.subject_id and b.kind = 'signing' and b.superseded_at is null
        and b.status = 'changed') as changed,
      e.used_at, case when t.result <> v.outcome then null else e.verification_id end, t.method, t.source_time,
      coalesce(t.revocation_override, false)
    from verdict v left join found f on true left join first_time e on true left join told t on true
    left join lateral (
      select pair_id, state, ledger_ref_sealed from pairs where tenant_id = $1 and subject_id = f.subject_id
      order by state = 'active' desc, pair_id desc limit 1
    ) p on true
    """)
}
