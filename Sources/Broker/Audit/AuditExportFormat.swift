internal import Crypto
internal import Foundation
internal import JOSE

/// The form of an export of the audit log, `yonjo-audit-export/1` (our own): lines, each with a check of its own; every line is needed to get the root that
/// a signed checkpoint names, so that nothing can be left out, added, moved or changed.
///
/// The first line is the `header`. For each log there follow a `log` line and lines that cover it from entry 0 to its last, without a gap: an `event`
/// for each one that was asked for, and `stretch` lines, each with the hash of `2^level` entries that were not. The last line is the signed `manifest`.
public enum AuditExportFormat {
  /// Its name, in the header and in the manifest.
  public static let name = "yonjo-audit-export/1"
  /// `typ` of the manifest's JWS.
  public static let manifestType = "yonjo-audit-manifest+jwt"
  /// Lines of one block, of each of which the manifest has a digest; a multiple of it where there are more than a thousand blocks.
  public static let blockLines = 1_000
  /// The longest line, in bytes.
  public static let maximumLineBytes = 512 * 1024

  /// How lines are written.
  public enum Encoding: String, Sendable, CaseIterable, Codable {
    /// One JSON object a line.
    case ndjson
    /// RFC 4180 with a header row and ``columns``. Control characters and backslashes in values are written as in JSON, so that a row is a line.
    case csv
  }

  /// Every field, in the order of the columns. `check` follows them.
  public static let columns = [
    "type", "position", "id", "at", "kind", "actor", "subjectId", "object", "purpose", "outcome", "toldOutcome", "requestId", "detail",
    "salt", "withheld", "hash", "level", "format", "tenant", "view", "from", "to", "kinds", "origin", "month", "size", "checkpoint",
    "stampedCheckpoint", "timeStamp", "manifest",
  ]
  private static let numbers: Set<String> = ["position", "level", "size"]
  /// Fields that hold JSON themselves.
  private static let nested: Set<String> = ["detail", "kinds"]
  private static let checkCharacters = 16

  /// The first row of a CSV file.
  public static let csvHeader = (columns + ["check"]).joined(separator: ",")

