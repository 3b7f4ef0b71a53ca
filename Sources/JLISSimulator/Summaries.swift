import Foundation
import JPKI

/// A citizen at a glance: no items, no serials.
public struct CitizenSummary: Sendable, Codable, Equatable {
  /// `citizen-1`, `citizen-2` …
  public let id: String
  /// The signing certificate on the card: `valid`, `expired`, `notYetValid`, `untrusted`, or `revoked:` and the reason.
  public let signing: String
  /// The authentication certificate on the card, likewise.
  public let authentication: String
  /// The phones with certificates that stand: `android`, `iphone`.
  public let phones: [String]
  /// Whether the person has died.
  public let dead: Bool
}

extension SimulatedJLIS {
  /// All citizens, in the order of their registration.
  public func summaries() throws -> [CitizenSummary] {
    let moment = now
    return try store.read { state in
      state.citizens.map { citizen in
        CitizenSummary(
          id: citizen.id, signing: Self.standing(of: state.certificates(of: citizen.id, kind: .signing).last, at: moment),
          authentication: Self.standing(of: state.certificates(of: citizen.id, kind: .authentication).last, at: moment),
          phones: CardMedium.allCases.filter { medium in
            medium != .card && state.certificates(of: citizen.id, kind: .authentication, medium: medium).last?.isValid(at: moment) == true
          }.map(\.rawValue), dead: citizen.diedAt != nil)
      }
    }
  }

  private static func standing(of certificate: CertificateRecord?, at moment: Date) -> String {
    guard let certificate else { return "none" }
    if let revocation = certificate.revocation { return "revoked:\(revocation.reason.rawValue)" }
    if certificate.authority != AuthorityName.genuine(certificate.authority.kind) { return "untrusted" }
    if moment < certificate.notBefore { return "notYetValid" }
    return moment > certificate.notAfter ? "expired" : "valid"
  }
}
