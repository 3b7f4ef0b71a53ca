internal import Broker
internal import Crypto
internal import Foundation
public import JOSE
internal import JPKI
internal import MerkleLog

/// Verifies an export of the audit log with nothing but itself, the published keys and, if there are any, checkpoints known from before: no database, no
/// network. Reads it once, whatever its size.
public struct AuditExportVerifier {
  /// How many findings are told.
  public static let maximumFindings = 100

  private let given: [JSONWebKey]
  private let known: [(origin: String, size: UInt64, root: LogHash)]
  private let stampAnchors: [UInt8]?

  private var report = AuditExportReport()
  private var encoding: AuditExportFormat.Encoding?
  private var digests = AuditExportDigests()
  private var header: [String: String]?
  private var manifest: String?
  private var log: CoveredLog?
  private var finished: [CoveredLog] = []
  private var unreadableLines = 0
  private var isTruncated = false
  private var linesAfterManifest = 0

  /// Why a known checkpoint was not taken.
  public struct CheckpointUnreadable: Error, Sendable {}

  /// - Parameters:
  ///   - keys: of the broker's `/jwks.json`, current or kept; empty takes those that the export names, which proves only that it agrees with itself.
  ///   - knownCheckpoints: notes that were handed out before.
  ///   - timeStampAnchors: authorities that time stamps are verified by, PEM; nil leaves them unverified.
  public init(keys: [JSONWebKey], knownCheckpoints: [String], timeStampAnchors: [UInt8]?) throws(CheckpointUnreadable) {
    given = keys
    stampAnchors = timeStampAnchors
    var read: [(origin: String, size: UInt64, root: LogHash)] = []
    for note in knownCheckpoints {
      guard let signed = try? SignedNote(parsing: note), let checkpoint = Checkpoint(text: signed.text) else {
        throw CheckpointUnreadable()
      }
      // What its holder trusts it for is where it came from; by given keys it is measured as well.
      guard keys.isEmpty || CheckpointVerifier.verify(note, keys: keys) != nil else { throw CheckpointUnreadable() }
      read.append((checkpoint.origin, checkpoint.size, checkpoint.root))
      // It vouches for the end of the log before it, too.
      if let anchor = AuditLogAnchor(checkpoint) { read.append((anchor.origin(before: checkpoint.origin), anchor.size, anchor.root)) }
    }
    known = read
  }

  /// Takes the next line, without its end. A line longer than ``AuditExportFormat/maximumLineBytes`` may be cut there.
  ///
  /// - Parameter isComplete: whether its end was there.
  public mutating func take(_ line: [UInt8], isComplete: Bool) {
    report.lines += 1
    let number = report.lines
    if number == 1 { encoding = line.first == UInt8(ascii: "{") ? .ndjson : .csv }
    guard let encoding else { return }
    guard isComplete else {
      isTruncated = true
      return found(.truncated, number, "The last line is not complete.")
    }
    if manifest != nil {
      linesAfterManifest += 1
      if linesAfterManifest == 1 { found(.inserted, number, "There is something after the manifest.") }
      return
    }
    if number == 1, encoding == .csv {
      digests.append(line)
      if line != Array(AuditExportFormat.csvHeader.utf8) {
        found(.changed, number, "The row with the columns' names is not as it was written.")
      }
      return
    }
    guard AuditExportFormat.isIntact(line, encoding), let fields = AuditExportFormat.fields(line, encoding), let type = fields["type"]
    else {
      unreadableLines += 1
      digests.append(line)
      log?.unreadable()
      return found(.changed, number, "The line is not as it was written.")
    }
    if type == "manifest", let text = fields["manifest"] {
      manifest = text
      return
    }
    digests.append(line)
    switch type {
    case "header":
      if header != nil || number > (encoding == .csv ? 2 : 1) { found(.reordered, number, "The header does not stand at the beginning.") }
      header = fields
    case "log":
      endLog()
      log = CoveredLog(fields, line: number, known: known)
    case "event", "stretch":
      takeCovering(fields, type, number)
    default: found(.inserted, number, "There is no line of the type \(ReceiptVerifier.shown(type)).")
    }
  }

