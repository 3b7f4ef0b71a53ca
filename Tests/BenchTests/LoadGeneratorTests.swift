import NIOCore
import Testing

@testable import Bench

@Suite struct LoadGeneratorTests {
  @Test func `a request is whole HTTP with its length`() {
    let request = LoadScript.request(
      path: "/v1/matches/tags", host: "localhost:1", headers: [("Authorization", "Bearer t")], body: Array("{}".utf8))
    #expect(
      String(buffer: request)
        == "POST /v1/matches/tags HTTP/1.1\r\nHost: localhost:1\r\nContent-Type: application/json\r\nContent-Length: 2\r\nAuthorization: Bearer t\r\n\r\n{}"
    )
  }

  @Test func `an answer is read when it is whole`() throws {
    let whole = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody"
    #expect(try AnswerHead.read(ByteBuffer(string: String(whole.dropLast()))) == nil)
    let head = try #require(try AnswerHead.read(ByteBuffer(string: whole)))
    #expect(head.status == 200 && head.bodyLength == 4 && head.headLength == whole.utf8.count - 4)
  }

  @Test(arguments: ["HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "nonsense\r\n\r\n"])
  func `an answer that the generator cannot measure is refused`(text: String) {
    #expect(throws: LoadError.self) { try AnswerHead.read(ByteBuffer(string: text)) }
  }

  @Test func `the warm-up and what comes after the first client's end are left out`() {
    let second: UInt64 = 1_000_000_000
    let one = ClientSamples(
      good: [(at: second / 2, latency: 9), (at: 2 * second, latency: 1_000_000), (at: 3 * second, latency: 2_000_000)], finished: 3 * second
    )
    let other = ClientSamples(good: [(at: 2 * second, latency: 3_000_000), (at: 4 * second, latency: 9)], refused: 1, finished: 5 * second)
    let report = LoadReport(samples: [one, other], started: 0, warmUpNanoseconds: second)
    #expect(report.answers == 3)
    #expect(report.seconds == 2)
    #expect(report.rate == 1.5)
    #expect(report.median == 2)
    #expect(report.refused == 1)
  }

  @Test func `a run that ended within its warm-up measures nothing`() {
    let report = LoadReport(samples: [ClientSamples(good: [(at: 5, latency: 1)], finished: 5)], started: 0, warmUpNanoseconds: 10)
    #expect(report.answers == 0 && report.rate == 0)
  }
}
