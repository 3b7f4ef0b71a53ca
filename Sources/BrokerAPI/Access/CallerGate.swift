import Broker
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Who stands behind an access token.
protocol CallerSource: Sendable {
  /// The caller of a token that verifies; refuses with 401.
  func caller(token: String, requestID: String) async throws -> Caller
}

/// The door of every `/v1` route: token, scope, body, `Idempotency-Key`.
struct Endpoint: Sendable {
  let callers: any CallerSource
  let allowances: RateLimiter
  let limits: ServerLimits

  /// A request without a body.
  func caller(_ scope: Scope, _ request: Request, _ context: BrokerRequestContext) async throws -> Caller {
    try await caller(anyOf: [scope], request, context)
  }

  /// A request that each of these scopes allows; the first is named to whoever has none.
  func caller(anyOf scopes: [Scope], _ request: Request, _ context: BrokerRequestContext) async throws -> Caller {
    guard let token = Self.bearer(request.headers[.authorization]) else { throw Problem.invalidToken }
    let caller = try await callers.caller(token: token, requestID: context.requestID)
    context.record.tenant = caller.tenantID.description
    if caller.scopes.isDisjoint(with: scopes), let first = scopes.first { try caller.require(first) }
    return caller
  }

  /// A request with a body that changes nothing.
  func body<Body: Decodable>(
    _ type: Body.Type, _ scope: Scope, _ request: Request, _ context: BrokerRequestContext, upTo limit: Int? = nil
  ) async throws -> (caller: Caller, body: Body) {
    try await body(type, anyOf: [scope], request, context, upTo: limit)
  }

  /// The same, where each of several scopes is enough.
  func body<Body: Decodable>(
    _ type: Body.Type, anyOf scopes: [Scope], _ request: Request, _ context: BrokerRequestContext, upTo limit: Int? = nil
  ) async throws -> (caller: Caller, body: Body) {
    let caller = try await caller(anyOf: scopes, request, context)
    let (body, _) = try await request.decoded(type, upTo: limit ?? limits.bodyBytes)
    return (caller, body)
  }

  /// A write with a body. Without an `Idempotency-Key` it gets a key that nobody knows, and so cannot be repeated.
  func write<Body: Decodable>(
    _ type: Body.Type, _ scope: Scope, _ request: Request, _ context: BrokerRequestContext, upTo limit: Int? = nil
  ) async throws -> (caller: Caller, body: Body, write: RepeatableRequest) {
    let caller = try await caller(scope, request, context)
    let (body, bytes) = try await request.decoded(type, upTo: limit ?? limits.bodyBytes)
    return (caller, body, try Self.repeatable(request, Array(buffer: bytes)))
  }

  /// A write without a body; one that brings a body all the same is refused.
  func write(_ scope: Scope, _ request: Request, _ context: BrokerRequestContext) async throws -> (caller: Caller, write: RepeatableRequest)
  {
    let caller = try await caller(scope, request, context)
    let length = try await Self.bodyLength(request)
    // An empty object says nothing, and some clients cannot send less.
    guard length <= 2 else { throw Problem.invalid(parameter: "", "takes no body") }
    return (caller, try Self.repeatable(request, []))
  }

  /// Takes from the tenant's allowance of this minute, and tells how it stands in the answer's `RateLimit-*` headers; of signatures only where it is
  /// spent, so that answers to cards that are refused for different reasons stay the same to the byte.
  func spend(_ kind: RateKind, cost: Int = 1, _ caller: Caller, _ context: BrokerRequestContext) async throws {
    do {
      let standing = try await allowances.take(caller, kind, cost: cost)
      if kind != .signature { context.record.allowance = standing }
    } catch let refusal as Refusal {
      if case .tooMany(let seconds) = refusal.kind {
        context.record.allowance = RateStanding(limit: caller.allowances[kind], remaining: 0, resetSeconds: seconds)
      }
      throw refusal
    }
  }

  private static func bodyLength(_ request: Request) async throws -> Int {
    do {
      return try await request.body.collect(upTo: 64).readableBytes
    } catch is NIOTooManyBytesError {
      throw Problem.contentTooLarge(64)
    }
  }

  static func repeatable(_ request: Request, _ body: [UInt8]) throws -> RepeatableRequest {
    let key = request.headers[.idempotencyKey] ?? UUID().uuidString
    return try RepeatableRequest(key: key, operation: request.method.rawValue + " " + request.uri.path, body: body)
  }

  /// RFC 6750 §2.1; the scheme's case does not matter.
  static func bearer(_ header: String?) -> String? {
    guard let header, header.utf8.count <= 8192, header.utf8.count > 7, header.prefix(7).lowercased() == "bearer " else { return nil }
    return String(header.dropFirst(7))
  }
}

extension BrokerRequestContext {
  /// The id of a path; one that is no id of this kind names nothing.
  func id<Kind: IdentifierKind>(_ name: String = "id", _ kind: Kind.Type = Kind.self) throws -> Identifier<Kind> {
    guard let text = parameters.get(name), let id = Identifier<Kind>(text) else { throw Refusal.notFound("resource") }
    return id
  }

  /// An id that only the rules can read.
  func opaqueID(_ name: String = "id") throws -> String {
    guard let text = parameters.get(name), text.utf8.count <= 1024 else { throw Refusal.notFound("resource") }
    return text
  }
}
