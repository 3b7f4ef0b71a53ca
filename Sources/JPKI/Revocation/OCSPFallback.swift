public import Foundation

/// What a revocation list is worth where OCSP gave no answer.
public enum OCSPFallback {
  /// The list's word as long as the list is young enough: an old one is no proof that nothing has happened since.
  /// A revocation stands however old the word is, because it is never taken back.
  ///
  /// - Parameters:
  ///   - thisUpdate: the list's.
  ///   - maximumAge: how old it may be, in seconds.
  public static func status(of list: RevocationStatus, thisUpdate: Date, maximumAge: TimeInterval, at: Date) -> RevocationStatus {
    switch list {
    case .revoked, .unknown: list
    case .good: at.timeIntervalSince(thisUpdate) <= maximumAge ? .good : .unknown(.crlTooOld)
    }
  }
}
