import Foundation
import Testing

@testable import JLISSimulator

/// The simulator's own DER writer, against examples worked by hand.
@Suite struct EncodingTests {
  @Test func lengthsTakeTheShortestForm() {
    #expect(DER.octetString([UInt8](repeating: 0, count: 127)).bytes.prefix(2) == [0x04, 0x7F])
    #expect(DER.octetString([UInt8](repeating: 0, count: 128)).bytes.prefix(3) == [0x04, 0x81, 0x80])
    #expect(DER.octetString([UInt8](repeating: 0, count: 256)).bytes.prefix(4) == [0x04, 0x82, 0x01, 0x00])
  }

  @Test func integersArePositiveAndShort() {
    #expect(DER.integer([]).bytes == [0x02, 0x01, 0x00])
    #expect(DER.integer([0x00, 0x00, 0x7F]).bytes == [0x02, 0x01, 0x7F])
    #expect(DER.integer([0x80]).bytes == [0x02, 0x02, 0x00, 0x80])
    #expect(DER.integer(20_778).bytes == [0x02, 0x02, 0x51, 0x2A])
  }

  @Test func objectIdentifiersAreInBase128() {
    #expect(DER.objectIdentifier(.sha256WithRSA).bytes == [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B])
    #expect(ObjectIdentifier(1, 2, 392, 200_149).content == [0x2A, 0x83, 0x08, 0x8C, 0x9B, 0x55])
  }

  @Test func namedBitsDropTheZerosAtTheEnd() {
    #expect(DER.namedBits([0]).bytes == [0x03, 0x02, 0x07, 0x80])
    #expect(DER.namedBits([0, 1]).bytes == [0x03, 0x02, 0x06, 0xC0])
    #expect(DER.namedBits([5, 6]).bytes == [0x03, 0x02, 0x01, 0x06])
  }

  @Test func timesChangeTheirFormIn2050() throws {
    let before = try Date("2049-12-31T23:59:59Z", strategy: .iso8601)
    #expect(DER.time(before).bytes == [0x17, 0x0D] + Array("491231235959Z".utf8))
    #expect(DER.time(before.addingTimeInterval(1)).bytes == [0x18, 0x0F] + Array("20500101000000Z".utf8))
  }

  @Test func civilTimeAgreesWithFoundation() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: CivilTime.japanOffsetSeconds))
    for days in stride(from: -40_000, through: 40_000, by: 97) {
      let date = Date(timeIntervalSince1970: Double(days) * 86_400 + Double(days % 7) * 3601)
      let civil = CivilTime(date, offsetSeconds: CivilTime.japanOffsetSeconds)
      let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
      #expect((civil.year, civil.month, civil.day) == (parts.year ?? 0, parts.month ?? 0, parts.day ?? 0))
      #expect((civil.hour, civil.minute, civil.second) == (parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0))
      #expect(civil.date(offsetSeconds: CivilTime.japanOffsetSeconds) == date)
    }
  }

  @Test func tlsCertificatesPassOpenSSLAndStayWhatTheyAre() async throws {
    try await withTemporaryDirectory { directory in
      let now = Date()
      let material = try TLSMaterial(directory: directory, at: now)
      try material.server("server", names: ["localhost", "127.0.0.1", "::1"], at: now)
      let before = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/server.pem"))
      let again = try TLSMaterial(directory: directory, at: now)
      try again.server("server", names: ["localhost"], at: now)
      try again.client("bank", at: now)
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(directory)/server.pem")) == before)
      let server = try await openssl(
        [
          "verify", "-x509_strict", "-purpose", "sslserver", "-verify_ip", "127.0.0.1", "-CAfile", "\(directory)/ca.pem",
          "\(directory)/server.pem",
        ])
      #expect(server.code == 0, "\(server.text)")
      let host = try await openssl(
        ["verify", "-purpose", "sslserver", "-verify_hostname", "localhost", "-CAfile", "\(directory)/ca.pem", "\(directory)/server.pem"])
      #expect(host.code == 0, "\(host.text)")
      let client = try await openssl(
        ["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "\(directory)/ca.pem", "\(directory)/bank.pem"])
      #expect(client.code == 0, "\(client.text)")
    }
  }
}
