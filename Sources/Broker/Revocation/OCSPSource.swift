internal import Foundation
internal import JLIS
public import JPKI
internal import Logging

/// How the broker asks OCSP responders.
public struct OCSPSourceSettings: Sendable {
  /// What is asked and what is asked of answers.
  public var inquiry: OCSPSettings
  /// So many answers are kept until their nextUpdate; 0 asks each time.
  public var cachedAnswers: Int

  /// Defaults: see ``JPKI/OCSPSettings``; 10,000 answers, some 25 MB.
  public init(inquiry: OCSPSettings = OCSPSettings(), cachedAnswers: Int = 10_000) {
    self.inquiry = inquiry
    self.cachedAnswers = cachedAnswers
  }
}

/// What a responder's answer is worth, and the answer itself: the proof that evidence keeps.
struct OCSPWord: Sendable {
  let decision: OCSPDecision
  /// DER; nil where none came.
  let response: [UInt8]?
}

/// Asks a responder about one certificate, believes what verifies, and keeps what may be kept.
final class OCSPSource: Sendable {
  private let jlis: any JLISService
  private let settings: OCSPSettings
  private let cache: OCSPAnswerCache
  private let work: WorkPool
  private let clock: any WallClock
  private let metrics: RevocationMetrics
  private let logger: Logger

  init(
    jlis: any JLISService, settings: OCSPSourceSettings, work: WorkPool, clock: any WallClock, metrics: RevocationMetrics, logger: Logger
  ) {
    self.jlis = jlis
    self.settings = settings.inquiry
    cache = OCSPAnswerCache(limit: settings.cachedAnswers)
    self.work = work
    self.clock = clock
    self.metrics = metrics
    self.logger = logger
  }

  /// What is known, or what the responder says now. Never throws: no answer is unknown, for its reason.
  ///
  /// - Parameters:
  ///   - anew: whether the responder is to be asked even where an answer is kept.
  ///   - responderStatus: what the lists say of a responder's own certificate.
  func ask(
    _ serial: Serial, kind: CertificateKind, issuer: TrustAnchor, tenant: TenantID, anew: Bool,
    responderStatus: @escaping @Sendable (Serial, TrustAnchor) -> RevocationStatus
  ) async -> OCSPWord {
    if !anew, let known = cache.find(serial, issuer: issuer, tenant: tenant, at: clock.now()) {
      metrics.asked("cached")
      return known
    }
    let word = await exchange(serial, kind, issuer, responderStatus)
    cache.keep(word, about: serial, issuer: issuer, tenant: tenant, at: clock.now())
    return word
  }

  private func exchange(
    _ serial: Serial, _ kind: CertificateKind, _ issuer: TrustAnchor,
    _ responderStatus: @escaping @Sendable (Serial, TrustAnchor) -> RevocationStatus
  ) async -> OCSPWord {
    let started = ContinuousClock.now
    do {
      var random = SystemRandomNumberGenerator()
      let inquiry = try OCSPInquiry(serial: serial, issuer: issuer, settings: settings, using: &random)
      let answer = try await jlis.ocsp(inquiry.request, kind: kind)
      metrics.took(ContinuousClock.now - started)
      let now = clock.now()
      let decision = try await work.run { inquiry.decide(answer, at: now, responderStatus: responderStatus) }
      metrics.asked(decision.thisUpdate == nil ? decision.reason?.rawValue ?? "answered" : "answered")
      return OCSPWord(decision: decision, response: answer)
    } catch {
      let silence = Self.silence(error)
      let decision = OCSPDecision(noAnswer: silence)
      metrics.asked(decision.reason?.rawValue ?? "unavailable")
      logger.warning("OCSP gave no answer", metadata: ["kind": "\(kind.rawValue)", "error": "\(error)"])
      return OCSPWord(decision: decision, response: nil)
    }
  }

  private static func silence(_ error: any Error) -> OCSPSilence {
    switch error as? JLISError {
    case .timeout: .timeout
    case .tooLarge: .tooLarge
    case .malformed: .malformed
    case .unavailable, .refused, .circuitOpen, nil: .unavailable
    }
  }
}
