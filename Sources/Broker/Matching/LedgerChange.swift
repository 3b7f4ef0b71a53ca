internal import CitizenItems
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

/// One line of the upload, read and turned into stored tags.
struct LedgerLine: Sendable {
  /// The longest line, in bytes.
  static let maximumBytes = 65_536

  var before: [[UInt8]] = []
  var after: [[UInt8]]?
  var afterVersions: [Int32]?
  var refIndex: [UInt8]?
  var invalidReason: String?

  private struct Wire: Decodable {
    let before: [String]
    let after: [String]?
    let ref: String?
  }

  /// Reads a line; a bad one is kept with its reason and stops nothing.
  init(_ bytes: [UInt8], keys: TenantKeys) {
    guard bytes.count <= Self.maximumBytes else {
      invalidReason = "lineTooLong"
      return
    }
    guard let wire = try? JSONDecoder().decode(Wire.self, from: Data(bytes)) else {
      invalidReason = "lineMalformed"
      return
    }
    guard wire.before.count <= PairService.maximumTags, (wire.after?.count ?? 0) <= PairService.maximumTags else {
      invalidReason = "tooManyTags"
      return
    }
    guard (1...128).contains(wire.ref?.utf8.count ?? 1) else {
      invalidReason = "refInvalid"
      return
    }
    do {
      for text in wire.before { before.append(contentsOf: try keys.stored(EdgeTag(parsing: text))) }
      if let texts = wire.after {
        let tags = try texts.map { try EdgeTag(parsing: $0) }
        after = try tags.map { try keys.stored($0)[0] }
        afterVersions = tags.map { Int32($0.keyVersion) }
      }
    } catch {
      before = []
      after = nil
      afterVersions = nil
      invalidReason = "tagMalformed"
      return
    }
    refIndex = wire.ref.map { keys.index(ofReference: $0, kind: "ledger") }
  }
}
