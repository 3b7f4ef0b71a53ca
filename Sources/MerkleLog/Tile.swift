/// The tree as it is kept: tiles of up to 256 hashes side by side, as C2SP tlog-tiles cuts them. Level 0 of tiles holds the hashes of entries, each
/// higher level the roots of full tiles below.
public struct Tile: Sendable, Equatable {
  /// Levels of the tree that one tile stands for.
  public static let height = 8
  /// Hashes of a full tile.
  public static let width = 256

  /// Where a tile lies.
  public struct Place: Sendable, Hashable {
    /// 0 for the hashes of entries.
    public let level: Int
    /// From the left.
    public let index: UInt64

    /// Names the place.
    public init(level: Int, index: UInt64) {
      self.level = level
      self.index = index
    }

    /// Where a node of the tree is to be found, and how many of the tile's hashes it covers.
    public init(ofNode level: Int, index: UInt64) {
      let within = UInt64(level % Tile.height)
      self.init(level: level / Tile.height, index: index >> (UInt64(Tile.height) - within))
    }
  }

  /// At most ``width`` hashes, from the left.
  public private(set) var hashes: [LogHash]

  /// A tile to be filled.
  public init() { hashes = [] }

  /// Reads what ``bytes`` wrote; nil unless it is 1…256 whole hashes.
  public init?(bytes: [UInt8]) {
    guard !bytes.isEmpty, bytes.count % LogHash.byteCount == 0, bytes.count <= Self.width * LogHash.byteCount else { return nil }
    hashes = stride(from: 0, to: bytes.count, by: LogHash.byteCount).compactMap { LogHash(bytes[$0..<($0 + LogHash.byteCount)]) }
  }

  /// The hashes one after the other.
  public var bytes: [UInt8] { hashes.flatMap(\.bytes) }

  /// Whether no hash has room any more.
  public var isFull: Bool { hashes.count == Self.width }

  /// The root over all of a full tile: a hash of the level above.
  public var root: LogHash { Self.root(hashes[...]) }

  /// Puts a hash at the right end. The tile must not be full.
  public mutating func append(_ hash: LogHash) {
    precondition(!isFull, "a tile with room")
    hashes.append(hash)
  }

  /// A node of the tree that lies in this tile; nil where its subtree is not complete yet.
  public func node(_ level: Int, _ index: UInt64) -> LogHash? {
    let within = level % Self.height
    let count = 1 << within
    let first = Int(index % UInt64(Self.width >> within)) * count
    guard first + count <= hashes.count else { return nil }
    return Self.root(hashes[first..<(first + count)])
  }

  private static func root(_ hashes: ArraySlice<LogHash>) -> LogHash {
    guard hashes.count > 1 else { return hashes.first ?? .empty }
    let middle = hashes.startIndex + hashes.count / 2
    return LogHash.node(root(hashes[..<middle]), root(hashes[middle...]))
  }
}
