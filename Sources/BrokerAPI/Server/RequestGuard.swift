import Crypto
import HTTPTypes
import JOSE
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOSSL

extension HTTPField.Name {
  /// The thumbprint of the client certificate, set by ``RequestGuard`` on every request and never taken from the wire.
  static let peerThumbprint = HTTPField.Name("x-yonjo-peer-x5t-s256")!
}

/// The last handler before requests leave the event loop, one for each HTTP/1.1 connection and each HTTP/2 stream:
/// tells who is at the other end, bounds the time in which a request arrives, answers what the parser refuses, and bounds what is still read of
/// a body that was answered before its end.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How a guard works; the same for all connections of a server.
  struct Rules: Sendable {
    let limits: ServerLimits
    /// Paths of uploads of any length: there the time runs from part to part.
    let uploads: Set<String>
    /// Paths whose bodies may take longer to arrive, in seconds.
    let longer: [String: Int]
    /// Whether the server asks for client certificates.
    let asksForCertificate: Bool
    /// Requests that are answered without a task; nil where none are.
    let quick: QuickLookUps?
  }

  private let rules: Rules
  private var thumbprint: String?
  private var isReading = false
  private var isUpload = false
  /// How long the request at hand may take to arrive.
  private var seconds = 0
  private var answersOpen = 0
  /// Bytes of a body that came after its answer; nil while there is no such body. Closing at once would reset the connection under an answer that
  /// is still on its way, so a little more is read, and the connection can be used again.
  private var afterAnswer: Int?
  private var begun = NIODeadline.now()
  private var isTimerSet = false
  private var hasLane = false

  init(rules: Rules) { self.rules = rules }

  func handlerAdded(context: ChannelHandlerContext) {
    if rules.asksForCertificate { thumbprint = Self.peerThumbprint(of: context.channel) }
  }

  /// RFC 8705 §3.1 `x5t#S256`. Over HTTP/2 the TLS handler sits on the stream's parent, which shares its event loop;
  /// the parent of an HTTP/1.1 connection is the listening socket, which need not.
  private static func peerThumbprint(of channel: any Channel) -> String? {
    for candidate in [channel, channel.parent].compactMap({ $0 }) where candidate.eventLoop === channel.eventLoop {
      guard let handler = try? candidate.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self) else { continue }
      guard let certificate = handler.peerCertificate, let der = try? certificate.toDERBytes() else { return nil }
      return Base64URL.encode(Array(SHA256.hash(data: der)))
    }
    return nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(var head):
      head.headerFields[.peerThumbprint] = thumbprint
      if !hasLane, let quick = rules.quick {
        hasLane = true
        QuickLane.install(quick, in: context)
      }
      isReading = true
      afterAnswer = nil
      let path = String((head.path ?? "").prefix { $0 != "?" })
      isUpload = rules.uploads.contains(path)
      seconds = rules.longer[path] ?? rules.limits.requestSeconds
      answersOpen += 1
      begun = .now()
      context.fireChannelRead(wrapInboundOut(.head(head)))
    case .body(let part):
      if let read = afterAnswer {
        guard read + part.readableBytes <= rules.limits.onboardingBodyBytes else { return context.close(promise: nil) }
        afterAnswer = read + part.readableBytes
      } else if isUpload {
        begun = .now()
      }
      context.fireChannelRead(data)
    case .end:
      isReading = false
      context.fireChannelRead(data)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    // A body that ends because the connection did must never pass for one that was sent to its end.
    if isReading {
      isReading = false
      context.fireErrorCaught(RequestCutShort())
    }
    context.fireChannelInactive()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Most requests have come whole by now and need no timer at all.
    if isReading, !isTimerSet { setTimer(context, in: .seconds(Int64(seconds))) }
    context.fireChannelReadComplete()
  }

  private func setTimer(_ context: ChannelHandlerContext, in delay: TimeAmount) {
    isTimerSet = true
    context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
      guard let self else { return }
      isTimerSet = false
      guard isReading, context.channel.isActive else { return }
      let left = begun + .seconds(Int64(seconds)) - .now()
      guard left <= .nanoseconds(0) else { return setTimer(context, in: left) }
      if afterAnswer != nil { return context.close(promise: nil) }
      // Whoever reads the body learns of it and answers 408.
      context.fireErrorCaught(RequestTooSlow())
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
    answersOpen -= 1
    if isReading, answersOpen == 0 {
      afterAnswer = 0
      begun = .now()
    }
    context.write(data, promise: promise)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let parserError = error as? HTTPParserError, answersOpen == 0 else { return context.fireErrorCaught(error) }
    let problem: Problem = parserError == .headerOverflow ? .headersTooLarge : .malformed
    guard let body = try? AnswerEncoder.encode(problem) else { return context.close(promise: nil) }
    var head = HTTPResponse(status: .init(code: problem.status))
    head.headerFields[.contentType] = "application/problem+json"
    head.headerFields[.contentLength] = String(body.count)
    head.headerFields[.connection] = "close"
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.close(promise: nil)
  }
}

/// A request did not arrive within its time.
struct RequestTooSlow: Error {}

/// The connection ended within a request.
struct RequestCutShort: Error {}
