public import Foundation
internal import PostgreSQL

/// How far an export is.
public enum AuditExportState: String, Sendable, Codable, CaseIterable {
  case waiting, running, done, failed, expired
}

/// An export of the audit log: asked for, made by a job, fetched, gone.
public struct AuditExport: Sendable, Codable {
  /// Its id.
  public let id: AuditExportID
  /// How far it is.
  public let state: AuditExportState
  /// How its lines are written.
  public let encoding: AuditExportFormat.Encoding
  /// Events at this instant or later.
  public let after: Date
  /// Events before this instant.
  public let before: Date
  /// Of these kinds only; empty: of all.
  public let kinds: [String]
  /// Entries of the logs that have been looked at so far.
  public let covered: Int
  /// Entries of the logs in all, once it has begun.
  public let total: Int
  /// Events that it holds so far.
  public let events: Int
  /// Its length in bytes, when it is done.
  public let bytes: Int64
  /// SHA-256 of all of it, when it is done.
  public let digest: [UInt8]?
  /// Why it failed.
  public let problem: String?
  /// When it was asked for.
  public let createdAt: Date
  /// When it was done, or failed.
  public let finishedAt: Date?
  /// Until when it can be fetched.
  public let expiresAt: Date?

  init(_ row: Row) throws {
    guard let state = AuditExportState(rawValue: try row.text(1)), let encoding = AuditExportFormat.Encoding(rawValue: try row.text(2))
    else { throw KeyError.damaged }
    id = AuditExportID(try row.uuid(0))
    self.state = state
    self.encoding = encoding
    after = try row.timestamp(3)
    before = try row.timestamp(4)
    kinds = try row.textArray(5)
    covered = try row.int(6)
    total = try row.int(7)
    events = try row.int(8)
    bytes = try row.int8(9)
    digest = try row.optionalBytes(10)
    problem = try row.optionalText(11)
    createdAt = try row.timestamp(12)
    finishedAt = try row.optionalTimestamp(13)
    expiresAt = try row.optionalTimestamp(14)
  }
}

/// SQL of exports.
enum AuditExportStore {
  private static let columns = """
    export_id, state, format, from_at, to_at, kinds, covered, total, events, bytes, digest, problem, created_at, finished_at, expires_at
    """
  static let insert = Statement(
    "insert_audit_export",
    """
    insert into audit_exports (tenant_id, export_id, client_id, view, format, from_at, to_at, kinds, state, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9)
    """)
  static let countOpen = Statement(
    "count_open_audit_exports", "select count(*) from audit_exports where tenant_id = $1 and state in ('waiting', 'running', 'done')")
  static let get = Statement("get_audit_export", "select \(columns) from audit_exports where tenant_id = $1 and export_id = $2")
  static let list = Statement(
    "list_audit_exports",
    "select \(columns) from audit_exports where tenant_id = $1 and export_id > $2 order by export_id limit $3")
  /// The chunk in which a byte lies.
  static let chunk = Statement(
    "audit_export_chunk",
    """
    select first_byte, content from audit_export_chunks where tenant_id = $1 and export_id = $2 and first_byte <= $3
    order by first_byte desc limit 1
    """)

  static let due = Statement("audit_exports_due", "select yonjo_audit_exports_due($1)")
  /// One that waits, or whose maker died. 1 tenant · 2 now · 3 until when it is taken
  static let take = Statement(
    "take_audit_export",
    """
    update audit_exports set state = 'running', attempt = attempt + 1, taken_until = $3, covered = 0, events = 0, bytes = 0
    where tenant_id = $1 and export_id = (
      select export_id from audit_exports where tenant_id = $1 and (state = 'waiting' or (state = 'running' and taken_until <= $2))
      order by created_at limit 1 for update skip locked)
    returning \(columns), attempt, view
    """)
  /// 1 tenant · 2 export · 3 attempt · 4 until · 5 covered · 6 total · 7 events · 8 bytes
  static let advance = Statement(
    "advance_audit_export",
    """
    update audit_exports set taken_until = $4, covered = $5, total = $6, events = $7, bytes = $8
    where tenant_id = $1 and export_id = $2 and attempt = $3 and state = 'running'
    """)
  static let finish = Statement(
    "finish_audit_export",
    """
    update audit_exports set state = $4, digest = $5, problem = $6, finished_at = $7, expires_at = $8
    where tenant_id = $1 and export_id = $2 and attempt = $3 and state = 'running'
    """)
  static let putChunk = Statement(
    "put_audit_export_chunk", "insert into audit_export_chunks (tenant_id, export_id, first_byte, content) values ($1, $2, $3, $4)")
  static let clearChunks = Statement("clear_audit_export_chunks", "delete from audit_export_chunks where tenant_id = $1 and export_id = $2")
  static let expired = Statement(
    "expired_audit_exports",
    "select export_id from audit_exports where tenant_id = $1 and state = 'done' and expires_at <= $2 order by expires_at limit 100")
  static let expire = Statement(
    "expire_audit_export", "update audit_exports set state = 'expired' where tenant_id = $1 and export_id = $2 and state = 'done'")

  /// Months whose log may hold events of a period. 1 tenant · 2 from · 3 to
  static let months = Statement(
    "audit_log_months_of_period",
    """
    select distinct month from audit_log_tiles where tenant_id = $1 and level = 0 and first_at < $3 and last_at >= $2 order by month limit 1200
    """)
  /// Leaves that may be of the period, in order. 1 tenant · 2 month · 3 first tile · 4 from · 5 to
  static let leaves = Statement(
    "audit_log_leaves_of_period",
    """
    select t.level::int4, t.tile, t.hashes, t.events, t.first_transaction::text::int8, t.first_event, t.first_at, t.last_at
    from audit_log_tiles t
    where t.tenant_id = $1 and t.month = $2 and t.level = 0 and t.tile >= $3 and t.first_at < $5 and t.last_at >= $4 order by t.tile limit 16
    """)
}
