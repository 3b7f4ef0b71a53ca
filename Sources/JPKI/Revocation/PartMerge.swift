/// A sorted part in the scratch file.
struct SortedPart {
  /// Where it lies, in bytes.
  let bytes: Range<Int>
  /// Of its serial numbers; each record has ``RevocationIndexFormat/valueBytes`` more.
  let width: Int

  var recordBytes: Int { width + RevocationIndexFormat.valueBytes }
}

/// Sorted parts of one file as one sorted sequence, by a tree of losers: one comparison a level, and none that a processor would have to guess. The memory
/// is shared out among the parts.
struct PartMerge<Record: SortedRecord>: ~Copyable {
  private struct Part {
    /// What is still in the file.
    var rest: Range<Int>
    let width: Int
    /// What is in memory, in bytes.
    var position = 0
    var end = 0

    var recordBytes: Int { width + RevocationIndexFormat.valueBytes }
  }

  private let descriptor: Int32
  private let memory: UnsafeMutableRawBufferPointer
  private let share: Int
  private let parts: UnsafeMutablePointer<Part>
  /// A power of two; leaves beyond the parts are over from the beginning.
  private let leaves: Int
  /// The record that each part would give next.
  private let heads: UnsafeMutablePointer<Record>
  /// The order among equals: the earlier part first, and those that are over last.
  private let turns: UnsafeMutablePointer<Int>
  /// At each inner node, who lost there.
  private let losers: UnsafeMutablePointer<Int>
  private var winner = 0

  init(descriptor: Int32, parts: [SortedPart], memory: UnsafeMutableRawBufferPointer) throws(RevocationIndexError) {
    self.descriptor = descriptor
    self.memory = memory
    // Records are read with up to eight bytes behind them.
    share = (memory.count - 8) / max(parts.count, 1)
    var leaves = 1
    while leaves < parts.count { leaves *= 2 }
    self.leaves = leaves
    self.parts = .allocate(capacity: leaves)
    heads = .allocate(capacity: leaves)
    turns = .allocate(capacity: leaves)
    losers = .allocate(capacity: leaves)
    for leaf in 0..<leaves {
      self.parts[leaf] = leaf < parts.count ? Part(rest: parts[leaf].bytes, width: parts[leaf].width) : Part(rest: 0..<0, width: 0)
      turns[leaf] = leaf
      try advance(leaf)
    }
    var winners = Array(repeating: 0, count: leaves) + Array(0..<leaves)
    for node in stride(from: leaves - 1, to: 0, by: -1) {
      let (one, other) = (winners[node * 2], winners[node * 2 + 1])
      let isOther = comes(other, heads[other], before: one, heads[one])
      winners[node] = isOther ? other : one
      losers[node] = isOther ? one : other
    }
    winner = winners[1]
  }

  deinit {
    parts.deallocate()
    heads.deallocate()
    turns.deallocate()
    losers.deallocate()
  }

  @inline(__always)
  mutating func next() throws(RevocationIndexError) -> Record? {
    let leaf = winner
    guard turns[leaf] < leaves else { return nil }
    let record = heads[leaf]
    try advance(leaf)
    var best = leaf
    var head = heads[leaf]
    var node = (leaf + leaves) / 2
    while node > 0 {
      let other = losers[node]
      let otherHead = heads[other]
      let isOther = comes(other, otherHead, before: best, head)
      losers[node] = isOther ? best : other
      best = isOther ? other : best
      head = isOther ? otherHead : head
      node /= 2
    }
    winner = best
    return record
  }

  /// Puts the next record of a part at its leaf, or what says that there is none.
  @inline(__always)
  private func advance(_ leaf: Int) throws(RevocationIndexError) {
    if parts[leaf].position == parts[leaf].end, try !refill(leaf) {
      heads[leaf] = .last
      turns[leaf] = leaf + leaves
      return
    }
    let bytes = memory.baseAddress! + parts[leaf].position
    heads[leaf] = Record(packed: bytes.assumingMemoryBound(to: UInt8.self), width: parts[leaf].width)
    parts[leaf].position += parts[leaf].recordBytes
  }

  @inline(never)
  private func refill(_ leaf: Int) throws(RevocationIndexError) -> Bool {
    let rest = parts[leaf].rest
    guard !rest.isEmpty else { return false }
    let size = min(share / parts[leaf].recordBytes * parts[leaf].recordBytes, rest.count)
    let room = UnsafeMutableRawBufferPointer(rebasing: memory[(leaf * share)..<(leaf * share + size)])
    guard descriptor.fill(room, at: rest.lowerBound) else { throw .unreadable }
    parts[leaf].rest = (rest.lowerBound + size)..<rest.upperBound
    parts[leaf].position = leaf * share
    parts[leaf].end = leaf * share + size
    return true
  }

  @inline(__always)
  private func comes(_ one: Int, _ record: Record, before other: Int, _ otherRecord: Record) -> Bool {
    let isLess: UInt8 = record.precedes(otherRecord) ? 1 : 0
    let isSame: UInt8 = record.hasSerial(of: otherRecord) ? 1 : 0
    let isEarlier: UInt8 = turns[one] < turns[other] ? 1 : 0
    return isLess | (isSame & isEarlier) != 0
  }
}
