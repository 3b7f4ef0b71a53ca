import Foundation
import PostgreSQL
import Story
import TestSupport
import Testing

@testable import Broker

/// The app role on the database of the told story, connected directly.
@Suite struct RowSecurityScenarios {
  private static let tenantTables = Statement(
    "scenario_tenant_tables",
    """
    select c.relname::text, c.relrowsecurity, c.relforcerowsecurity, (select count(*) from pg_policy p where p.polrelid = c.oid)
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1
    """)

  private func tenantTables(_ told: ToldHouse) async throws -> [String] {
    try await Tables.with(told.house.database.superuserURL) { pool in
      try await pool.query(Self.tenantTables).rows.map { row in try row.text(0) }
    }
  }

  /// Rows that the role behind `url` sees of each table: all, and those of `foreign`; nil where it may not look at all.
  private func seen(
    _ url: String, _ tables: [String], tenant: String?, foreign: String
  ) async throws -> [String: (all: Int, foreign: Int)] {
    try await Tables.with(url) { pool in
      var counts: [String: (all: Int, foreign: Int)] = [:]
      for (number, table) in tables.enumerated() {
        let count = Statement(
          "scenario_seen_\(number)", "select count(*), count(*) filter (where tenant_id = $1::uuid) from \(table)")
        var statements = [BoundStatement(count, [.text(foreign)])]
        if let tenant {
          statements.insert(
            BoundStatement(Statement("scenario_set_tenant", "select set_config('yonjo.tenant_id', $1, true)"), [.text(tenant)]), at: 0)
        }
        guard let row = try await pool.unit(statements).last?.rows.first else { continue }
        counts[table] = (try row.int(0), try row.int(1))
      }
      return counts
    }
  }

  private func tenants(_ told: ToldHouse) throws -> (bank: String, fintech: String) {
    let cast = told.cast.tenants
    let bank = try #require(TenantID(cast[.bank]?.id ?? ""))
    let fintech = try #require(TenantID(cast[.fintech]?.id ?? ""))
    return (bank.uuid.uuidString, fintech.uuid.uuidString)
  }

  @Test func `without a tenant the app sees no row`() async throws {
    let told = try await ToldHouse.shared
    let (bank, _) = try tenants(told)
    let seen = try await seen(told.house.database.appURL, try await tenantTables(told), tenant: nil, foreign: bank)
    #expect(seen.count >= 20)
    #expect(seen.filter { $0.value.all != 0 }.keys.sorted() == [])
  }

  @Test func `with a tenant the app sees that tenant alone`() async throws {
    let told = try await ToldHouse.shared
    let (bank, fintech) = try tenants(told)
    let tables = try await tenantTables(told)
    for (own, foreign) in [(bank, fintech), (fintech, bank)] {
      let seen = try await seen(told.house.database.appURL, tables, tenant: own, foreign: foreign)
      #expect(seen.filter { $0.value.foreign != 0 }.keys.sorted() == [])
      #expect((seen["subjects"]?.all ?? 0) > 0)
      #expect((seen["audit_events"]?.all ?? 0) > 0)
    }
  }

  @Test func `the app cannot write for another tenant`() async throws {
    let told = try await ToldHouse.shared
    let (bank, fintech) = try tenants(told)
    let set = BoundStatement(Statement("scenario_set_tenant", "select set_config('yonjo.tenant_id', $1, true)"), [.text(fintech)])
    let insert = BoundStatement(
      Statement("scenario_foreign", "insert into subjects (tenant_id, subject_id, created_at) values ($1::uuid, $2, $3)"),
      [.text(bank), .uuid(UUID()), .timestamp(Date())])
    try await Tables.with(told.house.database.appURL) { pool in
      let error = await #expect(throws: PostgreSQLError.self) { try await pool.unit([set, insert]) }
      #expect(error?.sqlState == "42501")
    }
  }

  @Test func `every table with a tenant has forced row security and a policy`() async throws {
    let told = try await ToldHouse.shared
    try await Tables.with(told.house.database.superuserURL) { pool in
      let rows = try await pool.query(Self.tenantTables).rows
      #expect(rows.count >= 20)
      for row in rows {
        let (name, isSafe) = (try row.text(0), try row.bool(1) && row.bool(2) && row.int(3) > 0)
        #expect(isSafe, "\(name)")
      }
    }
  }

  @Test func `no view shows what row security hides`() async throws {
    let told = try await ToldHouse.shared
    try await Tables.with(told.house.database.superuserURL) { pool in
      let views = try await pool.query(
        Statement(
          "scenario_views", "select relname::text from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace")
      ).rows
      let names = try views.map { row in try row.text(0) }
      #expect(names == [])
    }
  }

  @Test func `doors that look before the tenant is known are functions of the owner with a fixed path`() async throws {
    let told = try await ToldHouse.shared
    try await Tables.with(told.house.database.superuserURL) { pool in
      let rows = try await pool.query(
        Statement(
          "scenario_doors",
          """
          select proname::text, pg_get_userbyid(proowner)::text, coalesce(array_to_string(proconfig, ' '), ''), has_function_privilege('public', oid, 'execute')
          from pg_proc where prosecdef and pronamespace = 'public'::regnamespace
          """)
      ).rows
      for row in rows {
        let name = try row.text(0)
        #expect(try row.text(1) == "yonjo_owner", "\(name)")
        #expect(try row.text(2).contains("search_path="), "\(name)")
        let isOpen = try row.bool(3)
        #expect(!isOpen, "\(name) is open to everyone")
      }
    }
  }

  @Test(arguments: ["yonjo_app", "yonjo_jobs", "yonjo_operator", "yonjo_reader"])
  func `a serving role is no superuser, bypasses nothing and owns nothing`(role: String) async throws {
    let told = try await ToldHouse.shared
    try await Tables.with(told.house.database.superuserURL) { pool in
      let row = try await pool.query(
        Statement(
          "scenario_role",
          """
          select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication,
            (select count(*) from pg_class where relowner = r.oid) + (select count(*) from pg_proc where proowner = r.oid)
              + (select count(*) from pg_namespace where nspowner = r.oid) + (select count(*) from pg_database where datdba = r.oid),
            (select count(*) from pg_auth_members where member = r.oid)
          from pg_roles r where rolname = $1
          """), [.text(role)]
      ).requireRow()
      let (mayTooMuch, owned, memberships) = (try row.bool(0), try row.int(1), try row.int(2))
      #expect(!mayTooMuch)
      #expect(owned == 0)
      #expect(memberships == 0)
    }
  }
}
