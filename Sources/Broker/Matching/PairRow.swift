internal import CitizenItems
internal import Foundation
internal import PostgreSQL

/// A pair as its row and tags stand in the database, locked by the transaction that read it.
struct PairRow: Sendable {
  let id: PairID
  let subjectID: SubjectID
  var state: PairState
  var ledgerRefIndex: [UInt8]?
  var ledgerRefSealed: [UInt8]?
  var decideUntil: Date?
  var cardTags: [EdgeTag]
  var ledgerTags: [EdgeTag]

  init(id: PairID, subjectID: SubjectID, state: PairState) {
    self.id = id
    self.subjectID = subjectID
    self.state = state
    cardTags = []
    ledgerTags = []
  }

  /// Columns as ``PairStore/columns`` names them.
  init(_ row: Row, _ keys: TenantKeys) throws {
    id = PairID(try row.uuid(0))
    subjectID = SubjectID(try row.uuid(1))
    guard let state = PairState(rawValue: try row.text(2)) else { throw KeyError.damaged }
    self.state = state
    ledgerRefIndex = try row.optionalBytes(3)
    ledgerRefSealed = try row.optionalBytes(4)
    decideUntil = try row.optionalTimestamp(5)
    cardTags = try row.bytesArray(6).map { try keys.opened(stored: $0) }
    ledgerTags = try row.bytesArray(7).map { try keys.opened(stored: $0) }
  }

  /// How the two sides compare.
  var tags: PairTags { Self.compare(card: cardTags, ledger: ledgerTags) }

  static func compare(card: [EdgeTag], ledger: [EdgeTag]) -> PairTags {
    guard !ledger.isEmpty else { return .ledgerTagAbsent }
    return Set(card).isDisjoint(with: ledger) ? .different : .equal
  }

  static func sealReference(_ reference: String, pair: UUID, _ keys: TenantKeys) throws -> [UInt8] {
    try keys.seal(Array(reference.utf8), table: "pairs", column: "ledger_ref_sealed", row: pair)
  }

  static func openReference(_ sealed: [UInt8]?, pair: UUID, _ keys: TenantKeys) throws -> String? {
    guard let sealed else { return nil }
    return String(decoding: try keys.open(sealed, table: "pairs", column: "ledger_ref_sealed", row: pair), as: UTF8.self)
  }
}

/// SQL of pairs and their tags.
enum PairStore {
  static let columns = """
    p.pair_id, p.subject_id, p.state, p.ledger_ref_index, p.ledger_ref_sealed, p.decide_until,
    array(select stored_tag from pair_tags t where t.tenant_id = p.tenant_id and t.pair_id = p.pair_id and t.side = 'card'),
    array(select stored_tag from pair_tags t where t.tenant_id = p.tenant_id and t.pair_id = p.pair_id and t.side = 'ledger')
    """

