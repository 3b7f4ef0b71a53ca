internal import Broker
internal import Foundation
internal import MerkleLog

/// How far the lines of an export cover one log.
struct CoveredLog {
  let line: Int
  let origin: String?
  let size: UInt64
  let checkpoint: String
  let stampedCheckpoint: String?
  let timeStamp: [UInt8]?
  private(set) var range = CompactRange()
  /// Roots at sizes that are to be compared.
  private(set) var roots: [UInt64: LogHash] = [:]

  /// Lines that follow one another without a gap.
  private struct Run {
    let firstLine: Int
    var lastLine: Int
    let start: UInt64
    var end: UInt64
    /// Between the run before and this one stand lines that could not be read.
    let followsUnreadable: Bool
  }
  private var runs: [Run] = []
  private var hasUnreadable = false
  private let wanted: Set<UInt64>

  init(_ fields: [String: String], line: Int, known: [(origin: String, size: UInt64, root: LogHash)]) {
    self.line = line
    origin = fields["origin"]
    size = fields["size"].flatMap { UInt64($0) } ?? 0
    checkpoint = fields["checkpoint"] ?? ""
    stampedCheckpoint = fields["stampedCheckpoint"]
    timeStamp = fields["timeStamp"].flatMap { Data(base64Encoded: $0) }.map(Array.init)
    var sizes = Set(known.filter { [origin] in $0.origin == origin }.map(\.size))
    if let text = stampedCheckpoint.flatMap({ try? SignedNote(parsing: $0) })?.text, let stamped = Checkpoint(text: text) {
      sizes.insert(stamped.size)
    }
    wanted = sizes
  }

  /// `ten_…` of the log's name.
  var tenant: String? { origin?.split(separator: "/").dropLast().last.map(String.init) }

  /// The log before this one, as the checkpoint names it.
  var previous: (origin: String, size: UInt64, root: LogHash)? {
    guard let text = (try? SignedNote(parsing: checkpoint))?.text, let origin,
      let anchor = Checkpoint(text: text).flatMap({ AuditLogAnchor($0) })
    else { return nil }
    return (anchor.origin(before: origin), anchor.size, anchor.root)
  }

  mutating func unreadable() { hasUnreadable = true }

  mutating func cover(_ start: UInt64, _ level: Int, _ hash: LogHash, line: Int) {
    let (end, overflow) = start.addingReportingOverflow(1 << UInt64(level))
    guard !overflow else { return }
    if let last = runs.indices.last, runs[last].end == start, !hasUnreadable {
      runs[last].end = end
      runs[last].lastLine = line
    } else if runs.count < 10_000 {
      runs.append(Run(firstLine: line, lastLine: line, start: start, end: end, followsUnreadable: hasUnreadable))
    }
    hasUnreadable = false
    // Once something is out of order, the root says nothing more.
    guard runs.count == 1, runs[0].start == 0, range.size == start, range.append(subtree: hash, level: level) else { return }
    if wanted.contains(range.size) { roots[range.size] = range.root }
  }

  /// Whether every entry is covered, in order.
  var isWhole: Bool { runs.isEmpty ? size == 0 : runs.count == 1 && runs[0].start == 0 && runs[0].end == size && !hasUnreadable }

  /// What is missing, moved or too much.
  func orderDamage() -> [AuditDamage] {
    guard !isWhole, origin != nil || !runs.isEmpty else { return [] }
    var damage: [AuditDamage] = []
    func add(_ kind: AuditDamage.Kind, _ line: Int, _ sentence: String) {
      damage.append(AuditDamage(kind, "line \(line)", line: line, sentence))
    }
    func isElsewhere(_ start: UInt64, _ end: UInt64) -> Bool { runs.contains { $0.start < end && start < $0.end } }
    var expected: UInt64 = 0
    for run in runs {
      if run.start > expected, !run.followsUnreadable {
        if isElsewhere(expected, run.start) {
          add(.reordered, run.firstLine, "Entry \(expected) should stand here; it stands elsewhere.")
        } else {
          add(.deleted, run.firstLine, "Before this line the entries \(expected) to \(run.start - 1) are missing.")
        }
      } else if run.start < expected {
        let others = runs.filter { $0.firstLine != run.firstLine && $0.start < run.end && run.start < $0.end }
        if others.isEmpty {
          add(.reordered, run.firstLine, "The entries from \(run.start) on stand behind entry \(expected - 1).")
        } else {
          add(.inserted, run.firstLine, "The entries from \(run.start) on stand there twice.")
        }
      }
      expected = run.end
    }
    let end = runs.map(\.end).max() ?? 0
    if end < size, !hasUnreadable {
      add(
        .deleted, (runs.last?.lastLine ?? line) + 1,
        "After entry \(end == 0 ? "line" : String(end - 1)) the entries up to \(size - 1) are missing.")
    }
    if end > size, let last = runs.last(where: { $0.end == end }) {
      add(.inserted, last.firstLine, "The log has \(size) entries; what stands here goes on to entry \(end - 1).")
    }
    return damage
  }
}