  private mutating func takeCovering(_ fields: [String: String], _ type: String, _ number: Int) {
    guard let start = fields["position"].flatMap({ UInt64($0) }),
      let hash = fields["hash"].flatMap({ Base64URL.decode($0) }).flatMap({ LogHash($0) })
    else { return found(.changed, number, "The line does not say which entries it stands for.") }
    var level = 0
    if type == "event" {
      report.events += 1
      if let entry = AuditExportFormat.entry(fields, tenant: header?["tenant"] ?? log?.tenant ?? "") {
        if LogHash.leaf(entry.bytes) != hash {
          found(.changed, number, "The event \(ReceiptVerifier.shown(entry.id)) is not the one that was logged.")
        }
      } else {
        found(.changed, number, "The event does not say what every event says.")
      }
    } else {
      guard let stated = fields["level"].flatMap({ Int($0) }), (0..<63).contains(stated) else {
        return found(.changed, number, "The stretch does not say how many entries it stands for.")
      }
      level = stated
    }
    if log == nil {
      // Its log's line is missing, or stands elsewhere.
      found(.reordered, number, "An entry stands before the line of its log.")
      log = CoveredLog([:], line: number, known: [])
    }
    log?.cover(start, level, hash, line: number)
  }

  private mutating func endLog() {
    guard let log else { return }
    finished.append(log)
    self.log = nil
  }

  private mutating func found(_ kind: AuditDamage.Kind, _ line: Int?, _ sentence: String) {
    guard report.damage.count < Self.maximumFindings else { return }
    report.damage.append(AuditDamage(kind, line.map { "line \($0)" } ?? "file", line: line, sentence))
  }

  // MARK: The end

  /// Says what was found.
  public mutating func finish() -> AuditExportReport {
    endLog()
    for log in finished {
      for damage in log.orderDamage() where report.damage.count < Self.maximumFindings { report.damage.append(damage) }
    }
    if header == nil, report.damage.isEmpty { found(.deleted, 1, "The header is missing.") }
    let claims = readManifest()
    let keys = given.isEmpty ? embeddedKeys(claims) : given
    let isExplained = !report.damage.isEmpty
    report.keysWereGiven = !given.isEmpty
    for log in finished where log.origin != nil { judge(log, keys) }
    if let claims { compare(claims, isExplained: isExplained) }
    compareKnown()
    report.damage.sort { ($0.line ?? .max) < ($1.line ?? .max) }
    return report
  }

  private func embeddedKeys(_ claims: [String: JSONValue]?) -> [JSONWebKey] {
    (claims?["keys"]?.array ?? []).compactMap { value in (try? value.serialized()).flatMap { try? JSONWebKey(json: $0) } }
  }

  private mutating func readManifest() -> [String: JSONValue]? {
    guard let manifest else {
      if !isTruncated { found(.truncated, report.lines + 1, "The file ends before its manifest.") }
      return nil
    }
    guard let (_, payload) = try? JSONWebSignature.unverifiedParts(manifest, algorithms: [.es256]),
      let claims = (try? JSONValue(parsing: payload))?.object
    else {
      found(.notSigned, report.lines, "The manifest cannot be read.")
      return nil
    }
    let keys = given.isEmpty ? embeddedKeys(claims) : given
    guard let (header, _) = try? JSONWebSignature.verify(manifest, keys: keys, algorithms: [.es256]),
      header.type == AuditExportFormat.manifestType
    else {
      found(
        .notSigned, report.lines,
        given.isEmpty ? "The manifest's signature does not hold." : "The manifest is not signed by one of the keys that were given.")
      return claims
    }
    report.keyID = header.keyID
    report.issuer = claims["iss"]?.string
    report.tenant = claims["aud"]?.string
    report.id = claims["jti"]?.string
    report.signedAt = claims["iat"]?.integer.map { Date(timeIntervalSince1970: TimeInterval($0)) }
    return claims
  }

