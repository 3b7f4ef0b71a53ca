/// What the canonical form makes of each Unicode scalar before any rule looks at its neighbours: the three generated tables, joined and unpacked once.
struct ScalarTable: Sendable {
  /// What a scalar becomes.
  enum Entry {
    /// One scalar: itself or another.
    case scalar(UInt32)
    /// Several scalars: a range of `expansions`.
    case several(Range<Int>)
    /// Nothing.
    case nothing
    /// The text has no canonical form.
    case unreadable
  }

  static let shared = ScalarTable()

  /// Targets of the scalars that become several.
  let expansions: [UInt32]
  private let packed: [UInt32]

  /// Planes 0…3; above them only tags and variation selectors are assigned, which become nothing.
  private static let limit = 0x32400
  private static let nothing: UInt32 = 0xFFFF_FFFE
  private static let unreadable: UInt32 = 0xFFFF_FFFF
  private static let several: UInt32 = 0x8000_0000

  subscript(scalar: UInt32) -> Entry {
    guard scalar < Self.limit else { return scalar >> 12 == 0xE0 ? .nothing : .unreadable }
    let entry = packed[Int(scalar)]
    if entry < Self.several { return .scalar(entry) }
    if entry == Self.nothing { return .nothing }
    if entry == Self.unreadable { return .unreadable }
    let start = Int(entry & 0x00FF_FFFF)
    return .several(start..<start + Int(entry >> 24 & 0x7F))
  }

  private init() {
    var packed = Array(UInt32(0)..<UInt32(Self.limit))
    var expansions: [UInt32] = []
    // Kanji first: what decomposes into a kanji must find the class of that kanji.
    for word in Words(KanjiVariantTable.classes) {
      let members = String(decoding: word, as: UTF8.self).unicodeScalars
      guard let first = members.first else { continue }
      for member in members { packed[Int(member.value)] = first.value }
    }
    for word in Words(UnreadableTable.entries) {
      var reader = HexReader(word)
      let first = reader.number()
      let last = reader.skip(0x2D) ? reader.number() : first
      for scalar in first...Swift.max(first, last) where scalar < Self.limit { packed[scalar] = Self.unreadable }
    }
    for word in Words(FoldTable.entries) {
      var reader = HexReader(word)
      let first = reader.number()
      let last = reader.skip(0x2D) ? reader.number() : first
      _ = reader.skip(0x3D)
      if reader.skip(0x7E) {
        for scalar in first...Swift.max(first, last) where scalar < Self.limit { packed[scalar] = Self.nothing }
        continue
      }
      let target = reader.number()
      guard reader.skip(0x2C) else {
        for scalar in first...Swift.max(first, last) where scalar < Self.limit { packed[scalar] = packed[target + scalar - first] }
        continue
      }
      let start = expansions.count
      expansions.append(packed[target])
      repeat { expansions.append(packed[reader.number()]) } while reader.skip(0x2C)
      packed[first] = Self.several | UInt32(expansions.count - start) << 24 | UInt32(start)
    }
    self.packed = packed
    self.expansions = expansions
  }
}

/// The words of a table: runs of bytes between white space.
private struct Words: Sequence, IteratorProtocol {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ text: StaticString) { bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) }

  mutating func next() -> UnsafeBufferPointer<UInt8>.SubSequence? {
    while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
    let start = position
    while position < bytes.count, bytes[position] > 0x20 { position += 1 }
    return position > start ? bytes[start..<position] : nil
  }
}

/// Reads hexadecimal numbers out of a word of a generated table.
private struct HexReader {
  private var rest: UnsafeBufferPointer<UInt8>.SubSequence

  init(_ word: UnsafeBufferPointer<UInt8>.SubSequence) { rest = word }

  mutating func number() -> Int {
    var value = 0
    while let byte = rest.first {
      switch byte {
      case 0x30...0x39: value = value << 4 | Int(byte - 0x30)
      case 0x41...0x46: value = value << 4 | Int(byte - 0x37)
      default: return value
      }
      rest = rest.dropFirst()
    }
    return value
  }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest = rest.dropFirst()
    return true
  }
}
