import Glibc
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
      let isGood =
        read.status == 200
        && answer.withUnsafeReadableBytes {
          UnsafeRawBufferPointer(rebasing: $0[read.headLength..<(read.headLength + read.bodyLength)]).end(of: marker) != nil
        }
      let now = NIODeadline.now()
      let taken = UInt64((now - sentAt).nanoseconds)
      samples.slowest = max(samples.slowest, taken)
      if isGood {
        samples.good.append((now.uptimeNanoseconds, taken))
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

/// The little of an HTTP/1.1 answer that the generator must know. Read from its bytes: what the generator spends, the server beside it lacks.
struct AnswerHead {
  let status: Int
  let headLength: Int
  let bodyLength: Int

  private static let version = Array("HTTP/1.1 ".utf8)
  private static let lengthName = Array("content-length:".utf8)

  /// Nil while the answer is not whole.
  static func read(_ buffer: ByteBuffer) throws(LoadError) -> AnswerHead? {
    let read: Result<AnswerHead?, LoadError> = buffer.withUnsafeReadableBytes { bytes in
      guard let end = bytes.end(of: [13, 10, 13, 10]) else { return .success(nil) }
      guard bytes.starts(with: version), let status = number(bytes[9..<12]) else { return .failure(.unreadableAnswer) }
      var length: Int?
      var line = bytes[12..<end]
      while let newline = line.firstIndex(of: 10) {
        line = line[(newline + 1)...]
        guard line.count > lengthName.count, zip(line, lengthName).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { continue }
        length = number(line.dropFirst(lengthName.count).drop { $0 == 32 }.prefix { $0 != 13 })
      }
      guard let length, length < 1 << 24 else { return .failure(.unreadableAnswer) }
      return .success(bytes.count >= end + length ? AnswerHead(status: status, headLength: end, bodyLength: length) : nil)
    }
    return try read.get()
  }

  private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard (1...9).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
  }
}

extension UnsafeRawBufferPointer {
  /// Where the first occurrence of `needle` ends.
  func end(of needle: [UInt8]) -> Int? {
    guard let baseAddress, let first = needle.first else { return nil }
    var start = 0
    while count - start >= needle.count, let hit = memchr(baseAddress + start, Int32(first), count - start - needle.count + 1) {
      start = UnsafeRawPointer(hit) - baseAddress
      if memcmp(hit, needle, needle.count) == 0 { return start + needle.count }
      start += 1
    }
    return nil
  }
}
