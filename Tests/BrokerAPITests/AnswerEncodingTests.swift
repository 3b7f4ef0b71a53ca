import Foundation
import Testing

@testable import BrokerAPI

private struct Part: Codable, Equatable {
  let id: String
  let count: Int?
}

private struct Answer: Codable, Equatable {
  let z: String
  let a: Bool
  let parts: [Part]
  let none: String?
  let at: Date
  let map: [String: Int]
  let small: Int32
}

private struct Nested: Encodable {
  enum CodingKeys: String, CodingKey { case outer, list, after }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    var inner = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .outer)
    try inner.encode(1, forKey: .after)
    var list = container.nestedUnkeyedContainer(forKey: .list)
    try list.encode("x")
    try list.encodeNil()
    try container.encode(2, forKey: .after)
  }
}

private func text(_ value: some Encodable) throws -> String { String(decoding: try AnswerEncoder.encode(value), as: UTF8.self) }

@Suite("Encoding of answers")
struct AnswerEncodingTests {
  @Test("members stand in the type's order; what is nil is left out")
  func order() throws {
    let answer = Answer(
      z: "四情\"\\\n\u{1}é", a: true, parts: [Part(id: "x", count: 3), Part(id: "y", count: nil)], none: nil,
      at: Date(timeIntervalSince1970: 1_763_694_245), map: ["k": -1], small: 7)
    #expect(
      try text(answer)
        == #"{"z":"四情\"\\\n\u0001é","a":true,"parts":[{"id":"x","count":3},{"id":"y"}],"at":"2025-11-21T03:04:05Z","map":{"k":-1},"small":7}"#
    )
  }

  @Test("an object without members is an object")
  func empty() throws {
    struct Empty: Encodable {}
    #expect(try text(Empty()) == "{}")
    #expect(try text([String]()) == "[]")
    #expect(try text([[Int]]()) == "[]")
    #expect(try text([String: Int]()) == "{}")
  }

  @Test("nested containers end where the next member begins")
  func nested() throws { #expect(try text(Nested()) == #"{"outer":{"after":1},"list":["x",null],"after":2}"#) }

  @Test("what we write, Foundation reads, for 500 random strings")
  func againstFoundation() throws {
    var generator = SplitMix(seed: 7)
    for _ in 0..<500 {
      let scalars = (0..<Int.random(in: 0...40, using: &generator)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0...0x1_ffff, using: &generator))
      }
      var string = ""
      string.unicodeScalars.append(contentsOf: scalars)
      let part = Part(id: string, count: Int.random(in: Int.min...Int.max, using: &generator))
      let decoded = try JSONDecoder().decode(Part.self, from: Data(try AnswerEncoder.encode(part)))
      #expect(Array(decoded.id.unicodeScalars) == Array(string.unicodeScalars))
      #expect(decoded.count == part.count)
    }
  }

  @Test(
    "times are RFC 3339 with Z, to the millisecond, and come back the same",
    arguments: [
      (0.0, "1970-01-01T00:00:00Z"), (1_763_694_245.0, "2025-11-21T03:04:05Z"), (951_782_400.5, "2000-02-29T00:00:00.500Z"),
      (-1.0, "1969-12-31T23:59:59Z"), (253_402_300_799.999, "9999-12-31T23:59:59.999Z"),
    ])
  func times(seconds: Double, expected: String) throws {
    let date = Date(timeIntervalSince1970: seconds)
    #expect(RFC3339.text(date) == expected)
    let back = try #require(RFC3339.date(expected))
    #expect(abs(back.timeIntervalSince1970 - seconds) < 0.0005)
  }

  @Test(
    "what is no such time is refused",
    arguments: [
      "2025-11-21", "2025-11-21T03:04:05", "2025-11-21T03:04:05z", "2025-11-21 03:04:05Z", "2025-02-30T00:00:00Z", "2025-13-01T00:00:00Z",
      "2025-00-01T00:00:00Z", "2025-11-21T24:00:00Z", "2025-11-21T03:60:05Z", "2025-11-21T03:04:05.Z", "2025-11-21T03:04:05.1234567890Z",
      "2025-11-21T03:04:05+00:00", "+025-11-21T03:04:05Z", "2023-02-29T00:00:00Z", "",
    ])
  func notTimes(text: String) { #expect(RFC3339.date(text) == nil) }

  @Test("every day of four hundred years agrees with Foundation's calendar")
  func calendar() throws {
    let formatter = ISO8601DateFormatter()
    for day in stride(from: -80_000, through: 80_000, by: 37) {
      let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 3_661)
      #expect(RFC3339.text(date) == formatter.string(from: date))
      #expect(RFC3339.date(RFC3339.text(date)) == date)
    }
  }
}
