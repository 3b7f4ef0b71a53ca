internal import Foundation
public import JLIS
internal import JPKI
public import Logging

/// Finds out whether a certificate is revoked, as the tenant's policy says, and fails closed (law 5).
public final class RevocationService: Sendable {
  let clock: any WallClock
  let ocsp: OCSPSource
  let metrics = RevocationMetrics()
  /// The lists in force, mapped.
  public let indexes: RevocationIndexes

  /// - Parameters:
  ///   - jlis: who is asked.
  ///   - work: OpenSSL's work over a millisecond runs here.
  ///   - indexes: the lists in force.
  ///   - ocsp: how responders are asked.
  public init(
    jlis: any JLISService, work: WorkPool, indexes: RevocationIndexes, clock: any WallClock,
    ocsp: OCSPSourceSettings = OCSPSourceSettings(), logger: Logger
  ) {
    self.indexes = indexes
    self.clock = clock
    self.ocsp = OCSPSource(jlis: jlis, settings: ocsp, work: work, clock: clock, metrics: metrics, logger: logger)
  }

  /// What the lists in force say, and when their source knew it; nil where there is none.
  ///
  /// - Parameters:
  ///   - issuer: of the certificate, by its key identifier; nil: lists of any.
  ///   - point: the certificate's distribution point, where that is known: without it, lists of parts can only say that it is revoked.
  func listWord(
    _ serial: Serial, _ kind: CertificateKind, issuer: [UInt8]? = nil, point: [UInt8]? = nil, at now: Date
  ) -> (status: RevocationStatus, sourceTime: Date)? {
    indexes.word(serial, kind: kind, issuerKeyIdentifier: issuer, point: point, at: now)
  }
}
