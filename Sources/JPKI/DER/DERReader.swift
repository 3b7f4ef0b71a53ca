/// Reads strict DER (X.690 §10) front to back: definite minimal lengths, low tag numbers, nothing left over unless the caller stops early.
///
/// It holds the whole message and a window of it, so that an element remembers where it stood: signatures cover bytes, not meanings.
struct DERReader {
  let bytes: [UInt8]
  private(set) var position: Int
  let end: Int

  /// A reader over all of `bytes`.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  /// A reader over a window of `bytes`; the window must lie inside.
  init(_ bytes: [UInt8], in window: Range<Int>) {
    self.bytes = bytes
    position = window.lowerBound
    end = window.upperBound
  }

  var isAtEnd: Bool { position == end }

  /// The tag of the next element, without moving.
  var peekedTag: UInt8? { position < end ? bytes[position] : nil }

  /// The next element, whatever its tag.
  mutating func element() throws(DERError) -> DERElement {
    let start = position
    let (tag, content) = try DERReader.header(of: bytes, at: start, end: end)
    position = content.upperBound
    return DERElement(bytes: bytes, tag: tag, start: start, content: content)
  }

  /// The next element, which must have this tag.
  mutating func element(_ tag: UInt8) throws(DERError) -> DERElement {
    guard peekedTag == tag else { throw position < end ? .tag : .truncated }
    return try element()
  }

  /// The next element if it has this tag.
  mutating func optional(_ tag: UInt8) throws(DERError) -> DERElement? {
    peekedTag == tag ? try element() : nil
  }

  /// Nothing may follow.
  func finish() throws(DERError) {
    guard isAtEnd else { throw .trailingBytes }
  }

  /// Reads one header at `start` and checks that the content fits before `end`. The one place where lengths are believed.
  ///
  /// - Parameter bytes: an array, or a piece of a file that is read in pieces; `end` lies within.
  @inline(__always)
  static func header<Bytes: RandomAccessCollection>(of bytes: Bytes, at start: Int, end: Int) throws(DERError) -> (
    tag: UInt8, content: Range<Int>
  ) where Bytes.Element == UInt8, Bytes.Index == Int {
    guard end - start >= 2 else { throw .truncated }
    let tag = bytes[start]
    // High tag numbers (X.690 §8.1.2.4) occur in nothing that is read here.
    guard tag & 0x1F != 0x1F else { throw .tag }
    let first = bytes[start + 1]
    if first < 0x80 {
      let from = start + 2
      guard Int(first) <= end - from else { throw .truncated }
      return (tag, from..<(from + Int(first)))
    }
    let octets = Int(first & 0x7F)
    // 0x80 is the indefinite form; four octets are more than any message here may have.
    guard octets >= 1, octets <= 4 else { throw .length }
    let from = start + 2 + octets
    guard from <= end else { throw .truncated }
    var length = 0
    for index in (start + 2)..<from { length = length << 8 | Int(bytes[index]) }
    guard bytes[start + 2] != 0, length >= 0x80 else { throw .length }
    guard length <= end - from else { throw .truncated }
    return (tag, from..<(from + length))
  }
}
