public import Foundation
public import Logging
internal import PostgreSQL

extension DoctorCheck {
  /// The database: reachable, its clock, the role, row-level security. Nothing is written.
  ///
  /// - Parameters:
  ///   - name: which connection is meant, such as `database`.
  ///   - url: how to connect.
  ///   - role: the role that this connection should have.
  ///   - now: this machine's time.
  public static func database(_ name: String, url: String, role: String, logger: Logger, now: @escaping @Sendable () -> Date) -> DoctorCheck
  {
    DoctorCheck(name) {
      let configuration = PostgreSQLConfiguration(
        url: url, maximumConnections: 1, maximumCheckedOut: 1, acquireTimeout: .seconds(5), statementTimeout: .seconds(5),
        applicationName: "yonjo doctor")
      let pool = PostgreSQLPool(configuration, logger: logger)
      let findings = await DatabaseExamination(name: name, role: role, pool: pool, now: now).findings()
      await pool.close()
      return findings
    }
  }

  /// The schema against this program's migrations.
  public static func schema(url: String, directory: String, logger: Logger) -> DoctorCheck {
    DoctorCheck("schema") {
      do {
        let all = try await Migrator(url: url, directory: directory, logger: logger).status()
        let unknown = all.filter { if case .unknown = $0.state { true } else { false } }
        let changed = all.filter { if case .changed = $0.state { true } else { false } }
        let pending = all.filter { $0.state == .pending }
        if let one = unknown.first {
          return [
            DoctorFinding(
              "schema", .wrong, "The database holds \(one.name), which this program does not know.", nextStep: "Run the newer program.")
          ]
        }
        if let one = changed.first {
          return [DoctorFinding("schema", .wrong, "\(one.name) was changed after it was applied.", nextStep: "Restore the file.")]
        }
        guard pending.isEmpty else {
          return [DoctorFinding("schema", .wrong, "\(pending.count) migrations are not applied.", nextStep: "Run yonjo migrate.")]
        }
        return [DoctorFinding("schema", .good, "All \(all.count) migrations are applied.")]
      } catch let error as MigrationError {
        let isDown: Bool
        if case .database = error { isDown = true } else { isDown = false }
        return [DoctorFinding("schema", isDown ? .down : .wrong, error.description, nextStep: "See the database check.")]
      } catch {
        return [DoctorFinding("schema", .down, "The migrations could not be compared.", nextStep: "See the database check.")]
      }
    }
  }
}

/// The questions put to one database connection.
private struct DatabaseExamination {
  static let whoAmI = Statement(
    "doctor_role",
    """
    select current_user::text, r.rolsuper, r.rolbypassrls, current_setting('server_version_num')::int4, current_setting('fsync') = 'on',
      current_setting('synchronous_commit') <> 'off', clock_timestamp(),
      exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind = 'r' and c.relowner = r.oid)
    from pg_roles r where r.rolname = current_user
    """)
  static let unforced = Statement(
    "doctor_row_security",
    """
    select count(*)::int8 from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
    """)

  let name: String
  let role: String
  let pool: PostgreSQLPool
  let now: @Sendable () -> Date

  func findings() async -> [DoctorFinding] {
    do throws(PostgreSQLError) {
      let results = try await pool.unit([BoundStatement(Self.whoAmI), BoundStatement(Self.unforced)])
      guard let row = results[0].rows.first, let count = results[1].rows.first else { return [down] }
      return try judge(row, unforcedTables: try count.int8(0))
    } catch {
      let why = pool.statistics.latestConnectFailure.map { " (\($0.rawValue))" } ?? ""
      return [
        DoctorFinding(
          name, .down, "The database cannot be asked\(why).",
          nextStep: "Check the URL of this connection, and that PostgreSQL runs and lets the role in.")
      ]
    }
  }

  private var down: DoctorFinding { DoctorFinding(name, .down, "The database gave no answer.", nextStep: "See the server's log.") }

  private func judge(_ row: Row, unforcedTables: Int64) throws(PostgreSQLError) -> [DoctorFinding] {
    let user = try row.text(0)
    let version = try row.int(3)
    var findings: [DoctorFinding] = []
    if try row.bool(1) {
      findings.append(
        DoctorFinding(
          name, .wrong, "The role \(user) is a superuser: row-level security does not bind it.", nextStep: "Connect as \(role)."))
    }
    if try row.bool(2) {
      findings.append(
        DoctorFinding(name, .wrong, "The role \(user) may bypass row-level security.", nextStep: "ALTER ROLE \(user) NOBYPASSRLS."))
    }
    if user != role {
      findings.append(
        DoctorFinding(name, .warning, "The role is \(user), not \(role).", nextStep: "Connect as \(role), or a role with the same grants."))
    }
    if try row.bool(7), role != "yonjo_owner" {
      findings.append(
        DoctorFinding(
          name, .wrong, "The role \(user) owns tables, and so could lift their row-level security.", nextStep: "Connect as \(role)."))
    }
    if unforcedTables > 0 {
      findings.append(
        DoctorFinding(
          name, .wrong, "\(unforcedTables) tables with tenant_id have no forced row-level security.",
          nextStep: "Run yonjo migrate; then look for tables made by hand."))
    }
    if version < 150_000 {
      findings.append(DoctorFinding(name, .wrong, "PostgreSQL \(version / 10_000) is too old.", nextStep: "Use 15 or newer."))
    }
    let isDurable = try row.bool(4)
    let commitsSynchronously = try row.bool(5)
    if !(isDurable && commitsSynchronously) {
      findings.append(
        DoctorFinding(
          name, .warning, "The server may lose what it acknowledged (fsync or synchronous_commit is off).",
          nextStep: "Turn both on where it matters."))
    }
    let skew = abs(try row.timestamp(6).timeIntervalSince(now()))
    if skew > 2 {
      findings.append(
        DoctorFinding(
          name, .warning, "The server's clock differs from ours by \(Int(skew)) seconds.",
          nextStep: "Let both follow the same time servers."))
    }
    if findings.isEmpty {
      findings.append(
        DoctorFinding(name, .good, "Reached as \(user), PostgreSQL \(version / 10_000).\(version % 10_000), row-level security forced."))
    }
    return findings
  }
}
