import Foundation
import JPKI
import Testing

/// A row of the table: one thing that a card, a list or a responder can get wrong, and the one result and reason that it must be refused with.
struct RefusalCase: Sendable, CustomTestStringConvertible {
  let name: String
  let result: VerificationResult
  let reason: VerificationReason
  /// What the room under test says; nil when it accepts.
  let run: @Sendable () -> VerificationReason?

  init(
    _ name: String, _ result: VerificationResult, _ reason: VerificationReason, _ run: @escaping @Sendable () -> VerificationReason?
  ) {
    self.name = name
    self.result = result
    self.reason = reason
    self.run = run
  }

  var testDescription: String { "\(name) → \(result.rawValue)/\(reason.rawValue)" }
}

/// The reason that a refusal gives; nil without refusal.
func reason(_ body: () throws(VerificationFailure) -> Void) -> VerificationReason? {
  do throws(VerificationFailure) {
    try body()
    return nil
  } catch {
    return error.reason
  }
}

/// Verifies this certificate alone.
func certificateReason(_ der: [UInt8], _ kind: CertificateKind, at: Date = World.now, by verifier: CardVerifier = World.verifier)
  -> VerificationReason?
{
  reason { () throws(VerificationFailure) in _ = try verifier.verifyCertificate(der, kind: kind, at: at) }
}

extension Date {
  /// An instant of RFC 3339, for tests.
  init(_ text: String) {
    self = (try? Date(text, strategy: .iso8601)) ?? .distantPast
  }
}
