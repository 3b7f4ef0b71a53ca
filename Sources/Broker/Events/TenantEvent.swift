public import Foundation
internal import PostgreSQL

/// Something that a tenant is told of: ids only. Kinds are stable (api.md, Events).
public struct TenantEvent: Sendable {
  /// What happened; the names are stable and listed in OpenAPI.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case subjectChanged = "subject.changed"
    case subjectEnded = "subject.ended"
    case consentGiven = "consent.given"
    case consentWithdrawn = "consent.withdrawn"
    case consentRenewed = "consent.renewed"
    /// The person is to be reminded that it stands (yearly).
    case consentReminder = "consent.reminder"
    /// A renewal is to be prompted for.
    case consentExpiring = "consent.expiring"
    case consentExpired = "consent.expired"
    case consentCancelledAtSource = "consent.cancelledAtSource"
    case pairDeleted = "pair.deleted"
    case pairStale = "pair.stale"
    case pairInactive = "pair.inactive"

    /// What a `notVerifier` tenant is told in its place; nil where it is told nothing (api.md, Access).
    func told(to status: VerifierStatus) -> Kind? {
      guard status == .notVerifier else { return self == .pairInactive ? nil : self }
      switch self {
      case .subjectChanged, .subjectEnded: return nil
      case .pairStale, .pairInactive: return .pairInactive
      default: return self
      }
    }
  }

  /// Sortable within one process; the cursor of a page orders all of them.
  public let id: EventID
  /// When.
  public let at: Date
  /// What, as the tenant's standing in law lets it be told.
  public let kind: Kind
  /// Whom it is about, if anybody.
  public let subjectID: SubjectID?
  /// Which pair it is about, if any.
  public let pairID: PairID?
  /// Which consent it is about, if any.
  public let consentID: ConsentID?
}

/// A page of events and the cursor after it.
public struct TenantEventPage: Sendable {
  /// Oldest first; may be empty.
  public let events: [TenantEvent]
  /// Opaque; where the next page begins, also where this one is empty.
  public let nextAfter: String
}

/// SQL of events.
enum EventStore {
  static let insert = Statement(
    "insert_event",
    "insert into events (tenant_id, event_id, kind, subject_id, pair_id, consent_id, at) values ($1, $2, $3, $4, $5, $6, $7)")
  /// The oldest transaction of this database that still runs: below it, a later commit cannot slip in behind a cursor. A snapshot lists those of the whole
  /// server; one is passed over only where its lock shows that it works in another database.
  static let oldestRunning = """
    select coalesce(min(running::text::int8)::text::xid8, pg_snapshot_xmax(pg_current_snapshot()))
    from pg_snapshot_xip(pg_current_snapshot()) running
    where not exists (
      select from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted and l.transactionid = running::xid
        and a.datname <> current_database())
    """
  static let list = Statement(
    "list_events",
    """
    select event_id, kind, subject_id, pair_id, consent_id, at, transaction_id::text::int8 from events
    where tenant_id = $1 and (transaction_id, event_id) > ($2::text::xid8, $3) and transaction_id < (\(oldestRunning))
    order by events.transaction_id, events.event_id limit $4
    """)
}

/// Writes events into the unit of work of what they tell of.
struct EventLog: Sendable {
  let ids: IdentifierSource
  let clock: any WallClock

  func record(_ kind: TenantEvent.Kind, tenant: TenantID, subject: SubjectID? = nil, pair: PairID? = nil, consent: ConsentID? = nil)
    -> BoundStatement
  {
    BoundStatement(
      EventStore.insert,
      [
        .uuid(tenant.uuid), .uuid(ids.nextUUID()), .text(kind.rawValue), .id(subject), .id(pair), .id(consent), .timestamp(clock.now()),
      ])
  }
}

extension SQLValue {
  /// An id, or null.
  static func id<Kind>(_ id: Identifier<Kind>?) -> SQLValue { id.map { .uuid($0.uuid) } ?? .null }

  /// A text, or null.
  static func text(optional text: String?) -> SQLValue { text.map { .text($0) } ?? .null }

  /// Bytes, or null.
  static func bytes(optional bytes: [UInt8]?) -> SQLValue { bytes.map { .bytes($0) } ?? .null }

  /// A time, or null.
  static func timestamp(optional date: Date?) -> SQLValue { date.map { .timestamp($0) } ?? .null }
}
