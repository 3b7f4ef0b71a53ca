/// A text in letters. Keeps its memory from text to text, and knows which kinds of letters were ever appended to it since it was emptied.
struct Letters: ~Copyable {
  private(set) var count = 0
  /// The kinds of all letters that were appended.
  private(set) var kinds: UInt32 = 0
  private var base: UnsafeMutablePointer<Letter>
  private var capacity: Int

  init() {
    capacity = 128
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  /// The letter at a place; `Letter.none` outside the text.
  subscript(index: Int) -> Letter { index >= 0 && index < count ? base[index] : .none }

  /// The last letter, or `Letter.none`.
  var last: Letter { count > 0 ? base[count - 1] : .none }

  func has(_ kinds: UInt32) -> Bool { self.kinds & kinds != 0 }

  mutating func append(_ letter: Letter) {
    if count == capacity { grow() }
    base[count] = letter
    kinds |= letter.bits
    count += 1
  }

  mutating func append(contentsOf other: borrowing Letters, from start: Int, to end: Int) {
    for index in start..<end { append(other[index]) }
  }

  mutating func replaceLast(by letter: Letter) {
    guard count > 0 else { return }
    base[count - 1] = letter
    kinds |= letter.bits
  }

  mutating func removeLast() {
    if count > 0 { count -= 1 }
  }

  mutating func removeFirst(_ length: Int) {
    let length = min(length, count)
    for index in length..<count { base[index - length] = base[index] }
    count -= length
  }

  mutating func removeAll() {
    count = 0
    kinds = 0
  }

  mutating func copy(_ other: borrowing Letters) {
    removeAll()
    while capacity < other.count { grow() }
    base.update(from: other.base, count: other.count)
    count = other.count
    kinds = other.kinds
  }

  mutating func swap(_ first: Int, _ second: Int) {
    guard first < count, second < count else { return }
    (base[first], base[second]) = (base[second], base[first])
  }

  func isEqual(to other: borrowing Letters) -> Bool {
    guard count == other.count else { return false }
    for index in 0..<count where base[index] != other.base[index] { return false }
    return true
  }

  /// Appends the text as UTF-8.
  func write(to out: inout [UInt8]) {
    out.reserveCapacity(out.count + count * 4)
    for index in 0..<count {
      let scalar = base[index].scalar
      if scalar < 0x80 {
        out.append(UInt8(truncatingIfNeeded: scalar))
      } else if scalar < 0x800 {
        out.append(0xC0 | UInt8(truncatingIfNeeded: scalar >> 6))
        out.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
      } else if scalar < 0x10000 {
        out.append(0xE0 | UInt8(truncatingIfNeeded: scalar >> 12))
        out.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F))
        out.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
      } else {
        out.append(0xF0 | UInt8(truncatingIfNeeded: scalar >> 18))
        out.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 12 & 0x3F))
        out.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F))
        out.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
      }
    }
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Letter>.allocate(capacity: capacity * 2)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
    capacity *= 2
  }
}

/// A text on which rules work, and the room they need.
struct Workspace: ~Copyable {
  var text = Letters()
  private var spare = Letters()
  private var before = Letters()

  /// Lets a rule write the text anew.
  mutating func pass(_ rule: (borrowing Letters, inout Letters) -> Void) {
    spare.removeAll()
    rule(text, &spare)
    swap(&text, &spare)
  }

  /// Applies rules until they change nothing, which for almost every text is after the first time: what one rule leaves out can bring together what
  /// another one joins, and the form of a form must be itself.
  ///
  /// - Throws: `CanonicalRefusal.unsettled` if the rules do not come to rest.
  mutating func settle(_ rules: (inout Workspace) -> Void) throws(CanonicalRefusal) {
    for _ in 0..<16 {
      before.copy(text)
      rules(&self)
      if text.has(Kind.composing) {
        pass(Folding.composed)
        CombiningOrder.sort(&text)
      }
      if text.isEqual(to: before) { return }
    }
    throw .unsettled
  }
}
