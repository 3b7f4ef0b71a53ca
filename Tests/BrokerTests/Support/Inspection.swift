import Foundation
import PostgreSQL

@testable import Broker

// What no role of ours may see: the database from outside.
extension TestBroker {
  /// Rows of a query by the superuser.
  func inspect(_ sql: String, _ parameters: [SQLValue] = []) async throws -> [Row] {
    Array(try await pools.superuser.query(Statement("inspect", sql), parameters).rows)
  }

  /// How many audit events of each kind a tenant has.
  func audited(_ tenant: TestTenant) async throws -> [String: Int] {
    let rows = try await inspect(
      "select kind, count(*) from audit_events where tenant_id = $1 group by kind", [.uuid(tenant.id.uuid)])
    return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.text(0), try $0.int(1)) })
  }

  /// What `body` added to the audit log, kind by kind.
  func auditing(_ tenant: TestTenant, _ body: () async throws -> Void) async throws -> [String: Int] {
    let before = try await audited(tenant)
    try await body()
    return try await audited(tenant).merging(before) { $0 - $1 }.filter { $0.value != 0 }
  }

  /// Every table with a tenant column, from the catalogue.
  func tenantTables() async throws -> [String] {
    try await inspect(
      """
      select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1
      """
    ).map { try $0.text(0) }
  }

  /// Every row of every table as text.
  func dump() async throws -> String {
    let tables = try await inspect(
      "select relname::text from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1")
    var text = ""
    for table in tables {
      let name = try table.text(0)
      for row in try await inspect("select (t.*)::text from \(name) t") { text += name + " " + (try row.text(0)) + "\n" }
    }
    return text
  }
}
