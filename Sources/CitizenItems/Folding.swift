/// The first step of every canonical form: letters by the table, then what depends on the neighbour alone.
enum Folding {
  /// Writes the folded letters of a text in UTF-8; white space is one space each, dashes are `-`.
  ///
  /// - Throws: `CanonicalRefusal.unreadableCharacter`, also for bytes that are no UTF-8.
  static func fold(_ text: UnsafeBufferPointer<UInt8>, into out: inout Letters) throws(CanonicalRefusal) {
    out.removeAll()
    let table = ScalarTable.shared
    var hasMarks = false
    var index = 0
    while index < text.count {
      guard let (scalar, length) = scalar(text, at: index) else { throw .unreadableCharacter }
      index += length
      let entry = table[scalar]
      guard entry.has(Kind.composing) else {
        out.append(entry)
        continue
      }
      hasMarks = true
      switch table.meaning(of: entry) {
      case .letter(let letter): append(letter, to: &out)
      case .several(let range):
        for place in range { append(Letter(table.expansion(place)), to: &out) }
      case .nothing: break
      case .unreadable: throw .unreadableCharacter
      }
    }
    if hasMarks { CombiningOrder.sort(&out) }
  }

  /// The scalar at a place and its length; nil where the bytes are no UTF-8 (RFC 3629 §4).
  private static func scalar(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (UInt32, Int)? {
    let first = UInt32(text[index])
    if first < 0x80 { return (first, 1) }
    func continuation(_ place: Int) -> UInt32? {
      guard index + place < text.count, text[index + place] & 0xC0 == 0x80 else { return nil }
      return UInt32(text[index + place] & 0x3F)
    }
    switch first {
    case 0xE0...0xEF:
      guard let second = continuation(1), let third = continuation(2) else { return nil }
      let scalar = (first & 0x0F) << 12 | second << 6 | third
      return scalar >= 0x800 && !(0xD800...0xDFFF).contains(scalar) ? (scalar, 3) : nil
    case 0xC2...0xDF:
      guard let second = continuation(1) else { return nil }
      return ((first & 0x1F) << 6 | second, 2)
    case 0xF0...0xF4:
      guard let second = continuation(1), let third = continuation(2), let fourth = continuation(3) else { return nil }
      let scalar = (first & 0x07) << 18 | second << 12 | third << 6 | fourth
      return scalar >= 0x10000 && scalar <= 0x10FFFF ? (scalar, 4) : nil
    default: return nil
    }
  }

  /// Joins sound marks to kana that rules have brought together with them.
  static func composed(_ source: borrowing Letters, into out: inout Letters) {
    for index in 0..<source.count { append(source[index], to: &out) }
  }

  /// Appends a letter; a sound mark joins the kana before it, a Hangul syllable falls into its letters.
  private static func append(_ letter: Letter, to out: inout Letters) {
    let value = letter.scalar
    if value == 0x3099 || value == 0x309A, let composed = Kana.composed(out.last.scalar, mark: value) {
      out.replaceLast(by: Letter(composed))
    } else if value >= 0xAC00, value <= 0xD7A3 {
      let index = value - 0xAC00
      out.append(Letter(0x1100 + index / 588))
      out.append(Letter(0x1161 + index % 588 / 28))
      if index % 28 != 0 { out.append(Letter(0x11A7 + index % 28)) }
    } else {
      out.append(letter)
    }
  }

  /// 々 and 〻 repeat the kanji before them (a run of n repeats the n kanji before it, if there are as many), ゝゞヽヾ the kana.
  static func withoutIterationMarks(_ source: borrowing Letters, into out: inout Letters) {
    var index = 0
    while index < source.count {
      let letter = source[index]
      switch letter.scalar {
      case 0x3005, 0x303B:
        var run = 1
        while source[index + run].scalar == 0x3005 || source[index + run].scalar == 0x303B { run += 1 }
        repeatKanji(run, in: &out)
        index += run
      case 0x309D, 0x309E, 0x30FD, 0x30FE:
        out.append(Kana.repeated(out.last.scalar, by: letter.scalar).map { Letter($0) } ?? letter)
        index += 1
      default:
        out.append(letter)
        index += 1
      }
    }
  }

  private static func repeatKanji(_ run: Int, in out: inout Letters) {
    let start = out.count - run
    var areKanji = start >= 0
    var index = out.count - 1
    while areKanji, index >= start {
      areKanji = out[index].isKanji && !out[index].has(Kind.iteration)
      index -= 1
    }
    let last = out.last
    for place in 0..<run {
      if areKanji {
        out.append(out[start + place])
      } else {
        out.append(last.isKanji && !last.has(Kind.iteration) ? last : .repetition)
      }
    }
  }
}
