import NIOCore
import NIOSSL
import NIOTLS

/// One connection: sends the next request when the answer to the last has come whole.
final class LoadClient: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Starts the clock for everyone.
  struct Go: Sendable { let until: NIODeadline }

  private let requests: [ByteBuffer]
  private let repeats: Bool
  private let marker: [UInt8]
  /// The time between two requests at least; nil: none.
  private let pace: TimeAmount?
  private let offset: TimeAmount
  private let ready: EventLoopPromise<Void>
  private let done: EventLoopPromise<ClientSamples>
  private var samples = ClientSamples()
  private var next = 0
  private var until = NIODeadline.now()
  private var sentAt = NIODeadline.now()
  private var due = NIODeadline.now()
  private var answer = ByteBuffer()
  private var over = false

  init(
    requests: [ByteBuffer], repeats: Bool, marker: [UInt8], pace: TimeAmount?, offset: TimeAmount, ready: EventLoopPromise<Void>,
    done: EventLoopPromise<ClientSamples>
  ) {
    self.pace = pace
    self.offset = offset
    self.requests = requests
    self.repeats = repeats
    self.marker = marker
    self.ready = ready
    self.done = done
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(.handshakeCompleted) = event as? TLSUserEvent {
      ready.succeed()
    } else if let go = event as? Go {
      until = go.until
      due = .now() + offset
      send(context)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var part = unwrapInboundIn(data)
    if answer.readableBytes == 0 { answer = part } else { answer.writeBuffer(&part) }
    do {
      guard let read = try AnswerHead.read(answer) else { return }
      let bytes = answer.readableBytesView
      let body = bytes[(bytes.startIndex + read.headLength)..<(bytes.startIndex + read.headLength + read.bodyLength)]
      let now = NIODeadline.now()
      if read.status == 200 && body.holds(marker) {
        samples.good.append((now.uptimeNanoseconds, UInt64((now - sentAt).nanoseconds)))
      } else {
        samples.refused += 1
      }
      answer.clear()
      send(context)
    } catch {
      fail(context, error)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(context, error) }

  func channelInactive(context: ChannelHandlerContext) { fail(context, LoadError.connectionClosed) }

  private func send(_ context: ChannelHandlerContext) {
    guard let pace else { return sendNow(context, at: .now()) }
    let moment = due
    due = due + pace
    guard moment > .now() else { return sendNow(context, at: moment) }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(deadline: moment) {
      let (client, context) = bound.value
      if !client.over { client.sendNow(context, at: moment) }
    }
  }

  /// - Parameter moment: when the request was due.
  private func sendNow(_ context: ChannelHandlerContext, at moment: NIODeadline) {
    if next == requests.count, repeats { next = 0 }
    sentAt = moment
    guard next < requests.count, sentAt < until else {
      over = true
      samples.finished = sentAt.uptimeNanoseconds
      done.succeed(samples)
      context.close(promise: nil)
      return
    }
    next += 1
    context.writeAndFlush(wrapOutboundOut(requests[next - 1]), promise: nil)
  }

  private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
    guard !over else { return }
    over = true
    ready.fail(error)
    done.fail(error)
    context.close(promise: nil)
  }
}

/// The little of an HTTP/1.1 answer that the generator must know.
struct AnswerHead {
  let status: Int
  let headLength: Int
  let bodyLength: Int

  /// Nil while the answer is not whole.
  static func read(_ buffer: ByteBuffer) throws(LoadError) -> AnswerHead? {
    let bytes = buffer.readableBytesView
    guard let end = bytes.endOfHead else { return nil }
    let head = String(decoding: bytes[bytes.startIndex..<end], as: UTF8.self)
    let lines = head.split(separator: "\r\n")
    guard let first = lines.first, first.hasPrefix("HTTP/1.1 "), let status = Int(first.dropFirst(9).prefix(3)) else {
      throw .unreadableAnswer
    }
    var length: Int?
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { throw .unreadableAnswer }
      if line[..<colon].lowercased() == "content-length" { length = Int(line[line.index(after: colon)...].drop { $0 == " " }) }
    }
    guard let length, length >= 0 else { throw .unreadableAnswer }
    let headLength = end - bytes.startIndex
    return bytes.count >= headLength + length ? AnswerHead(status: status, headLength: headLength, bodyLength: length) : nil
  }
}

extension ByteBufferView {
  /// Behind the empty line that ends the head.
  fileprivate var endOfHead: Int? {
    var index = startIndex
    while index + 3 < endIndex {
      if self[index] == 13, self[index + 1] == 10, self[index + 2] == 13, self[index + 3] == 10 { return index + 4 }
      index += 1
    }
    return nil
  }

  fileprivate func holds(_ needle: [UInt8]) -> Bool {
    guard let first = needle.first else { return true }
    var index = startIndex
    while index + needle.count <= endIndex {
      if self[index] == first, self[index..<(index + needle.count)].elementsEqual(needle) { return true }
      index += 1
    }
    return false
  }
}
