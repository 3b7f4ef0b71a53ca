/// Reads CMS SignedData as it arrives and takes the content out of it, so that a message around a large document is never held whole.
///
/// What is left is the same message detached (RFC 5652 §5.2), for ``CardVerifier``, which then verifies it over the digest of the content that was
/// taken out. Understands DER, and of BER what streaming signers write: indefinite lengths, and content in segments (X.690 §8.1.3.6, §8.7.3.2).
/// It judges nothing else: what it does not understand it hands on as it came, and the verifier gives the reason.
public struct SignedMessageStream: Sendable {
  /// The most bytes beside the content.
  public static let maximumStructureBytes = JPKIProfile.maximumMessageBytes
  /// The most bytes before the content: some sixty, and what a list of digest algorithms may add.
  private static let maximumBeginningBytes = 4096

  /// Where a constructed element ends, counted from the message's first byte; nil where it ends with end-of-contents octets.
  private typealias End = Int?

  /// The octet string of the content is made of segments.
  private struct Segments {
    let end: End
  }

  /// What stands before the content.
  private struct Layout {
    /// ContentInfo, `[0]`, SignedData; then encapContentInfo and its `[0]`.
    let outer: [End]
    let inner: [End]
    /// Nil where the content is in one piece.
    let segments: Segments?
    /// Bytes of the content, where it is in one piece.
    let length: Int
    /// Where the content begins.
    let contentStart: Int
    /// version and digestAlgorithms, as they stand.
    let before: Range<Int>
    /// The content type, as it stands.
    let contentType: Range<Int>
  }

  private enum State {
    /// Nothing of the content has come yet, or there is none.
    case beginning
    case content(left: Int)
    /// Between segments; the header of the next one as far as it has come.
    case segments(header: [UInt8])
    case segment(left: Int)
    case ending
    /// Not a message whose content can be taken out: kept as it comes.
    case plain
  }

  private var state = State.beginning
  private var layout: Layout?
  private var beginning: [UInt8] = []
  private var ending: [UInt8] = []
  /// Bytes that have come.
  private var position = 0
  private var contentEnd = 0

  /// Nothing has come yet.
  public init() {}

