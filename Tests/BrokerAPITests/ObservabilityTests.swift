import CoreMetrics
import Foundation
import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import BrokerAPI

/// A sink into a temporary file, and what was written there.
struct CapturedLog {
  let sink: LogSink
  private let file: FileHandle
  private let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("yonjo-log-\(UUID().uuidString)").path
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    file = try #require(FileHandle(forWritingAtPath: path))
    sink = LogSink(descriptor: file.fileDescriptor)
  }

  func lines() throws -> [String] {
    sink.flush()
    // The log's own thread may hold the last batch: it is written when the file stops growing.
    var size = -1
    while true {
      let now = try String(contentsOfFile: path, encoding: .utf8)
      if now.utf8.count == size { return now.split(separator: "\n").map(String.init) }
      size = now.utf8.count
      Thread.sleep(forTimeInterval: 0.02)
    }
  }
}

@Suite("Metrics and log lines")
struct ObservabilityTests {
  @Test("counters, gauges and histograms are written in Prometheus' text format")
  func textFormat() {
    let registry = MetricsRegistry()
    registry.makeCounter(label: "yonjo.logins", dimensions: [("result", "ok\"\\\n")]).increment(by: 3)
    registry.makeMeter(label: "yonjo_connections", dimensions: []).set(2.5)
    let timer = registry.makeTimer(label: "yonjo_login", dimensions: [])
    timer.recordNanoseconds(700_000)
    timer.recordNanoseconds(90_000_000_000)
    let text = registry.prometheusText()
    #expect(text.contains("# TYPE yonjo_logins_total counter\nyonjo_logins_total{result=\"ok\\\"\\\\\\n\"} 3\n"))
    #expect(text.contains("# TYPE yonjo_connections gauge\nyonjo_connections 2.5\n"))
    #expect(
      text.contains(
        "# TYPE yonjo_login_seconds histogram\nyonjo_login_seconds_bucket{le=\"0.0005\"} 0\nyonjo_login_seconds_bucket{le=\"0.001\"} 1\n"))
    #expect(text.contains("yonjo_login_seconds_bucket{le=\"30.0\"} 1\nyonjo_login_seconds_bucket{le=\"+Inf\"} 2\n"))
    #expect(text.contains("yonjo_login_seconds_count 2\n"))
  }

  @Test("the same name and labels are the same series; a name never changes its kind")
  func identity() {
    let registry = MetricsRegistry()
    registry.makeCounter(label: "a", dimensions: [("x", "1")]).increment(by: 1)
    registry.makeCounter(label: "a", dimensions: [("x", "1")]).increment(by: 1)
    registry.makeMeter(label: "a_total", dimensions: [("x", "2")]).set(9.0)
    let text = registry.prometheusText()
    #expect(text.contains("a_total{x=\"1\"} 2\n"))
    #expect(!text.contains("x=\"2\""))
    #expect(text.contains("yonjo_metrics_dropped_total 1\n"))
  }

  @Test("series are bounded: what comes after is counted, not kept")
  func bounded() {
    let registry = MetricsRegistry()
    for index in 0..<(MetricsRegistry.seriesLimit + 5) {
      registry.makeCounter(label: "c", dimensions: [("i", String(index))]).increment(by: 1)
    }
    #expect(registry.prometheusText().contains("yonjo_metrics_dropped_total 5\n"))
  }

  @Test("counting from many tasks loses nothing")
  func concurrentCounting() async {
    let registry = MetricsRegistry()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<1_000 { registry.makeCounter(label: "n", dimensions: []).increment(by: 1) } }
      }
    }
    #expect(registry.prometheusText().contains("n_total 8000\n"))
  }

  @Test("a log line is one JSON object, whatever the text")
  func jsonLines() throws {
    let captured = try CapturedLog()
    var logger = Logger(label: "test") { JSONLogHandler(label: $0, level: .info, sink: captured.sink) }
    logger[metadataKey: "job"] = "sweep"
    logger.info("two\nlines \"quoted\"", metadata: ["count": "3"])
    logger.debug("quiet")
    let lines = try captured.lines()
    #expect(lines.count == 1)
    let object = try #require(JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: String])
    #expect(object["message"] == "two\nlines \"quoted\"")
    #expect(object["job"] == "sweep" && object["count"] == "3" && object["level"] == "info" && object["label"] == "test")
    #expect(object["time"].flatMap(RFC3339.date) != nil)
  }

  @Test(
    "what looks like a token, a certificate or a key is masked, ids and words are not",
    arguments: [
      ("Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "Bearer <redacted>"),
      ("certificate MIIEpAIBAAKCAQEA1234567890", "certificate <redacted>"),
      ("sub_01kaq3m5v8f7x9q2w4e6r8t010 not found in this tenant", "sub_01kaq3m5v8f7x9q2w4e6r8t010 not found in this tenant"),
      ("key " + String(repeating: "qZ0_", count: 20), "key <redacted>"),
      (
        "request 4bf92f3577b34da6a3ce929d0e0e4736 took too long, was cancelled",
        "request 4bf92f3577b34da6a3ce929d0e0e4736 took too long, was cancelled"
      ),
    ])
  func masks(text: String, expected: String) { #expect(LogMask.masked(text) == expected) }

  @Test("of an error only its type is logged")
  func errorTypes() throws {
    struct Leaky: Error, CustomStringConvertible { let description = "四情　花子" }
    let captured = try CapturedLog()
    let logger = Logger(label: "test") { JSONLogHandler(label: $0, level: .info, sink: captured.sink) }
    logger.error("failed", error: Leaky())
    let lines = try captured.lines()
    #expect(lines.count == 1)
    #expect(lines[0].contains("Leaky") && !lines[0].contains("花子"))
  }

  @Test("a request's line holds the route's template, never the path")
  func requestLines() throws {
    let captured = try CapturedLog()
    RequestLog(sink: captured.sink, isOn: true).write(
      method: .get, route: "/v1/subjects/{id}", status: 200, micros: 1234, tenant: "ten_x", requestID: "4bf92f3577b34da6a3ce929d0e0e4736")
    let lines = try captured.lines()
    let line = try #require(lines.first)
    #expect(
      line.hasSuffix(
        #""method":"GET","route":"/v1/subjects/{id}","status":200,"micros":1234,"tenant":"ten_x","requestId":"4bf92f3577b34da6a3ce929d0e0e4736"}"#
      ))
  }
}
