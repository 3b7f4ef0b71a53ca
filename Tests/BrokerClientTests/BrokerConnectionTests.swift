import BrokerClient
import Foundation
import JOSE
import Testing

@Suite struct BrokerConnectionTests {
  static let key = SigningKey.generate()

  static func connection(
    _ broker: FakeBroker, credentials: Bool = true, attempts: Int = 4, clock: Clock? = nil
  ) throws
    -> BrokerConnection
  {
    try BrokerConnection(
      BrokerClientConfiguration(
        baseURL: broker.baseURL + "/", credentials: credentials ? .init(clientID: "cli_1", key: key, scopes: ["ledger", "matching"]) : nil,
        requestTimeout: .seconds(5), maximumAttempts: attempts, firstBackOff: .milliseconds(1), now: { clock?.now ?? Date() }))
  }

  /// Runs against a fake broker and closes both.
  static func with(
    credentials: Bool = true, attempts: Int = 4, clock: Clock? = nil,
    _ answer: @escaping @Sendable (SeenRequest, Int) -> FakeAnswer, _ body: (BrokerConnection, FakeBroker) async throws -> Void
  ) async throws {
    let broker = try await FakeBroker(answer)
    let connection = try Self.connection(broker, credentials: credentials, attempts: attempts, clock: clock)
    do { try await body(connection, broker) } catch {
      await connection.close()
      await broker.stop()
      throw error
    }
    await connection.close()
    await broker.stop()
  }

  @Test func theClientAuthenticatesByPrivateKeyJWT() async throws {
    try await Self.with { request, _ in
      request.path == "/oauth2/token" ? .token : FakeAnswer(body: "{}")
    } _: { connection, broker in
      let answer = try await connection.get("/v1/tag-keys")
      #expect(answer.isSuccess)
      let asked = try #require(broker.seen.first)
      let form = asked.form
      #expect(asked.method == "POST" && asked.header("content-type") == "application/x-www-form-urlencoded")
      #expect(form["grant_type"] == "client_credentials" && form["scope"] == "ledger matching")
      #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
      let claims = try JSONWebToken.verify(
        form["client_assertion"] ?? "", keys: [Self.key.publicJWK],
        expecting: .init(
          issuer: "cli_1", subject: "cli_1", audiences: [broker.baseURL + "/oauth2/token"], maximumLifetime: 60, required: ["jti", "iat"]),
        at: Date()
      ).claims
      #expect((claims.tokenID?.utf8.count ?? 0) >= 32)
      #expect(broker.seen.last?.header("authorization") == "Bearer token")
    }
  }