  /// One line without its end. Fields that are not named in ``columns`` are left out.
  static func line(_ fields: [String: String], _ encoding: Encoding) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(512)
    switch encoding {
    case .ndjson:
      out.append(UInt8(ascii: "{"))
      for column in columns {
        guard let value = fields[column] else { continue }
        if out.count > 1 { out.append(UInt8(ascii: ",")) }
        out.append(contentsOf: "\"\(column)\":".utf8)
        if numbers.contains(column) || nested.contains(column) {
          out.append(contentsOf: value.utf8)
        } else {
          out.append(UInt8(ascii: "\""))
          escape(value, quote: true, into: &out)
          out.append(UInt8(ascii: "\""))
        }
      }
      let check = check(of: out[...])
      out.append(contentsOf: ",\"check\":\"\(check)\"}".utf8)
    case .csv:
      for (index, column) in columns.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        guard let value = fields[column], !value.isEmpty else { continue }
        var cell: [UInt8] = []
        escape(value, quote: false, into: &cell)
        if cell.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) {
          out.append(UInt8(ascii: "\""))
          for byte in cell {
            if byte == UInt8(ascii: "\"") { out.append(byte) }
            out.append(byte)
          }
          out.append(UInt8(ascii: "\""))
        } else {
          out.append(contentsOf: cell)
        }
      }
      let check = check(of: out[...])
      out.append(contentsOf: ",\(check)".utf8)
    }
    return out
  }

  /// Whether a line is as it was written: its last characters are a digest of those before.
  public static func isIntact(_ line: some RandomAccessCollection<UInt8>, _ encoding: Encoding) -> Bool {
    let (before, after) = encoding == .ndjson ? (",\"check\":\"", "\"}") : (",", "")
    let tail = before.utf8.count + checkCharacters + after.utf8.count
    guard line.count > tail else { return false }
    let body = Array(line.dropLast(tail))
    return line.suffix(tail).elementsEqual((before + check(of: body[...]) + after).utf8)
  }

  /// The fields of a line; nil where it cannot be read.
  public static func fields(_ line: [UInt8], _ encoding: Encoding) -> [String: String]? {
    switch encoding {
    case .ndjson:
      guard let object = (try? JSONValue(parsing: line))?.object else { return nil }
      var fields: [String: String] = [:]
      for (name, value) in object {
        switch value {
        case .string(let text): fields[name] = text
        case .integer(let number): fields[name] = String(number)
        default:
          guard let bytes = try? value.serialized() else { return nil }
          fields[name] = String(decoding: bytes, as: UTF8.self)
        }
      }
      return fields
    case .csv:
      guard let cells = cells(line), cells.count == columns.count + 1 else { return nil }
      var fields: [String: String] = [:]
      for (column, cell) in zip(columns, cells) where !cell.isEmpty {
        guard let value = unescape(cell) else { return nil }
        fields[column] = value
      }
      return fields
    }
  }

  /// The entry that an `event` line shows, as its hash was taken; nil where a field is missing or malformed.
  public static func entry(_ fields: [String: String], tenant: String) -> AuditEntry? {
    guard let id = fields["id"], let time = fields["at"], let at = AuditTime.microseconds(time), let kind = fields["kind"],
      let actor = fields["actor"]
    else { return nil }
    let withheld: [UInt8]
    let told: String
    if let salt = fields["salt"] {
      guard let bytes = Base64URL.decode(salt), let outcome = fields["outcome"], let toldOutcome = fields["toldOutcome"] else { return nil }
      var detail: [String: String] = [:]
      if let text = fields["detail"] {
        guard let object = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else { return nil }
        detail = object
      }
      withheld = AuditEntry.withheld(outcome: outcome, detail: detail, salt: bytes)
      told = toldOutcome
    } else {
      guard let digest = fields["withheld"].flatMap({ Base64URL.decode($0) }), let outcome = fields["toldOutcome"] else { return nil }
      withheld = digest
      told = outcome
    }
    return AuditEntry(
      tenant: tenant, id: id, microseconds: at, kind: kind, actor: actor, subject: fields["subjectId"], object: fields["object"],
      purpose: fields["purpose"], told: told, requestID: fields["requestId"], withheld: withheld)
  }

  /// A JSON array of texts.
  static func json(_ texts: [String]) -> String {
    var out: [UInt8] = [UInt8(ascii: "[")]
    for (index, text) in texts.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append(UInt8(ascii: "\""))
      escape(text, quote: true, into: &out)
      out.append(UInt8(ascii: "\""))
    }
    return String(decoding: out + [UInt8(ascii: "]")], as: UTF8.self)
  }

  private static func check(of bytes: ArraySlice<UInt8>) -> String {
    Base64URL.encode(Array(SHA256.hash(data: bytes).prefix(checkCharacters * 3 / 4)))
  }

  /// Control characters and the backslash, and for JSON the quotation mark.
  private static func escape(_ text: String, quote: Bool, into out: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): out.append(contentsOf: "\\\\".utf8)
      case UInt8(ascii: "\"") where quote: out.append(contentsOf: "\\\"".utf8)
      case 0..<0x20, 0x7F: out.append(contentsOf: ("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8)
      default: out.append(byte)
      }
    }
  }

  private static func unescape(_ cell: [UInt8]) -> String? {
    guard cell.contains(UInt8(ascii: "\\")) else { return String(validating: cell, as: UTF8.self) }
    var out: [UInt8] = []
    var index = 0
    while index < cell.count {
      guard cell[index] == UInt8(ascii: "\\") else {
        out.append(cell[index])
        index += 1
        continue
      }
      guard index + 1 < cell.count else { return nil }
      if cell[index + 1] == UInt8(ascii: "\\") {
        out.append(UInt8(ascii: "\\"))
        index += 2
      } else {
        guard index + 5 < cell.count, cell[index + 1] == UInt8(ascii: "u"),
          let value = UInt8(String(decoding: cell[(index + 2)...(index + 5)], as: UTF8.self), radix: 16)
        else { return nil }
        out.append(value)
        index += 6
      }
    }
    return String(validating: out, as: UTF8.self)
  }

  private static func cells(_ line: [UInt8]) -> [[UInt8]]? {
    var cells: [[UInt8]] = []
    var index = 0
    while true {
      var cell: [UInt8] = []
      if index < line.count, line[index] == UInt8(ascii: "\"") {
        index += 1
        while true {
          guard index < line.count else { return nil }
          if line[index] == UInt8(ascii: "\"") {
            index += 1
            guard index < line.count, line[index] == UInt8(ascii: "\"") else { break }
          }
          cell.append(line[index])
          index += 1
        }
      } else {
        while index < line.count, line[index] != UInt8(ascii: ",") {
          cell.append(line[index])
          index += 1
        }
      }
      cells.append(cell)
      if index == line.count { return cells }
      guard line[index] == UInt8(ascii: ","), cells.count <= columns.count else { return nil }
      index += 1
    }
  }
}

/// Digests of an export as it is written, or as it is read: of all of it, and of its blocks.
public struct AuditExportDigests: Sendable {
  private var whole = SHA256()
  private var block = SHA256()
  private var blockCount = 0
  /// Lines so far.
  public private(set) var lines = 0
  /// Bytes so far.
  public private(set) var bytes: Int64 = 0
  private var blocks: [[UInt8]] = []

  /// Of nothing yet.
  public init() {}

  /// Takes the next line, without its end, which is one line feed.
  public mutating func append(_ line: [UInt8]) {
    whole.update(data: line)
    whole.update(data: [0x0A])
    block.update(data: line)
    block.update(data: [0x0A])
    lines += 1
    bytes += Int64(line.count) + 1
    blockCount += 1
    if blockCount == AuditExportFormat.blockLines { endBlock() }
  }

  private mutating func endBlock() {
    blocks.append(Array(block.finalize()))
    block = SHA256()
    blockCount = 0
  }

  /// SHA-256 over all lines with their ends.
  public var digest: [UInt8] { Array(whole.finalize()) }

  /// At most a thousand digests, and how many lines each of them is over: of more blocks, several together, as the digest of their digests.
  public var blockDigests: (lines: Int, digests: [[UInt8]]) {
    var all = blocks
    if blockCount > 0 { all.append(Array(block.finalize())) }
    let together = max(1, (all.count + 999) / 1000)
    guard together > 1 else { return (AuditExportFormat.blockLines, all) }
    let digests = stride(from: 0, to: all.count, by: together).map { start in
      Array(SHA256.hash(data: all[start..<min(start + together, all.count)].flatMap { $0 }))
    }
    return (AuditExportFormat.blockLines * together, digests)
  }
}
