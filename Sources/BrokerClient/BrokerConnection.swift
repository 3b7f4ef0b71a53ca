internal import AsyncHTTPClient
internal import Foundation
public import JOSE
public import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// The client side of the broker's API: tokens, retries, idempotency. Safe to share between tasks; close it when done.
///
/// A request is sent again, with the same `Idempotency-Key`, after 429 and 503, and after a lost connection if it may be repeated: reads, deletions, and
/// whatever carries a key. Anything else that the broker answers, problems included, is returned as it is.
public final class BrokerConnection: Sendable {
  /// How this connection was set up.
  public let configuration: BrokerClientConfiguration
  private let transport: HTTPTransport
  private let tokens: AccessTokens?
  private let logger: Logger

  /// Prepares a connection; nothing is sent yet.
  ///
  /// - Throws: `BrokerClientError.configuration`.
  public init(_ configuration: BrokerClientConfiguration, logger: Logger = Logger(label: "yonjo.client") { _ in SwiftLogNoOpLogHandler() })
    throws(BrokerClientError)
  {
    self.configuration = configuration
    self.logger = logger
    transport = try HTTPTransport(configuration)
    tokens = configuration.credentials.map {
      AccessTokens($0, endpoint: configuration.tokenEndpoint ?? configuration.baseURL + "/oauth2/token", now: configuration.now)
    }
  }

  /// Closes idle connections and ends those in use.
  public func close() async { await transport.close() }

  /// Reads.
  public func get(_ path: String) async throws(BrokerClientError) -> BrokerAnswer {
    try await send("GET", path, body: nil, contentType: nil, idempotencyKey: nil)
  }

  /// Writes JSON. Without a key the request is not repeated after a lost connection.
  public func post(_ path: String, _ body: JSONValue, idempotencyKey: String?) async throws(BrokerClientError) -> BrokerAnswer {
    let bytes: [UInt8]
    do { bytes = try body.serialized() } catch { throw .bodyUnreadable }
    return try await send("POST", path, body: bytes, contentType: "application/json", idempotencyKey: idempotencyKey)
  }

  /// Deletes.
  public func delete(_ path: String, idempotencyKey: String? = nil) async throws(BrokerClientError) -> BrokerAnswer {
    try await send("DELETE", path, body: nil, contentType: nil, idempotencyKey: idempotencyKey)
  }

  /// Sends any request; `path` begins with a slash and may carry a query. Paths under `/v1` and `/admin` carry the token.
  public func send(_ method: String, _ path: String, body: [UInt8]?, contentType: String?, idempotencyKey: String?)
    async throws(BrokerClientError)
    -> BrokerAnswer
  {
    let isRepeatable = method == "GET" || method == "HEAD" || method == "DELETE" || idempotencyKey != nil
    return try await attempt(isRepeatable: isRepeatable, awaitsRelease: false) { [transport] authorization throws(BrokerClientError) in
      try await transport.send(
        method, path, headers: Self.headers(contentType, idempotencyKey, authorization), body: body.map(HTTPTransport.Body.bytes),
        timeout: self.configuration.requestTimeout)
    } needsToken: {
      path.hasPrefix("/v1") || path.hasPrefix("/admin")
    }
  }

  /// Streams a body of any length in constant memory. `body` is asked for a fresh stream at every attempt: the broker skips what it has stored already
  /// under the same key. There is no limit of time but that on silence.
  public func upload<Body: AsyncSequence & Sendable>(
    _ path: String, contentType: String, idempotencyKey: String, body: @escaping @Sendable () throws -> Body
  ) async throws(BrokerClientError) -> BrokerAnswer where Body.Element == [UInt8] {
    try await attempt(isRepeatable: true, awaitsRelease: true) { [transport] authorization throws(BrokerClientError) in
      let stream: Body
      do { stream = try body() } catch { throw .bodyUnreadable }
      return try await transport.send(
        "POST", path, headers: Self.headers(contentType, idempotencyKey, authorization),
        body: .stream(stream.map { ByteBuffer(bytes: $0) }),
        timeout: nil)
    } needsToken: {
      true
    }
  }

  // MARK: attempts

  private static func headers(_ contentType: String?, _ idempotencyKey: String?, _ authorization: String?) -> [(String, String)] {
    var headers = [("Accept", "application/json, application/problem+json")]
    if let contentType { headers.append(("Content-Type", contentType)) }
    if let idempotencyKey { headers.append(("Idempotency-Key", idempotencyKey)) }
    if let authorization { headers.append(("Authorization", "Bearer " + authorization)) }
    return headers
  }

  private func attempt(
    isRepeatable: Bool, awaitsRelease: Bool, _ send: (_ authorization: String?) async throws(BrokerClientError) -> BrokerAnswer,
    needsToken: () -> Bool
  ) async throws(BrokerClientError) -> BrokerAnswer {
    var refreshed = false
    var attempts = 1
    while true {
      let token = needsToken() ? try await accessToken() : nil
      var wait: Duration?
      do throws(BrokerClientError) {
        let answer = try await send(token)
        if answer.status == 401, let token, !refreshed {
          refreshed = true
          await tokens?.forget(token)
          continue
        }
        guard attempts < configuration.maximumAttempts, mayRepeat(answer, awaitsRelease: awaitsRelease) else { return answer }
        wait = answer.header("retry-after").flatMap(Int.init).map { .seconds(min(max($0, 0), 60)) }
        logger.debug("retrying", metadata: ["status": "\(answer.status)", "attempt": "\(attempts)"])
      } catch {
        guard error.isOutage, isRepeatable, attempts < configuration.maximumAttempts else { throw error }
        logger.debug("retrying", metadata: ["reason": "\(error)", "attempt": "\(attempts)"])
      }
      do { try await Task.sleep(for: wait ?? backOff(after: attempts)) } catch { throw .cancelled }
      attempts += 1
    }
  }

  /// 429 and 503 were not acted upon. 409 `requestInProgress` means that an earlier attempt is still being worked on.
  private func mayRepeat(_ answer: BrokerAnswer, awaitsRelease: Bool) -> Bool {
    switch answer.status {
    case 429, 503: true
    case 409: awaitsRelease && answer.problem?.code == "requestInProgress"
    default: false
    }
  }

  private func backOff(after attempts: Int) -> Duration {
    let full = min(configuration.firstBackOff * (1 << min(attempts - 1, 10)), .seconds(15))
    return full * Double.random(in: 0.5...1)
  }

  private func accessToken() async throws(BrokerClientError) -> String? {
    guard let tokens else { return nil }
    let path = configuration.tokenEndpoint ?? configuration.baseURL + "/oauth2/token"
    var attempts = 1
    while true {
      do {
        return try await tokens.token { [transport, configuration] form in
          let answer = try await transport.send(
            "POST", path, headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
            body: .bytes(form),
            timeout: configuration.requestTimeout)
          guard answer.status != 503, answer.status != 429 else { throw BrokerClientError.unreachable(transport.host) }
          return answer
        }
      } catch {
        let known = error as? BrokerClientError ?? .answerMalformed
        guard known.isOutage, attempts < configuration.maximumAttempts else { throw known }
      }
      do { try await Task.sleep(for: backOff(after: attempts)) } catch { throw .cancelled }
      attempts += 1
    }
  }
}
