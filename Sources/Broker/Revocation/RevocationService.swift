internal import Crypto
public import Foundation
public import JLIS
public import JPKI
public import Logging
internal import PostgreSQL
internal import Synchronization

/// What was found out about one certificate, how, and how old the word is.
public struct RevocationDecision: Sendable {
  /// Where the word came from.
  public enum Method: String, Sendable, Codable {
    case crl, ocsp
    /// Nothing could be asked.
    case none
  }

  /// Nil where no source could be asked: as good as unknown.
  public let status: RevocationStatus?
  /// Where the word came from.
  public let method: Method
  /// When the source says that it knew this (thisUpdate).
  public let sourceTime: Date?
  /// When the broker asked.
  public let checkedAt: Date
  /// Why the status is unknown or ended.
  public let reason: VerificationReason?

  var isUnknown: Bool {
    switch status {
    case .good, .revoked: false
    case .unknown, nil: true
    }
  }

  /// The result that this gives to a verification that is sound otherwise.
  var result: VerificationResult {
    switch status {
    case .good: .ok
    case .revoked: .certificateRevoked
    case .unknown, nil: .revocationUnknown
    }
  }
}

/// Finds out whether a certificate is revoked, as the tenant's policy says, and fails closed (law 5).
public final class RevocationService: Sendable {
  private let jlis: any JLISService
  private let trust: TrustStore
  private let database: Database
  private let work: WorkPool
  private let clock: any WallClock
  private let logger: Logger
  private let lists = Mutex<[CertificateKind: RevocationList]>([:])

  /// - Parameters:
  ///   - jlis: who is asked.
  ///   - trust: issuers of certificates, lists and responders.
  ///   - work: OpenSSL's work over a millisecond runs here.
  public init(jlis: any JLISService, trust: TrustStore, database: Database, work: WorkPool, clock: any WallClock, logger: Logger) {
    self.jlis = jlis
    self.trust = trust
    self.database = database
    self.work = work
    self.clock = clock
    self.logger = logger
  }

  /// The status of a certificate that was just verified otherwise.
  func check(_ certificate: VerifiedCertificate, policy: RevocationPolicy) async -> RevocationDecision {
    await check(serial: certificate.serial, kind: certificate.kind, issuer: certificate.issuer, policy: policy)
  }

  /// The status of a certificate of which only the serial is known (it was bound earlier). One serial a call (law 2).
  func check(serial: Serial, kind: CertificateKind, issuer: TrustAnchor, policy: RevocationPolicy) async -> RevocationDecision {
    switch policy {
    case .crl: return fromList(serial, kind)
    case .ocsp: return await fromResponder(serial, kind, issuer)
    case .ocspThenCrl:
      let decision = await fromResponder(serial, kind, issuer)
      guard decision.isUnknown else { return decision }
      let second = fromList(serial, kind)
      return second.isUnknown ? decision : second
    }
  }

  private func fromList(_ serial: Serial, _ kind: CertificateKind) -> RevocationDecision {
    let now = clock.now()
    guard let list = lists.withLock({ $0[kind] }) else {
      return RevocationDecision(status: nil, method: .none, sourceTime: nil, checkedAt: now, reason: nil)
    }
    let status = list.status(of: serial, at: now)
    return RevocationDecision(status: status, method: .crl, sourceTime: list.thisUpdate, checkedAt: now, reason: status.reason)
  }

  private func fromResponder(_ serial: Serial, _ kind: CertificateKind, _ issuer: TrustAnchor) async -> RevocationDecision {
    var generator = SystemRandomNumberGenerator()
    let nonce = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
    do {
      let request = OCSPRequestMessage.make(serial: serial, issuer: issuer, nonce: nonce)
      let answer = try await jlis.ocsp(request, kind: kind)
      let now = clock.now()
      let decision = try await work.run { OCSPAnswer.verify(answer, serial: serial, issuer: issuer, nonce: nonce, at: now) }
      return RevocationDecision(
        status: decision.status, method: .ocsp, sourceTime: decision.thisUpdate, checkedAt: now, reason: decision.reason)
    } catch {
      logger.warning("OCSP gave no answer", metadata: ["kind": "\(kind.rawValue)", "error": "\(error)"])
      return RevocationDecision(status: nil, method: .none, sourceTime: nil, checkedAt: clock.now(), reason: nil)
    }
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
