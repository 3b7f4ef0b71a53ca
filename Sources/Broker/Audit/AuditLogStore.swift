internal import Foundation
internal import MerkleLog
internal import PostgreSQL

/// SQL of the Merkle log.
enum AuditLogStore {
  static let news = Statement("audit_news", "select yonjo_audit_news()")
  /// 1 name · 2 now · 3 items · 4 problem
  static let ran = Statement(
    "job_ran",
    """
    insert into job_states (name, ran_at, succeeded_at, items, problem) values ($1, $2::timestamptz, case when $4::text is null then $2::timestamptz end, $3, $4::text)
    on conflict (name) do update set ran_at = excluded.ran_at, succeeded_at = coalesce(excluded.succeeded_at, job_states.succeeded_at),
      items = job_states.items + excluded.items, problem = excluded.problem
    """)
  static let jobStates = Statement("job_states", "select name, ran_at, succeeded_at, items, problem from job_states order by name")

  private static let columns =
    "month, size, roots, checkpoint, last_transaction::text::int8, last_event, updated_at, closed_at, detached_at"
  static let newestForUpdate = Statement(
    "lock_newest_audit_log", "select \(columns) from audit_logs where tenant_id = $1 order by month desc limit 1 for update")
  static let newest = Statement("newest_audit_log", "select \(columns) from audit_logs where tenant_id = $1 order by month desc limit 1")
  static let log = Statement("audit_log", "select \(columns) from audit_logs where tenant_id = $1 and month = $2")
  static let logs = Statement("audit_logs", "select \(columns) from audit_logs where tenant_id = $1 order by month limit 1200")
  static let previous = Statement(
    "previous_audit_log", "select \(columns) from audit_logs where tenant_id = $1 and month < $2 order by month desc limit 1")

  /// What is in no log yet, in the log's order, below ``EventStore/oldestRunning``: nothing can slip in before what is answered. 1 tenant · 2, 3 after · 4 limit
  static let waiting = Statement(
    "audit_events_waiting",
    """
    select event_id, at, kind, actor, subject_id, object, purpose, outcome, request_id, detail::text, transaction_id::text::int8
    from audit_events
    where tenant_id = $1 and (transaction_id, event_id) > ($2::text::xid8, $3) and transaction_id < (\(EventStore.oldestRunning))
    order by audit_events.transaction_id, audit_events.event_id limit $4
    """)
  static let events = Statement(
    "audit_events_by_id",
    """
    select event_id, at, kind, actor, subject_id, object, purpose, outcome, request_id, detail::text, transaction_id::text::int8
    from audit_events where tenant_id = $1 and event_id = any($2::uuid[])
    """)
  /// 1 tenant · 2 month · 3 size · 4 roots · 5 checkpoint · 6, 7 last · 8 now · 9 the size that it must have had
  static let advance = Statement(
    "advance_audit_log",
    """
    insert into audit_logs (tenant_id, month, size, roots, checkpoint, last_transaction, last_event, updated_at)
    values ($1, $2, $3, $4, $5, $6::text::xid8, $7, $8)
    on conflict (tenant_id, month) do update set size = excluded.size, roots = excluded.roots, checkpoint = excluded.checkpoint,
      last_transaction = excluded.last_transaction, last_event = excluded.last_event, updated_at = excluded.updated_at
    where audit_logs.size = $9 and audit_logs.closed_at is null
    """)
  static let close = Statement(
    "close_audit_log", "update audit_logs set closed_at = $3 where tenant_id = $1 and month = $2 and closed_at is null")
  /// 1 tenant · 2 month · 3 levels · 4 tiles
  static let tiles = Statement(
    "audit_log_tiles",
    """
    select t.level::int4, t.tile, t.hashes, t.events, t.first_transaction::text::int8, t.first_event, t.first_at, t.last_at
    from unnest($3::int4[], $4::int8[]) as wanted(level, tile)
    join audit_log_tiles t on t.tenant_id = $1 and t.month = $2 and t.level = wanted.level and t.tile = wanted.tile
    """)
  /// 1 tenant · 2 month · 3 first tile · 4 limit: level 0 in order
  static let leaves = Statement(
    "audit_log_leaves",
    """
    select t.level::int4, t.tile, t.hashes, t.events, t.first_transaction::text::int8, t.first_event, t.first_at, t.last_at
    from audit_log_tiles t where t.tenant_id = $1 and t.month = $2 and t.level = 0 and t.tile >= $3 order by t.tile limit $4
    """)
  /// The tile in which an event stands: the last one that begins at or before it. 1 tenant · 2, 3 the event
  static let tileOf = Statement(
    "audit_log_tile_of",
    """
    select t.month, t.tile, t.events from audit_log_tiles t
    where t.tenant_id = $1 and t.level = 0 and (t.first_transaction, t.first_event) <= ($2::text::xid8, $3)
    order by t.first_transaction desc, t.first_event desc limit 1
    """)
  /// 1 tenant · 2 month · 3 level · 4 tile · 5 hashes · 6 events · 7, 8 first · 9, 10 times
  static let putTile = Statement(
    "put_audit_log_tile",
    """
    insert into audit_log_tiles (tenant_id, month, level, tile, hashes, events, first_transaction, first_event, first_at, last_at)
    values ($1, $2, $3, $4, $5, $6, $7::text::xid8, $8, $9, $10)
    on conflict (tenant_id, month, level, tile) do update set hashes = excluded.hashes, events = excluded.events,
      first_at = excluded.first_at, last_at = excluded.last_at
    """)

