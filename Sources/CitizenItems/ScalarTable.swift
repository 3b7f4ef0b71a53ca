/// What the canonical form makes of each Unicode scalar before any rule looks at its neighbours: the three generated tables, joined and unpacked once.
struct ScalarTable: Sendable {
  static let shared = ScalarTable()

  /// Scalars become a letter each; or, with `Kind.composing` set, what `meaning(of:)` says.
  private let entries: [UInt32]
  /// Where in `expansions` the letters of each scalar that becomes several begin; and where the last ones end.
  private let starts: [Int]
  private let expansions: [UInt32]

  /// What a scalar becomes, if it is not simply one letter.
  enum Meaning {
    /// A letter that joins the one before it or falls apart.
    case letter(Letter)
    /// Several scalars: a range for `expansion(_:)`.
    case several(Range<Int>)
    /// Nothing.
    case nothing
    /// The text has no canonical form.
    case unreadable
  }

  /// Planes 0…3; above them only tags and variation selectors are assigned, which become nothing.
  private static let limit = 0x32400
  private static let unreadable: UInt32 = 0x3_FFFF
  private static let nothing: UInt32 = 0x3_FFFE
  /// From here on: scalars that become several.
  private static let several: UInt32 = 0x3_3000

  /// The letter of a scalar, or an entry with `Kind.composing`, of which `meaning(of:)` knows more.
  subscript(scalar: UInt32) -> Letter {
    guard scalar < Self.limit else { return Letter(bits: (scalar >> 12 == 0xE0 ? Self.nothing : Self.unreadable) | Kind.composing) }
    return Letter(bits: entries[Int(scalar)])
  }

  func meaning(of entry: Letter) -> Meaning {
    let value = entry.scalar
    if value < Self.several { return .letter(entry) }
    if value == Self.nothing { return .nothing }
    if value == Self.unreadable { return .unreadable }
    let number = Int(value - Self.several)
    return .several(starts[number]..<starts[number + 1])
  }

  func expansion(_ index: Int) -> UInt32 { expansions[index] }

  private init() {
    // Targets as scalars; above them the marks below.
    var targets = Array(UInt32(0)..<UInt32(Self.limit))
    var starts: [Int] = []
    var expansions: [UInt32] = []
    // Kanji first: what decomposes into a kanji must find the class of that kanji.
    for word in Words(KanjiVariantTable.classes) {
      let members = String(decoding: word, as: UTF8.self).unicodeScalars
      guard let first = members.first else { continue }
      for member in members { targets[Int(member.value)] = first.value }
    }
    for word in Words(UnreadableTable.entries) {
      var reader = HexReader(word)
      let first = reader.number()
      let last = reader.skip(0x2D) ? reader.number() : first
      for scalar in first...Swift.max(first, last) where scalar < Self.limit { targets[scalar] = Self.unreadable }
    }
    for word in Words(FoldTable.entries) {
      var reader = HexReader(word)
      let first = reader.number()
      let last = reader.skip(0x2D) ? reader.number() : first
      _ = reader.skip(0x3D)
      if reader.skip(0x7E) {
        for scalar in first...Swift.max(first, last) where scalar < Self.limit { targets[scalar] = Self.nothing }
        continue
      }
      let target = reader.number()
      guard reader.skip(0x2C) else {
        for scalar in first...Swift.max(first, last) where scalar < Self.limit { targets[scalar] = targets[target + scalar - first] }
        continue
      }
      targets[first] = Self.several + UInt32(starts.count)
      starts.append(expansions.count)
      expansions.append(targets[target])
      repeat { expansions.append(targets[reader.number()]) } while reader.skip(0x2C)
    }
    starts.append(expansions.count)
    entries = targets.map { $0 < Self.several ? $0 | Kind.of($0) : $0 | Kind.composing }
    self.starts = starts
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
