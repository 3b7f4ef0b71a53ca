/// A refusal by this room: one result, and the one reason for it. Says nothing of the certificate's content.
public struct VerificationFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// The finer code.
  public let reason: VerificationReason
  /// The coarse code: each reason belongs to exactly one.
  public var result: VerificationResult { reason.result }

  /// A failure for this reason.
  public init(_ reason: VerificationReason) {
    self.reason = reason
  }

  /// `result/reason`.
  public var description: String { "\(result.rawValue)/\(reason.rawValue)" }
}
