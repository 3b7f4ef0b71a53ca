/// Spoils DER with its structure in view. The same state spoils the same input in the same way, on every machine.
struct Mutator {
  /// SplitMix64.
  struct Randomness: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  var random: Randomness
  /// Elements that the format knows, and some that it forbids: put in anywhere.
  let dictionary: [[UInt8]]

  /// What every format has: numbers, times, flags and strings at the edges of what is allowed.
  static let common: [[UInt8]] =
    [
      Encoder.null, Encoder.boolean(true), Encoder.boolean(false), [1, 1, 1], Encoder.integer(0), Encoder.integer(1), Encoder.integer(-1),
      [2, 0], [2, 2, 0, 1], Encoder.integer([UInt8](repeating: 0xFF, count: 20)), Encoder.integer([UInt8](repeating: 0x7F, count: 21)),
      Encoder.enumerated(0), Encoder.enumerated(3), Encoder.enumerated(7), Encoder.enumerated(8), Encoder.enumerated(200), [10, 2, 0, 3],
      Encoder.utc("260701000000Z"), Encoder.utc("2607010000Z"), Encoder.utc("260701000000+0900"), Encoder.utc("260229000000Z"),
      Encoder.utc("260630235960Z"), Encoder.generalized("20260701000000Z"), Encoder.generalized("20260701000000.5Z"),
      Encoder.generalized("20500101000000Z"), Encoder.generalized("00000101000000Z"), Encoder.octets([]), Encoder.octets([0]),
      Encoder.bits([]), Encoder.bits([0]), Encoder.bits([0x80], unused: 0), Encoder.bits([0x80], unused: 7), [3, 0], [3, 2, 9, 0x80],
      Encoder.utf8(""), Encoder.utf8("架空"), [12, 2, 0xC3, 0x28], [12, 3, 0xED, 0xA0, 0x80], [30, 2, 0x67, 0xB6], [28, 4, 0, 0, 0x67, 0xB6],
      [20, 1, 0xE9], Encoder.printable("JP"), Encoder.printable("*"), Encoder.ia5("a"), Encoder.sequence(), Encoder.set(),
      Encoder.oid("2.5.29.15"), Encoder.oid("1.2.392.200149.9.9"), [6, 0], [6, 1, 0x80], [6, 2, 0x80, 1], [0x1F, 0x81, 1, 0], [0, 0],
    ]
    + (0..<9).flatMap {
      [Encoder.primitive(UInt8($0), []), Encoder.primitive(UInt8($0), [0xFF]), Encoder.explicit(UInt8($0), Encoder.null)]
    }

  init(seed: UInt64, index: Int, dictionary: [[UInt8]]) {
    // Any input can be made again without those before it.
    random = Randomness(state: seed &* 0x2545_F491_4F6C_DD1D &+ UInt64(index) &* 0xD134_2543_DE82_EF95)
    self.dictionary = Mutator.common + dictionary
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &random) }

  /// True in so many of a hundred cases.
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  /// One to three changes of the tree.
  mutating func spoil(_ tree: DERTree) -> DERTree {
    var tree = tree
    for _ in 0...below(3) { change(&tree) }
    return tree
  }

  /// One to three changes of bytes, blind to what they mean.
  mutating func spoil(bytes original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0...below(3) where !bytes.isEmpty {
      let at = below(bytes.count)
      let until = min(bytes.count, at + 1 + below(32))
      switch below(6) {
      case 0: bytes[at] ^= 1 << UInt8(below(8))
      case 1: bytes[at] = UInt8(below(256))
      case 2: bytes.removeSubrange(at...)
      case 3: bytes.removeSubrange(at..<until)
      case 4: bytes.insert(contentsOf: bytes[at..<until], at: at)
      default: bytes += (0...below(4)).map { _ in UInt8(below(256)) }
      }
    }
    return bytes
  }

  private mutating func change(_ tree: inout DERTree) {
    let paths = tree.paths
    let path = paths[below(paths.count)]
    switch below(16) {
    case 0...2: tree[path] = changedContent(tree[path])
    case 3: tree[path].tag = below(3) == 0 ? UInt8(below(256)) : tree[path].tag ^ (1 << UInt8(below(8)))
    case 4: tree[path].length = wrongLength()
    case 5: tree[path].suffix += (0...below(3)).map { _ in UInt8(below(256)) }
    case 6: tree[path] = tree[paths[below(paths.count)]]
    case 7...8: tree[path] = word() ?? tree[path]
    case 9: tree[path].children = tree[path].children.map { _ in [] }
    default: changeFamily(&tree, path)
    }
  }

  /// Among the siblings: remove, repeat, swap, insert.
  private mutating func changeFamily(_ tree: inout DERTree, _ path: [Int]) {
    guard let index = path.last else { return }
    let parent = path.dropLast()
    guard var siblings = tree[parent].children, index < siblings.count else { return }
    switch below(6) {
    case 0: siblings.remove(at: index)
    case 1: siblings.insert(siblings[index], at: index)
    case 2: siblings.append(siblings[index])
    case 3: siblings.swapAt(index, below(siblings.count))
    default: if let word = word() { siblings.insert(word, at: below(siblings.count + 1)) }
    }
    tree[parent].children = siblings
  }

  private mutating func word() -> DERTree? {
    let bytes = dictionary[below(dictionary.count)]
    if let tree = DERTree(bytes) { return tree }
    // Not DER on purpose: its bytes stand as they are.
    var tree = DERTree(tag: bytes[0], content: [])
    tree.length = .literal(Array(bytes.dropFirst()))
    return tree
  }

  private mutating func wrongLength() -> DERTree.Length {
    switch below(6) {
    case 0: .octets(1 + below(4))
    case 1: .indefinite
    case 2: .off(1 + below(3))
    case 3: .off(-1 - below(3))
    case 4: .literal([0x84, 0xFF, 0xFF, 0xFF, 0xFF])
    default: .literal([0x80 | UInt8(below(128))])
    }
  }

  private mutating func changedContent(_ tree: DERTree) -> DERTree {
    var tree = tree
    guard tree.children == nil else { return tree }
    if tree.content.isEmpty {
      tree.content = [UInt8(below(256))]
      return tree
    }
    let at = below(tree.content.count)
    switch below(7) {
    case 0: tree.content[at] ^= 1 << UInt8(below(8))
    case 1: tree.content[at] = UInt8(below(256))
    case 2: tree.content.removeLast(min(tree.content.count, 1 + below(4)))
    case 3: tree.content += (0...below(4)).map { _ in UInt8(below(256)) }
    case 4: tree.content.insert(0, at: 0)
    case 5: tree.content.remove(at: at)
    // A digit, which times, flags and dates are made of.
    default: tree.content[at] = UInt8(ascii: "0") + UInt8(below(10))
    }
    return tree
  }
}