  static let lockSubject = Statement(
    "lock_subject", "select erased_at from subjects where tenant_id = $1 and subject_id = $2 for update")
  static let ofSubject = Statement(
    "pairs_of_subject", "select \(columns) from pairs p where p.tenant_id = $1 and p.subject_id = $2 order by p.pair_id for update of p")
  static let byID = Statement("pair_by_id", "select \(columns) from pairs p where p.tenant_id = $1 and p.pair_id = $2 for update of p")
  static let subjectOf = Statement("subject_of_pair", "select subject_id from pairs where tenant_id = $1 and pair_id = $2")
  static let look = Statement(
    "look_at_pair",
    "select pair_id, subject_id, state, ledger_ref_sealed, decide_until, decided_by, decision_basis, created_at, updated_at from pairs where tenant_id = $1 and pair_id = $2"
  )
  static let byReference = Statement(
    "pairs_by_reference",
    """
    select pair_id, subject_id, state, ledger_ref_sealed, decide_until, decided_by, decision_basis, created_at, updated_at from pairs
    where tenant_id = $1 and ledger_ref_index = $2 and pair_id > $3 order by pair_id limit $4
    """)
  static let list = Statement(
    "list_pairs",
    """
    select pair_id, subject_id, state, ledger_ref_sealed, decide_until, decided_by, decision_basis, created_at, updated_at from pairs
    where tenant_id = $1 and ($2::text is null or state = $2) and pair_id > $3 order by pair_id limit $4
    """)
  static let upsert = Statement(
    "upsert_pair",
    """
    insert into pairs (tenant_id, pair_id, subject_id, state, ledger_ref_index, ledger_ref_sealed, decide_until, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    on conflict (tenant_id, pair_id) do update set state = excluded.state, ledger_ref_index = excluded.ledger_ref_index,
      ledger_ref_sealed = excluded.ledger_ref_sealed, decide_until = excluded.decide_until, updated_at = excluded.updated_at
    """)
  static let decided = Statement(
    "decided_pair", "update pairs set decided_by = $3, decision_basis = $4 where tenant_id = $1 and pair_id = $2")
  static let delete = Statement("delete_pair", "delete from pairs where tenant_id = $1 and pair_id = $2")
  static let clearTags = Statement("clear_pair_tags", "delete from pair_tags where tenant_id = $1 and pair_id = $2 and side = $3")
  static let insertTags = Statement(
    "insert_pair_tags",
    """
    insert into pair_tags (tenant_id, side, stored_tag, pair_id, key_version, tag_digest)
    select $1, $3, t.tag, $2, t.version, t.digest from unnest($4::bytea[], $5::int4[], $6::uuid[]) as t(tag, version, digest)
    on conflict do nothing
    """)
  static let overdue = Statement(
    "overdue_pairs", "select pair_id, subject_id from pairs where tenant_id = $1 and decide_until <= $2 order by decide_until limit 500")
  /// 1 tenant · 2 positions · 3 tags' digests, one line for each pepper · 4 audit ids · 5 times in microseconds since 1970 · 6 actors · 7 request ids,
  /// one line for each position, from 1. Answers the pairs that were found, each audited in the same transaction as the rest.
  static let lookUpShared = Statement(
    "look_up_tag",
    """
    with hit as (
      select distinct on (q.position) q.position, p.pair_id, p.state, p.ledger_ref_sealed
      from unnest($2::int4[], $3::uuid[]) as q(position, digest)
      join pair_tags t on t.tenant_id = $1 and t.side = 'card' and t.tag_digest = q.digest
      join pairs p on p.tenant_id = t.tenant_id and p.pair_id = t.pair_id
      order by q.position, p.state = 'active' desc, p.pair_id desc
    ), audited as (
      insert into audit_events (tenant_id, event_id, at, kind, actor, object, outcome, request_id)
      select $1, r.event_id, timestamptz 'epoch' + r.at * interval '1 microsecond', 'tagLookedUp', r.actor,
        case when h.position is not null then 'pair' end, case when h.position is null then 'unknown' else 'known' end, r.request_id
      from unnest($4::uuid[], $5::int8[], $6::text[], $7::text[]) with ordinality as r(event_id, at, actor, request_id, position)
      left join hit h on h.position = r.position
    )
    select position, pair_id, state, ledger_ref_sealed from hit
    """)
  /// The pairs behind these digests, the one that counts most last. Asked as one condition, the index is read once for all (a bitmap scan); joined with
  /// `unnest`, each digest would be a scan of its own, which takes nearly twice as long.
  static let lookUpMany = Statement(
    "look_up_tags",
    """
    select t.tag_digest, p.pair_id, p.state, p.ledger_ref_sealed from pair_tags t
    join pairs p on p.tenant_id = t.tenant_id and p.pair_id = t.pair_id
    where t.tenant_id = $1 and t.side = 'card' and t.tag_digest = any($2::uuid[])
    order by p.state = 'active', p.pair_id
    """)
}
