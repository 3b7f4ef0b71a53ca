import Broker
import StrictJSON

/// Problem details (RFC 9457): what every refusal looks like on the wire.
struct Problem: Error, Encodable, Equatable {
  /// `urn:yonjo:problem:` and the code.
  let type: String
  /// One sentence, the same for every problem of this code.
  let title: String
  /// The HTTP status.
  let status: Int
  /// What is wrong this time and what to do next; nothing personal.
  let detail: String?
  /// Stable, listed in OpenAPI.
  let code: String
  /// The request it belongs to.
  var instance: String?
  /// What is wrong where in the body, a header or a query parameter.
  let errors: [ProblemPointer]?

  /// Seconds after which a repeat makes sense; a header, not a member.
  var retryAfterSeconds: Int?
  /// Methods that are allowed; a header (405 only), not a member.
  var allow: String?

  enum CodingKeys: String, CodingKey { case type, title, status, detail, code, instance, errors }

  init(
    _ status: Int, _ code: String, _ detail: String?, errors: [ProblemPointer]? = nil, retryAfterSeconds: Int? = nil, allow: String? = nil
  ) {
    type = "urn:yonjo:problem:" + code
    title = ProblemTitle.of(code, status: status)
    self.status = status
    self.detail = detail
    self.code = code
    self.errors = errors
    self.retryAfterSeconds = retryAfterSeconds
    self.allow = allow
  }

  init(_ refusal: Refusal) {
    let (status, retry): (Int, Int?) =
      switch refusal.kind {
      case .invalid: (400, nil)
      case .unauthenticated: (401, nil)
      case .forbidden: (403, nil)
      case .notFound: (404, nil)
      case .conflict: (409, refusal.code == "requestInProgress" ? 1 : nil)
      case .tooLarge: (413, nil)
      case .unprocessable: (422, nil)
      case .tooMany(let seconds): (429, max(1, seconds))
      case .unavailable: (503, 1)
      }
    self.init(
      status, refusal.code, refusal.sentence + " " + refusal.nextStep,
      errors: refusal.pointer.map { [ProblemPointer(pointer: $0, detail: refusal.sentence)] }, retryAfterSeconds: retry)
  }

  init(_ faults: JSONFaults) {
    self = .invalid(faults.faults.map { ProblemPointer(pointer: $0.pointer, detail: $0.detail) })
  }
}

/// One thing that is wrong, and where.
struct ProblemPointer: Encodable, Equatable {
  /// JSON pointer into the body, or the name of a header or query parameter.
  let pointer: String
  let detail: String
}

extension Problem {
  static func invalid(_ errors: [ProblemPointer]) -> Problem {
    Problem(400, "invalidRequest", "Correct what errors names and send the request again.", errors: errors)
  }

  static func invalid(parameter: String, _ detail: String) -> Problem { invalid([ProblemPointer(pointer: parameter, detail: detail)]) }

  static let notFound = Problem(404, "notFound", "There is no such route. OpenAPI lists all of them.")

  static func methodNotAllowed(_ allowed: [String]) -> Problem {
    Problem(405, "methodNotAllowed", "This route takes \(allowed.joined(separator: ", ")).", allow: allowed.joined(separator: ", "))
  }

  static func contentTooLarge(_ limit: Int) -> Problem {
    Problem(413, "contentTooLarge", "This route takes bodies of at most \(limit) bytes.")
  }

  static func unsupportedMediaType(_ accepted: String) -> Problem { Problem(415, "unsupportedMediaType", "This route takes \(accepted).") }

  static func uriTooLong(_ limit: Int) -> Problem { Problem(414, "uriTooLong", "The URI may have at most \(limit) bytes.") }

  static let requestTimeout = Problem(408, "requestTimeout", "The request did not arrive in time. Send it again.")

  static let headersTooLarge = Problem(431, "headersTooLarge", "Send fewer or shorter header fields.")

  static let malformed = Problem(400, "invalidRequest", "This is not HTTP as we understand it.")

  static let overloaded = Problem(
    503, "overloaded", "Too many requests are being worked on. Repeat after Retry-After seconds, with the same Idempotency-Key.",
    retryAfterSeconds: 1)

  static let invalidToken = Problem(401, "invalidToken", "The access token is missing, wrong or expired. Fetch a new one at /oauth2/token.")

  static let internalError = Problem(
    500, "internalError", "Something went wrong here. Quote the request id; repeat with the same Idempotency-Key.")
}

/// The title of each code; OpenAPI lists the same.
enum ProblemTitle {
  static func of(_ code: String, status: Int) -> String { titles[code] ?? families[status] ?? "The request was refused" }

  private static let titles: [String: String] = [
    "invalidRequest": "The request is not understood",
    "invalidToken": "The access token is missing, wrong or expired",
    "insufficientScope": "The client lacks the scope",
    "notPermittedForStatus": "Not permitted for the verifier status of this tenant",
    "notFound": "There is no such thing",
    "methodNotAllowed": "The method is not allowed here",
    "requestTimeout": "The request took too long to arrive",
    "requestInProgress": "A request with this Idempotency-Key is in progress",
    "contentTooLarge": "The body is too large",
    "uriTooLong": "The URI is too long",
    "unsupportedMediaType": "The media type is not supported",
    "idempotencyKeyReused": "The Idempotency-Key was used with another body",
    "tooManyRequests": "Too many requests",
    "headersTooLarge": "The header fields are too large",
    "internalError": "Something went wrong here",
    "dependencyUnavailable": "A part that is needed is down",
    "overloaded": "Too many requests at once",
  ]

  private static let families: [Int: String] = [
    400: "The request is not understood", 401: "The client is not authenticated", 403: "Not permitted", 404: "There is no such thing",
    409: "The present state does not allow this", 413: "Too large", 416: "There is no such part",
    422: "The request was understood and refused", 429: "Too many requests",
    503: "A part that is needed is down",
  ]
}