  static let keepCheckpoint = Statement(
    "keep_audit_checkpoint",
    "insert into audit_checkpoints (tenant_id, month, size, note, kept_at) values ($1, $2, $3, $4, $5) on conflict do nothing")
  static let latestStamp = Statement(
    "latest_audit_time_stamp",
    """
    select note, time_stamp, time_stamped_at, size from audit_checkpoints
    where tenant_id = $1 and month = $2 and time_stamp is not null order by size desc limit 1
    """)
  static let keptSizes = Statement(
    "kept_audit_checkpoint_sizes",
    "select size from audit_checkpoints where tenant_id = $1 and month = $2 order by size desc limit 1000")
  /// Logs that have grown since their last time stamp, or never had one. 1 tenant · 2 stamped before
  static let unstamped = Statement(
    "audit_logs_to_be_stamped",
    """
    select l.month, l.size, l.checkpoint from audit_logs l
    left join lateral (
      select c.size, c.time_stamped_at from audit_checkpoints c
      where c.tenant_id = l.tenant_id and c.month = l.month and c.time_stamp is not null order by c.size desc limit 1
    ) s on true
    where l.tenant_id = $1 and l.checkpoint is not null and l.detached_at is null
      and (s.size is null or (s.size < l.size and (s.time_stamped_at <= $2 or l.closed_at is not null)))
    order by l.month limit 24
    """)
  static let stamp = Statement(
    "keep_audit_time_stamp",
    """
    insert into audit_checkpoints (tenant_id, month, size, note, kept_at, time_stamp, time_stamped_at) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (tenant_id, month, size) do update set time_stamp = excluded.time_stamp, time_stamped_at = excluded.time_stamped_at
    where audit_checkpoints.note = excluded.note and audit_checkpoints.time_stamp is null
    """)

  /// Closed months that are older than the tenant's retention. 1 tenant · 2 now
  static let outlived = Statement(
    "audit_logs_outlived",
    """
    select l.month from audit_logs l join tenants t on t.tenant_id = l.tenant_id
    where l.tenant_id = $1 and l.closed_at is not null and l.detached_at is null and l.checkpoint is not null
      and (to_date(l.month, 'YYYY-MM')::timestamp + make_interval(months => t.audit_retention_months + 1)) at time zone 'UTC' <= $2
    order by l.month limit 12
    """)
  static let detach = Statement("detach_audit_month", "select yonjo_detach_audit_month($1, $2, $3)")
  /// Events that stand in no log although the log is past them. 1 tenant · 2, 3 the log's last
  static let countBehind = Statement(
    "count_audit_events_behind",
    "select count(*) from audit_events where tenant_id = $1 and (transaction_id, event_id) <= ($2::text::xid8, $3)")
  static let pageBehind = Statement(
    "audit_events_behind",
    """
    select event_id, transaction_id::text::int8 from audit_events
    where tenant_id = $1 and (transaction_id, event_id) > ($2::text::xid8, $3) and (transaction_id, event_id) <= ($4::text::xid8, $5)
    order by audit_events.transaction_id, audit_events.event_id limit 4096
    """)
  /// Those of some events that no tile names; each tile is looked for by the place of the event. 1 tenant · 2 events
  static let outsiders = Statement(
    "audit_events_outside",
    """
    select e.event_id from audit_events e where e.tenant_id = $1 and e.event_id = any($2::uuid[]) and not exists (
      select from (
        select t.events from audit_log_tiles t where t.tenant_id = $1 and t.level = 0
          and (t.first_transaction, t.first_event) <= (e.transaction_id, e.event_id)
        order by t.first_transaction desc, t.first_event desc limit 1
      ) near where e.event_id = any(near.events))
    order by e.event_id limit 1000
    """)
}

/// Where a log stands among a tenant's events: by transaction, then by id.
struct AuditPosition: Sendable, Equatable {
  var transaction: Int64
  var event: UUID

  /// Before everything.
  static let start = AuditPosition(transaction: 0, event: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
}

/// A row of `audit_logs`.
struct AuditLogRow: Sendable {
  let month: AuditMonth
  var range: CompactRange
  var checkpoint: String?
  var last: AuditPosition
  let updatedAt: Date
  let closedAt: Date?
  let detachedAt: Date?

