internal import Foundation
internal import JPKI

extension RevocationService {
  /// The status of a certificate that was just verified otherwise.
  func check(_ certificate: VerifiedCertificate, policy: TenantRevocationPolicy, purpose: CheckPurpose) async -> RevocationDecision {
    await check(
      serial: certificate.serial, kind: certificate.kind, issuer: certificate.issuer, point: certificate.distributionPoint, policy: policy,
      purpose: purpose)
  }

  /// The status of a certificate of which only the serial is known (it was bound earlier). One serial a call (law 2).
  ///
  /// - Parameters:
  ///   - point: its distribution point, where that is known: without it, lists of parts can only say that it is revoked.
  ///   - anew: whether the responder is asked even where its last answer still stands.
  func check(
    serial: Serial, kind: CertificateKind, issuer: TrustAnchor, point: [UInt8]? = nil, policy: TenantRevocationPolicy,
    purpose: CheckPurpose, anew: Bool = false
  ) async -> RevocationDecision {
    let found: RevocationDecision
    switch policy.method {
    case .crl: found = fromList(serial, kind, issuer, point, purpose, maximumAge: nil)
    case .ocsp: found = await fromResponder(serial, kind, issuer, policy, purpose, anew)
    case .ocspThenCrl:
      let first = await fromResponder(serial, kind, issuer, policy, purpose, anew)
      // That the responder does not know the certificate is its signed word: a list, which names only what ended, knows no better.
      if first.isUnknown, first.reason != .ocspUnknownCertificate {
        let second = fromList(serial, kind, issuer, point, purpose, maximumAge: TimeInterval(policy.fallbackSeconds))
        // A list that is too old says so itself; one that is not there leaves OCSP's reason.
        found = second.isUnknown && second.reason != .crlTooOld ? first : second
      } else {
        found = first
      }
    }
    let decision = found.overridden(by: policy.override)
    metrics.decided(decision)
    return decision
  }

  private func fromList(
    _ serial: Serial, _ kind: CertificateKind, _ issuer: TrustAnchor, _ point: [UInt8]?, _ purpose: CheckPurpose,
    maximumAge: TimeInterval?
  ) -> RevocationDecision {
    let now = clock.now()
    guard let word = listWord(serial, kind, issuer: issuer.subjectKeyIdentifier, point: point, at: now) else {
      return RevocationDecision(status: nil, method: .none, sourceTime: nil, checkedAt: now, purpose: purpose)
    }
    let status =
      maximumAge.map { OCSPFallback.status(of: word.status, thisUpdate: word.sourceTime, maximumAge: $0, at: now) } ?? word.status
    return RevocationDecision(status: status, method: .crl, sourceTime: word.sourceTime, checkedAt: now, purpose: purpose)
  }

  private func fromResponder(
    _ serial: Serial, _ kind: CertificateKind, _ issuer: TrustAnchor, _ policy: TenantRevocationPolicy, _ purpose: CheckPurpose,
    _ anew: Bool
  ) async -> RevocationDecision {
    let answer = await ocsp.ask(serial, kind: kind, issuer: issuer, tenant: policy.tenantID, anew: anew) { responder, issuer in
      // The lists are kept by kind; the issuer's own is the one that names its responders.
      self.listWord(responder, issuer.kind, at: self.clock.now())?.status ?? .unknown(.ocspResponderUnchecked)
    }
    // Only a word that is signed was given by somebody.
    let decision = answer.decision
    return RevocationDecision(
      status: decision.status, method: decision.producedAt == nil ? .none : .ocsp, sourceTime: decision.thisUpdate, checkedAt: clock.now(),
      purpose: purpose, proof: decision.producedAt == nil ? nil : answer.response)
  }
}
