internal import Foundation
public import JLIS
public import JPKI
public import Logging
internal import PostgreSQL
internal import Synchronization

/// Finds out whether a certificate is revoked, as the tenant's policy says, and fails closed (law 5).
public final class RevocationService: Sendable {
  private let jlis: any JLISService
  private let trust: TrustStore
  private let database: Database
  private let work: WorkPool
  let clock: any WallClock
  private let logger: Logger
  let ocsp: OCSPSource
  let metrics = RevocationMetrics()
  private let lists = Mutex<[CertificateKind: RevocationList]>([:])

  /// - Parameters:
  ///   - jlis: who is asked.
  ///   - trust: issuers of certificates, lists and responders.
  ///   - work: OpenSSL's work over a millisecond runs here.
  ///   - ocsp: how responders are asked.
  public init(
    jlis: any JLISService, trust: TrustStore, database: Database, work: WorkPool, clock: any WallClock,
    ocsp: OCSPSourceSettings = OCSPSourceSettings(), logger: Logger
  ) {
    self.jlis = jlis
    self.trust = trust
    self.database = database
    self.work = work
    self.clock = clock
    self.logger = logger
    self.ocsp = OCSPSource(jlis: jlis, settings: ocsp, work: work, clock: clock, metrics: metrics, logger: logger)
  }

  /// What the list in force says, and when its source knew it; nil where there is none.
  func listWord(_ serial: Serial, _ kind: CertificateKind, at now: Date) -> (status: RevocationStatus, sourceTime: Date)? {
    lists.withLock { $0[kind] }.map { ($0.status(of: serial, at: now), $0.thisUpdate) }
  }

  /// Fetches both lists, verifies them, takes them into use and records their numbers. A list whose number went back is refused.
  /// Returns what is in force afterwards.
  public func refreshLists() async -> [CertificateKind: String] {
    var outcome: [CertificateKind: String] = [:]
    for kind in [CertificateKind.signing, .authentication] {
      do {
        outcome[kind] = try await refresh(kind)
      } catch {
        logger.error("CRL refresh failed", metadata: ["kind": "\(kind.rawValue)", "error": "\(error)"])
        outcome[kind] = "failed"
      }
    }
    return outcome
  }

  private func refresh(_ kind: CertificateKind) async throws -> String {
    let der = try await jlis.revocationList(kind: kind)
    let now = clock.now()
    let trust = trust
    let list = try await work.run { try RevocationList(verifying: der, trust: trust, kind: kind, at: now) }
    let result = try await database.platform([
      BoundStatement(
        RevocationStore.installList,
        [
          .text(kind.rawValue), .bytes(list.issuerKeyIdentifier), .int8(Int64(clamping: list.number)), .timestamp(list.thisUpdate),
          .timestamp(list.nextUpdate), .int8(Int64(list.entryCount)), .timestamp(now),
        ])
    ])
    guard result[0].affectedRows == 1 else {
      logger.error("a CRL with an older number was refused", metadata: ["kind": "\(kind.rawValue)"])
      return "refused"
    }
    lists.withLock { $0[kind] = list }
    return "number \(list.number), \(list.entryCount) entries"
  }

  /// Keeps the lists fresh until cancelled: at once, then at every interval.
  public func run(every interval: Duration) async {
    while !Task.isCancelled {
      _ = await refreshLists()
      try? await Task.sleep(for: interval)
    }
  }
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
}
