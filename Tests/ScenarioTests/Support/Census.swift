import JLISSimulator
import PostgreSQL
import TestSupport

/// How many of each thing there are, by kind and state: what "the same end state" means.
struct Census: Sendable, Equatable {
  private(set) var counts: [String: Int] = [:]

  /// Tables by what matters of their rows; ids, times and random bytes aside.
  ///
  /// Not counted, with reasons:
  /// - `audit_events` of looks and tokens: a step that is played again looks again, and each look must be on record again.
  /// - `audit_events` of answers to logins and matches, and `sourceAddressed`: whoever asks again is answered again (of latest items J-LIS is
  ///   asked again, because nothing of its answer was kept), and each answer must be on record.
  /// - `verifications` of logins and matches that were refused or not used up: nothing is kept under their key, so a repeat is a new attempt.
  /// - `used_sessions` of client assertions (there key and fingerprint are equal): a token may be fetched again.
  /// - `attempt` of idempotency keys: it counts how often a dead process's work was taken up.
  private static let questions: [(table: String, columns: String, where: String)] = [
    ("notices", "language, array_to_string(items, ' ')", "true"),
    ("subjects", "reference_index is null, erased_at is null", "true"),
    ("bindings", "kind, status, medium, superseded_at is null", "true"),
    ("sessions", "purpose, state, attempts", "true"),
    ("used_sessions", "true", "key_digest <> fingerprint"),
    (
      "verifications", "purpose, result, reason, method, subject_id is null",
      "purpose not in ('login', 'match') or result in ('ok', 'unknownSubject')"
    ),
    ("status_checks", "purpose, method, signing, authentication", "true"),
    ("consents", "state, service_id, array_to_string(items, ' '), source_reference is null, given_at is null", "true"),
    ("consent_events", "sequence, state, actor like 'client:%', regexp_replace(basis, '[a-z]+_[0-9a-z]{20,}', 'ID')", "true"),
    ("intents", "kind, state, payload_sealed is null", "true"),
    ("pairs", "state, ledger_ref_index is null, decided_by, decide_until is null", "true"),
    ("pair_tags", "side, key_version", "true"),
    ("ledger_jobs", "state, received, deleted, activated, unknown, invalid", "true"),
    ("ledger_batches", "first_line, lines", "true"),
    ("ledger_invalid_lines", "invalid_reason", "true"),
    ("events", "kind, pair_id is null, consent_id is null", "true"),
    (
      "audit_events", "kind, outcome, subject_id is null",
      """
      kind !~ '(Viewed|Listed|Read|LookedUp)$'
        and kind not in ('tokenIssued', 'keysHandedOver', 'receiptIssued', 'loginAnswered', 'matchAnswered', 'sourceAddressed')
      """
    ),
    ("idempotency_keys", "regexp_replace(operation, '[a-z]+_[0-9A-Za-z_.-]{20,}', 'ID'), state", "true"),
  ]

  init(of house: House, simulator: SimulatedJLIS) async throws {
    counts = try await Tables.with(house.database.superuserURL) { pool in
      var counts: [String: Int] = [:]
      for (number, question) in Self.questions.enumerated() {
        let sql = """
          select t.name || ' ' || r.what, count(*) from (
            select (row(\(question.columns)))::text as what, tenant_id from \(question.table) where \(question.where)) r
          join tenants t using (tenant_id) group by 1
          """
        for row in try await pool.query(Statement("scenario_census_\(number)", sql)).rows {
          counts["\(question.table): \(try row.text(0))"] = try row.int(1)
        }
      }
      return counts
    }
    for citizen in try simulator.citizenIDs() {
      for consent in try simulator.consents(of: citizen) {
        counts["J-LIS: \(citizen) \(consent.serviceID) \(consent.cancelledAt == nil ? "stands" : "cancelled")", default: 0] += 1
      }
    }
    for summary in try simulator.summaries() {
      counts["J-LIS: \(summary.id) \(summary.signing) \(summary.authentication)"] = 1
    }
  }

  /// What is there more often or less often than in `other`, one line each.
  func differences(from other: Census) -> [String] {
    Set(counts.keys).union(other.counts.keys).sorted().compactMap { key in
      let (here, there) = (counts[key] ?? 0, other.counts[key] ?? 0)
      return here == there ? nil : "\(key): \(here), uninterrupted \(there)"
    }
  }
}
