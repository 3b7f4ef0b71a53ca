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

  init(access: AccessService, matches: MatchService, edge: EdgeResponder) {
    self.access = access
    self.matches = matches
    self.edge = edge
  }

  /// An answer as it is written.
  struct Answer: Sendable {
    let head: HTTPResponse
    let body: ByteBuffer
  }

  /// A request that may be one of these, as far as its head tells.
  struct Head: Sendable {
    let authorization: String
    let traceparent: String?
  }

  /// What is needed of a head; nil where the request is to go the usual way.
  func head(_ request: HTTPRequest) -> Head? {
    guard request.method == .post, request.path == Self.path else { return nil }
    var authorization: String?
    var traceparent: String?
    var length: Int?
    var isJSON = false
    // Each field once: looking a field up by its name goes through all of them.
    for field in request.headerFields {
      switch field.name {
      case .authorization where authorization == nil: authorization = field.value
      case .contentType: isJSON = field.value == "application/json"
      case .contentLength where length == nil: length = Int(field.value)
      case .traceparent where traceparent == nil: traceparent = field.value
      case .authorization, .contentLength, .traceparent, .connection, .expect, .transferEncoding, .contentEncoding: return nil
      default: break
      }
    }
    guard isJSON, let authorization, let length, length >= 2, length <= Self.maximumBodyBytes else { return nil }
    return Head(authorization: authorization, traceparent: traceparent)
  }

  /// Begins a look-up; false where it is to go the usual way, of which nothing was done then.
  ///
  /// - Parameter then: called once, on any thread; the answer is to be made on the connection's event loop.
  func begin(_ head: Head, _ body: ByteBuffer, then: @escaping @Sendable (@escaping @Sendable () -> Answer) -> Void) -> Bool {
    let started = ContinuousClock.now
    guard let token = Endpoint.bearer(head.authorization),
      let lookUp = body.withUnsafeReadableBytes({ try? StrictDecoder.decode(TagLookUp.self, from: $0) })
    else { return false }
    let requestID = RequestID.from(traceparent: head.traceparent)
    guard let caller = access.callerAtHand(token: token, requestID: requestID), edge.admission.enter() else { return false }
    guard let ready = matches.lookUpAtHand(caller, cardTag: lookUp.cardTag) else {
      edge.admission.leave()
      return false
    }
    let (edge, dates) = (edge, dates)
    ready.begin { found in
      then {
        edge.admission.leave()
        edge.quickAnswers.increment()
        var (status, fields, bytes) = Self.content(found, caller, requestID, edge)
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

  private static func content(
    _ found: FoundTag, _ caller: Caller, _ requestID: String, _ edge: EdgeResponder
  ) -> (HTTPResponse.Status, HTTPFields, ByteBuffer) {
    do {
      let answer = try found.answer()
      let bytes =
        switch caller.status {
        case .deemedVerifier: try AnswerEncoder.encode(TagLookUpResultForVerifier(answer))
        case .notVerifier: try AnswerEncoder.encode(TagLookUpResultForNonVerifier(answer))
        }
      return (.ok, [.contentType: "application/json"], ByteBuffer(bytes: bytes))
    } catch {
      let (status, fields, bytes) = edge.problem(for: error, requestID: requestID).document(requestID: requestID)
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
