import BrokerClient
import Foundation
import JOSE
import Synchronization

/// Where the story is played: it sends, remembers what it sent, and lets the listeners hear.
///
/// What must not differ between two plays of one step is remembered here: bodies (a card envelope is sealed anew each time it is made) and what
/// happened outside the broker (a citizen moves once).
public final class Stage: Sendable {
  /// Who plays.
  public let cast: StoryCast
  let listeners: [any StoryListener]
  private let memory = Mutex<[String: JSONValue]>([:])
  private let workspacePath = Mutex<String?>(nil)

  /// A stage without any memory yet.
  public init(cast: StoryCast, listeners: [any StoryListener] = []) {
    self.cast = cast
    self.listeners = listeners
  }

  /// The value made the first time that this key was asked for.
  func remember(_ key: String, _ make: () async throws -> JSONValue) async throws -> JSONValue {
    if let known = memory.withLock({ $0[key] }) { return known }
    let value = try await make()
    memory.withLock { $0[key] = value }
    return value
  }

  /// Sends, and tells the listeners before and after.
  func send(_ request: StoryRequest) async throws -> BrokerAnswer {
    guard let connection = cast.connections[request.role] else {
      throw StoryFailure(step: request.step, expectation: "a client for \(request.role.rawValue)", found: "none")
    }
    for listener in listeners { try await listener.sends(request) }
    let started = ContinuousClock.now
    let answer = try await connection.send(
      request.method, request.path, body: request.body, contentType: request.contentType, idempotencyKey: request.idempotencyKey)
    let exchange = StoryExchange(
      request: request, status: answer.status, headers: answer.headers, body: answer.body, duration: ContinuousClock.now - started)
    for listener in listeners { try await listener.receives(exchange) }
    return answer
  }

  deinit {
    if let path = workspacePath.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
  }

  /// A directory of this stage's own, for the files of the bank's ledger; removed with the stage.
  func workspace() throws -> String {
    try workspacePath.withLock { path in
      if let path { return path }
      let made = FileManager.default.temporaryDirectory.appending(path: "yonjo-story-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: made, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      path = made
      return made
    }
  }
}
