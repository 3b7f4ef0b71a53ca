import BrokerClient
import JOSE

/// One play of one step: what the chapters speak with. Writes are numbered, so that a second play sends them under the same keys.
final class Scene {
  let step: String
  let journeyID: String
  let stage: Stage
  private var writes = 0

  init(step: String, journeyID: String, stage: Stage) {
    self.step = step
    self.journeyID = journeyID
    self.stage = stage
  }

  func tenant(_ name: StoryTenant) -> StoryCast.Tenant {
    stage.cast.tenants[name] ?? StoryCast.Tenant(id: "", origin: "", serviceID: "")
  }

  // MARK: Requests

  func get(_ role: StoryRole, _ path: String) async throws -> Answer {
    try await send(role, "GET", path, body: nil, key: nil)
  }

  /// A write without a body.
  func post(_ role: StoryRole, _ path: String) async throws -> Answer {
    try await send(role, "POST", path, body: nil, key: nextKey())
  }

  /// A write: at a second play of the step, the same body under the same key.
  func post(_ role: StoryRole, _ path: String, _ body: () async throws -> JSONValue) async throws -> Answer {
    let key = nextKey()
    let value = try await stage.remember("body " + key, body)
    return try await send(role, "POST", path, body: value.serialized(), key: key)
  }

  /// Begins a login or a match. The broker keeps nothing of it until it is answered, so it is begun once, however often the step is played:
  /// the signature that is sent again is for this one.
  func begin(_ role: StoryRole, _ path: String) async throws -> Answer {
    let key = nextKey()
    let begun = try await stage.remember("session " + key) {
      let body: JSONValue = ["origin": .string(tenant(role.tenant).origin)]
      let answer = try await send(role, "POST", path, body: body.serialized(), key: key)
      try await expect(answer, status: 201)
      return answer.json
    }
    return Answer(step: step, status: 201, body: [], json: begun)
  }

  func nextKey() -> String {
    writes += 1
    return "\(journeyID)-\(step)-\(writes)"
  }

  /// A look-up that is a POST so that nothing stands in the URL; it changes nothing and needs no key.
  func look(_ role: StoryRole, _ path: String, _ body: () async throws -> JSONValue) async throws -> Answer {
    try await send(role, "POST", path, body: try await body().serialized(), key: nil)
  }

  private func send(_ role: StoryRole, _ method: String, _ path: String, body: [UInt8]?, key: String?) async throws -> Answer {
    let answer = try await stage.send(
      StoryRequest(
        step: step, role: role, method: method, path: path, idempotencyKey: key, contentType: body.map { _ in "application/json" },
        body: body))
    return Answer(step: step, status: answer.status, body: answer.body, json: (try? answer.json()) ?? .null)
  }

  /// What happened outside the broker happens once, however often the step is played.
  func remember(_ what: String, _ make: () async throws -> JSONValue) async throws -> JSONValue {
    try await stage.remember("\(journeyID)-\(step)-\(what)", make)
  }

  // MARK: Telling

  func tell(_ sentence: String) async throws {
    for listener in stage.listeners { try await listener.tells(sentence) }
  }

  func note(_ event: String) async throws {
    for listener in stage.listeners { try await listener.notes(event) }
  }

  func expect(_ what: String, _ holds: Bool, _ found: JSONValue) async throws {
    guard holds else { throw failure(what, ReadableJSON.lines(of: found).joined(separator: " ")) }
    for listener in stage.listeners { try await listener.confirms(what) }
  }

  func expect(_ answer: Answer, status: Int) async throws {
    guard answer.status == status else {
      throw failure("\(status)", "\(answer.status) " + ReadableJSON.lines(of: answer.json).joined(separator: " "))
    }
  }

  func failure(_ expectation: String, _ found: String) -> StoryFailure {
    StoryFailure(step: step, expectation: expectation, found: found)
  }

  /// What an earlier step must have found.
  func known(_ id: String?) throws -> String {
    guard let id else { throw failure("an id from an earlier step", "none") }
    return id
  }
}
