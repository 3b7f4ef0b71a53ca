import Broker
import Testing

@testable import BrokerAPI

@Suite("Lines of an NDJSON upload")
struct LineSplitterTests {
  private func split(_ parts: [[UInt8]], limit: Int = 1_000) -> [String] {
    var splitter = LineSplitter(limit: limit)
    var bytes: [UInt8] = []
    for part in parts { bytes += part.withUnsafeBytes { splitter.take($0) }.bytes }
    bytes += splitter.finish().bytes
    // Each line has its end.
    #expect(bytes.isEmpty || bytes.last == 0x0A)
    return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("lines are the same whatever the parts they come in")
  func anyParts() {
    let text = Array("{\"a\":1}\r\n\n{\"b\":\"四情\"}\n{\"last\":true}".utf8)
    let expected = ["{\"a\":1}", "{\"b\":\"四情\"}", "{\"last\":true}"]
    #expect(split([text]) == expected)
    #expect(split(text.map { [$0] }) == expected)
    var generator = SplitMix(seed: 3)
    for _ in 0..<200 {
      var parts: [[UInt8]] = []
      var rest = text[...]
      while !rest.isEmpty {
        let size = min(rest.count, Int.random(in: 1...9, using: &generator))
        parts.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      #expect(split(parts) == expected)
    }
  }

  @Test("an ended last line leaves nothing over")
  func endedLastLine() { #expect(split([Array("x\n".utf8)]) == ["x"]) }

  @Test("of a line longer than the limit only so much is kept that its length shows")
  func longLines() {
    let ten = String(repeating: "a", count: 10)
    #expect(split([Array((ten + "\r\nok\n").utf8)], limit: 10) == [ten, "ok"])
    #expect(split([Array((ten + ten).utf8), Array((ten + "\nok\n").utf8)], limit: 10) == [ten + "a", "ok"])
  }
}
