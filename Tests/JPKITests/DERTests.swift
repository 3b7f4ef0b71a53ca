import Foundation
import Testing

@testable import JPKI

/// The strict reader, by itself.
struct DERTests {
  private func error(_ body: () throws(DERError) -> Void) -> DERError? {
    do throws(DERError) {
      try body()
      return nil
    } catch {
      return error
    }
  }
  private func one(_ bytes: [UInt8]) throws -> DERElement {
    var reader = DERReader(bytes)
    return try reader.element()
  }

  static let badHeaders: [[UInt8]] = [
    [], [0x30], [0x30, 0x80, 0, 0], [0x30, 0x81], [0x30, 0x81, 0x7F] + [UInt8](repeating: 0, count: 127),
    [0x30, 0x82, 0, 0x80] + [UInt8](repeating: 0, count: 128),
    [0x30, 0x85, 1, 0, 0, 0, 0], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x1F, 0x81, 0], [0x30, 2, 0], [0x30, 0xFF],
  ]

  @Test(arguments: badHeaders) func aHeaderThatIsNotMinimalOrNotThereIsRefused(_ bytes: [UInt8]) {
    #expect(
      error { () throws(DERError) in
        var reader = DERReader(bytes)
        _ = try reader.element()
      } != nil)
  }

  @Test func integersAreMinimal() throws {
    for bad in [[2, 0], [2, 2, 0, 1], [2, 2, 0xFF, 0x80]] as [[UInt8]] {
      let element = try one(bad)
      #expect(throws: DERError.self) { try element.integerContent() }
    }
    #expect(try Array(one([2, 2, 0, 0x80]).positiveInteger()) == [0x80])
    #expect(throws: DERError.self) { try one([2, 1, 0]).positiveInteger() }
    #expect(throws: DERError.self) { try one([2, 1, 0x80]).positiveInteger() }
    #expect(throws: DERError.self) { try one([2, 5, 1, 0, 0, 0, 0]).smallInteger() }
  }

  @Test func booleansAreAllOrNothing() throws {
    #expect(try one([1, 1, 0xFF]).boolean())
    #expect(try !one([1, 1, 0]).boolean())
    #expect(throws: DERError.self) { try one([1, 1, 1]).boolean() }
    #expect(throws: DERError.self) { try one([1, 2, 0, 0]).boolean() }
  }

  @Test func namedBitsDropTheirTrailingZeros() throws {
    #expect(try one([3, 2, 6, 0xC0]).namedBits() == 0xC000)
    #expect(try one([3, 3, 7, 0, 0x80]).namedBits() == 0x0080)
    for bad in [[3, 0], [3, 2, 5, 0xC0], [3, 2, 6, 0xC1], [3, 2, 8, 0x80], [3, 1, 1], [3, 3, 0, 0x80, 0], [3, 4, 0, 1, 1, 1]] as [[UInt8]] {
      let element = try one(bad)
      #expect(throws: DERError.self) { try element.namedBits() }
    }
  }

  static let instants: [(UInt8, String, String)] = [
    (0x17, "700101000000Z", "1970-01-01T00:00:00Z"), (0x17, "500101000000Z", "1950-01-01T00:00:00Z"),
    (0x17, "491231235959Z", "2049-12-31T23:59:59Z"),
    (0x17, "240229120000Z", "2024-02-29T12:00:00Z"), (0x18, "20500101000000Z", "2050-01-01T00:00:00Z"),
    (0x18, "21000301000000Z", "2100-03-01T00:00:00Z"),
    (0x18, "20000229235959Z", "2000-02-29T23:59:59Z"),
  ]

  @Test(arguments: instants) func timesAreReadAsFoundationReadsThem(_ tag: UInt8, _ written: String, _ meant: String) throws {
    let seconds = try one(Encoder.element(tag, Array(written.utf8))).time()
    #expect(Date(timeIntervalSince1970: TimeInterval(seconds)) == Date(meant))
  }

  @Test(arguments: [
    "260229000000Z", "260431000000Z", "260001000000Z", "261301000000Z", "260101240000Z", "260101006000Z", "260101000060Z", "2601010000Z",
    "260101000000", "260101000000+0900", "26010100000xZ", "２６0101000000Z",
  ])
  func impossibleTimesAreRefused(_ written: String) throws {
    let element = try one(Encoder.element(0x17, Array(written.utf8)))
    #expect(throws: DERError.self) { try element.time() }
  }

  @Test func identifiersReadBackAsTheyWereWritten() throws {
    for dotted in ["1.2.392.200149.8.5.5.1", "2.16.840.1.101.3.4.2.1", "2.5.29.15", "1.3.6.1.5.5.7.48.1.2"] {
      #expect(try one(Encoder.oid(dotted)).oid().dotted == dotted)
      #expect(OID(dotted: dotted)?.dotted == dotted)
    }
    for bad in [[6, 0], [6, 2, 0x2A, 0x86], [6, 3, 0x2A, 0x80, 1]] as [[UInt8]] {
      let element = try one(bad)
      #expect(throws: DERError.self) { try element.oid() }
    }
    #expect(OID(dotted: "1.2") == nil)
    #expect(OID(dotted: "3.9.1") == nil)
    #expect(OID(dotted: "1.x.3") == nil)
  }

  @Test func ourNamesEqualWhatTheTestsWrite() {
    for kind in CertificateKind.allCases {
      #expect(JPKIProfile.issuerName(kind, .simulator) == Authority.name(kind))
      #expect(JPKIProfile.issuerName(kind, .test) == Authority.name(kind, organization: "JPKI-TEST"))
    }
  }
}
