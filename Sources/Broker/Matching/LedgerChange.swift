public import Foundation

/// Where a ledger-change job stands.
public enum LedgerJobState: String, Sendable, Codable {
  /// Lines are arriving, or the upload was cut and may be continued with the same key.
  case receiving
  /// Every line is stored; nothing is applied yet.
  case stored
  case applying
  case done
}

/// A ledger-change job as its tenant sees it.
public struct LedgerJob: Sendable {
  /// A line that could not be read; it stopped nothing.
  public struct InvalidLine: Sendable {
    /// From 1.
    public let line: Int
    /// A stable code: `lineTooLong`, `lineMalformed`, `tooManyTags`, `refInvalid` or `tagMalformed`.
    public let reason: String
  }

  /// The job.
  public let id: LedgerJobID
  /// Where it stands.
  public let state: LedgerJobState
  /// Lines stored, invalid ones included.
  public let received: Int
  /// Pairs deleted.
  public let deleted: Int
  /// Pairs made active.
  public let activated: Int
  /// Sound lines that met no pair.
  public let unknown: Int
  /// Lines that could not be read, all of them.
  public let invalidCount: Int
  /// The first 1,000.
  public let invalid: [InvalidLine]
  /// When its first line came.
  public let createdAt: Date
  /// When lines were stored last, or the job was applied.
  public let updatedAt: Date
}
