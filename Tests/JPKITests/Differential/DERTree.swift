/// DER as a tree that can be spoiled at any place: which element goes, comes twice, changes its tag or lies about its length.
struct DERTree {
  /// How a length is written; anything but `minimal` is a lie or not DER.
  enum Length {
    case minimal
    /// Definite, in so many octets.
    case octets(Int)
    /// X.690 §8.1.3.6, closed by an end-of-contents.
    case indefinite
    /// The true one plus this.
    case off(Int)
    /// Whatever this says.
    case literal([UInt8])
  }

  var tag: UInt8
  var length = Length.minimal
  /// What stands before the children: the count of unused bits of a BIT STRING that holds DER.
  var prefix: [UInt8] = []
  /// Content of a leaf; not used where there are children.
  var content: [UInt8] = []
  var children: [DERTree]?
  /// Garbage behind the children.
  var suffix: [UInt8] = []

  /// A leaf.
  init(tag: UInt8, content: [UInt8]) {
    self.tag = tag
    self.content = content
  }

  /// The one element that `der` consists of; nil where it is not one.
  init?(_ der: [UInt8]) {
    guard let (tree, end) = DERTree.read(der, 0, der.count), end == der.count else { return nil }
    self = tree
  }

  private static func read(_ der: [UInt8], _ start: Int, _ end: Int) -> (DERTree, Int)? {
    guard end - start >= 2, der[start] & 0x1F != 0x1F else { return nil }
    var from = start + 2
    var length = Int(der[start + 1])
    if length >= 0x80 {
      let octets = length & 0x7F
      guard (1...3).contains(octets), from + octets <= end else { return nil }
      length = der[from..<(from + octets)].reduce(0) { $0 << 8 | Int($1) }
      from += octets
    }
    guard length <= end - from else { return nil }
    var tree = DERTree(tag: der[start], content: Array(der[from..<(from + length)]))
    tree.open()
    return (tree, from + length)
  }

  /// Finds the elements inside a constructed element, an OCTET STRING or a BIT STRING.
  private mutating func open() {
    switch tag {
    case 0x04: children = DERTree.all(content, 0).flatMap { $0.count == 1 && $0[0].tag & 0x20 != 0 ? $0 : nil }
    case 0x03:
      guard content.first == 0, let found = DERTree.all(content, 1), found.count == 1, found[0].tag == 0x30 else { return }
      prefix = [0]
      children = found
    default: if tag & 0x20 != 0 { children = DERTree.all(content, 0) }
    }
  }

  private static func all(_ bytes: [UInt8], _ start: Int) -> [DERTree]? {
    var found: [DERTree] = []
    var position = start
    while position < bytes.count {
      guard let (one, next) = read(bytes, position, bytes.count) else { return nil }
      found.append(one)
      position = next
    }
    return found
  }

  var body: [UInt8] {
    guard let children else { return content + suffix }
    return prefix + children.flatMap(\.der) + suffix
  }

  var der: [UInt8] {
    let body = body
    let count = body.count
    switch length {
    case .minimal: return Encoder.element(tag, body)
    case .octets(let octets):
      return [tag, 0x80 | UInt8(octets)] + (0..<octets).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + body
    case .indefinite: return [tag, 0x80] + body + [0, 0]
    case .off(let by):
      let claimed = max(0, count + by)
      return Array(Encoder.element(tag, [UInt8](repeating: 0, count: claimed)).dropLast(claimed)) + body
    case .literal(let bytes): return [tag] + bytes + body
    }
  }

  /// Where each element of the tree stands, this one first.
  var paths: [[Int]] {
    [[]] + (children ?? []).enumerated().flatMap { index, child in child.paths.map { [index] + $0 } }
  }

  subscript(path: some Collection<Int>) -> DERTree {
    get {
      guard let first = path.first, let children, first < children.count else { return self }
      return children[first][path.dropFirst()]
    }
    set {
      guard let first = path.first else {
        self = newValue
        return
      }
      guard let count = children?.count, first < count else { return }
      children?[first][path.dropFirst()] = newValue
    }
  }
}
