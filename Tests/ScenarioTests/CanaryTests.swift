import Foundation
import JOSE
import Story
import TestSupport
import Testing

@testable import JLISSimulator

/// The search itself must be able to find.
@Suite struct CanaryTests {
  private static let key: [UInt8] = (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
  private static let serial: [UInt8] = [0x4A, 0xBC, 0x12, 0xF7]

  private func finds(_ canary: Canary, in text: String) -> Bool {
    var evidence = Evidence()
    evidence.add("here", text)
    return evidence.findings(of: [canary]) == ["\(canary.name) in here"]
  }

  @Test(arguments: [
    "{\"name\":\"四情　花子\"}", #"{"name":"\u56db\u60c5\u3000\u82b1\u5b50"}"#, #"{"name":"\u56DB\u60C5\u3000\u82B1\u5B50"}"#,
    "/v1/%E5%9B%9B%E6%83%85%E3%80%80%E8%8A%B1%E5%AD%90", #"(\xe59b9be68385e38080e88ab1e5ad90)"#,
    Base64.encode(Array("四情　花子".utf8)), Base64URL.encode(Array("x四情　花子".utf8)), Base64.encode(Array("{\"四情　花子\"}".utf8)),
  ])
  func `an item is found in every spelling`(text: String) {
    #expect(finds(.text("name", "四情　花子"), in: "a line before \(text) and behind"))
  }

  @Test(arguments: 0..<6) func `a key is found wherever it begins`(offset: Int) {
    let padded = [UInt8](repeating: 0xA5, count: offset) + Self.key + [1, 2, 3]
    let hexadecimal = Canary.hexadecimal(padded)
    for text in [Base64.encode(padded), Base64URL.encode(padded), hexadecimal, hexadecimal.uppercased()] {
      #expect(finds(.bytes("key", Self.key), in: "\"\(text)\""))
    }
  }

  @Test(arguments: ["4abc12f7", "4ABC12F7", "4a:bc:12:f7", "1253839607", #"\x4abc12f7"#, "SrwS9w==", "SrwS9w"])
  func `a serial is found in every spelling`(text: String) {
    #expect(finds(.serial("serial", Self.serial), in: "(1,\(text),2)"))
  }

  @Test func `a serial is found in DER`() {
    for offset in 0..<3 {
      let der = [UInt8](repeating: 0x30, count: offset) + [0x02, 0x04] + Self.serial + [0x30, 0x0D]
      #expect(finds(.serial("serial", Self.serial), in: Base64.encode(der)))
    }
  }

  @Test func `short forms within longer words are no findings`() {
    #expect(!finds(.serial("serial", Self.serial), in: "ff4abc12f7ff 912538396071"))
    #expect(!finds(.text("date", "4020401", asWord: true), in: "14020401"))
  }

  @Test func `a token is known by its header`() throws {
    let token = try JSONWebToken.sign(.init(["sub": "someone"]), type: "at+jwt", key: .generate())
    var evidence = Evidence()
    evidence.add("a log line", "{\"token\":\"\(token)\"}")
    #expect(evidence.joseTypes() == ["at+jwt": ["a log line"]])
  }

  @Test func `what is planted in a table is found`() async throws {
    let told = try await ToldHouse.shared
    let serials = try Secrets.cards(of: told.cast.simulator).serials
    let serial = try #require(try told.cast.simulator.store.read { $0.certificates.first?.serial })
    let digits = Canary.hexadecimal(Array(serial))
    let tables = try await Tables.planting(
      #"update notices set terms = '{"x": "横浜市中区汐風町"}', digest = '\x\#(digits)'"#, in: told.house.database)
    var evidence = Evidence()
    for (name, contents) in tables { evidence.add(name, contents) }
    let findings = evidence.findings(of: Secrets.items + serials)
    #expect(findings.contains { $0.hasPrefix("item") && $0.hasSuffix("public.notices") })
    #expect(findings.contains { $0.hasPrefix("serial") && $0.hasSuffix("public.notices") })
  }
}
