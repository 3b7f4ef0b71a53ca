/// An object identifier, by the bytes of its encoding.
struct OID: Hashable, Sendable {
  let content: [UInt8]

  /// Content octets of an encoded identifier (X.690 §8.19): whole arcs, no arc with leading zeros.
  init(content: ArraySlice<UInt8>) throws(DERError) {
    guard let last = content.last, last & 0x80 == 0, content.count <= 64 else { throw .value }
    var startsArc = true
    for byte in content {
      if startsArc, byte == 0x80 { throw .value }
      startsArc = byte & 0x80 == 0
    }
    self.content = Array(content)
  }

  /// A constant of this program, from its arcs.
  init(_ first: Int, _ second: Int, _ rest: Int...) {
    var content: [UInt8] = [UInt8(first * 40 + second)]
    for arc in rest { content += OID.base128(arc) }
    self.content = content
  }

  /// Dotted text; nil if it is none.
  init?(dotted: String) {
    let arcs = dotted.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard arcs.count >= 3, let first = arcs[0], let second = arcs[1], (0...2).contains(first), (0..<40).contains(second) else { return nil }
    var content: [UInt8] = [UInt8(first * 40 + second)]
    for arc in arcs.dropFirst(2) {
      guard let arc, arc >= 0 else { return nil }
      content += OID.base128(arc)
    }
    self.content = content
  }

  /// Under id-ce (2.5.29), where RFC 5280 has its extensions.
  var isCertificateExtension: Bool { content.starts(with: [0x55, 0x1D]) }

  /// `1.2.840…`, for people.
  var dotted: String {
    var arcs: [UInt64] = []
    var value: UInt64 = 0
    for byte in content {
      guard value < 1 << 56 else { return "(too large)" }
      value = value << 7 | UInt64(byte & 0x7F)
      if byte & 0x80 == 0 {
        arcs.append(value)
        value = 0
      }
    }
    guard let first = arcs.first else { return "" }
    let root = min(first / 40, 2)
    return ([root, first - root * 40] + arcs.dropFirst()).map(String.init).joined(separator: ".")
  }

  private static func base128(_ arc: Int) -> [UInt8] {
    var groups = [UInt8(arc & 0x7F)]
    var rest = arc >> 7
    while rest > 0 {
      groups.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
      rest >>= 7
    }
    return groups
  }
}
