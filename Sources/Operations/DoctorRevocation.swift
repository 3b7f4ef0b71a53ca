public import Foundation
public import PostgreSQL

/// A certificate revocation list in force, as the database knows it.
public struct RevocationListRecord: Sendable {
  /// `signing` or `authentication`.
  public let kind: String
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
    "select kind, number, this_update, next_update, entries, installed_at from revocation_lists order by kind, issuer_key_id")

  /// All of them, by kind.
  public static func all(_ pool: PostgreSQLPool) async throws(PostgreSQLError) -> [RevocationListRecord] {
    var records: [RevocationListRecord] = []
    for row in try await pool.query(list).rows {
      records.append(
        RevocationListRecord(
          kind: try row.text(0), number: try row.int8(1), thisUpdate: try row.timestamp(2), nextUpdate: try row.timestamp(3),
          entries: try row.int8(4),
          installedAt: try row.timestamp(5)))
    }
    return records
  }
}
