import BrokerClient
import Foundation
import JLISSimulator
import JOSE
import PostgreSQL
import Story
import TestSupport
import Testing

/// What the broker does when a part is taken away, or when it is told to stop.
@Suite struct OutageScenarios {
  @Test(arguments: [1, 2]) func `a request under way is finished before the broker stops`(version: Int) async throws {
    try await Houses.with { house in
      let cast = try house.cast(attempts: 1)
      let citizen = try cast.simulator.newCitizen(name: "静間　遅子", address: "東京都清瀬市静町２", dateOfBirth: "1961-06-06", sex: "female")
      let (path, card) = try await login(with: cast.simulator.card(for: citizen.id), cast)
      let body = String(decoding: try card.serialized(), as: UTF8.self)
      await cast.close()
      // OCSP answers after 30 seconds: the broker waits for it for five, then goes by the list.
      try cast.simulator.setFaults(Faults(ocsp: .slow))
      try await Wire.with(house, version: version) { wire in
        let headers = try await Token(.fintech, of: house, over: wire).headers(key: "slow")
        async let answer = wire.send("POST", path, headers, body: body)
        try await Wire.with(house) { other in
          try await eventually("the request to be in flight", .seconds(4)) {
            // One of the two is this look itself.
            try await other.send("GET", "/metrics").text.contains("yonjo_http_requests_in_flight 2")
          }
        }
        let broker = try #require(house.broker)
        broker.signal(SIGTERM)
        do {
          let answer = try await answer
          #expect(answer.status == 200, "\(answer.text)\n\(house.brokerLines)")
        } catch {
          throw HouseFailure("The request was cut off: \(error)", log: house.brokerLines)
        }
        #expect(try await broker.exitCode(within: .seconds(10)) == 0)
      }
      #expect(house.brokerLines.contains("stopped"))
    }
  }

  /// A second or two, and as much again because all of these tests share the machine's two cores.
  private static let quickly: Duration = .seconds(3)

  @Test func `without its database the broker says so, fails quickly, and goes on when it is back`() async throws {
    try await Houses.with { house in
      let cast = try house.cast(attempts: 1)
      let connection = try #require(cast.connections[.bank])
      let begin: JSONValue = ["origin": "https://bank.example"]
      #expect(try await connection.post("/v1/logins", begin, idempotencyKey: "before").status == 201)
      let subjects = "/v1/subjects/search"
      try await Wire.with(house) { wire in
        try await open(house, false)
        try await eventually("/readyz to miss the database", .seconds(60)) {
          let ready = try await wire.send("GET", "/readyz")
          return ready.status == 503 && state(of: "database", in: ready) == "down"
        }
        #expect(try await wire.send("GET", "/livez").status == 200)
        for number in 0..<3 {
          let started = ContinuousClock.now
          let answer = try await connection.post(subjects, ["subjectReference": "nobody"], idempotencyKey: "down-\(number)")
          #expect(ContinuousClock.now - started < Self.quickly)
          #expect(answer.status == 503)
          #expect(answer.header("content-type")?.hasPrefix("application/problem+json") == true)
          #expect(answer.header("retry-after") != nil)
        }
        try await open(house, true)
        try await eventually("/readyz to be well again", .seconds(60)) { try await wire.send("GET", "/readyz").status == 200 }
      }
      #expect(try await connection.post(subjects, ["subjectReference": "nobody"], idempotencyKey: "after").status == 200)
      #expect(try await connection.post("/v1/logins", begin, idempotencyKey: "after").status == 201)
      await cast.close()
    }
  }

  @Test func `without J-LIS the broker says so, fails quickly where it is needed, and goes on when it is back`() async throws {
    try await Houses.with { house in
      let cast = try house.cast(attempts: 1)
      let stage = Stage(cast: cast)
      var journey = Journey()
      for step in StoryBook.steps.prefix(4) { try await step.play(&journey, on: stage) }
      let subject = try #require(journey.hanako.bankSubjectID)
      let connection = try #require(cast.connections[.bank])
      await house.stopSimulator()
      for number in 0..<2 {
        let started = ContinuousClock.now
        let refused = try await connection.post("/v1/subjects/\(subject)/latest-items", [:], idempotencyKey: "down-\(number)")
        #expect(ContinuousClock.now - started < Self.quickly)
        #expect(refused.status == 503)
        #expect(refused.problem?.code == "dependencyUnavailable")
      }
      // A login goes by the list in force.
      let (path, body) = try await login(with: cast.simulator.card(for: try #require(journey.hanako.citizenID)), cast, .bank)
      let started = ContinuousClock.now
      let login = try await connection.post(path, body, idempotencyKey: "login")
      #expect(ContinuousClock.now - started < Self.quickly)
      #expect(try login.json()["result"] == "ok", "\(String(decoding: login.body, as: UTF8.self))")
      try await Wire.with(house) { wire in
        try await eventually("/readyz to miss J-LIS", .seconds(60)) {
          state(of: "jlis", in: try await wire.send("GET", "/readyz")) == "degraded"
        }
      }
      try await house.startSimulator()
      try await eventually("latest items to work again", .seconds(60)) {
        let answer = try await connection.post("/v1/subjects/\(subject)/latest-items", [:], idempotencyKey: UUID().uuidString)
        return try answer.status == 200 && answer.json()["outcome"] == "unchanged"
      }
      await cast.close()
    }
  }

  // MARK: -

  /// A login session, answered by the card: where to send what.
  private func login(with card: VirtualCard, _ cast: StoryCast, _ role: StoryRole = .fintech) async throws -> (
    path: String, body: JSONValue
  ) {
    let connection = try #require(cast.connections[role])
    let tenant = try #require(cast.tenants[role.tenant])
    let session = try await connection.post("/v1/logins", ["origin": .string(tenant.origin)], idempotencyKey: UUID().uuidString).json()
    let id = try #require(session["id"]?.string)
    let envelope = try CitizenDevice(card: card).envelope(
      toBeSigned: try #require(Base64URL.decode(session["toBeSigned"]?.string ?? "")), tenantID: tenant.id, sessionID: id,
      to: CitizenDevice.envelopeKey(of: await connection.get("/jwks.json").decoded(JSONWebKeySet.self)), signing: false)
    return ("/v1/logins/\(id)/signature", ["card": ["envelope": .string(envelope)]])
  }

  private func state(of dependency: String, in ready: Wire.Answer) -> String? {
    (try? JSONValue(parsing: ready.body))?["dependencies"]?.array?.first { $0["name"]?.string == dependency }?["state"]?.string
  }

  /// Lets nobody into the database, and throws out who is in it; or lets them in again.
  private func open(_ house: House, _ isOpen: Bool) async throws {
    let name = house.database.name
    let elsewhere = house.database.superuserURL.replacing("dbname=\(name)", with: "dbname=postgres")
    try await Tables.with(elsewhere) { pool in
      try await pool.withConnection { connection in
        try await connection.execute("ALTER DATABASE \(name) ALLOW_CONNECTIONS \(isOpen)")
        if !isOpen { try await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'") }
      }
    }
  }

  private func eventually(_ what: String, _ limit: Duration, _ holds: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !holds() {
      guard ContinuousClock.now < deadline else { throw HouseFailure("Waited \(limit) in vain for \(what).") }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