  /// Takes the next bytes.
  ///
  /// - Parameter content: is given what of them belongs to the content, in order.
  /// - Throws: `signatureTooLarge` where more than ``maximumStructureBytes`` stand beside the content, `cmsMalformed` for segments that are none.
  public mutating func take(_ bytes: UnsafeRawBufferPointer, content: (UnsafeRawBufferPointer) -> Void) throws(VerificationFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch state {
      case .beginning: try takeBeginning(&rest)
      case .content(let left):
        let part = Self.cut(&rest, left)
        content(UnsafeRawBufferPointer(rebasing: part))
        position += part.count
        if part.count == left { endContent() } else { state = .content(left: left - part.count) }
      case .segments(let header): try takeSegmentHeader(header, &rest)
      case .segment(let left):
        let part = Self.cut(&rest, left)
        content(UnsafeRawBufferPointer(rebasing: part))
        position += part.count
        if part.count < left { state = .segment(left: left - part.count) } else { try endSegment() }
      case .ending, .plain:
        guard beginning.count + ending.count + rest.count <= Self.maximumStructureBytes else {
          throw VerificationFailure(.signatureTooLarge)
        }
        ending.append(contentsOf: rest)
        rest = rest[rest.endIndex...]
      }
    }
  }

  /// The message is complete.
  ///
  /// - Returns: the message without its content, and whether there was one in it.
  /// - Throws: `cmsMalformed` where the message ends within its content, or its parts do not end where they say.
  public consuming func finish() throws(VerificationFailure) -> (message: [UInt8], hadContent: Bool) {
    switch state {
    case .beginning, .plain: return (beginning + ending, false)
    case .content, .segments, .segment: throw VerificationFailure(.cmsMalformed)
    case .ending:
      guard let layout else { throw VerificationFailure(.cmsMalformed) }
      return (try Self.detached(layout, beginning, ending, contentEnd: contentEnd), true)
    }
  }

  // MARK: before the content

  private mutating func takeBeginning(_ rest: inout Slice<UnsafeRawBufferPointer>) throws(VerificationFailure) {
    let known = beginning.count
    beginning.append(contentsOf: rest.prefix(Self.maximumBeginningBytes - known))
    switch Self.layout(of: beginning) {
    case .unfinished where beginning.count < Self.maximumBeginningBytes: rest = rest[rest.endIndex...]
    case .unfinished, .none:
      rest = rest.dropFirst(beginning.count - known)
      state = .plain
    case .found(let found):
      rest = rest.dropFirst(found.contentStart - known)
      beginning.removeSubrange(found.contentStart...)
      position = found.contentStart
      layout = found
      if found.segments != nil {
        state = .segments(header: [])
        try endSegmentsIfDue()
      } else if found.length == 0 {
        endContent()
      } else {
        state = .content(left: found.length)
      }
    }
  }

  private enum Reading {
    case unfinished
    case none
    case found(Layout)
  }

  /// The header of an element: nil where it has not come whole.
  private struct Header {
    let tag: UInt8
    /// Nil is the indefinite form.
    let length: Int?
    let contentStart: Int
  }

  private enum HeaderReading {
    case unfinished
    case malformed
    case header(Header)
  }

  private static func header(of bytes: [UInt8], at start: Int) -> HeaderReading {
    guard bytes.count >= start + 2 else { return .unfinished }
    let tag = bytes[start]
    guard tag & 0x1F != 0x1F else { return .malformed }
    let first = bytes[start + 1]
    if first < 0x80 { return .header(Header(tag: tag, length: Int(first), contentStart: start + 2)) }
    let octets = Int(first & 0x7F)
    if octets == 0 { return .header(Header(tag: tag, length: nil, contentStart: start + 2)) }
    guard octets <= 4 else { return .malformed }
    guard bytes.count >= start + 2 + octets else { return .unfinished }
    let length = bytes[(start + 2)..<(start + 2 + octets)].reduce(0) { $0 << 8 | Int($1) }
    return .header(Header(tag: tag, length: length, contentStart: start + 2 + octets))
  }

  /// Reads as far as the content's first byte. Read anew each time more has come: it is a few dozen bytes.
  private static func layout(of bytes: [UInt8]) -> Reading {
    var cursor = Cursor(bytes: bytes)
    do throws(Cursor.Stop) {
      let contentInfo = try cursor.open(DERTag.sequence)
      let type = try cursor.skip(DERTag.oid)
      guard bytes[type].elementsEqual(DERWriter.oid(.cmsSignedData)) else { return .none }
      let explicit = try cursor.open(DERTag.contextConstructed(0))
      let signedData = try cursor.open(DERTag.sequence)
      let version = try cursor.skip(DERTag.integer)
      let digests = try cursor.skip(DERTag.set)
      let encapsulated = try cursor.open(DERTag.sequence)
      let contentType = try cursor.skip(DERTag.oid)
      // Detached: the content's place is empty.
      if let encapsulated, cursor.position == encapsulated { return .none }
      let content = try cursor.open(DERTag.contextConstructed(0))
      let string = try cursor.header()
      guard string.tag | 0x20 == DERTag.octetString | 0x20 else { return .none }
      let isSegmented = string.tag & 0x20 != 0
      guard isSegmented || string.length != nil else { return .none }
      let end = string.length.map { string.contentStart + $0 }
      return .found(
        Layout(
          outer: [contentInfo, explicit, signedData], inner: [content, encapsulated], segments: isSegmented ? Segments(end: end) : nil,
          length: string.length ?? 0, contentStart: string.contentStart, before: version.lowerBound..<digests.upperBound,
          contentType: contentType))
    } catch {
      switch error {
      case .unfinished: return .unfinished
      case .unexpected: return .none
      }
    }
  }

  private struct Cursor {
    enum Stop: Error {
      case unfinished
      case unexpected
    }

    let bytes: [UInt8]
    var position = 0

    mutating func header() throws(Stop) -> Header {
      switch SignedMessageStream.header(of: bytes, at: position) {
      case .unfinished: throw .unfinished
      case .malformed: throw .unexpected
      case .header(let header): return header
      }
    }

    /// Steps into a constructed element; gives its end.
    mutating func open(_ tag: UInt8) throws(Stop) -> End {
      let header = try header()
      guard header.tag == tag else { throw .unexpected }
      position = header.contentStart
      return header.length.map { header.contentStart + $0 }
    }

    /// Steps over an element of definite length.
    mutating func skip(_ tag: UInt8) throws(Stop) -> Range<Int> {
      let header = try header()
      guard header.tag == tag, let length = header.length else { throw .unexpected }
      let range = position..<(header.contentStart + length)
      guard range.upperBound <= bytes.count else { throw .unfinished }
      position = range.upperBound
      return range
    }
  }

  // MARK: segments

  private mutating func takeSegmentHeader(_ known: [UInt8], _ rest: inout Slice<UnsafeRawBufferPointer>) throws(VerificationFailure) {
    var header = known
    header.append(rest[rest.startIndex])
    rest = rest.dropFirst()
    position += 1
    switch Self.header(of: header, at: 0) {
    case .unfinished: state = .segments(header: header)
    case .malformed: throw VerificationFailure(.cmsMalformed)
    case .header(let found):
      // X.690 §8.1.5: two zero octets end what has no length.
      if found.tag == 0, found.length == 0, let segments = layout?.segments, segments.end == nil { return endContent() }
      guard found.tag == DERTag.octetString, let length = found.length else { throw VerificationFailure(.cmsMalformed) }
      if length == 0 { try endSegment() } else { state = .segment(left: length) }
    }
  }

  private mutating func endSegment() throws(VerificationFailure) {
    state = .segments(header: [])
    try endSegmentsIfDue()
  }

  private mutating func endSegmentsIfDue() throws(VerificationFailure) {
    guard let end = layout?.segments?.end else { return }
    guard position <= end else { throw VerificationFailure(.cmsMalformed) }
    if position == end { endContent() }
  }

  private mutating func endContent() {
    contentEnd = position
    state = .ending
  }

  // MARK: after the content

  private static func detached(_ layout: Layout, _ beginning: [UInt8], _ ending: [UInt8], contentEnd: Int) throws(VerificationFailure)
    -> [UInt8]
  {
    var start = 0
    var stop = ending.count
    for end in layout.inner {
      if let end {
        guard contentEnd + start == end else { throw VerificationFailure(.cmsMalformed) }
      } else {
        guard start + 2 <= stop, ending[start] == 0, ending[start + 1] == 0 else { throw VerificationFailure(.cmsMalformed) }
        start += 2
      }
    }
    for end in layout.outer {
      if let end {
        guard contentEnd + stop == end else { throw VerificationFailure(.cmsMalformed) }
      } else {
        guard start + 2 <= stop, ending[stop - 1] == 0, ending[stop - 2] == 0 else { throw VerificationFailure(.cmsMalformed) }
        stop -= 2
      }
    }
    let encapsulated = DERWriter.sequence(Array(beginning[layout.contentType]))
    let signedData = DERWriter.sequence(Array(beginning[layout.before]), encapsulated, Array(ending[start..<stop]))
    return DERWriter.sequence(DERWriter.oid(.cmsSignedData), DERWriter.element(DERTag.contextConstructed(0), signedData))
  }

  /// Takes at most so many bytes off the front.
  private static func cut(_ rest: inout Slice<UnsafeRawBufferPointer>, _ count: Int) -> Slice<UnsafeRawBufferPointer> {
    let part = rest.prefix(count)
    rest = rest.dropFirst(part.count)
    return part
  }
}
