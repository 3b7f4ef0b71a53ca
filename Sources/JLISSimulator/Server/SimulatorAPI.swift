import HTTPTypes
import Hummingbird
import JLIS
import JPKI
import NIOCore

/// The doors of `yonjo-sim/1` (``JLIS/JLISWire``): our own wire format, not J-LIS's. Whoever got through the handshake is the operator.
struct SimulatorAPI: Sendable {
  let simulator: SimulatedJLIS

  func router() -> Router<BasicRequestContext> {
    let router = Router()
    add(.links, to: router, JLISWire.LinkQuestion.self) { question in
      let together = try simulator.belongTogether(
        signing: try Self.serial(question.signing), authentication: try Self.serial(question.authentication))
      return JLISWire.LinkAnswer(belongTogether: together)
    }
    add(.successors, to: router, JLISWire.SuccessorQuestion.self) { question in
      guard let kind = CertificateKind(rawValue: question.kind) else { throw JLISError.refused(.invalidRequest) }
      let successor = try simulator.successor(of: try Self.serial(question.serial), kind: kind)
      return JLISWire.SuccessorAnswer(successor: successor.map { Hexadecimal.encode($0) })
    }
    add(.counterparts, to: router, JLISWire.SuccessorQuestion.self) { question in
      guard let kind = CertificateKind(rawValue: question.kind) else { throw JLISError.refused(.invalidRequest) }
      let card = try simulator.cardCounterpart(of: try Self.serial(question.serial), kind: kind)
      return JLISWire.SuccessorAnswer(successor: card.map { Hexadecimal.encode($0) })
    }
    add(.consents, to: router, JLISWire.Consent.self) { JLISWire.Reception(try simulator.registerConsent($0.consent)) }
    add(.cancel, to: router, JLISWire.Cancellation.self) { JLISWire.CancellationAnswer(try simulator.cancelConsent($0.cancellation)) }
    add(.cancellations, to: router, JLISWire.CancellationsQuestion.self) {
      JLISWire.CancellationsAnswer(try simulator.cancellations(serviceID: $0.serviceId, after: $0.after))
    }
    add(.latestItems, to: router, JLISWire.LatestItemsQuestion.self) { question in
      JLISWire.LatestItems(
        try simulator.latestItems(
          oldSigningSerial: try Self.serial(question.oldSigningSerial), serviceID: question.serviceId, consentID: question.consentId))
    }
    control(router, "/sim/v1/control/faults", get: { try simulator.faults }, set: simulator.setFaults)
    control(router, "/sim/v1/control/responder", get: { try simulator.responderSwitches }, set: simulator.setResponderSwitches)
    return router
  }

  /// What is turned on and off over HTTP as `jlis-simulator fault` and `jlis-simulator responder` do it: GET shows, PUT sets all of it.
  private func control<Value: Codable & Sendable>(
    _ router: Router<BasicRequestContext>, _ path: String, get: @escaping @Sendable () throws -> Value,
    set: @escaping @Sendable (Value) throws -> Void
  ) {
    router.get(RouterPath(path)) { _, _ in Self.response(try JLISWire.encode(try get()), .ok) }
    router.put(RouterPath(path)) { request, _ in
      let body = try await request.body.collect(upTo: JLISWire.largestRequestBytes)
      guard let value = try? JLISWire.decode(Value.self, from: Array(body.readableBytesView)) else {
        return try Self.refusal(.invalidRequest, .badRequest)
      }
      try set(value)
      return Self.response(try JLISWire.encode(try get()), .ok)
    }
  }

  /// One door: reads the question, asks, writes the answer; a refusal is 422 with its code, a question that cannot be read 400.
  private func add<Question: Decodable & Sendable, Answer: Encodable & Sendable>(
    _ door: JLISWire.Door, to router: Router<BasicRequestContext>, _ type: Question.Type,
    ask: @escaping @Sendable (Question) throws -> Answer
  ) {
    router.post(RouterPath(door.rawValue)) { request, _ in
      switch try simulator.faults.api {
      case .down: throw HTTPError(.serviceUnavailable)
      case .malformed: return Self.response(Array("<html>".utf8), .ok)
      case .slow: try await Faults.delay()
      case nil: break
      }
      guard request.headers[Self.wireHeader] == JLISWire.version else { return try Self.refusal(.invalidRequest, .badRequest) }
      let body = try await request.body.collect(upTo: JLISWire.largestRequestBytes)
      guard let question = try? JLISWire.decode(type, from: Array(body.readableBytesView)) else {
        return try Self.refusal(.invalidRequest, .badRequest)
      }
      do {
        return Self.response(try JLISWire.encode(try ask(question)), .ok)
      } catch JLISError.refused(let refusal) {
        return try Self.refusal(refusal, .unprocessableContent)
      }
    }
  }

  private static let wireHeader = HTTPField.Name(JLISWire.header) ?? .contentType

  private static func serial(_ text: String) throws -> [UInt8] {
    guard text.utf8.count <= 40, let bytes = Hexadecimal.decode(text), let serial = Serial(bytes) else {
      throw JLISError.refused(.invalidRequest)
    }
    return serial.bytes
  }

  private static func refusal(_ refusal: JLISRefusal, _ status: HTTPResponse.Status) throws -> Response {
    response(try JLISWire.encode(JLISWire.Refusal(refusal)), status)
  }

  private static func response(_ bytes: [UInt8], _ status: HTTPResponse.Status) -> Response {
    var response = RevocationRoutes.response(bytes, type: "application/json", status: status)
    response.headers[wireHeader] = JLISWire.version
    return response
  }
}
