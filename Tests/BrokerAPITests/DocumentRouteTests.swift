import AsyncHTTPClient
import Broker
import Crypto
import Foundation
import JOSE
import NIOCore
import NIOHTTP1
import Testing

@testable import BrokerAPI

@Suite("/v1/documents and /v1/verifications")
struct DocumentRouteTests {
  private static let route = "/v1/documents/verifications"
  /// No certificate of the production environment is at hand: that one is missing is the refusal that these tests look at.
  private static let card = #"{"format":"cms","signature":"MAA="}"#

  private func digest(_ bytes: [UInt8]) -> String { Base64URL.encode(Array(SHA256.hash(data: bytes))) }

  /// A form of these parts, in chunks whose length is not announced.
  private func upload(
    _ broker: TestBroker, _ parts: [(String, [UInt8])], headers: [(String, String)], boundary: String = "x-y", announced: Bool = false
  ) async throws -> Reply {
    var body: [UInt8] = []
    for (name, content) in parts {
      body += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n".utf8) + content + Array("\r\n".utf8)
    }
    body += Array("--\(boundary)--\r\n".utf8)
    var request = HTTPClientRequest(url: broker.server.url(Self.route))
    request.method = .POST
    for (name, value) in headers where name != "content-type" { request.headers.add(name: name, value: value) }
    request.headers.add(name: "content-type", value: "multipart/form-data; boundary=\(boundary)")
    let pieces = stride(from: 0, to: body.count, by: 50_000).map { ByteBuffer(bytes: body[$0..<min($0 + 50_000, body.count)]) }
    request.body = announced ? .bytes(ByteBuffer(bytes: body)) : .stream(Pieces(pieces: pieces), length: .unknown)
    let client = HTTPClient(eventLoopGroupProvider: .singleton)
    do {
      let response = try await client.execute(request, timeout: .seconds(20))
      let bytes = try await response.body.collect(upTo: 1 << 20)
      try await client.shutdown()
      return Reply(
        status: Int(response.status.code), headers: response.headers.map { ($0.name.lowercased(), $0.value) }, body: String(buffer: bytes),
        version: "")
    } catch {
      try await client.shutdown()
      throw error
    }
  }

  private struct Pieces: AsyncSequence, Sendable {
    let pieces: [ByteBuffer]

    struct AsyncIterator: AsyncIteratorProtocol {
      var left: ArraySlice<ByteBuffer>
      mutating func next() async -> ByteBuffer? { left.popFirst() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(left: pieces[...]) }
  }

