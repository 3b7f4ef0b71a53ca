public import Foundation
public import PostgreSQL

/// A certificate revocation list in force, as the database knows it.
public struct RevocationListRecord: Sendable {
  /// `signing` or `authentication`.
  public let kind: String
  /// Whether it covers a part of the certificates only.
  public let isPart: Bool
  /// Its CRL number.
  public let number: Int64
  /// The source's time.
  public let thisUpdate: Date
  /// When the next one is due.
  public let nextUpdate: Date
  /// How many certificates it names.
  public let entries: Int64
  /// When it was put in force here.
  public let installedAt: Date

  private static let list = Statement(
    "operations_revocation_lists",
    """
    select kind, number, this_update, next_update, entries, installed_at, false, issuer_key_id from revocation_lists
    union all select kind, number, this_update, next_update, entries, installed_at, true, part from revocation_list_parts order by 1, 7, 8
    """)

  /// All of them, by kind.
  public static func all(_ pool: PostgreSQLPool) async throws(PostgreSQLError) -> [RevocationListRecord] {
    var records: [RevocationListRecord] = []
    for row in try await pool.query(list).rows {
      records.append(
        RevocationListRecord(
          kind: try row.text(0), isPart: try row.bool(6), number: try row.int8(1), thisUpdate: try row.timestamp(2),
          nextUpdate: try row.timestamp(3),
          entries: try row.int8(4),
          installedAt: try row.timestamp(5)))
    }
    return records
  }
}

/// What was wrong with a list that was not taken.
public struct RevocationAlarmRecord: Sendable {
  /// `signing` or `authentication`.
  public let kind: String
  /// `all`, or the part's file.
  public let source: String
  /// A stable code.
  public let reason: String
  /// The number of the list that was not taken, where it was read.
  public let number: Int64?
  /// How many certificates it names, where they were counted.
  public let entries: Int64?
  /// Since when it is so.
  public let firstAt: Date
  /// When it was so last.
  public let lastAt: Date

  private static let list = Statement(
    "operations_revocation_alarms",
    "select kind, source, reason, number, entries, first_at, last_at from revocation_alarms order by kind, source limit 1000")

  /// All that stand.
  public static func all(_ pool: PostgreSQLPool) async throws(PostgreSQLError) -> [RevocationAlarmRecord] {
    var records: [RevocationAlarmRecord] = []
    for row in try await pool.query(list).rows {
      records.append(
        RevocationAlarmRecord(
          kind: try row.text(0), source: try row.text(1), reason: try row.text(2), number: row.isNull(3) ? nil : try row.int8(3),
          entries: row.isNull(4) ? nil : try row.int8(4), firstAt: try row.timestamp(5), lastAt: try row.timestamp(6)))
    }
    return records
  }
}
