/// The entries of a list, front to back: the one place where they are read. Nothing of them is to be used before the signature over them was verified.
///
/// Invariant behind `@unchecked Sendable`: its memory is its own, and one owner has it at a time.
struct RevocationEntries: ~Copyable, @unchecked Sendable {
  /// Serial numbers of at most eight bytes, which are all that were seen, and the longer ones.
  var short: RecordSorter<ShortRecord>
  var long: RecordSorter<LongRecord>
  private let tally: UnsafeMutablePointer<Int>
  private(set) var count = 0
  private let maximumEntries: Int
  private let keeps: Bool
  private let times = UTCTimeTable()
  /// Why the entries were not read to their end.
  private var failure: RevocationIndexError?

  /// Where its serial number stands, and what it says.
  private typealias Entry = (serial: Range<Int>, seconds: UInt32, code: UInt8)

  /// What one entry can be at most: everything but extensions that nobody knows is below a hundred bytes.
  private static let maximumEntryBytes = 1 << 16

  /// - Parameters:
  ///   - scratch: where sorted parts go that memory shall not hold; nil holds everything, for small lists.
  ///   - keeps: whether entries are to be sorted, or only counted.
  init(maximumEntries: Int, scratch: String?, keeps: Bool = true) {
    self.maximumEntries = maximumEntries
    self.keeps = keeps
    short = RecordSorter(scratch: scratch)
    long = RecordSorter(scratch: scratch)
    tally = .allocate(capacity: 256)
    tally.initialize(repeating: 0, count: 256)
  }

  deinit { tally.deallocate() }

  /// How many entries give each reason.
  var counts: [RevocationReasonCode: Int] {
    var counts: [RevocationReasonCode: Int] = [:]
    for code in RevocationReasonCode.allCases where tally[Int(code.rawValue)] > 0 { counts[code] = tally[Int(code.rawValue)] }
    return counts
  }

  /// Reads all entries of a list.
  mutating func read(_ source: RevocationListBytes, _ range: Range<Int>, _ pace: RevocationListPace) throws(RevocationIndexError) {
    var pieces = RevocationListPieces(source, range, pace)
    var isThere = true
    while isThere {
      isThere = try pieces.next { piece, isLast throws(RevocationIndexError) in try take(piece, isLast: isLast) }
    }
  }

  /// Reads all entries of a list whose signature is not verified yet, and has the same bytes hashed beside. What is wrong with an entry is for `checkWhole`:
  /// a list that nobody signed is refused for that, whatever it says. Fails only where the file does.
  mutating func read(_ source: RevocationListBytes, _ range: Range<Int>, _ hash: HashBeside) throws(RevocationIndexError) {
    var pieces = RevocationListPieces(source, range, hash.pace)
    var isThere = true
    // What the last piece left over was hashed with it.
    var hashed = 0
    while isThere {
      isThere = try pieces.next { piece, isLast throws(RevocationIndexError) in
        hash.begin(UnsafeBufferPointer(rebasing: piece[hashed...]))
        var used = piece.count
        if failure == nil {
          do throws(RevocationIndexError) { used = try take(piece, isLast: isLast) } catch { failure = error }
        }
        hash.wait()
        hashed = piece.count - used
        return used
      }
    }
  }

  /// Whether the entries were all read.
  func checkWhole() throws(RevocationIndexError) {
    if let failure { throw failure }
  }

  /// Reads the entries of one piece; answers how many bytes that were.
  private mutating func take(_ piece: UnsafeBufferPointer<UInt8>, isLast: Bool) throws(RevocationIndexError) -> Int {
    // So far in front of its end, a piece holds the whole of any entry that may be.
    let end = isLast ? piece.count : piece.count - Self.maximumEntryBytes - 6
    var position = 0
    var failure: DERError?
    do throws(DERError) {
      while position < end {
        let (tag, content) = try DERReader.header(of: piece, at: position, end: piece.count)
        guard tag == DERTag.sequence, content.count <= Self.maximumEntryBytes else { throw .tag }
        position = content.upperBound
        let entry: Entry
        if let plain = try plainEntry(piece, content) { entry = plain } else { entry = try Self.entry(piece, content) }
        tally[Int(entry.code)] += 1
        count += 1
        guard keeps else { continue }
        let isKept: Bool
        if entry.serial.count <= 8 {
          var number: UInt64 = 0
          for index in entry.serial { number = number << 8 | UInt64(piece[index]) }
          isKept = short.add(ShortRecord(serial: number, seconds: entry.seconds, code: entry.code))
        } else {
          isKept = long.add(LongRecord(UnsafeBufferPointer(rebasing: piece[entry.serial]), seconds: entry.seconds, code: entry.code))
        }
        guard isKept else { throw .length }
      }
    } catch {
      failure = error
    }
    guard count <= maximumEntries else { throw .refused(.crlTooLarge) }
    switch failure {
    case nil: return position
    case .unknownCritical: throw .refused(.crlExtensionUnknownCritical)
    default: throw short.isBroken || long.isBroken ? .notWritten : .refused(.crlMalformed)
    }
  }

