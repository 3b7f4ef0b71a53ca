public import Foundation
internal import JPKI
internal import PostgreSQL

/// How a verification ended, as every kind of check tells it (api.md, `result` and `reason`).
public struct Verdict: Sendable, Hashable, Codable {
  /// `ok` or why not; the names of api.md, and `unknownSubject` for logins.
  public let result: String
  /// The finer code, for deemed verifiers only.
  public let reason: String?

  init(result: String, reason: String? = nil) {
    self.result = result
    self.reason = reason
  }

  init(_ result: VerificationResult, _ reason: VerificationReason? = nil) { self.init(result: result.rawValue, reason: reason?.rawValue) }

  init(_ failure: VerificationFailure) { self.init(failure.result, failure.reason) }

  static let ok = Verdict(.ok)
  static let unknownSubject = Verdict(result: "unknownSubject")

  /// Whether the check succeeded.
  public var isOK: Bool { self == .ok }

  /// What a `notVerifier` tenant is told: nothing finer, so that a revoked and an untrusted card answer alike (api.md, Access).
  public var coarse: String {
    Self.toldToAll.contains(result) ? result : Self.notConfirmed
  }

  /// Results that say nothing of a certificate's standing.
  public static let toldToAll = ["ok", "signatureInvalid", "itemsMismatch", "unknownSubject"]
  /// Stands for all others where finer ones must not be told.
  public static let notConfirmed = "notConfirmed"
}

/// The evidence row of a check, as answers carry it.
public struct VerificationEvidence: Sendable, Codable {
  /// The evidence row.
  public let id: VerificationID
  /// When the broker looked.
  public let checkedAt: Date
  /// `ocsp`, `crl` or `none`.
  public let method: String
  /// When the source of the revocation word says that it knew it.
  public let sourceTime: Date?
  /// True where the word was unknown and passed by the tenant's override; nil otherwise.
  public var isUnderOverride: Bool? = nil
  /// What the word served; nil where none was asked for.
  var purpose: CheckPurpose? = nil

  /// How old the word was, in whole seconds.
  var sourceAgeSeconds: Int32? { sourceTime.map { Int32(clamping: Int(checkedAt.timeIntervalSince($0).rounded(.down))) } }
}

extension VerificationEvidence {
  init(id: VerificationID, at now: Date, _ revocation: RevocationDecision?) {
    self.id = id
    checkedAt = now
    method = revocation?.method.rawValue ?? "none"
    sourceTime = revocation?.sourceTime
    isUnderOverride = revocation?.isUnderOverride == true ? true : nil
    purpose = revocation?.purpose
  }

  /// The evidence of the first time, where an answer is repeated: its id, method, source time and override stand from column `place`. Nil where
  /// there is none.
  init?(told row: Row, at place: Int, checkedAt: Int) throws {
    guard let id = try row.optionalUUID(place) else { return nil }
    self.id = VerificationID(id)
    self.checkedAt = try row.timestamp(checkedAt)
    method = try row.optionalText(place + 1) ?? "none"
    sourceTime = try row.optionalTimestamp(place + 2)
    isUnderOverride = try row.bool(place + 3) ? true : nil
  }
}
