import Broker
import Foundation
import HTTPTypes
import NIOCore
import Synchronization

/// `POST /v1/matches/tags` where nothing has to be waited for but the database: token, keys and allowance are at hand. Such a request is answered on its
/// event loop without a task, which costs a third of what a task costs. Whatever is not quite usual (another header, a longer body, anything to refuse)
/// goes the way of all requests, from its first byte on, and is answered there: this way knows one answer only, and it is the same to the byte.
struct QuickLookUps: Sendable {
  static let path = "/v1/matches/tags"
  /// A tag is below 128 bytes; a longer body is not usual.
  static let maximumBodyBytes = 512

  let access: AccessService
  let matches: MatchService
  let edge: EdgeResponder
  private let dates = HTTPDates()
  /// How many were answered so.
  let answered = Count()

  init(access: AccessService, matches: MatchService, edge: EdgeResponder) {
    self.access = access
    self.matches = matches
    self.edge = edge
  }

  /// A number that goes up.
  final class Count: Sendable {
    private let number = Atomic<Int>(0)

    var value: Int { number.load(ordering: .relaxed) }
    func increment() { number.add(1, ordering: .relaxed) }
  }

  /// An answer as it is written.
  struct Answer: Sendable {
    let head: HTTPResponse
    let body: ByteBuffer
  }

  /// Whether a request may be one of these, as far as its head tells.
  func mayTake(_ head: HTTPRequest) -> Bool {
    let fields = head.headerFields
    guard head.method == .post, head.path == Self.path, fields[.contentType] == "application/json", fields[.authorization] != nil,
      let length = fields[.contentLength].flatMap({ Int($0) }), length >= 2, length <= Self.maximumBodyBytes
    else { return false }
    return fields[.connection] == nil && fields[.expect] == nil && fields[.transferEncoding] == nil && fields[.contentEncoding] == nil
  }

  /// Begins a look-up; false where it is to go the usual way, of which nothing was done then.
  ///
  /// - Parameter then: called once, on any thread; the answer is to be made on the connection's event loop.
  func begin(_ head: HTTPRequest, _ body: ByteBuffer, then: @escaping @Sendable (@escaping @Sendable () -> Answer) -> Void) -> Bool {
    let started = ContinuousClock.now
    guard let token = Endpoint.bearer(head.headerFields[.authorization]),
      let lookUp = body.withUnsafeReadableBytes({ try? StrictDecoder.decode(TagLookUp.self, from: $0) })
    else { return false }
    let requestID = RequestID.from(traceparent: head.headerFields[.traceparent])
    guard let caller = access.callerAtHand(token: token, requestID: requestID), edge.admission.enter() else { return false }
    guard let ready = matches.lookUpAtHand(caller, cardTag: lookUp.cardTag) else {
      edge.admission.leave()
      return false
    }
    let (edge, dates, answered) = (edge, dates, answered)
    ready.begin { found in
      then {
        edge.admission.leave()
        answered.increment()
        var (status, fields, bytes) = Self.content(found, caller, requestID)
        edge.finish(&fields, requestID: requestID, allowance: ready.standing)
        fields[.date] = dates.now()
        fields[.contentLength] = String(bytes.readableBytes)
        edge.tell(
          method: .post, route: Self.path, status: status.code, since: started, tenant: caller.tenantID.description, requestID: requestID)
        return Answer(head: HTTPResponse(status: status, headerFields: fields), body: bytes)
      }
    }
    return true
  }

  private static func content(_ found: FoundTag, _ caller: Caller, _ requestID: String) -> (HTTPResponse.Status, HTTPFields, ByteBuffer) {
    do {
      let answer = try found.answer()
      let bytes =
        switch caller.status {
        case .deemedVerifier: try AnswerEncoder.encode(TagLookUpResultForVerifier(answer))
        case .notVerifier: try AnswerEncoder.encode(TagLookUpResultForNonVerifier(answer))
        }
      return (.ok, [.contentType: "application/json"], ByteBuffer(bytes: bytes))
    } catch {
      let problem = (error as? Refusal).map { Problem($0) } ?? .internalError
      let (status, fields, bytes) = problem.document(requestID: requestID)
      return (status, fields, ByteBuffer(bytes: bytes))
    }
  }
}

/// The time of an answer (RFC 9110 §5.6.7), written once a second.
final class HTTPDates: Sendable {
  private let last = Mutex((second: 0, text: ""))

  func now() -> String {
    let second = time(nil)
    return last.withLock { last in
      if last.second != second { last = (second, Self.text(second)) }
      return last.text
    }
  }

  static func text(_ second: Int) -> String {
    var (second, parts) = (second, tm())
    gmtime_r(&second, &parts)
    let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.tm_wday)]
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][Int(parts.tm_mon)]
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    return
      "\(day), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
