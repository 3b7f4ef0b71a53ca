internal import CitizenItems
internal import Foundation

/// Lines of a job as the database keeps them until the job is applied: stored forms of the tags that customers leave, by which pairs are found, and the
/// lines themselves, encrypted (law 10), of which only those are opened again that meet a pair.
struct SealedLines: Sendable {
  /// Number of the first line, from 1.
  let first: Int
  /// How many lines.
  let count: Int
  /// Versions of the peppers under which the tags are stored.
  let peppers: [Int32]
  /// Stored forms of the tags before, and of each the line, counted from 0.
  let tags: [[UInt8]]
  let tagLines: [Int32]
  /// The lines, encrypted.
  let sealed: [UInt8]
  /// Lines that could not be read, by number from 1. Nothing else is kept of them: what a ledger sends by mistake may be anything.
  let invalid: [(line: Int, reason: String)]

  /// Reads and seals lines by the keys of this moment.
  init(_ lines: LineBatch, first: Int, of job: LedgerJobID, keys: TenantKeys) throws(KeyError) {
    var forms = Forms()
    var invalid: [(line: Int, reason: String)] = []
    lines.forEach { number, line in
      do throws(LedgerLine.Unreadable) {
        let read = try LedgerLine(line)
        for tag in read.before { forms.add(try? keys.stored(tag), number) }
      } catch {
        invalid.append((first + number, error.reason))
      }
    }
    guard !forms.isDamaged else { throw .damaged }
    var bytes = lines.bytes
    if !invalid.isEmpty {
      bytes = []
      bytes.reserveCapacity(lines.bytes.count)
      var unread = invalid[...]
      lines.forEach { number, line in
        if unread.first?.line == first + number { unread.removeFirst() } else { bytes.append(contentsOf: line) }
        bytes.append(0x0A)
      }
    }
    self.first = first
    count = lines.count
    peppers = Self.peppers(keys)
    tags = forms.tags
    tagLines = forms.lines
    sealed = try keys.seal(bytes, table: "ledger_batches", column: Self.place(first), row: job.uuid)
    self.invalid = invalid
  }

  private static func place(_ first: Int) -> String { "sealed/\(first)" }

  /// Versions of the peppers that are live, in the order in which they are compared.
  static func peppers(_ keys: TenantKeys) -> [Int32] { keys.peppers.map { Int32($0.version) } }

  /// The lines of a row that was kept; those that could not be read are empty.
  static func open(_ sealed: [UInt8], first: Int, of job: LedgerJobID, keys: TenantKeys) throws(KeyError) -> OpenedLines {
    OpenedLines(first: first, bytes: try keys.open(sealed, table: "ledger_batches", column: place(first), row: job.uuid))
  }

  /// Stored forms of tags, and their lines.
  struct Forms {
    private(set) var tags: [[UInt8]] = []
    private(set) var lines: [Int32] = []
    private(set) var isDamaged = false

    mutating func add(_ stored: [[UInt8]]?, _ line: Int) {
      guard let stored else {
        isDamaged = true
        return
      }
      for form in stored {
        tags.append(form)
        lines.append(Int32(line))
      }
    }
  }
}

/// The lines of one row, opened.
struct OpenedLines {
  let first: Int
  private let bytes: [UInt8]
  /// Where each line begins.
  private let starts: [Int]

  init(first: Int, bytes: [UInt8]) {
    self.first = first
    self.bytes = bytes
    var starts = [0]
    for (index, byte) in bytes.enumerated() where byte == 0x0A { starts.append(index + 1) }
    self.starts = starts
  }

  var count: Int { starts.count - 1 }

  /// The line of that number, from 1; nil where it could not be read or is not here.
  func line(_ number: Int) -> LedgerLine? {
    let index = number - first
    guard index >= 0, index < count, starts[index + 1] - starts[index] > 1 else { return nil }
    return bytes.withUnsafeBufferPointer { try? LedgerLine(UnsafeBufferPointer(rebasing: $0[starts[index]..<(starts[index + 1] - 1)])) }
  }

  /// Stored forms of all tags before, under the peppers that are live now.
  func forms(_ keys: TenantKeys) throws(KeyError) -> SealedLines.Forms {
    var forms = SealedLines.Forms()
    for index in 0..<count {
      guard let line = line(first + index) else { continue }
      for tag in line.before { forms.add(try? keys.stored(tag), index) }
    }
    guard !forms.isDamaged else { throw .damaged }
    return forms
  }
}
