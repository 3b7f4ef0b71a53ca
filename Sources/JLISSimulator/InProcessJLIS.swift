import CitizenItems
public import JLIS
public import JPKI

/// The simulator as ``JLIS/JLISService`` without any network: for tests. Faults work as over HTTP, except that those on
/// the way give their error at once: `slow` is ``JLIS/JLISError/timeout``, and nobody waits.
public struct InProcessJLIS: JLISService {
  private let simulator: SimulatedJLIS

  /// A view of `simulator`.
  public init(_ simulator: SimulatedJLIS) {
    self.simulator = simulator
  }

  /// See ``JLIS/JLISService/ocsp(_:kind:)``.
  public func ocsp(_ request: [UInt8], kind: CertificateKind) async throws(JLISError) -> [UInt8] {
    try call { simulator in
      if let error = try simulator.faults.ocsp?.withoutNetwork { throw error }
      return try simulator.ocspAnswer(to: request, kind: kind)
    }
  }

  /// See ``JLIS/JLISService/revocationList(kind:)``.
  public func revocationList(kind: CertificateKind) async throws(JLISError) -> [UInt8] {
    try call { simulator in
      if let error = try simulator.faults.crl?.withoutNetwork { throw error }
      return try simulator.revocationListDER(kind: kind)
    }
  }

  /// See ``JLIS/JLISService/belongTogether(signing:authentication:)``.
  public func belongTogether(signing: Serial, authentication: Serial) async throws(JLISError) -> Bool {
    try callAPI { try $0.belongTogether(signing: signing.bytes, authentication: authentication.bytes) }
  }

  /// See ``JLIS/JLISService/successor(of:kind:)``.
  public func successor(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial? {
    try callAPI { try $0.successor(of: serial.bytes, kind: kind).flatMap { Serial($0) } }
  }

  /// See ``JLIS/JLISService/cardCounterpart(of:kind:)``.
  public func cardCounterpart(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial? {
    try callAPI { try $0.cardCounterpart(of: serial.bytes, kind: kind).flatMap { Serial($0) } }
  }

  /// See ``JLIS/JLISService/registerConsent(_:)``.
  public func registerConsent(_ consent: ForwardedConsent) async throws(JLISError) -> ConsentReception {
    try callAPI { try $0.registerConsent(consent) }
  }

  /// See ``JLIS/JLISService/cancelConsent(_:)``.
  public func cancelConsent(_ cancellation: ForwardedCancellation) async throws(JLISError) -> CancellationReception {
    try callAPI { try $0.cancelConsent(cancellation) }
  }

  /// See ``JLIS/JLISService/cancellations(serviceID:after:)``.
  public func cancellations(serviceID: String, after cursor: String?) async throws(JLISError) -> CancellationPage {
    try callAPI { try $0.cancellations(serviceID: serviceID, after: cursor) }
  }

  /// See ``JLIS/JLISService/latestItems(oldSigningSerial:serviceID:consentID:)``.
  public func latestItems(oldSigningSerial: Serial, serviceID: String, consentID: String) async throws(JLISError) -> LatestItemsAnswer {
    try callAPI { try $0.latestItems(oldSigningSerial: oldSigningSerial.bytes, serviceID: serviceID, consentID: consentID) }
  }

  private func call<Answer>(_ body: (SimulatedJLIS) throws -> Answer) throws(JLISError) -> Answer {
    do {
      return try body(simulator)
    } catch let error as JLISError {
      throw error
    } catch {
      throw .unavailable
    }
  }

  private func callAPI<Answer>(_ body: (SimulatedJLIS) throws -> Answer) throws(JLISError) -> Answer {
    try call { simulator in
      switch try simulator.faults.api {
      case .down: throw JLISError.unavailable
      case .slow: throw JLISError.timeout
      case .malformed: throw JLISError.malformed
      case nil: return try body(simulator)
      }
    }
  }
}
