import Broker
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import StrictJSON
import Synchronization

/// The outermost layer: request id, limits, problem documents, headers, log line and metrics of every request, known route or not.
struct EdgeResponder: HTTPResponder {
  typealias Context = BrokerRequestContext

  let router: RouterResponder<BrokerRequestContext>
  let routes: RouteTable
  let limits: ServerLimits
  let admission: Admission
  /// Requests that were answered without a task.
  let quickAnswers: Count
  let metrics: RequestMetrics
  let log: RequestLog
  let logger: Logger
  /// Standing headers: security headers, and HSTS where we speak TLS.
  let standingHeaders: HTTPFields
  /// Pages of another room; nil: there are none.
  let pages: MountedPages?

  func respond(to request: Request, context: BrokerRequestContext) async throws -> Response {
    let started = ContinuousClock.now
    var context = context
    context.requestID = RequestID.from(traceparent: request.headers[.traceparent])
    context.peerThumbprint = request.headers[.peerThumbprint]

    var response: Response
    if admission.enter() {
      defer { admission.leave() }
      response = await answer(request, context)
    } else if Self.alwaysAnswered.contains(request.uri.path) {
      response = await answer(request, context)
    } else {
      response = .problem(.overloaded, requestID: context.requestID)
    }
    finish(&response.headers, requestID: context.requestID, allowance: context.record.allowance)
    let route = context.record.page ?? context.endpointPath.flatMap { $0 == Self.unknownRoute ? nil : $0 } ?? "unknown"
    tell(
      method: request.method, route: route, status: response.status.code, since: started, tenant: context.record.tenant,
      requestID: context.requestID)
    return response
  }

  /// Metrics and log line of one answer.
  func tell(
    method: HTTPRequest.Method, route: String, status: Int, since started: ContinuousClock.Instant, tenant: String?, requestID: String
  ) {
    let elapsed = started.duration(to: .now)
    metrics.record(method: method, route: route, status: status, elapsed: elapsed)
    log.write(method: method, route: route, status: status, micros: elapsed.wholeMicroseconds, tenant: tenant, requestID: requestID)
  }

  /// Health must be seen most of all when there is too much to do.
  private static let alwaysAnswered: Set<String> = ["/livez", "/readyz", "/metrics"]
  /// How Hummingbird's router names what it does not know.
  private static let unknownRoute = "NotFound"

  private func answer(_ request: Request, _ context: BrokerRequestContext) async -> Response {
    do {
      guard request.uri.string.utf8.count <= limits.uriBytes else { throw Problem.uriTooLong(limits.uriBytes) }
      if let pages, pages.serve(request.uri.path) {
        let (route, response) = await pages.respond(request, context.requestID, context.remoteAddress)
        context.record.page = route
        return response
      }
      let response = try await router.respond(to: request, context: context)
      guard context.endpointPath == Self.unknownRoute else { return response }
      let allowed = routes.methods(at: request.uri.path)
      throw allowed.isEmpty ? Problem.notFound : Problem.methodNotAllowed(allowed)
    } catch {
      return .problem(problem(for: error, requestID: context.requestID), requestID: context.requestID)
    }
  }

  /// What the caller learns of an error.
  func problem(for error: any Error, requestID: String) -> Problem {
    switch error {
    case let problem as Problem: return problem
    case let refusal as Refusal: return Problem(refusal)
    case let faults as JSONFaults: return Problem(faults)
    case is RequestTooSlow: return .requestTimeout
    case is RequestCutShort, is HTTPParserError, is ChannelError, is IOError: return .malformed
    case is CancellationError: return .overloaded
    default:
      // Its type only: an error's text may quote what it stumbled over.
      logger.error(
        "request failed",
        metadata: ["errorType": .string(String(describing: type(of: error))), "requestId": .string(requestID)])
      return .internalError
    }
  }

  /// The fields that every answer carries.
  func finish(_ fields: inout HTTPFields, requestID: String, allowance: RateStanding?) {
    fields[.xRequestID] = requestID
    if let allowance {
      fields[.rateLimitLimit] = String(allowance.limit)
      fields[.rateLimitRemaining] = String(allowance.remaining)
      fields[.rateLimitReset] = String(allowance.resetSeconds)
    }
    // A page says itself what it may load; the rest it has of the standing ones.
    for field in standingHeaders where fields[field.name] == nil { fields.append(field) }
    if fields[.cacheControl] == nil { fields[.cacheControl] = "no-store" }
  }
}

/// How many requests are being worked on.
final class Admission: Sendable {
  private let inFlight = Atomic<Int>(0)
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// False where there are too many already; what is let in must ``leave()``.
  func enter() -> Bool {
    if inFlight.add(1, ordering: .relaxed).newValue <= limit { return true }
    leave()
    return false
  }

  func leave() { inFlight.subtract(1, ordering: .relaxed) }

  var count: Int { inFlight.load(ordering: .relaxed) }
}

/// A number that goes up.
final class Count: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .relaxed) }
  func increment() { number.add(1, ordering: .relaxed) }
}

extension Duration {
  /// Whole microseconds, rounded down.
  var wholeMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}

extension HTTPField.Name {
  static let traceparent = HTTPField.Name("traceparent")!
  static let xRequestID = HTTPField.Name("X-Request-Id")!
  static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
  static let rateLimitLimit = HTTPField.Name("RateLimit-Limit")!
  static let rateLimitRemaining = HTTPField.Name("RateLimit-Remaining")!
  static let rateLimitReset = HTTPField.Name("RateLimit-Reset")!
  static let contentSecurityPolicy = HTTPField.Name("Content-Security-Policy")!
  static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}

extension HTTPFields {
  /// What every answer carries. An API answers no browser; these are for the case that one comes by.
  static func standing(overTLS: Bool) -> HTTPFields {
    var fields = HTTPFields()
    fields[.xContentTypeOptions] = "nosniff"
    fields[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
    fields[.referrerPolicy] = "no-referrer"
    if overTLS { fields[.strictTransportSecurity] = "max-age=31536000" }
    return fields
  }
}
