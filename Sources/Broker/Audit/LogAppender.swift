internal import Foundation
internal import MerkleLog

/// Makes a log longer in memory: which tiles change, and what its root becomes. Knows no database.
struct LogAppender: Sendable {
  private(set) var range: CompactRange
  /// The tiles at the right end that have room, by level; nil where the next hash begins a new one.
  private var edges: [AuditTile?]
  private var full: [AuditTile] = []

  /// - Parameter tiles: those that ``edgePlaces(of:)`` names.
  init(range: CompactRange, tiles: [AuditTile]) throws(AuditLogDamage) {
    self.range = range
    edges = []
    for (level, place) in Self.edges(of: range.size).enumerated() {
      guard let place else {
        edges.append(nil)
        continue
      }
      guard let tile = tiles.first(where: { $0.place == place.place }), tile.tile.hashes.count == place.count else { throw .tile }
      edges.append(tile)
      precondition(edges.count == level + 1, "one place a level")
    }
  }

  /// Tiles that an appender of this size needs.
  static func edgePlaces(of size: UInt64) -> [Tile.Place] { edges(of: size).compactMap { $0?.place } }

  /// For each level in use the tile that has room, and how many hashes it must hold.
  private static func edges(of size: UInt64) -> [(place: Tile.Place, count: Int)?] {
    var places: [(place: Tile.Place, count: Int)?] = []
    var hashes = size
    while hashes > 0 {
      let count = Int(hashes % UInt64(Tile.width))
      places.append(count == 0 ? nil : (Tile.Place(level: places.count, index: hashes / UInt64(Tile.width)), count))
      hashes /= UInt64(Tile.width)
    }
    return places
  }

  mutating func append(_ leaf: LogHash, event: UUID, at position: AuditPosition, time: Date) {
    var hash = leaf
    var index = range.size
    range.append(leaf)
    var level = 0
    while true {
      if edges.count == level { edges.append(nil) }
      if edges[level] == nil {
        edges[level] = AuditTile(Tile.Place(level: level, index: index / UInt64(Tile.width)))
        if level == 0 { edges[level]?.first = position }
      }
      edges[level]?.tile.append(hash)
      if level == 0 {
        edges[level]?.events.append(event)
        edges[level]?.widen(to: time)
      }
      guard let tile = edges[level], tile.tile.isFull else { return }
      full.append(tile)
      edges[level] = nil
      hash = tile.tile.root
      index /= UInt64(Tile.width)
      level += 1
    }
  }

  /// Every tile that is not as it was read.
  var changed: [AuditTile] { full + edges.compactMap { $0 } }
}