  /// Checkpoint, root and time stamp of one log.
  private mutating func judge(_ log: CoveredLog, _ keys: [JSONWebKey]) {
    var told = AuditExportReport.Log(origin: log.origin ?? "", size: log.size)
    guard let (checkpoint, keyID) = CheckpointVerifier.verify(log.checkpoint, keys: keys) else {
      report.logs.append(told)
      return found(.notSigned, log.line, "The checkpoint of \(ReceiptVerifier.shown(told.origin)) is not signed by a known key.")
    }
    told.keyID = keyID
    if checkpoint.origin != log.origin || checkpoint.size != log.size {
      found(.notSigned, log.line, "The signed checkpoint is of another log, or of another size.")
    } else if log.isWhole, unreadableLines == 0, checkpoint.root != log.range.root {
      found(.changed, log.line, "The entries of \(ReceiptVerifier.shown(told.origin)) do not lead to the root that was signed.")
    }
    if let note = log.stampedCheckpoint, let stamp = log.timeStamp {
      if !log.isWhole || unreadableLines > 0 {
        // What the stamp is over cannot be compared with entries that are not all there.
      } else if let signed = try? SignedNote(parsing: note), let stamped = Checkpoint(text: signed.text), stamped.origin == log.origin,
        CheckpointVerifier.verify(note, keys: keys) != nil
      {
        if let root = log.roots[stamped.size], root != stamped.root {
          found(.rewritten, log.line, "The time-stamped checkpoint of \(stamped.size) entries is of another history.")
        }
        if let stampAnchors {
          do throws(TimeStampFault) {
            let request = TimeStampRequest(over: Array(note.utf8), nonce: nil)
            told.timeStampedAt = try TimeStamp(verifying: stamp, answering: request, anchors: stampAnchors).at
          } catch {
            found(.notSigned, log.line, "The time stamp does not hold (\(error.code)).")
          }
        }
      } else {
        found(.notSigned, log.line, "The time-stamped checkpoint is not signed by a known key.")
      }
    }
    report.logs.append(told)
  }

  /// The file against what was signed of it.
  private mutating func compare(_ claims: [String: JSONValue], isExplained: Bool) {
    let lines = claims["lines"]?.integer ?? 0
    if Int64(digests.lines) < lines, !isExplained {
      found(.deleted, nil, "\(lines - Int64(digests.lines)) lines are missing.")
    } else if Int64(digests.lines) > lines, !isExplained {
      found(.inserted, nil, "There are \(Int64(digests.lines) - lines) lines more than were written.")
    } else if Base64URL.encode(digests.digest) != claims["sha256"]?.string {
      let blocks = digests.blockDigests
      let written = (claims["blocks"]?.array ?? []).map(\.string)
      let first = blocks.digests.indices.first { $0 >= written.count || written[$0] != Base64URL.encode(blocks.digests[$0]) } ?? 0
      // Lines that were found already explain it.
      if !isExplained {
        let start = first * blocks.lines + 1
        found(
          .changed, start,
          "Between line \(start) and line \(min(start + blocks.lines - 1, digests.lines)) the file is not the one that was signed.")
      }
    }
    let covered = finished.map { "\($0.origin ?? "") \($0.size)" }
    let signed = (claims["logs"]?.array ?? []).map { "\($0["origin"]?.string ?? "") \($0["size"]?.integer ?? 0)" }
    if covered != signed, report.damage.isEmpty { found(.deleted, nil, "The logs are not those that the manifest names.") }
    if let header,
      header["tenant"] != claims["aud"]?.string || header["format"] != AuditExportFormat.name
        || header["from"] != claims["from"]?.string || header["to"] != claims["to"]?.string || header["view"] != claims["view"]?.string
    {
      found(.changed, encoding == .csv ? 2 : 1, "The header does not say what the manifest says.")
    }
    if let missing = claims["missing"]?.integer, missing > 0 {
      found(.deleted, nil, "\(missing) events were gone from the database when the export was made.")
    }
  }

  /// Checkpoints that are known from before against this history.
  private mutating func compareKnown() {
    guard !known.isEmpty, unreadableLines == 0 else { return }
    var isCompared = false
    for (origin, size, root) in known {
      guard let log = finished.first(where: { $0.origin == origin }), log.isWhole else { continue }
      if let here = log.roots[size] {
        isCompared = true
        if here == root {
          report.knownCheckpoints.append("\(origin) \(size)")
        } else {
          found(.rewritten, log.line, "The first \(size) entries are not those of the checkpoint that is known: the history was rewritten.")
        }
      } else if size > log.size {
        isCompared = true
        found(
          .truncated, log.line,
          "The checkpoint that is known has \(size) entries, this log \(log.size): it is older, or its end is missing.")
      }
    }
    // A later log's checkpoint names the end of the one before.
    for log in finished {
      for (origin, size, root) in known {
        guard let anchor = log.previous, anchor.origin == origin else { continue }
        if anchor.size == size, anchor.root == root {
          isCompared = true
          report.knownCheckpoints.append("\(origin) \(size)")
        } else if anchor.size <= size {
          isCompared = true
          found(.rewritten, log.line, "The log before this one ended otherwise than the checkpoint that is known.")
        }
      }
    }
    if !isCompared {
      found(
        .notSigned, nil,
        "The checkpoint that is known cannot be compared with this export: take one of the month, and of the tenant, that it is of.")
    }
  }
}
