import JLIS
import JPKI

/// J-LIS that lets something happen between having been asked for the latest items and answering.
final class HookedJLIS: JLISService {
  private let base: any JLISService
  private let hook: @Sendable () async -> Void

  init(_ base: any JLISService, beforeLatestItemsAnswer hook: @escaping @Sendable () async -> Void) {
    self.base = base
    self.hook = hook
  }

  func latestItems(oldSigningSerial: Serial, serviceID: String, consentID: String) async throws(JLISError) -> LatestItemsAnswer {
    let answer = try await base.latestItems(oldSigningSerial: oldSigningSerial, serviceID: serviceID, consentID: consentID)
    await hook()
    return answer
  }

  func ocsp(_ request: [UInt8], kind: CertificateKind) async throws(JLISError) -> [UInt8] { try await base.ocsp(request, kind: kind) }

  func revocationList(kind: CertificateKind) async throws(JLISError) -> [UInt8] { try await base.revocationList(kind: kind) }

  func belongTogether(signing: Serial, authentication: Serial) async throws(JLISError) -> Bool {
    try await base.belongTogether(signing: signing, authentication: authentication)
  }

  func successor(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial? {
    try await base.successor(of: serial, kind: kind)
  }

  func cardCounterpart(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial? {
    try await base.cardCounterpart(of: serial, kind: kind)
  }

  func registerConsent(_ consent: ForwardedConsent) async throws(JLISError) -> ConsentReception { try await base.registerConsent(consent) }

  func cancelConsent(_ cancellation: ForwardedCancellation) async throws(JLISError) -> CancellationReception {
    try await base.cancelConsent(cancellation)
  }

  func cancellations(serviceID: String, after cursor: String?) async throws(JLISError) -> CancellationPage {
    try await base.cancellations(serviceID: serviceID, after: cursor)
  }
}
