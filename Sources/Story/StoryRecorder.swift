import JOSE
import Synchronization

/// Keeps every exchange, for tests that read what went over the wire: which answers a tenant got, whether they keep to the contract.
public final class StoryRecorder: StoryListener {
  private let kept = Mutex<[StoryExchange]>([])

  /// Empty.
  public init() {}

  /// All exchanges so far, in their order.
  public var exchanges: [StoryExchange] { kept.withLock { $0 } }

  /// Keeps it.
  public func receives(_ exchange: StoryExchange) {
    kept.withLock { $0.append(exchange) }
  }

  /// The answers, one JSON object a line: {step, method, path (as the contract writes it), status, contentType, body, tenant}.
  /// Neither requests nor access tokens are among them.
  public func newlineDelimitedAnswers() throws -> [UInt8] {
    try exchanges.flatMap { exchange -> [UInt8] in
      let line: JSONValue = [
        "step": .string(exchange.request.step),
        "method": .string(exchange.request.method),
        "path": .string(Self.template(of: exchange.request.path)),
        "status": .integer(Int64(exchange.status)),
        "contentType": .string(exchange.headers.first { $0.name == "content-type" }?.value ?? ""),
        "body": (try? JSONValue(parsing: exchange.body)) ?? .null,
        "tenant": .string(exchange.request.role.tenant == .bank ? "deemedVerifier" : "notVerifier"),
      ]
      return try line.serialized() + [UInt8(ascii: "\n")]
    }
  }

  /// `/v1/pairs/pair_01…?x=y` → `/v1/pairs/{id}`.
  static func template(of path: String) -> String {
    var segments = path.prefix { $0 != "?" }.split(separator: "/").map(String.init)
    let literals: Set = ["search", "tags", "batch", "events", "verifications", "evaluations"]
    if segments.count > 2, segments[0] == "v1", segments[1] != "audit", !literals.contains(segments[2]) {
      segments[2] = segments[1] == "ledger-changes" ? "{jobId}" : "{id}"
    }
    return "/" + segments.joined(separator: "/")
  }
}
