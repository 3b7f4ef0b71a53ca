/// A QR code (ISO/IEC 18004) of bytes, with error correction M, in versions 1 to 20: what an authenticator app reads from the screen.
struct QRCode: Sendable {
  /// Modules on a side.
  let size: Int
  private var dark: [Bool]
  /// What belongs to the symbol itself, and is neither data nor masked.
  private var isFixed: [Bool]

  /// Nil for more than 666 bytes.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let version = (1...20).first(where: { Self.dataBytes($0) * 8 >= 4 + Self.lengthBits($0) + bytes.count * 8 }) else { return nil }
    size = 17 + 4 * version
    dark = Array(repeating: false, count: size * size)
    isFixed = dark
    drawPatterns(version)
    draw(Self.codewords(bytes, version))
    // Any mask can be read; the one that is quietest to the eye is read best.
    var best = (penalty: Int.max, dark: dark)
    for mask in 0..<8 {
      var masked = self
      masked.apply(mask)
      let penalty = masked.penalty
      if penalty < best.penalty { best = (penalty, masked.dark) }
    }
    dark = best.dark
  }

  /// Whether a module is dark; false outside.
  subscript(_ x: Int, _ y: Int) -> Bool { (0..<size).contains(x) && (0..<size).contains(y) && dark[y * size + x] }

  /// As SVG: dark on light in every colour scheme, because cameras want it so, with the four light modules around it.
  func svg(title: String) -> String {
    var path = ""
    for y in 0..<size {
      var x = 0
      while x < size {
        guard self[x, y] else {
          x += 1
          continue
        }
        let start = x
        while self[x, y] { x += 1 }
        path += "M\(start + 4) \(y + 4)h\(x - start)v1h-\(x - start)z"
      }
    }
    return "<svg class=\"qr\" viewBox=\"0 0 \(size + 8) \(size + 8)\" role=\"img\" aria-label=\"\(title)\" shape-rendering=\"crispEdges\">"
      + "<rect width=\"\(size + 8)\" height=\"\(size + 8)\" fill=\"#ffffff\"></rect><path d=\"\(path)\" fill=\"#000000\"></path></svg>"
  }

  // MARK: Codewords

  /// Error correction M, by version: codewords of correction in a block, and blocks (ISO/IEC 18004, table 9).
  private static let correction = [
    10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
  ]
  private static let blocks = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16]

  private static func lengthBits(_ version: Int) -> Int { version < 10 ? 8 : 16 }

  /// Codewords of a symbol, of data and of correction.
  private static func allBytes(_ version: Int) -> Int {
    var modules = (16 * version + 128) * version + 64
    if version >= 2 {
      let alignments = version / 7 + 2
      modules -= (25 * alignments - 10) * alignments - 55
    }
    if version >= 7 { modules -= 36 }
    return modules / 8
  }

  private static func dataBytes(_ version: Int) -> Int { allBytes(version) - correction[version - 1] * blocks[version - 1] }

  private static func codewords(_ bytes: [UInt8], _ version: Int) -> [UInt8] {
    let capacity = dataBytes(version)
    var bits: [Bool] = []
    func append(_ value: Int, _ count: Int) { for place in (0..<count).reversed() { bits.append(value >> place & 1 == 1) } }
    append(0b0100, 4)
    append(bytes.count, lengthBits(version))
    for byte in bytes { append(Int(byte), 8) }
    append(0, min(4, capacity * 8 - bits.count))
    append(0, (8 - bits.count % 8) % 8)
    var data = stride(from: 0, to: bits.count, by: 8).map { start in bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) } }
    var filler: UInt8 = 0xEC
    while data.count < capacity {
      data.append(filler)
      filler ^= 0xEC ^ 0x11
    }
    return interleaved(data, version)
  }

  /// In blocks, each with its correction, one codeword of each block in turn; the later blocks may hold one more.
  private static func interleaved(_ data: [UInt8], _ version: Int) -> [UInt8] {
    let (count, length) = (blocks[version - 1], correction[version - 1])
    let generator = generator(length)
    let short = data.count / count
    var start = 0
    var parts: [(data: [UInt8], correction: [UInt8])] = []
    for block in 0..<count {
      let size = short + (block >= count - data.count % count ? 1 : 0)
      let part = Array(data[start..<start + size])
      parts.append((part, remainder(part, generator)))
      start += size
    }
    var all: [UInt8] = []
    for place in 0...short { for part in parts where place < part.data.count { all.append(part.data[place]) } }
    for place in 0..<length { for part in parts { all.append(part.correction[place]) } }
    return all
  }

  // MARK: Reed–Solomon over GF(256), x⁸ + x⁴ + x³ + x² + 1

  private static func product(_ one: UInt8, _ other: UInt8) -> UInt8 {
    var result = 0
    for place in (0..<8).reversed() {
      result = result << 1 ^ (result >> 7) * 0x11D
      if other >> place & 1 == 1 { result ^= Int(one) }
    }
    return UInt8(result)
  }

  /// The product of (x − 2ⁿ) for n below the degree, without its leading coefficient.
  private static func generator(_ degree: Int) -> [UInt8] {
    var polynomial = [UInt8](repeating: 0, count: degree - 1) + [1]
    var root: UInt8 = 1
    for _ in 0..<degree {
      for place in polynomial.indices {
        polynomial[place] = product(polynomial[place], root)
        if place + 1 < degree { polynomial[place] ^= polynomial[place + 1] }
      }
      root = product(root, 2)
    }
    return polynomial
  }

  private static func remainder(_ data: [UInt8], _ generator: [UInt8]) -> [UInt8] {
    var rest = [UInt8](repeating: 0, count: generator.count)
    for byte in data {
      let factor = byte ^ rest.removeFirst()
      rest.append(0)
      for place in rest.indices { rest[place] ^= product(generator[place], factor) }
    }
    return rest
  }

  // MARK: Drawing

  private mutating func fix(_ x: Int, _ y: Int, _ isDark: Bool) {
    guard (0..<size).contains(x), (0..<size).contains(y) else { return }
    dark[y * size + x] = isDark
    isFixed[y * size + x] = true
  }

  private mutating func drawPatterns(_ version: Int) {
    for place in 0..<size {
      fix(6, place, place.isMultiple(of: 2))
      fix(place, 6, place.isMultiple(of: 2))
    }
    for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] {
      for (dx, dy) in Self.square(4) {
        let ring = max(abs(dx), abs(dy))
        fix(x + dx, y + dy, ring != 2 && ring != 4)
      }
    }
    let centres = Self.alignments(version, size)
    for (row, y) in centres.enumerated() {
      for (column, x) in centres.enumerated() {
        let last = centres.count - 1
        if (row, column) == (0, 0) || (row, column) == (0, last) || (row, column) == (last, 0) { continue }
        for (dx, dy) in Self.square(2) { fix(x + dx, y + dy, max(abs(dx), abs(dy)) != 1) }
      }
    }
    drawFormat(0)
    guard version >= 7 else { return }
    var rest = version
    for _ in 0..<12 { rest = rest << 1 ^ (rest >> 11) * 0x1F25 }
    let bits = version << 12 | rest
    for place in 0..<18 {
      let isDark = bits >> place & 1 == 1
      fix(size - 11 + place % 3, place / 3, isDark)
      fix(place / 3, size - 11 + place % 3, isDark)
    }
  }

  private static func square(_ radius: Int) -> [(Int, Int)] {
    (-radius...radius).flatMap { y in (-radius...radius).map { x in (x, y) } }
  }

  private static func alignments(_ version: Int, _ size: Int) -> [Int] {
    guard version > 1 else { return [] }
    let count = version / 7 + 2
    let step = (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2
    return [6] + (0..<count - 1).reversed().map { size - 7 - $0 * step }
  }

  /// Which correction (M is 00) and which mask, twice.
  private mutating func drawFormat(_ mask: Int) {
    var rest = mask
    for _ in 0..<10 { rest = rest << 1 ^ (rest >> 9) * 0x537 }
    let bits = (mask << 10 | rest) ^ 0x5412
    func bit(_ place: Int) -> Bool { bits >> place & 1 == 1 }
    for place in 0..<6 { fix(8, place, bit(place)) }
    fix(8, 7, bit(6))
    fix(8, 8, bit(7))
    fix(7, 8, bit(8))
    for place in 9..<15 { fix(14 - place, 8, bit(place)) }
    for place in 0..<8 { fix(size - 1 - place, 8, bit(place)) }
    for place in 8..<15 { fix(8, size - 15 + place, bit(place)) }
    fix(8, size - 8, true)
  }

  /// In columns of two from the right, upwards and downwards in turn.
  private mutating func draw(_ codewords: [UInt8]) {
    var place = 0
    for right in [Int](stride(from: size - 1, to: 6, by: -2)) + [5, 3, 1] {
      for vertical in 0..<size {
        let isUpward = (right + 1) & 2 == 0
        let y = isUpward ? size - 1 - vertical : vertical
        for x in [right, right - 1] where !isFixed[y * size + x] && place < codewords.count * 8 {
          dark[y * size + x] = codewords[place / 8] >> (7 - place % 8) & 1 == 1
          place += 1
        }
      }
    }
  }

  private mutating func apply(_ mask: Int) {
    for y in 0..<size {
      for x in 0..<size where !isFixed[y * size + x] {
        let inverts =
          switch mask {
          case 0: (x + y) % 2 == 0
          case 1: y % 2 == 0
          case 2: x % 3 == 0
          case 3: (x + y) % 3 == 0
          case 4: (x / 3 + y / 2) % 2 == 0
          case 5: x * y % 2 + x * y % 3 == 0
          case 6: (x * y % 2 + x * y % 3) % 2 == 0
          default: ((x + y) % 2 + x * y % 3) % 2 == 0
          }
        if inverts { dark[y * size + x].toggle() }
      }
    }
    drawFormat(mask)
  }

  /// Long runs, blocks of two by two, and dark and light out of balance: of the standard's four rules those that can be seen.
  private var penalty: Int {
    var penalty = 0
    for line in 0..<size {
      for isRow in [true, false] {
        var run = 0
        var colour = false
        for place in 0..<size {
          let module = isRow ? self[place, line] : self[line, place]
          run = place > 0 && module == colour ? run + 1 : 1
          colour = module
          if run == 5 { penalty += 3 } else if run > 5 { penalty += 1 }
        }
      }
    }
    for y in 0..<size - 1 {
      for x in 0..<size - 1 {
        let colour = self[x, y]
        if self[x + 1, y] == colour, self[x, y + 1] == colour, self[x + 1, y + 1] == colour { penalty += 3 }
      }
    }
    let percent = dark.count { $0 } * 100 / dark.count
    return penalty + abs(percent - 50) / 5 * 10
  }
}
