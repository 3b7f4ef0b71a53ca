internal import CitizenItems

/// The entries of a CRL, sorted by serial number: 16 bytes for each of at most eight bytes, which are all that were seen. Prints as `<redacted>`.
struct RevocationEntries: Redacted {
  struct Entry: Sendable {
    let serial: UInt64
    let seconds: UInt32
    let code: UInt8
  }
  struct Found {
    let seconds: UInt32
    let code: RevocationReasonCode
  }

  private var short: [Entry] = []
  private var long: [[UInt8]: Found] = [:]
  private(set) var counts: [RevocationReasonCode: Int] = [:]

  var count: Int { counts.values.reduce(0, +) }

  /// Walks the entries front to back. The signature over them must have been verified.
  init(_ der: [UInt8], in range: Range<Int>) throws(VerificationFailure) {
    var tally = [Int](repeating: 0, count: 256)
    // A serial of four bytes and a reason make some 38 bytes.
    short.reserveCapacity(range.count / 38)
    var position = range.lowerBound
    do throws(DERError) {
      while position < range.upperBound {
        let (tag, content) = try DERReader.header(of: der, at: position, end: range.upperBound)
        guard tag == DERTag.sequence else { throw .tag }
        position = content.upperBound
        let entry = try Self.entry(der, content)
        tally[Int(entry.code.rawValue)] += 1
        if entry.serial.count <= 8 {
          let number = der[entry.serial].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
          short.append(Entry(serial: number, seconds: entry.seconds, code: entry.code.rawValue))
        } else {
          note(Array(der[entry.serial]), Found(seconds: entry.seconds, code: entry.code))
        }
      }
    } catch {
      switch error {
      case .unknownCritical: throw VerificationFailure(.crlExtensionUnknownCritical)
      default: throw VerificationFailure(.crlMalformed)
      }
    }
    short.sort { $0.serial < $1.serial }
    for code in RevocationReasonCode.allCases where tally[Int(code.rawValue)] > 0 { counts[code] = tally[Int(code.rawValue)] }
  }

  /// The entry of this serial. Where a list names one twice, an end outweighs a change.
  func find(_ serial: Serial) -> Found? {
    guard serial.bytes.count <= 8 else { return long[serial.bytes] }
    let number = serial.bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    var low = 0
    var high = short.count
    while low < high {
      let middle = (low + high) / 2
      if short[middle].serial < number { low = middle + 1 } else { high = middle }
    }
    var found: Found?
    while low < short.count, short[low].serial == number {
      let one = Found(seconds: short[low].seconds, code: RevocationReasonCode(rawValue: short[low].code) ?? .other)
      found = found.map { Self.graver($0, one) } ?? one
      low += 1
    }
    return found
  }

  private mutating func note(_ serial: [UInt8], _ found: Found) {
    long[serial] = long[serial].map { Self.graver($0, found) } ?? found
  }

  private static func graver(_ one: Found, _ other: Found) -> Found { one.code.meaning == .contentChanged ? other : one }

  /// revokedCertificates (RFC 5280 §5.1.2.6): serial number, time, extensions.
  private static func entry(
    _ der: [UInt8], _ content: Range<Int>
  ) throws(DERError) -> (serial: Range<Int>, seconds: UInt32, code: RevocationReasonCode) {
    let end = content.upperBound
    let (serialTag, serialContent) = try DERReader.header(of: der, at: content.lowerBound, end: end)
    guard serialTag == DERTag.integer, (1...21).contains(serialContent.count), der[serialContent.lowerBound] & 0x80 == 0 else {
      throw .value
    }
    var serial = serialContent
    if der[serial.lowerBound] == 0 {
      guard serial.count > 1, der[serial.lowerBound + 1] & 0x80 != 0 else { throw .value }
      serial = (serial.lowerBound + 1)..<serial.upperBound
    }
    let (timeTag, timeContent) = try DERReader.header(of: der, at: serialContent.upperBound, end: end)
    let seconds: Int64
    switch timeTag {
    case DERTag.utcTime: seconds = try DERTime.utc(der, timeContent)
    case DERTag.generalizedTime: seconds = try DERTime.generalized(der, timeContent)
    default: throw .tag
    }
    guard let stored = UInt32(exactly: seconds) else { throw .value }
    guard timeContent.upperBound < end else { return (serial, stored, .other) }
    return (serial, stored, try code(der, timeContent.upperBound..<end))
  }

  /// `30 0C 30 0A 06 03 55 1D 15 04 03 0A 01 xx`: extensions that hold a reason and nothing else.
  private static let onlyReason: [UInt8] = [0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01]

  private static func code(_ der: [UInt8], _ range: Range<Int>) throws(DERError) -> RevocationReasonCode {
    if range.count == 14, der[range.lowerBound..<(range.upperBound - 1)].elementsEqual(onlyReason) {
      return RevocationReasonCode(rawValue: der[range.upperBound - 1]) ?? .other
    }
    var window = DERReader(der, in: range)
    var reader = try window.element(DERTag.sequence).reader()
    try window.finish()
    guard !reader.isAtEnd else { throw .value }
    var code: RevocationReasonCode?
    while !reader.isAtEnd {
      let one = try CertificateExtension(reader.element())
      if one.oid == .reasonCode {
        guard code == nil else { throw .value }
        code = try UInt8(exactly: one.element(DERTag.enumerated).smallInteger()).flatMap(RevocationReasonCode.init) ?? .other
      } else if one.isCritical {
        throw .unknownCritical
      }
    }
    return code ?? .other
  }
}
