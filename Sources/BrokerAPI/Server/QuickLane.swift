import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// Takes tag look-ups out of a connection before they become a task (``QuickLookUps``). Stands behind the handler that watches over the connection, which
/// so sees all requests and answers, and before the one that makes tasks of them. One request at a time: what follows one that is being answered here waits
/// its turn, and nothing more is read.
final class QuickLane: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private enum State {
    /// Between requests, or within one that went the usual way.
    case passing
    case collecting(HTTPRequest, QuickLookUps.Head, ByteBuffer)
    case answering
  }

  private let lookUps: QuickLookUps
  private var state = State.passing
  /// Requests that went the usual way and are not answered to their end.
  private var passed = 0
  /// Parts that came while one was answered here, and what became of the connection meanwhile.
  private var held: [HTTPRequestPart] = []
  private var heldError: (any Error)?
  private var isReadHeld = false
  private var heldClose: (mode: CloseMode, promise: EventLoopPromise<Void>?)?

  init(_ lookUps: QuickLookUps) { self.lookUps = lookUps }

  /// Puts one where it belongs, once the connection's pipeline is complete.
  static func install(_ lookUps: QuickLookUps, in context: ChannelHandlerContext) {
    let pipeline = context.pipeline.syncOperations
    guard let watch = try? pipeline.handler(type: HTTPConnectionStateHandler.self) else { return }
    try? pipeline.addHandler(QuickLane(lookUps), position: .after(watch))
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    if case .answering = state {
      held.append(part)
    } else {
      take(part, context)
    }
  }

  private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
    switch (state, part) {
    case (.passing, .head(let request)):
      if passed == 0, let head = lookUps.head(request) {
        state = .collecting(request, head, ByteBuffer())
      } else {
        passed += 1
        context.fireChannelRead(wrapInboundOut(part))
      }
    case (.collecting(let request, let head, var body), .body(let piece))
    where body.readableBytes + piece.readableBytes <= QuickLookUps.maximumBodyBytes:
      // Nearly always the body is one piece.
      if body.readableBytes == 0 { body = piece } else { body.writeImmutableBuffer(piece) }
      state = .collecting(request, head, body)
    case (.collecting(let request, let head, let body), .end(nil)):
      state = .answering
      if !begin(head, body, context) {
        state = .collecting(request, head, body)
        pass(context)
        context.fireChannelRead(wrapInboundOut(part))
      }
    case (.collecting, _):
      pass(context)
      context.fireChannelRead(wrapInboundOut(part))
    case (.passing, _), (.answering, _):
      context.fireChannelRead(wrapInboundOut(part))
    }
  }

  /// Lets what was collected go the usual way.
  private func pass(_ context: ChannelHandlerContext) {
    guard case .collecting(let request, _, let body) = state else { return }
    state = .passing
    passed += 1
    context.fireChannelRead(wrapInboundOut(.head(request)))
    if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
  }

  private func begin(_ head: QuickLookUps.Head, _ body: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
    let loop = context.eventLoop
    let bound = NIOLoopBound((lane: self, context: context), eventLoop: loop)
    return lookUps.begin(head, body) { answer in
      loop.execute {
        let answer = answer()
        bound.value.lane.write(answer, bound.value.context)
      }
    }
  }

  private func write(_ answer: QuickLookUps.Answer, _ context: ChannelHandlerContext) {
    guard case .answering = state else { return }
    state = .passing
    context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
    context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    resume(context)
  }

  /// Goes on with what came meanwhile.
  private func resume(_ context: ChannelHandlerContext) {
    let parts = held
    held = []
    for (index, part) in parts.enumerated() {
      if case .answering = state {
        held = Array(parts[index...])
        return
      }
      take(part, context)
    }
    if !parts.isEmpty { context.fireChannelReadComplete() }
    if case .answering = state { return }
    if let error = heldError {
      heldError = nil
      errorCaught(context: context, error: error)
    }
    if isReadHeld {
      isReadHeld = false
      context.read()
    }
    if let close = heldClose {
      heldClose = nil
      context.close(mode: close.mode, promise: close.promise)
    }
  }

  // MARK: The connection

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .answering = state {
      heldError = error
      return
    }
    // The usual way says what is wrong with a request that did not come whole.
    pass(context)
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    state = .passing
    held = []
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    state = .passing
    heldClose?.promise?.succeed(())
    heldClose = nil
  }

  func read(context: ChannelHandlerContext) {
    // Stopping the socket costs two system calls: only where somebody sends ahead.
    if case .answering = state, !held.isEmpty { isReadHeld = true } else { context.read() }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { passed -= 1 }
    context.write(data, promise: promise)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    // Whoever ends the connection's task has heard nothing of the request that is answered here.
    if case .answering = state, mode != .all { heldClose = (mode, promise) } else { context.close(mode: mode, promise: promise) }
  }
}