  /// A log without entries, opened after another one.
  init(month: AuditMonth, after last: AuditPosition, at now: Date) {
    self.month = month
    range = CompactRange()
    checkpoint = nil
    self.last = last
    updatedAt = now
    closedAt = nil
    detachedAt = nil
  }

  init(_ row: Row) throws {
    let bytes = try row.bytes(2)
    let roots = stride(from: 0, to: bytes.count, by: LogHash.byteCount).compactMap { LogHash(bytes[$0..<min($0 + 32, bytes.count)]) }
    guard let month = AuditMonth(try row.text(0)), let size = UInt64(exactly: try row.int8(1)),
      let range = CompactRange(size: size, roots: roots)
    else { throw AuditLogDamage.log }
    self.month = month
    self.range = range
    checkpoint = try row.optionalText(3)
    last = AuditPosition(transaction: try row.int8(4), event: try row.uuid(5))
    updatedAt = try row.timestamp(6)
    closedAt = try row.optionalTimestamp(7)
    detachedAt = try row.optionalTimestamp(8)
  }
}

/// A row of `audit_log_tiles`.
struct AuditTile: Sendable {
  let place: Tile.Place
  var tile: Tile
  /// Of level 0 alone.
  var events: [UUID]
  var first: AuditPosition?
  var firstAt: Date?
  var lastAt: Date?

  init(_ place: Tile.Place) {
    self.place = place
    tile = Tile()
    events = []
  }

  init(_ row: Row) throws {
    guard let index = UInt64(exactly: try row.int8(1)), let tile = Tile(bytes: try row.bytes(2)) else { throw AuditLogDamage.tile }
    place = Tile.Place(level: try row.int(0), index: index)
    self.tile = tile
    events = try row.optionalUUIDArray(3) ?? []
    if let transaction = try row.optionalInt8(4), let event = try row.optionalUUID(5) {
      first = AuditPosition(transaction: transaction, event: event)
    }
    firstAt = try row.optionalTimestamp(6)
    lastAt = try row.optionalTimestamp(7)
    guard place.level > 0 || events.count == tile.hashes.count else { throw AuditLogDamage.tile }
  }

  /// Takes an event's time into the tile's period.
  mutating func widen(to time: Date) {
    firstAt = min(firstAt ?? time, time)
    lastAt = max(lastAt ?? time, time)
  }

  func put(_ tenant: TenantID, _ month: AuditMonth) -> BoundStatement {
    BoundStatement(
      AuditLogStore.putTile,
      [
        .uuid(tenant.uuid), .text(month.description), .int2(Int16(place.level)), .int8(Int64(place.index)), .bytes(tile.bytes),
        place.level == 0 ? .uuidArray(events) : .null, .text(optional: first.map { String($0.transaction) }),
        first.map { .uuid($0.event) } ?? .null, .timestamp(optional: firstAt), .timestamp(optional: lastAt),
      ])
  }
}

/// A row of the log's own tables that cannot be what was written.
enum AuditLogDamage: Error, Sendable {
  case log
  case tile
}

/// A row of `audit_events`, as far as its entry needs it: kinds of a newer program are taken as they come.
struct AuditRow: Sendable {
  let id: UUID
  let at: Date
  let kind: String
  let actor: String
  let subject: UUID?
  let object: String?
  let purpose: String?
  let outcome: String
  let requestID: String?
  let detail: [String: String]
  let transaction: Int64

  init(_ row: Row) throws {
    id = try row.uuid(0)
    at = try row.timestamp(1)
    kind = try row.text(2)
    actor = try row.text(3)
    subject = try row.optionalUUID(4)
    object = try row.optionalText(5)
    purpose = try row.optionalText(6)
    outcome = try row.text(7)
    requestID = try row.optionalText(8)
    // What is no flat object of texts was not written by us: it is taken as one text, and so leaves a digest of its own.
    detail =
      try row.optionalText(9).map { text in
        (try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))) ?? ["": text]
      } ?? [:]
    transaction = try row.int8(10)
  }

  var position: AuditPosition { AuditPosition(transaction: transaction, event: id) }

  /// The salt of what a `notVerifier` may not see: of this event alone.
  func salt(_ keys: TenantKeys) -> [UInt8] { keys.index(ofReference: AuditEventID(id).description, kind: "auditSalt") }

  func entry(_ tenant: String, _ keys: TenantKeys) -> AuditEntry {
    AuditEntry(
      tenant: tenant, id: AuditEventID(id).description, microseconds: Int64((at.timeIntervalSince1970 * 1_000_000).rounded()), kind: kind,
      actor: actor, subject: subject.map { SubjectID($0).description }, object: object, purpose: purpose, told: ToldOutcome.of(outcome),
      requestID: requestID, withheld: AuditEntry.withheld(outcome: outcome, detail: detail, salt: salt(keys)))
  }
}