  @Test("a refused document is a result, the same as JSON and as a form")
  func forms() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      let document = Array("契約書".utf8)
      let replies = [
        try await broker.server.send(
          "POST", Self.route, body: #"{"card":\#(Self.card),"content":"\#(Base64URL.encode(document))","purpose":"contract"}"#,
          headers: headers),
        try await broker.server.send(
          "POST", Self.route, body: #"{"card":\#(Self.card),"digest":"\#(digest(document))","purpose":"contract"}"#, headers: headers),
        try await upload(
          broker, [("request", Array(#"{"card":\#(Self.card),"purpose":"contract"}"#.utf8)), ("content", document)], headers: headers),
        try await upload(
          broker, [("request", Array(#"{"purpose":"contract"}"#.utf8)), ("signature", [0x30, 0]), ("content", document)], headers: headers),
        try await upload(
          broker, [("request", Array(#"{"purpose":"contract"}"#.utf8)), ("content", document), ("signature", [0x30, 0])], headers: headers,
          announced: true),
      ]
      for reply in replies {
        #expect(reply.status == 200 && reply.member("result") == "signatureInvalid" && reply.member("reason") == "cmsMalformed")
        #expect(reply.member("documentDigest") == digest(document) && reply["cache-control"] == "no-store")
        let id = try #require(reply.member("id"))
        let evidence = try await broker.server.send("GET", "/v1/verifications/\(id)", headers: headers)
        #expect(evidence.member("purpose") == "document" && evidence.member("documentPurpose") == "contract")
        #expect(evidence.member("result") == "signatureInvalid" && evidence.member("method") == "none")
      }
      let found = try await broker.server.send(
        "POST", "/v1/verifications/search", body: #"{"documentDigest":"\#(digest(document))","pageSize":3}"#, headers: headers)
      #expect(found.body.components(separatedBy: #""id":"ver_"#).count == 4 && found.member("nextPageToken") != nil)
    }
  }

  @Test("a document larger than any buffer is hashed as it arrives; one beyond the limit is 413")
  func sizes() async throws {
    var limits = ServerLimits()
    limits.documentBytes = 4 << 20
    try await TestBroker.with(limits: limits) { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      let request = ("request", Array(#"{"card":\#(Self.card),"purpose":"contract"}"#.utf8))
      let document = (0..<(4 << 20)).map { $0 % 4096 == 0 ? 0x0D : UInt8(truncatingIfNeeded: $0) }
      let reply = try await upload(broker, [request, ("content", document)], headers: headers)
      #expect(reply.status == 200 && reply.member("documentDigest") == digest(document))
      let message = try await upload(
        broker, [("request", Array(#"{"purpose":"contract"}"#.utf8)), ("signature", [0x30, 0] + document), ("content", [1])],
        headers: headers)
      #expect(message.status == 200 && message.member("reason") == "signatureTooLarge")
      for isAnnounced in [false, true] {
        let large = try await upload(broker, [request, ("content", document + [1])], headers: headers, announced: isAnnounced)
        #expect(large.status == 413 && large.code == "contentTooLarge")
      }
      let json = #"{"card":\#(Self.card),"content":"\#(String(repeating: "A", count: 1_398_104))","purpose":"contract"}"#
      let tooLarge = try await broker.server.send("POST", Self.route, body: json, headers: headers)
      #expect(tooLarge.status == 400 && tooLarge.body.contains("multipart/form-data"))
    }
  }

  @Test("the same key with the same parts brings the same answer, whatever the boundary; with another document 422")
  func repeats() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank), key: "k-1")
      let request = ("request", Array(#"{"card":\#(Self.card),"purpose":"contract"}"#.utf8))
      let first = try await upload(broker, [request, ("content", [1])], headers: headers)
      let again = try await upload(broker, [request, ("content", [1])], headers: headers, boundary: "other")
      #expect(first.status == 200 && again.body == first.body)
      let other = try await upload(broker, [request, ("content", [2])], headers: headers)
      #expect(other.status == 422 && other.code == "idempotencyKeyReused")
    }
  }

  @Test("what is wrong with a request is named")
  func faults() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.bank))
      func pointers(_ reply: Reply) -> [String] {
        let object = (try? JSONSerialization.jsonObject(with: Data(reply.body.utf8))) as? [String: Any]
        return ((object?["errors"] as? [[String: String]]) ?? []).compactMap { $0["pointer"] }
      }
      func send(_ body: String) async throws -> Reply { try await broker.server.send("POST", Self.route, body: body, headers: headers) }
      let digest = digest([])
      #expect(pointers(try await send(#"{"card":\#(Self.card),"digest":"\#(digest)"}"#)) == ["/purpose"])
      #expect(pointers(try await send(#"{"purpose":"contract","digest":"\#(digest)"}"#)).first == "/card")
      #expect(
        pointers(try await send(#"{"card":\#(Self.card),"purpose":"contract","digest":"\#(digest)","content":"AA"}"#)) == ["/digest"])
      #expect(pointers(try await send(#"{"card":\#(Self.card),"purpose":"contract","digest":"AA"}"#)) == ["/digest"])
      #expect(try await send(#"{"card":\#(Self.card),"purpose":"ローン","digest":"\#(digest)"}"#).code == "documentPurposeInvalid")
      let raw = #"{"format":"raw","signature":"AAAA","certificate":"MAA="}"#
      #expect(try await send(#"{"card":\#(raw),"purpose":"contract"}"#).code == "documentMissing")
      let withAuthentication =
        #"{"format":"raw","signature":"AAAA","certificate":"MAA=","authentication":{"signature":"AA","certificate":"MAA="}}"#
      #expect(
        try await send(#"{"card":\#(withAuthentication),"purpose":"contract","digest":"\#(digest)"}"#).code == "authenticationNotTaken")

      let request = ("request", Array(#"{"card":\#(Self.card),"purpose":"contract"}"#.utf8))
      let bare = ("request", Array(#"{"purpose":"contract"}"#.utf8))
      #expect(pointers(try await upload(broker, [("content", [1]), request], headers: headers)) == ["/request"])
      #expect(pointers(try await upload(broker, [request, ("content", [1]), ("content", [2])], headers: headers)) == ["/content"])
      #expect(pointers(try await upload(broker, [request, ("contents", [1])], headers: headers)) == ["/contents"])
      #expect(pointers(try await upload(broker, [request, ("signature", [1]), ("content", [1])], headers: headers)) == ["/card"])
      #expect(pointers(try await upload(broker, [bare, ("content", [1])], headers: headers)) == ["/card"])
      #expect(try await upload(broker, [bare, ("signature", [0x30, 0])], headers: headers).code == "documentMissing")
      let others = headers.filter { $0.0 != "content-type" } + [("content-type", "application/pdf")]
      let other = try await broker.server.send("POST", Self.route, body: "%PDF", headers: others)
      #expect(other.status == 415 && other.body.contains("multipart/form-data"))
    }
  }

  @Test("a notVerifier sends no plain material, as JSON or as a form, and asks for no finer result than it is told")
  func notVerifier() async throws {
    try await TestBroker.with { broker in
      let headers = try await broker.authorisation(try await broker.client(of: broker.fintech))
      let digest = digest([])
      let json = try await broker.server.send(
        "POST", Self.route, body: #"{"card":\#(Self.card),"purpose":"contract","digest":"\#(digest)"}"#, headers: headers)
      let form = try await upload(
        broker, [("request", Array(#"{"purpose":"contract"}"#.utf8)), ("signature", [0x30, 0]), ("content", [1])], headers: headers)
      for reply in [json, form] { #expect(reply.status == 403 && reply.code == "cardEnvelopeRequired") }
      for finer in ["certificateRevoked", "revocationUnknown"] {
        let reply = try await broker.server.send("POST", "/v1/verifications/search", body: #"{"result":"\#(finer)"}"#, headers: headers)
        #expect(reply.status == 400 && reply.code == "invalidRequest")
      }
      let coarse = try await broker.server.send("POST", "/v1/verifications/search", body: #"{"result":"notConfirmed"}"#, headers: headers)
      #expect(coarse.body == #"{"verifications":[]}"#)
    }
  }

  @Test("another tenant's evidence is 404")
  func tenantsApart() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.authorisation(try await broker.client(of: broker.bank))
      let fintech = try await broker.authorisation(try await broker.client(of: broker.fintech))
      let made = try await broker.server.send(
        "POST", Self.route, body: #"{"card":\#(Self.card),"purpose":"contract","digest":"\#(digest([]))"}"#, headers: bank)
      let id = try #require(made.member("id"))
      #expect(try await broker.server.send("GET", "/v1/verifications/\(id)", headers: bank).status == 200)
      let answers = [
        try await broker.server.send("GET", "/v1/verifications/\(id)", headers: fintech),
        try await broker.server.send("GET", "/v1/verifications/ver_01kaq3m5v8f7x9q2w4e6r8t010", headers: fintech),
        try await broker.server.send("GET", "/v1/verifications/nonsense", headers: fintech),
      ]
      #expect(answers.allSatisfy { $0.status == 404 && $0.code == "notFound" })
    }
  }
}
