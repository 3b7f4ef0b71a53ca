/// Lines of an upload, one after the other, each followed by LF. Lines of nothing are none.
public struct LineBatch: Sendable {
  /// All lines, LF included.
  public private(set) var bytes: [UInt8] = []
  /// Where each line ends in `bytes`, behind its LF.
  private var ends: [Int] = []

  /// No lines.
  public init() {}

  /// How many lines.
  public var count: Int { ends.count }

  /// Makes room.
  public mutating func reserve(bytes: Int) { self.bytes.reserveCapacity(bytes) }

  /// Adds a line, given without its end.
  public mutating func append(_ line: UnsafeRawBufferPointer) {
    guard !line.isEmpty else { return }
    bytes.append(contentsOf: line)
    bytes.append(0x0A)
    ends.append(bytes.count)
  }

  /// Adds lines of another batch, counted from 0.
  mutating func append(_ other: LineBatch, _ lines: Range<Int>) {
    guard !lines.isEmpty else { return }
    let source = other.range(lines)
    let shift = bytes.count - source.lowerBound
    bytes.append(contentsOf: other.bytes[source])
    ends.append(contentsOf: other.ends[lines].lazy.map { $0 + shift })
  }

  /// Where lines stand in `bytes`, LF included.
  func range(_ lines: Range<Int>) -> Range<Int> {
    (lines.lowerBound == 0 ? 0 : ends[lines.lowerBound - 1])..<(lines.isEmpty ? 0 : ends[lines.upperBound - 1])
  }

  /// Calls `body` with the number of each line, counted from 0, and its bytes without LF.
  func forEach(_ body: (Int, UnsafeBufferPointer<UInt8>) throws -> Void) rethrows {
    try bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      for (number, end) in ends.enumerated() {
        try body(number, UnsafeBufferPointer(rebasing: bytes[start..<(end - 1)]))
        start = end
      }
    }
  }
}
