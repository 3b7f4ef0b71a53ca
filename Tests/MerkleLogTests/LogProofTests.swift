import Testing

@testable import MerkleLog

/// Every proof of every small tree holds, and none holds for anything else.
@Suite struct LogProofTests {
  /// A log kept as tiles, as the broker keeps it.
  struct TiledLog {
    var tiles: [Tile.Place: Tile] = [:]
    var range = CompactRange()

    mutating func append(_ leaf: LogHash) {
      var hash = leaf
      var place = Tile.Place(level: 0, index: range.size / UInt64(Tile.width))
      range.append(leaf)
      while true {
        tiles[place, default: Tile()].append(hash)
        guard let tile = tiles[place], tile.isFull else { return }
        hash = tile.root
        place = Tile.Place(level: place.level + 1, index: place.index / UInt64(Tile.width))
      }
    }

    func node(_ level: Int, _ index: UInt64) -> LogHash {
      tiles[Tile.Place(ofNode: level, index: index)]?.node(level, index) ?? .empty
    }
  }

  static func log(_ count: Int) -> TiledLog {
    var log = TiledLog()
    for entry in 0..<count { log.append(leaf(entry)) }
    return log
  }

  static func leaf(_ entry: Int) -> LogHash { .leaf([UInt8(entry & 255), UInt8(entry >> 8 & 255), UInt8(entry >> 16)]) }

  @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 64, 255, 256, 257, 600]) func everyEntryIsProvedToBeInTheTree(_ count: Int) throws {
    let log = Self.log(count)
    let size = UInt64(count)
    for entry in 0..<count {
      let proof = LogProof.inclusion(of: UInt64(entry), size: size, log.node)
      try LogProof.checkInclusion(Self.leaf(entry), at: UInt64(entry), size: size, root: log.range.root, proof: proof)
      #expect(throws: LogProofError.rootMismatch) {
        try LogProof.checkInclusion(Self.leaf(entry + 1), at: UInt64(entry), size: size, root: log.range.root, proof: proof)
      }
      if !proof.isEmpty {
        #expect(throws: LogProofError.self) {
          try LogProof.checkInclusion(Self.leaf(entry), at: UInt64(entry), size: size, root: log.range.root, proof: proof.dropLast())
        }
      }
      #expect(throws: LogProofError.self) {
        try LogProof.checkInclusion(Self.leaf(entry), at: UInt64(entry), size: size, root: log.range.root, proof: proof + [.empty])
      }
    }
    #expect(throws: LogProofError.outOfRange) {
      try LogProof.checkInclusion(Self.leaf(0), at: size, size: size, root: log.range.root, proof: [])
    }
  }

  @Test func everyLongerTreeIsProvedToBeginWithEveryShorterOne() throws {
    let logs = (0...70).map(Self.log)
    for (new, later) in logs.enumerated() {
      for (old, earlier) in logs.prefix(new + 1).enumerated() {
        let proof = LogProof.consistency(from: UInt64(old), to: UInt64(new), later.node)
        try LogProof.checkConsistency(from: UInt64(old), earlier.range.root, to: UInt64(new), later.range.root, proof: proof)
        guard old > 0, old < new else { continue }
        #expect(throws: LogProofError.self) {
          try LogProof.checkConsistency(from: UInt64(old), logs[old - 1].range.root, to: UInt64(new), later.range.root, proof: proof)
        }
        #expect(throws: LogProofError.self) {
          try LogProof.checkConsistency(from: UInt64(old), earlier.range.root, to: UInt64(new), logs[new - 1].range.root, proof: proof)
        }
        #expect(throws: LogProofError.self) {
          try LogProof.checkConsistency(
            from: UInt64(old), earlier.range.root, to: UInt64(new), later.range.root, proof: proof + [.empty])
        }
      }
    }
  }

  @Test func tilesOfManyLevelsGiveTheRootOfTheRange() {
    let log = Self.log(70_000)
    #expect(LogProof.root(0..<70_000, log.node) == log.range.root)
    #expect(log.tiles.keys.map(\.level).max() == 2)
    for tile in log.tiles.values { #expect(Tile(bytes: tile.bytes) == tile) }
  }

  @Test func aTileOfAnotherLengthIsNone() {
    #expect(Tile(bytes: []) == nil)
    #expect(Tile(bytes: [UInt8](repeating: 0, count: 33)) == nil)
    #expect(Tile(bytes: [UInt8](repeating: 0, count: 257 * 32)) == nil)
  }
}
