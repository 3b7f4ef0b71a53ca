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
    var before: [String]
    var after: [String]?
    var ref: String?

    /// Reads a line as `yonjo-ledger` writes it: the known members, each at most once, strings without escapes. nil: a JSON decoder must look at it.
    init?(usual bytes: [UInt8]) {
      var reader = UsualLine(bytes)
      var (departing, arriving, reference): ([String]?, [String]?, String?) = (nil, nil, nil)
      var seen: Set<String> = []
      guard reader.take(0x7B) else { return nil }
      repeat {
        guard let name = reader.string(), seen.insert(name).inserted, reader.take(0x3A) else { return nil }
        switch name {
        case "before":
          departing = reader.strings()
          if departing == nil { return nil }
        case "after":
          if reader.takeNull() { break }
          arriving = reader.strings()
          if arriving == nil { return nil }
        case "ref":
          reference = reader.string()
          if reference == nil { return nil }
        default: return nil
        }
      } while reader.take(0x2C)
      guard reader.take(0x7D), reader.isAtEnd, let departing else { return nil }
      before = departing
      after = arriving
      ref = reference
    }
  }

  /// A cursor over JSON without blanks between its marks and without escapes in its strings.
  private struct UsualLine {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ byte: UInt8) -> Bool {
      guard position < bytes.count, bytes[position] == byte else { return false }
      position += 1
      return true
    }

    mutating func takeNull() -> Bool {
      guard bytes[position...].starts(with: "null".utf8) else { return false }
      position += 4
      return true
    }

    mutating func string() -> String? {
      guard take(0x22), let end = bytes[position...].firstIndex(where: { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 }), bytes[end] == 0x22 else {
        return nil
      }
      guard let text = String(validating: bytes[position..<end], as: UTF8.self) else { return nil }
      position = end + 1
      return text
    }

    mutating func strings() -> [String]? {
      var strings: [String] = []
      guard take(0x5B) else { return nil }
      if take(0x5D) { return strings }
      repeat {
        guard let next = string() else { return nil }
        strings.append(next)
      } while take(0x2C)
      return take(0x5D) ? strings : nil
    }
  }

  /// Reads a line; a bad one is kept with its reason and stops nothing.
  init(_ bytes: [UInt8], keys: TenantKeys) {
    guard bytes.count <= Self.maximumBytes else {
      invalidReason = "lineTooLong"
      return
    }
    guard let wire = Wire(usual: bytes) ?? (try? JSONDecoder().decode(Wire.self, from: Data(bytes))) else {
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
        after = try tags.map { try keys.written($0) }
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
