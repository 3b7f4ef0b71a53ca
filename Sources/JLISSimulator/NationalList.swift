import Crypto
import Foundation
import Glibc
public import JPKI

extension SimulatedJLIS {
  /// Writes a revocation list as large as the nation's, to try out how one is taken: what this state has revoked, and `entries` invented certificates beside it
  /// that were never issued. It is written front to back and never held in memory.
  ///
  /// - Parameters:
  ///   - entries: 1…50,000,000.
  ///   - number: the CRL number; nil: the one after today's of this state.
  /// - Throws: ``StateError`` where the file cannot be written; the file must not be there yet.
  public func writeNationalList(kind: CertificateKind, entries: Int, number: UInt64? = nil, to path: String) throws {
    let authority = try authority(.genuine(kind))
    let moment = now
    var list = try store.read { RevocationListContent($0, authority: authority.name, at: moment) }
    list.number = number ?? list.number + 1
    let issued = try store.read { state in Set(state.serials(of: authority.name)) }
    let invented = min(max(entries, 1), 50_000_000)
    let genuine = list.entries.flatMap(\.der.bytes)
    let before: [DER] = [
      .integer(1), .sha256WithRSAAlgorithm, authority.identity.name.der, .time(list.thisUpdate), .time(list.nextUpdate),
    ]
    let head = before.flatMap(\.bytes)
    let extensions = list.encodedExtensions(of: authority.identity).bytes
    let length = genuine.count + invented * InventedEntries.bytesOfOne
    let entriesHeader = DER.header(tag: 0x30, length: length)
    let tbsHeader = DER.header(tag: 0x30, length: head.count + entriesHeader.count + length + extensions.count)
    let tbsLength = tbsHeader.count + head.count + entriesHeader.count + length + extensions.count
    // RSA-2048: a BIT STRING of 256 bytes.
    let tail = DER.sha256WithRSAAlgorithm.bytes.count + DER.bitString([UInt8](repeating: 0, count: RSAKey.sizeInBytes)).bytes.count

    let file = try LargeFile(path)
    var hash = SHA256()
    func put(_ bytes: [UInt8]) throws {
      hash.update(data: bytes)
      try file.put(bytes)
    }
    try file.put(DER.header(tag: 0x30, length: tbsLength + tail))
    try put(tbsHeader + head + entriesHeader + genuine)
    var source = InventedEntries(issued: issued, before: moment)
    var rest = invented
    while rest > 0 {
      let some = min(rest, 20_000)
      try put(source.next(some))
      rest -= some
    }
    try put(extensions)
    try file.put(DER.sha256WithRSAAlgorithm.bytes + DER.bitString(try authority.key.signature(over: hash.finalize())).bytes)
  }
}

extension DER {
  /// Tag and length alone.
  static func header(tag: UInt8, length: Int) -> [UInt8] {
    guard length >= 0x80 else { return [tag, UInt8(length)] }
    let bytes = bigEndian(UInt64(length))
    return [tag, 0x80 | UInt8(bytes.count)] + bytes
  }
}

/// Entries of certificates that nobody has: 37 bytes each, as real ones are, in no order of serial number.
private struct InventedEntries {
  static let bytesOfOne = 37

  private let issued: Set<UInt32>
  private let days: [[UInt8]]
  private var count: UInt32 = 0
  private var substitutes: UInt32 = 0

  /// The share of each reason in a hundred, about as jpki.md §6 makes one expect: most people move.
  private static let reasons: [UInt8] =
    [UInt8](repeating: 3, count: 48) + [UInt8](repeating: 4, count: 25) + [UInt8](repeating: 5, count: 24) + [1, 6, 6]

  init(issued: Set<UInt32>, before moment: Date) {
    self.issued = issued
    days = (1...1800).map { day in Array(CivilTime(moment.addingTimeInterval(-Double(day) * 86_400)).digits.utf8.dropFirst(2).prefix(6)) }
  }

  /// The next entries, encoded.
  mutating func next(_ some: Int) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(some * Self.bytesOfOne)
    for _ in 0..<some {
      count += 1
      // An odd factor goes round all of 2³⁰ numbers once.
      var serial = 0x0100_0000 + (count &* 0x9E37_79B1) & 0x3FFF_FFFF
      if issued.contains(serial) {
        substitutes += 1
        serial = 0x7000_0000 + substitutes
      }
      var noise = UInt64(count) &* 0xD6E8_FEB8_6659_FD93
      noise ^= noise >> 32
      out += [0x30, UInt8(Self.bytesOfOne - 2), 0x02, 0x04]
      for shift in [UInt32(24), 16, 8, 0] { out.append(UInt8(truncatingIfNeeded: serial >> shift)) }
      out += [0x17, 0x0D]
      out += days[Int(noise % 1800)]
      for part in [Int(noise >> 20 & 0xFFFF) % 24, Int(noise >> 36 & 0xFFF) % 60, Int(noise >> 48 & 0xFFF) % 60] {
        out.append(UInt8(0x30 + part / 10))
        out.append(UInt8(0x30 + part % 10))
      }
      out += [0x5A, 0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01]
      out.append(Self.reasons[Int(noise >> 8 & 0xFFFF) % 100])
    }
    return out
  }
}

/// A new file that is written front to back.
private final class LargeFile {
  private let descriptor: Int32
  private let path: String

  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StateError.cannotWrite(path) }
  }

  deinit { close(descriptor) }

  func put(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
      guard written > 0 else { throw StateError.cannotWrite(path) }
      offset += written
    }
  }
}
