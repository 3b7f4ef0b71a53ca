import JLIS
import JPKI
import Synchronization

/// J-LIS that counts how often its responders are asked.
final class CountingJLIS: JLISService {
  private let base: any JLISService
  private let questions = Mutex(0)

  init(_ base: any JLISService) { self.base = base }

  /// How many OCSP questions came.
  var ocspQuestions: Int { questions.withLock { $0 } }

  func ocsp(_ request: [UInt8], kind: CertificateKind) async throws(JLISError) -> [UInt8] {
    questions.withLock { $0 += 1 }
    return try await base.ocsp(request, kind: kind)
  }

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

  func registerConsent(_ consent: ForwardedConsent) async throws(JLISError) -> ConsentReception {
    try await base.registerConsent(consent)
  }

  func cancelConsent(_ cancellation: ForwardedCancellation) async throws(JLISError) -> CancellationReception {
    try await base.cancelConsent(cancellation)
  }

  func cancellations(serviceID: String, after cursor: String?) async throws(JLISError) -> CancellationPage {
    try await base.cancellations(serviceID: serviceID, after: cursor)
  }

  func latestItems(oldSigningSerial: Serial, serviceID: String, consentID: String) async throws(JLISError) -> LatestItemsAnswer {
    try await base.latestItems(oldSigningSerial: oldSigningSerial, serviceID: serviceID, consentID: consentID)
  }
}
