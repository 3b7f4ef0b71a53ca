internal import PostgreSQL

/// SQL of what the console shows beyond the other services' questions: reading only.
enum ConsoleStore {
  /// Everything that happened with a subject, newest first. 3 as of · 4 at most · 5 whether refusals and standing may be told (deemed verifiers)
  static let timeline = Statement(
    "console_timeline",
    """
    (select e.at, 'consent', c.consent_id, e.state, e.actor, e.basis from consents c
      join consent_events e on e.tenant_id = c.tenant_id and e.consent_id = c.consent_id
      where c.tenant_id = $1 and c.subject_id = $2 and e.at <= $3 order by e.at desc limit $4)
    union all
    (select v.checked_at, 'verification', v.verification_id, case when $5 or v.result = 'ok' then v.result else 'notConfirmed' end, v.purpose,
        case when $5 then v.method else '' end
      from verifications v where v.tenant_id = $1 and v.subject_id = $2 and v.checked_at <= $3 and ($5 or v.result = 'ok')
      order by v.verification_id desc limit $4)
    union all
    (select s.checked_at, 'check', s.check_id, s.signing, s.purpose, s.method
      from status_checks s where $5 and s.tenant_id = $1 and s.subject_id = $2 and s.checked_at <= $3 order by s.check_id desc limit $4)
    order by 1 desc, 3 desc limit $4
    """)
  /// Consents that the person or J-LIS ended, by month in Japan. 2 from
  static let endings = Statement(
    "console_endings",
    """
    select to_char(e.at at time zone 'Asia/Tokyo', 'YYYY-MM'), count(distinct e.consent_id) from consent_events e
    where e.tenant_id = $1 and e.at >= $2 and e.state in ('withdrawn', 'withdrawnLocally', 'cancelledAtSource') group by 1 order by 1
    """)
  /// Verifications by what they were for. 2 the least id of the period
  static let verifications = Statement(
    "console_verifications",
    "select purpose, count(*) from verifications where tenant_id = $1 and verification_id >= $2 group by 1 order by 2 desc, 1")
  /// The same of status checks.
  static let checks = Statement(
    "console_checks",
    "select purpose, count(*) from status_checks where tenant_id = $1 and check_id >= $2 group by 1 order by 2 desc, 1")
  /// What waits: pairs for a decision, words for J-LIS.
  static let waiting = Statement(
    "console_waiting",
    """
    select (select count(*) from pairs where tenant_id = $1 and state = 'needsDecision'),
      (select count(*) from intents where tenant_id = $1 and state = 'open')
    """)
  /// The newest of a tenant's ledger jobs.
  static let ledgerJobs = Statement(
    "console_ledger_jobs",
    """
    select job_id, state, received, deleted, activated, invalid, created_at, updated_at from ledger_jobs where tenant_id = $1
    order by created_at desc limit 20
    """)
}
