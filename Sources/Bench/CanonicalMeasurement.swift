import CitizenItems
import Crypto
import Foundation
import Glibc

/// What canonicalising and tagging costs on one core, beside swift-crypto's HMAC over the bytes that come of it.
public struct CanonicalMeasurement: Sendable {
  /// Rows a second: canonical form and tag, as `yonjo-ledger tag` makes them of rows already parsed.
  public let tagged: Double
  /// Rows a second: `HMAC<SHA256>.authenticationCode(for:using:)` alone, over the same canonical bytes.
  public let authenticated: Double
  /// Canonical bytes of a row, on average.
  public let bytes: Double
  /// `tagged` over `authenticated`.
  public var ratio: Double { tagged / authenticated }

  /// Measures both in turns, by the processor time of the thread, and takes the median of each.
  ///
  /// - Throws: `BenchFailure` where a row of the invented ledger is refused.
  public static func run(rows count: Int, rounds: Int) throws -> CanonicalMeasurement {
    let ledger = InventedLedger()
    let rows = (1...count).map { ledger.row($0).dropFirst().map { Array($0.utf8) } }
    let bytes = [UInt8](repeating: 7, count: 32)
    let edge = try EdgeKey(version: 1, bytes: bytes)
    let key = SymmetricKey(data: bytes)
    let forms = try rows.map { row in
      var form = EdgeTag.label
      var canonicalizer = Canonicalizer()
      try append(row, with: &canonicalizer, to: &form)
      return form
    }
    var tagged: [Double] = []
    var authenticated: [Double] = []
    var sum = 0
    for _ in 0..<rounds {
      tagged.append(
        try seconds {
          var canonicalizer = Canonicalizer()
          var form: [UInt8] = []
          var tags: [UInt8] = []
          for row in rows {
            form.removeAll(keepingCapacity: true)
            form.append(contentsOf: EdgeTag.label)
            try append(row, with: &canonicalizer, to: &form)
            tags.removeAll(keepingCapacity: true)
            form.withUnsafeBytes { EdgeTag.appendText(ofLabelled: $0, key: edge, to: &tags) }
            sum &+= Int(tags[20])
          }
        })
      authenticated.append(
        seconds { for form in forms { for byte in HMAC<SHA256>.authenticationCode(for: form, using: key).prefix(1) { sum &+= Int(byte) } } }
      )
    }
    guard sum != 0 else { throw BenchFailure.unexpected("tags") }
    return CanonicalMeasurement(
      tagged: Double(count) / median(tagged), authenticated: Double(count) / median(authenticated),
      bytes: Double(forms.reduce(0) { $0 + $1.count }) / Double(count))
  }

  private static func append(_ row: [[UInt8]], with canonicalizer: inout Canonicalizer, to form: inout [UInt8]) throws {
    try row[0].withUnsafeBufferPointer { name in
      try row[1].withUnsafeBufferPointer { address in
        try row[2].withUnsafeBufferPointer { date in
          try row[3].withUnsafeBufferPointer { sex in
            try canonicalizer.append(RowText(name: name, address: address, dateOfBirth: date, sex: sex), from: .ledger, to: &form)
          }
        }
      }
    }
  }

  /// Processor time of this thread, so that what else runs on the machine does not count.
  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let started = now()
    try body()
    return now() - started
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
