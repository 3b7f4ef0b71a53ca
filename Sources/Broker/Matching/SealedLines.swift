internal import CitizenItems
internal import Foundation

/// Lines of a job as the database keeps them until the job is applied: digests of the tags that customers leave, by which pairs are found, and the
/// lines themselves, encrypted (law 10), of which only those are opened again that meet a pair.
struct SealedLines: Sendable {
  /// Number of the first line, from 1.
  let first: Int
  /// How many lines.
  let count: Int
  /// Versions of the peppers under which the tags are digested.
  let peppers: [Int32]
  /// Digests of the tags before.
  let digests: Digests
  /// The lines, encrypted.
  let sealed: [UInt8]
  /// Lines that could not be read, by number from 1. Nothing else is kept of them: what a ledger sends by mistake may be anything.
  let invalid: [(line: Int, reason: String)]

  /// Reads and seals lines by the keys of this moment.
  init(_ lines: LineBatch, first: Int, of job: LedgerJobID, keys: TenantKeys) throws(KeyError) {
    let peppers = keys.peppers
    var digests = Digests(room: lines.count * peppers.count)
    var invalid: [(line: Int, reason: String)] = []
    var bytes: [UInt8] = []
    bytes.reserveCapacity(lines.bytes.count)
    withUnsafeTemporaryAllocation(byteCount: KeptLine.maximumBytes, alignment: 1) { room in
      lines.forEach { number, line in
        do throws(LedgerLine.Unreadable) {
          let line = try KeptLine(line, in: room)
          line.forEachBefore { digests.add($0, of: number, peppers) }
          withUnsafeBytes(of: UInt16(line.bytes.count).littleEndian) { bytes.append(contentsOf: $0) }
          bytes.append(contentsOf: line.bytes)
        } catch {
          invalid.append((first + number, error.reason))
          bytes.append(contentsOf: [0, 0])
        }
      }
    }
    self.first = first
    count = lines.count
    self.peppers = Self.peppers(keys)
    self.digests = digests
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

  /// What tags are looked up by, and of each the line, counted from 0.
  struct Digests {
    private(set) var values: [UUID] = []
    private(set) var lines: [Int32] = []

    /// - Parameter room: how many there will be, about.
    init(room: Int) {
      values.reserveCapacity(room)
      lines.reserveCapacity(room)
    }

    /// Adds a tag, given in bytes (``EdgeTag/decode(_:into:)``).
    mutating func add(_ tag: UnsafeRawBufferPointer, of line: Int, _ peppers: [PepperKey]) {
      for pepper in peppers {
        values.append(pepper.digest(tag).value)
        lines.append(Int32(truncatingIfNeeded: line))
      }
    }
  }
}

/// The lines of one row, opened.
struct OpenedLines {
  let first: Int
  private let bytes: [UInt8]
  /// Where each line begins, behind its length, and one more.
  private let starts: [Int]

  init(first: Int, bytes: [UInt8]) {
    self.first = first
    self.bytes = bytes
    var starts = [2]
    while let start = starts.last, start <= bytes.count {
      let next = start + (Int(bytes[start - 2]) | Int(bytes[start - 1]) << 8) + 2
      starts.append(next)
    }
    self.starts = starts
  }

  var count: Int { starts.count - 1 }

  /// The line of that number, from 1; nil where it could not be read or is not here.
  func line(_ number: Int) -> LedgerLine? { kept(number - first) { LedgerLine($0) } }

  /// Digests of all tags before, under the peppers that are live now.
  func digests(_ keys: TenantKeys) -> SealedLines.Digests {
    var digests = SealedLines.Digests(room: count * keys.peppers.count)
    for index in 0..<count {
      kept(index) { $0.forEachBefore { digests.add($0, of: index, keys.peppers) } }
    }
    return digests
  }

  @discardableResult
  private func kept<Result>(_ index: Int, _ body: (KeptLine) -> Result?) -> Result? {
    guard index >= 0, index < count else { return nil }
    let place = starts[index]..<(starts[index + 1] - 2)
    guard !place.isEmpty, place.upperBound <= bytes.count else { return nil }
    return bytes.withUnsafeBytes { body(KeptLine(bytes: UnsafeRawBufferPointer(rebasing: $0[place]))) }
  }
}
