import Broker
import BrokerAPI
import Foundation
import JLIS
import JPKI
import Logging
import Operations
import PostgreSQL
import Synchronization

/// What the serving process is made of, and what `/readyz` and `/metrics` look at.
struct ServingParts: Sendable {
  let services: BrokerServices
  let checks: [HealthCheck]
  let gauges: [GaugeSource]

  /// Where the indexes of revocation lists lie.
  let revocationDirectory: String
  /// Whether a process of this one's own fills it.
  let ownsRevocationDirectory: Bool
  private let pool: PostgreSQLPool
  private let jobsPool: PostgreSQLPool
  private let jlis: JLISClient
  private let timeStamps: TimeStampClient?

  init(settings: Settings, logger: Logger) throws(CommandFailure) {
    let connections = try settings.integer(.databaseConnections, 1...128)
    let checkedOut = try settings.integer(.databaseCheckedOut, 1...128)
    // One of them holds the process's sign of life for as long as it runs.
    // A request waits so long for a connection, through a database's restart as well, and then fails with 503.
    let main = PostgreSQLConfiguration(
      url: try settings.required(.databaseURL), maximumConnections: connections, maximumCheckedOut: checkedOut + 1,
      acquireTimeout: .seconds(1), applicationName: "yonjo serve")
    let jobs = PostgreSQLConfiguration(
      url: settings.text(.jobsDatabaseURL) ?? main.url, maximumConnections: 1, maximumCheckedOut: 5, applicationName: "yonjo jobs")
    let root = try Connections.rootKey(settings)
    let trust = try TrustSettings.store(settings)
    let policies = try TrustSettings.policies(settings)
    let issuer = try settings.required(.issuer)
    let threads = try settings.integer(.workThreads, 1...64)
    let ocsp = try OCSPOptions.source(settings)
    let evidenceKey = try EvidenceCommand.publicKey(settings)
    let stamping = try TimeStampOptions.settings(settings)
    timeStamps = stamping?.client
    jlis = try Connections.jlis(settings)
    pool = PostgreSQLPool(main, logger: logger)
    jobsPool = PostgreSQLPool(jobs, logger: logger)
    let directory = settings.text(.revocationDirectory)
    revocationDirectory = directory ?? OwnedProcess.directory()
    // Without a directory that another process fills, this one has such a process of its own.
    ownsRevocationDirectory = directory == nil
    services = BrokerServices(
      pool: pool, jobsPool: jobsPool, root: root, trust: trust, policies: policies, jlis: jlis, clock: SystemWallClock(), issuer: issuer,
      revocationDirectory: revocationDirectory, workThreads: threads, ocsp: ocsp, evidenceKey: evidenceKey, timeStamps: stamping?.settings,
      logger: logger)
    checks =
      Self.checks(pool, services, jlis) + [Self.listsCheck(services.revocation.indexes)]
      + Self.auditChecks(services, stamps: stamping != nil)
    gauges = Self.gauges(pool) + Self.gauges(jlis) + Self.listGauges(services.revocation.indexes)
  }

  func close() async {
    await services.stop()
    await pool.close()
    await jobsPool.close()
    await jlis.close()
    await timeStamps?.close()
  }

  private static let ping = Statement("health_ping", "select 1")

  private static func checks(_ pool: PostgreSQLPool, _ services: BrokerServices, _ jlis: JLISClient) -> [HealthCheck] {
    let source = RememberedFinding(seconds: 15) {
      do throws(JLISError) {
        _ = try await jlis.cancellations(serviceID: "readyz", after: nil)
        return HealthCheck.Finding(.up)
      } catch .refused {
        return HealthCheck.Finding(.up)
      } catch {
        // Logins go on by the lists in force; what needs J-LIS says so itself.
        return HealthCheck.Finding(.degraded, detail: error.description)
      }
    }
    return [
      HealthCheck("database") {
        do throws(PostgreSQLError) {
          _ = try await pool.unit([BoundStatement(ping)])
          return .init(.up)
        } catch {
          return .init(.down, detail: pool.statistics.latestConnectFailure?.rawValue)
        }
      },
      HealthCheck("keys") { (try? await services.access.publishedKeys()) == nil ? .init(.down) : .init(.up) },
      HealthCheck("instanceLock") { services.instance.isHeld ? .init(.up) : .init(.down) },
      HealthCheck("jlis") { await source.look() },
    ]
  }

  /// 0 the door is asked, 1 one call is let through to see, 2 it rests.
  private static func gauges(_ jlis: JLISClient) -> [GaugeSource] {
    JLISClient.Door.allCases.map { door in
      GaugeSource("yonjo_jlis_breaker_\(door.rawValue)") {
        switch jlis.state(of: door) {
        case .open: 0
        case .trying: 1
        case .resting: 2
        }
      }
    }
  }

  private static func gauges(_ pool: PostgreSQLPool) -> [GaugeSource] {
    [
      GaugeSource("yonjo_database_connections") { Double(pool.statistics.connections) },
      GaugeSource("yonjo_database_idle") { Double(pool.statistics.idle) },
      GaugeSource("yonjo_database_waiting") { Double(pool.statistics.waiting) },
      GaugeSource("yonjo_database_in_flight") { Double(pool.statistics.inFlight) },
      GaugeSource("yonjo_database_checked_out") { Double(pool.statistics.checkedOut) },
      GaugeSource("yonjo_database_units") { Double(pool.statistics.completed) },
      GaugeSource("yonjo_peak_memory_bytes") { Double(Memory.peakBytes) },
    ]
  }
}

/// A finding that is looked for at most once in so many seconds, however often health is asked for.
final class RememberedFinding: Sendable {
  private let lifetime: Duration
  private let check: @Sendable () async -> HealthCheck.Finding
  private let last = Mutex<(finding: HealthCheck.Finding, until: ContinuousClock.Instant)?>(nil)

  init(seconds: Int, check: @escaping @Sendable () async -> HealthCheck.Finding) {
    lifetime = .seconds(seconds)
    self.check = check
  }

  func look() async -> HealthCheck.Finding {
    if let known = last.withLock({ $0 }), known.until > .now { return known.finding }
    let finding = await check()
    last.withLock { $0 = (finding, .now.advanced(by: lifetime)) }
    return finding
  }
}
