internal import Crypto
internal import Foundation
public import JPKI
internal import PostgreSQL

/// Which list: of which kind and issuer, and of which part, or of all certificates.
struct RevocationListKey: Hashable, Sendable {
  let kind: CertificateKind
  let issuerKeyIdentifier: [UInt8]
  /// SHA-256 of the distribution points' names; empty for the list of all.
  let part: [UInt8]

  init(kind: CertificateKind, issuerKeyIdentifier: [UInt8], part: [UInt8]) {
    self.kind = kind
    self.issuerKeyIdentifier = issuerKeyIdentifier
    self.part = part
  }

  init(_ list: RevocationList) {
    self.init(kind: list.issuer.kind, issuerKeyIdentifier: list.issuerKeyIdentifier, points: list.distributionPoints)
  }

  init(kind: CertificateKind, issuerKeyIdentifier: [UInt8], points: [[UInt8]]) {
    self.init(
      kind: kind, issuerKeyIdentifier: issuerKeyIdentifier, part: points.isEmpty ? [] : Array(SHA256.hash(data: points.flatMap { $0 })))
  }

  /// The name of the index file: a new list of the same part takes its place.
  var fileName: String {
    let part = part.isEmpty ? "all" : Self.hexadecimal(part.prefix(16))
    return "\(kind.rawValue)-\(Self.hexadecimal(issuerKeyIdentifier[...]))-\(part).index"
  }

  private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// A list in force as its row says it.
struct RevocationListRow: Sendable {
  let number: UInt64
  let entries: Int
  let nextUpdate: Date
}

/// Why the list that was fetched last was not taken.
public struct RevocationAlarm: Sendable, Equatable {
  /// Signing or authentication.
  public let kind: CertificateKind
  /// `all`, or the part's file.
  public let source: String
  /// `numberWentBack`, `shrunk`, a reason of ``VerificationReason``, or why it could not be fetched or written.
  public let reason: String
}

/// SQL of revocation lists.
enum RevocationStore {
  /// No row is touched where the number in force is higher.
  static let installList = Statement(
    "install_revocation_list",
    """
    insert into revocation_lists (kind, issuer_key_id, number, this_update, next_update, entries, installed_at) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (kind, issuer_key_id) do update set number = excluded.number, this_update = excluded.this_update, next_update = excluded.next_update,
      entries = excluded.entries, installed_at = excluded.installed_at where revocation_lists.number <= excluded.number
    """)
  static let installPart = Statement(
    "install_revocation_part",
    """
    insert into revocation_list_parts (kind, issuer_key_id, number, this_update, next_update, entries, installed_at, part)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (kind, issuer_key_id, part) do update set number = excluded.number, this_update = excluded.this_update,
      next_update = excluded.next_update, entries = excluded.entries, installed_at = excluded.installed_at
    where revocation_list_parts.number <= excluded.number
    """)
  static let inForce = Statement(
    "revocation_lists_in_force",
    """
    select kind, issuer_key_id, ''::bytea, number, entries, next_update from revocation_lists
    union all select kind, issuer_key_id, part, number, entries, next_update from revocation_list_parts
    """)
  static let alarms = Statement("revocation_alarms", "select kind, source, reason from revocation_alarms order by kind, source limit 100")
  static let raise = Statement(
    "raise_revocation_alarm",
    """
    insert into revocation_alarms (kind, source, reason, number, entries, first_at, last_at) values ($1, $2, $3, $4, $5, $6, $6)
    on conflict (kind, source) do update set
      first_at = case when revocation_alarms.reason = excluded.reason then revocation_alarms.first_at else excluded.first_at end,
      reason = excluded.reason, number = excluded.number, entries = excluded.entries, last_at = excluded.last_at
    """)
  static let clear = Statement("clear_revocation_alarm", "delete from revocation_alarms where kind = $1 and source = $2")

  static func rows(_ result: QueryResult) throws -> [RevocationListKey: RevocationListRow] {
    var rows: [RevocationListKey: RevocationListRow] = [:]
    for row in result.rows {
      guard let kind = CertificateKind(rawValue: try row.text(0)) else { continue }
      let key = RevocationListKey(kind: kind, issuerKeyIdentifier: try row.bytes(1), part: try row.bytes(2))
      rows[key] = RevocationListRow(
        number: UInt64(clamping: try row.int8(3)), entries: Int(try row.int8(4)), nextUpdate: try row.timestamp(5))
    }
    return rows
  }
}