  /// An entry of the shape that almost all have: a serial number of at most eight bytes, a UTCTime, and nothing or a reason alone. Nil where it is of
  /// another shape, or not all right.
  @inline(__always)
  private func plainEntry(
    _ der: UnsafeBufferPointer<UInt8>, _ content: Range<Int>
  ) throws(DERError) -> Entry? {
    guard content.count >= 18 else { return nil }
    let bytes = UnsafePointer(der.baseAddress! + content.lowerBound)
    let length = Int(bytes[1])
    guard bytes[0] == DERTag.integer, length >= 1, length <= 8 else { return nil }
    let extensions = content.count - length - 17
    guard extensions == 0 || extensions == 14 else { return nil }
    let time = bytes + (2 + length)
    guard bytes[2] & 0x80 == 0, bytes[2] != 0, time[0] == DERTag.utcTime, time[1] == 13 else { return nil }
    guard let seconds = UInt32(exactly: try times.utc(time + 2)) else { return nil }
    let serial = (content.lowerBound + 2)..<(content.lowerBound + 2 + length)
    if extensions == 0 { return (serial, seconds, RevocationReasonCode.other.rawValue) }
    return (serial, seconds, try Self.code(der, (content.upperBound - 14)..<content.upperBound))
  }

  /// revokedCertificates (RFC 5280 §5.1.2.6): serial number, time, extensions.
  @inline(__always)
  private static func entry(
    _ der: UnsafeBufferPointer<UInt8>, _ content: Range<Int>
  ) throws(DERError) -> Entry {
    let end = content.upperBound
    let (serialTag, serialContent) = try DERReader.header(of: der, at: content.lowerBound, end: end)
    guard serialTag == DERTag.integer, serialContent.count >= 1, serialContent.count <= 21, der[serialContent.lowerBound] & 0x80 == 0
    else {
      throw .value
    }
    var serial = serialContent
    if der[serial.lowerBound] == 0 {
      guard serial.count > 1, der[serial.lowerBound + 1] & 0x80 != 0 else { throw .value }
      serial = (serial.lowerBound + 1)..<serial.upperBound
    }
    // RFC 5280 §4.1.2.2: 20 bytes, of which a sign byte in front is none.
    guard serial.count <= 20 else { throw .value }
    let (timeTag, timeContent) = try DERReader.header(of: der, at: serialContent.upperBound, end: end)
    let seconds: Int64
    switch timeTag {
    case DERTag.utcTime: seconds = try DERTime.utc(der, timeContent)
    case DERTag.generalizedTime: seconds = try DERTime.generalized(der, timeContent)
    default: throw .tag
    }
    guard let stored = UInt32(exactly: seconds) else { throw .value }
    guard timeContent.upperBound < end else { return (serial, stored, RevocationReasonCode.other.rawValue) }
    return (serial, stored, try code(der, timeContent.upperBound..<end))
  }

  /// `30 0C 30 0A 06 03 55 1D | 15 04 03 0A 01 xx`: extensions that hold a reason and nothing else, as almost every entry has them.
  private static let onlyReason = (first: UInt64(bigEndian: 0x300C_300A_0603_551D), last: UInt64(bigEndian: 0x300A_0603_551D_1504))
  private static let reasonTail: (UInt8, UInt8, UInt8) = (0x03, 0x0A, 0x01)

  @inline(__always)
  private static func code(_ der: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) throws(DERError) -> UInt8 {
    if range.count == 14 {
      let bytes = UnsafeRawPointer(der.baseAddress! + range.lowerBound)
      if bytes.loadUnaligned(as: UInt64.self) == onlyReason.first,
        bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self) == onlyReason.last,
        der[range.lowerBound + 10] == reasonTail.0, der[range.lowerBound + 11] == reasonTail.1, der[range.lowerBound + 12] == reasonTail.2
      {
        return known(der[range.lowerBound + 13])
      }
    }
    return try anyCode(Array(der[range]))
  }

  @inline(__always)
  private static func known(_ code: UInt8) -> UInt8 {
    switch code {
    case 0...6, 9, 10: code
    default: RevocationReasonCode.other.rawValue
    }
  }

  /// Extensions of any other kind.
  @inline(never)
  private static func anyCode(_ der: [UInt8]) throws(DERError) -> UInt8 {
    var window = DERReader(der)
    var reader = try window.element(DERTag.sequence).reader()
    try window.finish()
    guard !reader.isAtEnd else { throw .value }
    var code: UInt8?
    var seen: [OID] = []
    while !reader.isAtEnd {
      let one = try CertificateExtension(reader.element())
      guard !seen.contains(one.oid), seen.count < 16 else { throw .value }
      seen.append(one.oid)
      // certificateIssuer alone is critical (RFC 5280 §5.3.3), and no list of one issuer has it.
      guard !one.isCritical else { throw .unknownCritical }
      switch one.oid {
      case .reasonCode:
        code = try UInt8(exactly: one.element(DERTag.enumerated).smallInteger()).map(known) ?? RevocationReasonCode.other.rawValue
      case .invalidityDate: _ = try one.element(DERTag.generalizedTime).time()
      case .holdInstructionCode: _ = try one.element(DERTag.oid).oid()
      // Of certificates or of whole lists; what it would say of an entry, nobody knows.
      case let oid where oid.isCertificateExtension: throw .value
      default: break
      }
    }
    return code ?? RevocationReasonCode.other.rawValue
  }
}
