import AsyncHTTPClient
import CitizenItems
import Foundation
public import JPKI
import NIOCore
import NIOHTTP1
import NIOSSL

/// ``JLISService`` over HTTP: OCSP by POST or GET, lists by GET, everything else as JSON over mutual TLS in our own wire format (``JLISWire``).
///
/// Each call has a time limit and a size limit. After several failures in a row a door rests (``JLISError/circuitOpen``). No body, serial or item
/// is ever logged; nothing is retried here, because the caller knows what may be asked again and when.
public final class JLISClient: JLISService {
  private let configuration: JLISClientConfiguration
  private let plain: HTTPClient
  private let mutual: HTTPClient
  private let ocspBreaker: CircuitBreaker
  private let listBreaker: CircuitBreaker
  private let apiBreaker: CircuitBreaker

  /// Reads the PEM texts; connects on first use. To be closed by ``close()``.
  ///
  /// - Throws: ``JLISError/malformed`` where a PEM text holds no certificate or key.
  public init(_ configuration: JLISClientConfiguration) throws(JLISError) {
    self.configuration = configuration
    var tls = TLSConfiguration.makeClientConfiguration()
    do {
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(configuration.trustRootsPEM.utf8)))
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(configuration.clientCertificatePEM.utf8)).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(configuration.clientKeyPEM.utf8), format: .pem))
    } catch {
      throw .malformed
    }
    tls.minimumTLSVersion = .tlsv12
    var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
    settings.timeout.connect = .nanoseconds(Self.nanoseconds(configuration.timeout))
    // A door that refuses is closed now: whoever asks is told so at once, and asks again himself.
    settings.connectionPool.retryConnectionEstablishment = false
    // Lists and OCSP are signed themselves and travel in clear, as RFC 5280 §8 advises.
    plain = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    settings.tlsConfiguration = tls
    mutual = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    let breaker = { CircuitBreaker(threshold: configuration.failuresUntilPause, pause: configuration.pause) }
    ocspBreaker = breaker()
    listBreaker = breaker()
    apiBreaker = breaker()
  }

  /// Closes all connections; calls under way fail.
  public func close() async {
    try? await plain.shutdown()
    try? await mutual.shutdown()
  }

  /// See ``JLISService/ocsp(_:kind:)``; RFC 6960 appendix A.1.
  public func ocsp(_ request: [UInt8], kind: CertificateKind) async throws(JLISError) -> [UInt8] {
    let address =
      switch kind {
      case .signing: configuration.signingOCSPAddress
      case .authentication: configuration.authenticationOCSPAddress
      }
    let path = configuration.ocspMethod == .get ? OCSPPath.path(of: request) : nil
    var call = HTTPClientRequest(url: path.map { address + "/" + $0 } ?? address)
    call.headers.add(name: "Accept", value: OCSPPath.answerType)
    if path == nil {
      call.method = .POST
      call.headers.add(name: "Content-Type", value: "application/ocsp-request")
      call.body = .bytes(request)
    }
    let answer = try await exchange(call, with: plain, configuration.ocspTimeout, configuration.largestOCSPAnswerBytes, ocspBreaker)
    // A redirection is no answer: whom the certificate's issuer named answers itself.
    guard answer.status == 200 else { throw .unavailable }
    guard OCSPPath.isAnswer(contentType: answer.contentType) else { throw .malformed }
    return answer.body
  }

  /// What can be asked, each with its own rest after failures.
  public enum Door: String, Sendable, Hashable, CaseIterable {
    case ocsp, lists, api
  }

  /// Whether a door is asked at present; for metrics.
  public func state(of door: Door) -> DoorState {
    switch door {
    case .ocsp: ocspBreaker.doorState
    case .lists: listBreaker.doorState
    case .api: apiBreaker.doorState
    }
  }

  /// See ``JLISService/revocationList(kind:)``.
  public func revocationList(kind: CertificateKind) async throws(JLISError) -> [UInt8] {
    let call = HTTPClientRequest(url: listAddress(kind))
    let answer = try await exchange(call, with: plain, configuration.listTimeout, configuration.largestListBytes, listBreaker)
    guard answer.status == 200 else { throw .unavailable }
    return answer.body
  }

  /// See ``JLISService/saveRevocationList(kind:to:)``: at most one piece of the answer is held at a time.
  public func saveRevocationList(kind: CertificateKind, to path: String) async throws(JLISError) {
    guard listBreaker.mayCall() else { throw .circuitOpen }
    let file = try NewFile(path)
    do {
      let deadline = NIODeadline.now() + .nanoseconds(Self.nanoseconds(configuration.listTimeout))
      let response = try await plain.execute(HTTPClientRequest(url: listAddress(kind)), deadline: deadline)
      guard response.status.code == 200 else { throw JLISError.unavailable }
      if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length > configuration.largestListBytes {
        throw JLISError.tooLarge
      }
      var size = 0
      for try await piece in response.body {
        size += piece.readableBytes
        guard size <= configuration.largestListBytes else { throw JLISError.tooLarge }
        // The client's own deadline ends with the head of the answer.
        guard NIODeadline.now() < deadline else { throw JLISError.timeout }
        try file.append(Array(piece.readableBytesView))
      }
      listBreaker.succeeded()
    } catch {
      let failure = Self.failure(error)
      if failure == .tooLarge { listBreaker.succeeded() } else if !(error is CancellationError) { listBreaker.failed() }
      throw failure
    }
  }

  private func listAddress(_ kind: CertificateKind) -> String {
    switch kind {
    case .signing: configuration.signingListAddress
    case .authentication: configuration.authenticationListAddress
    }
  }

  /// See ``JLISService/belongTogether(signing:authentication:)``.
  public func belongTogether(signing: Serial, authentication: Serial) async throws(JLISError) -> Bool {
    let question = JLISWire.LinkQuestion(
      signing: Hexadecimal.encode(signing.bytes), authentication: Hexadecimal.encode(authentication.bytes))
    return try await ask(.links, question, JLISWire.LinkAnswer.self).belongTogether
  }

  /// See ``JLISService/successor(of:kind:)``.
  public func successor(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial? {
    try await self.serial(.successors, serial, kind)
  }

  /// See ``JLISService/cardCounterpart(of:kind:)``.
  public func cardCounterpart(of serial: Serial, kind: CertificateKind) async throws(JLISError) -> Serial? {
    try await self.serial(.counterparts, serial, kind)
  }

  private func serial(_ door: JLISWire.Door, _ serial: Serial, _ kind: CertificateKind) async throws(JLISError) -> Serial? {
    let question = JLISWire.SuccessorQuestion(serial: Hexadecimal.encode(serial.bytes), kind: kind.rawValue)
    guard let text = try await ask(door, question, JLISWire.SuccessorAnswer.self).successor else { return nil }
    guard let successor = Hexadecimal.decode(text).flatMap({ Serial($0) }) else { throw .malformed }
    return successor
  }

  /// See ``JLISService/registerConsent(_:)``.
  public func registerConsent(_ consent: ForwardedConsent) async throws(JLISError) -> ConsentReception {
    try await ask(.consents, JLISWire.Consent(consent), JLISWire.Reception.self).reception
  }

  /// See ``JLISService/cancelConsent(_:)``.
  public func cancelConsent(_ cancellation: ForwardedCancellation) async throws(JLISError) -> CancellationReception {
    try await ask(.cancel, JLISWire.Cancellation(cancellation), JLISWire.CancellationAnswer.self).reception
  }

  /// See ``JLISService/cancellations(serviceID:after:)``.
  public func cancellations(serviceID: String, after cursor: String?) async throws(JLISError) -> CancellationPage {
    let question = JLISWire.CancellationsQuestion(serviceId: serviceID, after: cursor)
    return try await ask(.cancellations, question, JLISWire.CancellationsAnswer.self).page
  }

  /// See ``JLISService/latestItems(oldSigningSerial:serviceID:consentID:)``.
  public func latestItems(oldSigningSerial: Serial, serviceID: String, consentID: String) async throws(JLISError) -> LatestItemsAnswer {
    let question = JLISWire.LatestItemsQuestion(
      oldSigningSerial: Hexadecimal.encode(oldSigningSerial.bytes), serviceId: serviceID, consentId: consentID)
    return try await ask(.latestItems, question, JLISWire.LatestItems.self).answer()
  }

  // MARK: Carrying

  private func ask<Answer: Decodable & Sendable>(
    _ door: JLISWire.Door, _ question: some Encodable, _ type: Answer.Type
  ) async throws(JLISError) -> Answer {
    var call = HTTPClientRequest(url: configuration.apiAddress + door.rawValue)
    call.method = .POST
    call.headers.add(name: "Content-Type", value: "application/json")
    call.headers.add(name: JLISWire.header, value: JLISWire.version)
    do {
      call.body = .bytes(try JLISWire.encode(question))
    } catch {
      throw .malformed
    }
    let answer = try await exchange(call, with: mutual, configuration.timeout, JLISWire.largestAnswerBytes, apiBreaker)
    guard answer.status == 200 else {
      guard let refusal = try? JLISWire.decode(JLISWire.Refusal.self, from: answer.body) else { throw .malformed }
      throw .refused(JLISRefusal(rawValue: refusal.code))
    }
    do {
      return try JLISWire.decode(type, from: answer.body)
    } catch {
      throw .malformed
    }
  }

  private struct Received {
    let status: UInt
    let contentType: String?
    let body: [UInt8]
  }

  /// One request and its whole answer. HTTP 5xx, 408 and 429 are "not now"; other answers are handed on.
  private func exchange(
    _ request: HTTPClientRequest, with client: HTTPClient, _ timeout: Duration, _ limit: Int, _ breaker: CircuitBreaker
  ) async throws(JLISError) -> Received {
    guard breaker.mayCall() else { throw .circuitOpen }
    do {
      let deadline = NIODeadline.now() + .nanoseconds(Self.nanoseconds(timeout))
      let response = try await client.execute(request, deadline: deadline)
      let status = response.status.code
      guard status < 500, status != 408, status != 429 else { throw JLISError.unavailable }
      let body = try await response.body.collect(upTo: limit)
      breaker.succeeded()
      return Received(status: status, contentType: response.headers.first(name: "Content-Type"), body: Array(body.readableBytesView))
    } catch {
      let failure = Self.failure(error)
      // An answer too large is an answer; a caller who gave up says nothing about the door.
      if failure == .tooLarge { breaker.succeeded() } else if Self.isGivenUp(error) { breaker.abandoned() } else { breaker.failed() }
      throw failure
    }
  }

  private static func isGivenUp(_ error: any Error) -> Bool {
    error is CancellationError || (error as? HTTPClientError) == .cancelled
  }

  private static func failure(_ error: any Error) -> JLISError {
    switch error {
    case let error as JLISError: error
    case is NIOTooManyBytesError: .tooLarge
    case let error as HTTPClientError where timeouts.contains(error): .timeout
    default: .unavailable
    }
  }

  private static let timeouts: [HTTPClientError] = [
    .deadlineExceeded, .readTimeout, .writeTimeout, .connectTimeout, .getConnectionFromPoolTimeout, .httpProxyHandshakeTimeout,
    .tlsHandshakeTimeout,
  ]

  private static func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
