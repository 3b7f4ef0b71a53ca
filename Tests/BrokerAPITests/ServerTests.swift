import AsyncHTTPClient
import Foundation
import Hummingbird
import NIOCore
import NIOSSL
import Synchronization
import Testing

@testable import Broker
@testable import BrokerAPI

private struct Named: Codable, Sendable {
  let name: String
}

@Suite("The server over the wire")
struct ServerTests {
  private static func echo(_ router: Router<BrokerRequestContext>) {
    router.post("/echo/{id}") { request, _ in try Response.json(try await request.decoded(Named.self, upTo: 1024).body) }
    router.get("/peer") { _, context in try Response.json(["peer": context.peerThumbprint ?? "none"]) }
    router.get("/fails") { _, _ -> Response in throw NSError(domain: "四情　花子", code: 1) }
    router.get("/refuses") { _, _ -> Response in throw Refusal.notPermittedForStatus }
  }

  @Test("every answer carries the request id, security headers and no-store")
  func standingHeaders() async throws {
    try await RunningServer.run(routes: Self.echo) { server in
      for (method, path, status) in [("GET", "/peer", 200), ("GET", "/nowhere", 404), ("PUT", "/peer", 405), ("GET", "/fails", 500)] {
        let reply = try await server.send(
          method, path, headers: [("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")])
        #expect(reply.status == status)
        #expect(reply["x-request-id"] == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(
          reply["x-content-type-options"] == "nosniff" && reply["cache-control"] == "no-store" && reply["referrer-policy"] == "no-referrer")
        #expect(reply["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'")
        #expect(reply["server"] == nil)
        if status >= 400 {
          #expect(reply["content-type"] == "application/problem+json")
          #expect(reply.member("instance") == "urn:yonjo:request:4bf92f3577b34da6a3ce929d0e0e4736")
          #expect(reply.member("type") == reply.code.map { "urn:yonjo:problem:" + $0 })
        }
      }
    }
  }

  @Test("unknown routes are 404, other methods 405 with Allow")
  func routing() async throws {
    try await RunningServer.run(routes: Self.echo) { server in
      #expect(try await server.send("GET", "/v1/nothing").code == "notFound")
      let reply = try await server.send("DELETE", "/echo/x")
      #expect(reply.code == "methodNotAllowed" && reply["allow"] == "POST")
    }
  }

  @Test("bodies: media type, strictness and size")
  func bodies() async throws {
    let json = [("content-type", "application/json; charset=utf-8")]
    try await RunningServer.run(routes: Self.echo) { server in
      #expect(try await server.send("POST", "/echo/x", body: #"{"name":"n"}"#, headers: json).body == #"{"name":"n"}"#)
      #expect(try await server.send("POST", "/echo/x", body: #"{"name":"n"}"#).code == "unsupportedMediaType")
      let strict = try await server.send("POST", "/echo/x", body: #"{"name":"n","more":1}"#, headers: json)
      #expect(strict.status == 400 && strict.body.contains(#"{"pointer":"/more","detail":"is not known here"}"#))
      let large = try await server.send(
        "POST", "/echo/x", body: #"{"name":""# + String(repeating: "n", count: 2_000) + "\"}", headers: json)
      #expect(large.status == 413 && large.code == "contentTooLarge")
    }
  }

  @Test("a body of unannounced length is cut at the limit; of what comes after, a little is read and no more", arguments: [64, 4_096])
  func endlessBody(kibibytes: Int) async throws {
    var limits = ServerLimits()
    limits.requestSeconds = 1
    try await RunningServer.run(limits: limits, routes: Self.echo) { server in
      let reply = try await RawClient.talk(port: server.port) { client in
        try await client.send("POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<kibibytes { try? await client.send("400\r\n" + String(repeating: "a", count: 1024) + "\r\n") }
        return try await client.readToEnd()
      }
      #expect(reply.hasPrefix("HTTP/1.1 413") && reply.contains("contentTooLarge"))
    }
  }

  @Test("a body that was answered before its end leaves the connection usable")
  func earlyAnswer() async throws {
    try await RunningServer.run(routes: Self.echo) { server in
      let replies = try await RawClient.talk(port: server.port) { client in
        try await client.send("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n")
        try await Task.sleep(for: .milliseconds(100))
        try await client.send(String(repeating: "a", count: 50_000) + "GET /peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return try await client.readToEnd()
      }
      #expect(replies.hasPrefix("HTTP/1.1 404") && replies.contains("HTTP/1.1 200"))
    }
  }

  @Test("URIs and header fields are bounded")
  func lengths() async throws {
    try await RunningServer.run(routes: Self.echo) { server in
      #expect(try await server.send("GET", "/peer?x=" + String(repeating: "a", count: 5_000)).code == "uriTooLong")
      let reply = try await RawClient.talk(port: server.port) { client in
        try await client.send("GET /peer HTTP/1.1\r\nHost: x\r\nX-Long: " + String(repeating: "a", count: 20_000) + "\r\n\r\n")
        return try await client.readToEnd()
      }
      #expect(reply.hasPrefix("HTTP/1.1 431") && reply.contains("headersTooLarge"))
    }
  }

  @Test("what is not HTTP is answered with a problem and closed")
  func notHTTP() async throws {
    try await RunningServer.run { server in
      let reply = try await RawClient.talk(port: server.port) { client in
        try await client.send("BLA BLA\r\n\r\n")
        return try await client.readToEnd()
      }
      #expect(reply.hasPrefix("HTTP/1.1 400") && reply.contains("application/problem+json"))
    }
  }

  @Test("a body that trickles in too slowly is answered 408")
  func slowBody() async throws {
    var limits = ServerLimits()
    limits.requestSeconds = 1
    try await RunningServer.run(limits: limits, routes: Self.echo) { server in
      let started = ContinuousClock.now
      let reply = try await RawClient.talk(port: server.port) { client in
        try await client.send("POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{")
        return try await client.readToEnd()
      }
      #expect(reply.hasPrefix("HTTP/1.1 408") && reply.contains("requestTimeout"))
      #expect(started.duration(to: .now) < .seconds(5))
    }
  }

  @Test("a document has a time of its own to arrive in")
  func slowDocument() async throws {
    var limits = ServerLimits()
    limits.documentSeconds = 1
    let routes: @Sendable (Router<BrokerRequestContext>) -> Void = { router in
      router.post("\(DocumentRoutes.path)") { request, _ in
        _ = try await request.collected(upTo: 64)
        return Response.noContent
      }
    }
    try await RunningServer.run(limits: limits, routes: routes) { server in
      let reply = try await RawClient.talk(port: server.port) { client in
        try await client.send(
          "POST \(DocumentRoutes.path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{")
        return try await client.readToEnd()
      }
      #expect(reply.hasPrefix("HTTP/1.1 408") && reply.contains("requestTimeout"))
    }
  }

  @Test("an idle connection is closed")
  func idle() async throws {
    var limits = ServerLimits()
    limits.idleSeconds = 1
    try await RunningServer.run(limits: limits, routes: Self.echo) { server in
      let reply = try await RawClient.talk(port: server.port) { client in try await client.readToEnd() }
      #expect(reply.isEmpty)
    }
  }

  @Test("one request too many is answered 503 overloaded with Retry-After; health still answers")
  func overload() async throws {
    var limits = ServerLimits()
    limits.concurrentRequests = 1
    let (started, gate) = (Gate(), Gate())
    try await RunningServer.run(
      limits: limits,
      routes: { router in
        router.get("/slow") { _, _ in
          started.open()
          await gate.wait()
          return Response.noContent
        }
      }
    ) { server in
      async let slow = server.send("GET", "/slow")
      await started.wait()
      let refused = try await server.send("GET", "/slow")
      #expect(refused.status == 503 && refused.code == "overloaded" && refused["retry-after"] == "1")
      #expect(try await server.send("GET", "/livez").status == 200)
      gate.open()
      #expect(try await slow.status == 204)
    }
  }

  @Test("an unexpected error says nothing of itself; a refusal says why")
  func errors() async throws {
    let captured = try CapturedLog()
    try await RunningServer.run(sink: captured.sink, routes: Self.echo) { server in
      let failed = try await server.send("GET", "/fails")
      #expect(failed.status == 500 && failed.code == "internalError" && !failed.body.contains("花子"))
      let refused = try await server.send("GET", "/refuses")
      #expect(refused.status == 403 && refused.code == "notPermittedForStatus")
    }
    #expect(try !captured.lines().joined().contains("花子"))
  }

  @Test("log lines and metrics know routes by their templates")
  func templates() async throws {
    let captured = try CapturedLog()
    let text = try await RunningServer.run(sink: captured.sink, routes: Self.echo) { server in
      _ = try await server.send("POST", "/echo/secret-0001", body: #"{"name":"n"}"#, headers: [("content-type", "application/json")])
      _ = try await server.send("GET", "/unheard/of?ref=C-000123")
      return try await server.send("GET", "/metrics")
    }
    #expect(text["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
    #expect(text.body.contains(#"yonjo_http_requests_total{method="POST",route="/echo/{id}",status="200"} 1"#))
    #expect(text.body.contains(#"yonjo_http_requests_total{method="other",route="unknown",status="404"} 1"#))
    #expect(text.body.contains(#"yonjo_http_request_duration_seconds_count{route="/echo/{id}"} 1"#))
    let log = try captured.lines().joined(separator: "\n")
    #expect(log.contains(#""route":"/echo/{id}","status":200"#))
    #expect(!log.contains("secret-0001") && !log.contains("C-000123") && !text.body.contains("secret-0001"))
  }

  @Test("readiness names each dependency and turns 503 when one is down or silent")
  func readiness() async throws {
    let checks = [
      HealthCheck("database") { .init(.up) }, HealthCheck("source") { .init(.degraded, detail: "circuit open") },
      HealthCheck("keys") {
        try? await Task.sleep(for: .seconds(30))
        return .init(.up)
      },
    ]
    try await RunningServer.run(checks: checks) { server in
      let reply = try await server.send("GET", "/readyz")
      #expect(reply.status == 503 && reply.member("status") == "notReady")
      #expect(
        reply.body.contains(
          #"{"name":"database","state":"up"},{"name":"source","state":"degraded","detail":"circuit open"},{"name":"keys","state":"down""#))
    }
    try await RunningServer.run(checks: Array(checks.prefix(2))) { server in
      let reply = try await server.send("GET", "/readyz")
      #expect(reply.status == 200)
    }
  }

  @Test("a request under way is finished when the server stops")
  func gracefulShutdown() async throws {
    let started = Gate()
    let finished = Mutex(false)
    let task = try await RunningServer.run(
      routes: { router in
        router.get("/slow") { _, _ in
          started.open()
          try await Task.sleep(for: .milliseconds(500))
          finished.withLock { $0 = true }
          return Response.noContent
        }
      }
    ) { server in
      let task = Task { try await server.send("GET", "/slow").status }
      await started.wait()
      return task
    }
    #expect(try await task.value == 204)
    #expect(finished.withLock { $0 })
  }

  @Test("a client certificate is known by its thumbprint over HTTP/1.1 and HTTP/2; it is optional", arguments: [true, false])
  func clientCertificates(http1Only: Bool) async throws {
    let certificates = try TestCertificates.shared.get()
    try await RunningServer.run(tls: certificates.tls, routes: Self.echo) { server in
      let reply = try await server.send("GET", "/peer", client: try certificates.client("client", http1Only: http1Only))
      #expect(reply.version == (http1Only ? "HTTP/1.1" : "HTTP/2.0"))
      let thumbprint = try certificates.thumbprint("client")
      #expect(reply.member("peer") == thumbprint)
      #expect(reply["strict-transport-security"] == "max-age=31536000")
      #expect(try await server.send("GET", "/peer", client: try certificates.client(nil, http1Only: http1Only)).member("peer") == "none")
    }
  }

  @Test("a certificate of another authority is not let in", arguments: [true, false])
  func foreignCertificates(http1Only: Bool) async throws {
    let certificates = try TestCertificates.shared.get()
    try await RunningServer.run(tls: certificates.tls, routes: Self.echo) { server in
      await #expect(throws: (any Error).self) {
        _ = try await server.send("GET", "/peer", client: try certificates.client("other", http1Only: http1Only))
      }
    }
  }

  @Test("nobody can name a thumbprint by a header", arguments: [true, false])
  func forgedThumbprint(http1Only: Bool) async throws {
    let certificates = try TestCertificates.shared.get()
    try await RunningServer.run(tls: certificates.tls, routes: Self.echo) { server in
      let reply = try await server.send(
        "GET", "/peer", headers: [("x-yonjo-peer-x5t-s256", "forged")], client: try certificates.client(nil, http1Only: http1Only))
      #expect(reply.member("peer") == "none")
    }
  }

  @Test("TLS 1.1 is refused")
  func oldTLS() async throws {
    let certificates = try TestCertificates.shared.get()
    try await RunningServer.run(tls: certificates.tls, routes: Self.echo) { server in
      var configuration = try certificates.client(nil, http1Only: true)
      configuration.tlsConfiguration?.minimumTLSVersion = .tlsv1
      configuration.tlsConfiguration?.maximumTLSVersion = .tlsv11
      let old = configuration
      await #expect(throws: (any Error).self) { _ = try await server.send("GET", "/peer", client: old) }
    }
  }
}