  @Test func aTokenIsFetchedOnceAndRenewedBeforeItEnds() async throws {
    let clock = Clock()
    try await Self.with(clock: clock) { request, _ in
      request.path == "/oauth2/token" ? .token : FakeAnswer(body: "{}")
    } _: { connection, broker in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<10 { group.addTask { _ = try await connection.get("/v1/pairs") } }
        try await group.waitForAll()
      }
      #expect(broker.seen.filter { $0.path == "/oauth2/token" }.count == 1)
      clock.advance(569)
      _ = try await connection.get("/v1/pairs")
      #expect(broker.seen.filter { $0.path == "/oauth2/token" }.count == 1)
      clock.advance(2)
      _ = try await connection.get("/v1/pairs")
      #expect(broker.seen.filter { $0.path == "/oauth2/token" }.count == 2)
    }
  }

  @Test func aRefusedTokenIsFetchedAnewOnce() async throws {
    try await Self.with { request, count in
      if request.path == "/oauth2/token" { return .token }
      return count == 2 ? .problem(401, "invalidToken") : FakeAnswer(body: "{}")
    } _: { connection, broker in
      let answer = try await connection.get("/v1/pairs")
      #expect(answer.status == 200)
      #expect(broker.seen.map(\.path) == ["/oauth2/token", "/v1/pairs", "/oauth2/token", "/v1/pairs"])
    }
  }

  @Test func aTokenEndpointThatRefusesSaysSo() async throws {
    try await Self.with { _, _ in
      FakeAnswer(status: 401, headers: [("Content-Type", "application/json")], body: #"{"error":"invalid_client"}"#)
    } _: { connection, _ in
      await #expect(throws: BrokerClientError.tokenRefused("invalid_client")) { try await connection.get("/v1/pairs") }
    }
  }

  @Test func publicPathsCarryNoToken() async throws {
    try await Self.with { _, _ in
      FakeAnswer(body: #"{"keys":[]}"#)
    } _: { connection, broker in
      _ = try await connection.get("/jwks.json")
      #expect(broker.seen.count == 1 && broker.seen[0].header("authorization") == nil)
    }
  }

  @Test func busyBrokersAreAskedAgainWithTheSameKey() async throws {
    try await Self.with(credentials: false) { _, count in
      switch count {
      case 1: .problem(503, "unavailable")
      case 2: .problem(429, "tooManyRequests", headers: [("Retry-After", "0")])
      case 3: FakeAnswer(cut: true)
      default: FakeAnswer(status: 201, body: #"{"id":"onb_1"}"#)
      }
    } _: { connection, broker in
      let answer = try await connection.post("/v1/onboardings", ["origin": "https://bank"], idempotencyKey: "key-1")
      #expect(answer.status == 201)
      #expect(try answer.json()["id"]?.string == "onb_1")
      #expect(broker.seen.map { $0.header("idempotency-key") } == ["key-1", "key-1", "key-1", "key-1"])
      #expect(Set(broker.seen.map(\.body)).count == 1)
    }
  }

  @Test func aWriteWithoutKeyIsNotRepeatedAfterALostConnection() async throws {
    try await Self.with(credentials: false) { _, _ in
      FakeAnswer(cut: true)
    } _: { connection, broker in
      await #expect(throws: BrokerClientError.self) { try await connection.post("/v1/matches/tags", [:], idempotencyKey: nil) }
      #expect(broker.seen.count == 1)
    }
  }

  @Test func attemptsHaveAnEnd() async throws {
    try await Self.with(credentials: false, attempts: 3) { _, _ in
      .problem(503, "unavailable")
    } _: { connection, broker in
      let answer = try await connection.get("/v1/pairs")
      #expect(answer.problem?.code == "unavailable")
      #expect(broker.seen.count == 3)
    }
  }

  @Test func problemsAreAnswers() async throws {
    try await Self.with(credentials: false) { _, count in
      count == 1 ? .problem(422, "tagRefused") : FakeAnswer(status: 502, headers: [("Content-Type", "text/html")], body: "<html>")
    } _: { connection, _ in
      let refused = try await connection.get("/v1/pairs")
      let problem = try #require(refused.problem)
      #expect(problem.code == "tagRefused" && problem.status == 422 && problem.description == "Title. Do this. (tagRefused)")
      let page = try await connection.get("/v1/pairs")
      #expect(page.problem?.code == "unknown")
    }
  }

  @Test func anUploadIsStreamedAndBegunAnewAfterACut() async throws {
    try await Self.with(credentials: false) { _, count in
      switch count {
      case 1: FakeAnswer(cut: true)
      case 2: .problem(409, "requestInProgress")
      default: FakeAnswer(status: 202, body: #"{"jobId":"ldg_1"}"#)
      }
    } _: { connection, broker in
      let answer = try await connection.upload("/v1/ledger-changes", contentType: "application/x-ndjson", idempotencyKey: "key-2") {
        AsyncThrowingStream<[UInt8], any Error> { continuation in
          for line in 0..<1_000 { continuation.yield(Array("{\"ref\":\"\(line)\"}\n".utf8)) }
          continuation.finish()
        }
      }
      #expect(answer.status == 202)
      #expect(broker.seen.count == 3 && broker.seen[2].body.split(separator: 0x0A).count == 1_000)
      #expect(broker.seen[2].header("transfer-encoding") == "chunked" && broker.seen[2].header("content-type") == "application/x-ndjson")
    }
  }

  @Test func aBrokerThatIsDownIsAnOutage() async throws {
    let broker = try await FakeBroker { _, _ in FakeAnswer() }
    let connection = try Self.connection(broker, attempts: 2)
    await broker.stop()
    let error = await #expect(throws: BrokerClientError.self) { try await connection.get("/v1/pairs") }
    #expect(error?.isOutage == true && error?.description.contains("127.0.0.1") == true)
    await connection.close()
  }

  @Test(arguments: ["", "broker", "http://broker.example", "ftp://localhost", "https://"])
  func anAddressMustBeSafe(_ address: String) {
    #expect(throws: BrokerClientError.self) { try BrokerConnection(BrokerClientConfiguration(baseURL: address)) }
  }

  @Test func aConnectionThatNobodyClosesDoesNoHarm() async throws {
    let broker = try await FakeBroker { _, _ in FakeAnswer(body: "{}") }
    let answer = try await Self.connection(broker, credentials: false).get("/livez")
    #expect(answer.status == 200)
    await broker.stop()
  }

  @Test func trustMustBePEM() {
    #expect(throws: BrokerClientError.configuration("The file of trusted authorities holds no PEM certificate.")) {
      try BrokerConnection(BrokerClientConfiguration(baseURL: "https://localhost", trustRootsPEM: "nothing"))
    }
  }

  @Test func theConfigurationPrintsNoKey() {
    let configuration = BrokerClientConfiguration(
      baseURL: "https://localhost", clientCertificate: .init(chainPEM: "chain", keyPEM: "-----BEGIN PRIVATE KEY-----"),
      credentials: .init(clientID: "cli_1", key: Self.key))
    var text = "\(configuration)"
    dump(configuration, to: &text)
    #expect(!text.contains("BEGIN") && !text.contains(Base64URL.encode(Self.key.rawRepresentation)))
  }
}
