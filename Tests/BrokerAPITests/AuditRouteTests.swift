import Broker
import Foundation
import HTTPTypes
import Hummingbird
import JOSE
import JPKI
import Logging
import NIOCore
import Operations
import PostgreSQL
import TestSupport
import Testing

@testable import BrokerAPI

@Suite("The audit log over HTTP", .serialized)
struct AuditRouteTests {
  /// One statement as a superuser.
  private static func administer(_ broker: TestBroker, _ sql: String) async throws {
    let pool = PostgreSQLPool(
      PostgreSQLConfiguration(url: broker.superuserURL, maximumConnections: 1, maximumCheckedOut: 1),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    do { _ = try await pool.query(Statement("administer", sql)) } catch {
      await pool.close()
      throw error
    }
    await pool.close()
  }

  /// Until every event is in its log; another database's transactions may hold it up.
  private static func bringLogUpToDate(_ broker: TestBroker) async throws {
    let pool = PostgreSQLPool(
      PostgreSQLConfiguration(url: broker.superuserURL, maximumConnections: 1, maximumCheckedOut: 1),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    var waiting = 1
    while waiting > 0, ContinuousClock.now < end {
      await broker.services.auditKeeper.bringUpToDate()
      waiting = try await pool.query(Statement("news", "select count(*) from yonjo_audit_news()")).requireRow().int(0)
    }
    await pool.close()
    #expect(waiting == 0)
  }

  /// `/readyz` as soon as it says what is waited for; a slow machine may first say that it does not know.
  private static func health(_ broker: TestBroker, _ isIt: (Reply) -> Bool) async throws -> Reply {
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    while true {
      let reply = try await broker.server.send("GET", "/readyz")
      if isIt(reply) || ContinuousClock.now > end { return reply }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  @Test("an export is ordered, made, and fetched in pieces that make the whole")
  func ranges() async throws {
    try await TestBroker.with { broker in
      let client = try await broker.client(of: broker.bank)
      let headers = try await broker.authorisation(client)
      try await Self.bringLogUpToDate(broker)
      let year = Calendar(identifier: .gregorian).component(.year, from: Date())
      let current = #"{"format":"ndjson","after":"\#(year)-01-01T00:00:00Z","before":"\#(year + 1)-12-31T00:00:00Z"}"#
      let made = try await broker.server.send("POST", "/v1/audit/exports", body: current, headers: headers)
      #expect(made.status == 202)
      let id = try #require(made.member("id"))
      let early = try await broker.server.send("GET", "/v1/audit/exports/\(id)/content", headers: headers)
      #expect(early.status == 409 && early.code == "auditExportNotReady")
      await broker.services.auditKeeper.makeExports()
      let standing = try await broker.server.send("GET", "/v1/audit/exports/\(id)", headers: headers)
      #expect(standing.member("state") == "done")
      let whole = try await broker.server.send("GET", "/v1/audit/exports/\(id)/content", headers: headers)
      #expect(whole.status == 200)
      #expect(whole["accept-ranges"] == "bytes")
      let tag = try #require(whole["etag"])
      let size = whole.body.utf8.count
      #expect(size > 500)
      var pieces = ""
      for start in stride(from: 0, to: size, by: 333) {
        let piece = try await broker.server.send(
          "GET", "/v1/audit/exports/\(id)/content",
          headers: headers + [("range", "bytes=\(start)-\(start + 332)"), ("if-range", tag)])
        #expect(piece.status == 206)
        #expect(piece["content-range"] == "bytes \(start)-\(min(start + 332, size - 1))/\(size)")
        pieces += piece.body
      }
      #expect(pieces == whole.body)
      let rest = try await broker.server.send(
        "GET", "/v1/audit/exports/\(id)/content", headers: headers + [("range", "bytes=\(size - 10)-")])
      #expect(rest.status == 206 && rest.body == String(whole.body.suffix(10)))
      let beyond = try await broker.server.send(
        "GET", "/v1/audit/exports/\(id)/content", headers: headers + [("range", "bytes=\(size)-")])
      #expect(beyond.status == 416 && beyond.code == "rangeNotSatisfiable")
      // Of what was meant for another representation, all is sent.
      let other = try await broker.server.send(
        "GET", "/v1/audit/exports/\(id)/content", headers: headers + [("range", "bytes=5-"), ("if-range", "\"another\"")])
      #expect(other.status == 200)

      let keys = try await broker.services.access.publishedKeys()
      var verifier = try AuditExportVerifier(keys: keys, knownCheckpoints: [], timeStampAnchors: nil)
      for line in whole.body.split(separator: "\n") { verifier.take(Array(line.utf8), isComplete: true) }
      #expect(verifier.finish().damage == [])
    }
  }

  @Test("ranges as RFC 9110 has them")
  func byteRanges() {
    #expect(ByteRange("bytes=0-0")?.within(10) == 0..<1)
    #expect(ByteRange("bytes=2-")?.within(10) == 2..<10)
    #expect(ByteRange("bytes=-3")?.within(10) == 7..<10)
    #expect(ByteRange("bytes=-30")?.within(10) == 0..<10)
    #expect(ByteRange("bytes=5-9223372036854775807")?.within(10) == 5..<10)
    #expect(ByteRange("bytes=10-")?.within(10) == nil)
    #expect(ByteRange("bytes=-0")?.within(10) == nil)
    for text in ["bytes=", "bytes=-", "bytes=3-1", "bytes=a-b", "bytes=1-2,4-5", "items=0-1", "bytes=+1-2", "bytes=99999999999999999999-"] {
      #expect(ByteRange(text) == nil, "\(text)")
    }
  }

  @Test("checkpoints and proofs", arguments: [true, false])
  func proofs(ofBank: Bool) async throws {
    try await TestBroker.with { broker in
      let client = try await broker.client(of: ofBank ? broker.bank : broker.fintech)
      let headers = try await broker.authorisation(client)
      try await Self.bringLogUpToDate(broker)
      let first = try await broker.server.send("GET", "/v1/audit/checkpoints/latest", headers: headers)
      #expect(first.status == 200)
      let month = try #require(first.member("month"))
      let list = try await broker.server.send("GET", "/v1/audit/events?pageSize=1", headers: headers)
      let object = try #require(try JSONSerialization.jsonObject(with: Data(list.body.utf8)) as? [String: Any])
      let id = try #require(((object["auditEvents"] as? [[String: Any]])?.first)?["id"] as? String)
      let proof = try await broker.server.send("GET", "/v1/audit/events/\(id)/proof", headers: headers)
      #expect(proof.status == 200 && proof.member("leafHash") != nil)
      // The look itself is recorded, and in the log a moment later.
      let newest = try await broker.server.send("GET", "/v1/audit/events?kind=auditProofRead", headers: headers)
      #expect(newest.body.contains(id))
      let consistency = try await broker.server.send(
        "GET", "/v1/audit/checkpoints/consistency?month=\(month)&from=1", headers: headers)
      #expect(consistency.status == 200)
      let beyond = try await broker.server.send(
        "GET", "/v1/audit/checkpoints/consistency?month=\(month)&from=1&to=999999", headers: headers)
      #expect(beyond.status == 422 && beyond.code == "auditSizeInvalid")
      let unknown = try await broker.server.send("GET", "/v1/audit/checkpoints/latest?month=2001-13", headers: headers)
      #expect(unknown.status == 400)
      let empty = try await broker.server.send("GET", "/v1/audit/checkpoints/latest?month=2001-12", headers: headers)
      #expect(empty.status == 404)
    }
  }

  @Test(
    "what cannot be recorded is not done: 503 with a problem at once, and /readyz says so",
    arguments: [
      "revoke insert on audit_events from yonjo_app",
      "create trigger full_disk before insert on audit_events for each row execute function full_disk()",
    ])
  func unwritable(_ breakage: String) async throws {
    try await TestBroker.with { broker in
      let client = try await broker.client(of: broker.bank)
      let headers = try await broker.authorisation(client)
      let notice =
        #"{"serviceId":"main","language":"ja","title":"同意","body":"架空の説明","purposes":["p"],"items":["address"],"validFor":"P1Y","withdrawalMethod":"窓口"}"#
      let subject = "sub_01kaq3m5v8f7x9q2w4e6r8t012"
      #expect(try await Self.health(broker) { $0.body.contains(#""auditEvents","state":"up""#) }.status == 200)
      try await Self.administer(
        broker,
        "create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'full' using errcode = '53100'; end $$")
      try await Self.administer(broker, breakage)
      let calls: [(String, String, String?)] = [
        ("GET", "/v1/notices", nil), ("GET", "/v1/subjects/\(subject)", nil), ("GET", "/v1/audit/events", nil),
        ("GET", "/v1/consents", nil), ("GET", "/v1/pairs", nil), ("GET", "/v1/audit/checkpoints/latest", nil),
        ("POST", "/v1/audit/exports", #"{"format":"csv","after":"2026-04-01T00:00:00Z","before":"2026-04-02T00:00:00Z"}"#),
        ("POST", "/v1/notices", notice),
        ("POST", "/v1/matches/tags", #"{"cardTag":"hmac.1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#),
      ]
      for (method, path, body) in calls {
        let reply = try await broker.server.send(method, path, body: body, headers: headers)
        #expect(reply.status == 503 && reply.code == "dependencyUnavailable", "\(method) \(path): \(reply.status) \(reply.body)")
      }
      let health = try await Self.health(broker) { $0.status == 503 }
      #expect(health.status == 503 && health.body.contains("audit events cannot be written"))
      try await Self.administer(broker, "grant insert on audit_events to yonjo_app")
      try await Self.administer(broker, "drop trigger if exists full_disk on audit_events")
      #expect(try await Self.health(broker) { $0.body.contains(#""auditEvents","state":"up""#) }.status == 200)
      // Nothing half done: neither notice nor export is there.
      #expect(try await broker.server.send("GET", "/v1/notices", headers: headers).body == #"{"notices":[]}"#)
      #expect(try await broker.server.send("GET", "/v1/audit/exports", headers: headers).body == #"{"exports":[]}"#)
    }
  }

  @Test("an authority is asked over HTTP; what is no answer is a fault")
  func timeStampClient() async throws {
    let authority = try TimeStampingAuthority()
    defer { authority.end() }
    let type = HTTPFields([HTTPField(name: .contentType, value: "application/timestamp-reply")])
    try await RunningServer.run { router in
      router.post("/tsa") { request, _ in
        let question = try await request.body.collect(upTo: 65_536)
        return Response(
          status: .ok, headers: type, body: .init(byteBuffer: ByteBuffer(bytes: try authority.reply(to: Array(buffer: question)))))
      }
      router.post("/page") { _, _ in Response(status: .ok, headers: [.contentType: "text/html"]) }
      router.post("/long") { _, _ in
        Response(status: .ok, headers: type, body: .init(byteBuffer: ByteBuffer(repeating: 0x30, count: 100_000)))
      }
      router.post("/moved") { _, _ in Response(status: .found, headers: [.location: "/tsa"]) }
    } _: { server in
      func stamp(_ path: String) async -> Result<TimeStamp, TimeStampFault> {
        let client = TimeStampClient(address: server.url(path))
        let settings = TimeStampSettings(authority: client, anchors: authority.anchors, intervalSeconds: 60)
        let result: Result<TimeStamp, TimeStampFault>
        do throws(TimeStampFault) { result = .success(try await settings.stamp([1, 2, 3])) } catch { result = .failure(error) }
        await client.close()
        return result
      }
      let good = try await stamp("/tsa").get()
      #expect(try authority.verifies(good.der, over: [1, 2, 3]))
      #expect(await stamp("/page") == .failure(.unreachable))
      #expect(await stamp("/long") == .failure(.malformed))
      #expect(await stamp("/moved") == .failure(.unreachable))
      #expect(await stamp("/nothing") == .failure(.unreachable))
    }
    #expect(TimeStampClient.isAddress("http://tsa.example/a") && TimeStampClient.isAddress("https://tsa.example"))
    for text in ["", "tsa.example", "ftp://tsa.example", "http://"] { #expect(!TimeStampClient.isAddress(text)) }
  }
}
