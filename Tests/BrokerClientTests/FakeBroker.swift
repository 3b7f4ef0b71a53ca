import Foundation
import JOSE
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A request as the fake broker saw it.
struct SeenRequest: Sendable {
  let method: String
  let path: String
  let headers: [(name: String, value: String)]
  let body: [UInt8]

  func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

  /// The fields of a form.
  var form: [String: String] {
    Dictionary(
      String(decoding: body, as: UTF8.self).split(separator: "&").map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
        return (parts[0], parts.count > 1 ? parts[1].removingPercentEncoding ?? "" : "")
      }
    ) { $1 }
  }
}

/// What the fake broker answers; `cut` closes the connection instead.
struct FakeAnswer: Sendable {
  var status = 200
  var headers: [(String, String)] = []
  var body = ""
  var cut = false

  static func problem(_ status: Int, _ code: String, headers: [(String, String)] = []) -> FakeAnswer {
    FakeAnswer(
      status: status, headers: headers + [("Content-Type", "application/problem+json")],
      body: #"{"type":"urn:yonjo:problem:\#(code)","title":"Title.","status":\#(status),"detail":"Do this.","code":"\#(code)"}"#)
  }

  static let token = FakeAnswer(
    headers: [("Content-Type", "application/json")], body: #"{"access_token":"token","token_type":"Bearer","expires_in":600}"#)
}

/// An HTTP server on the machine itself whose answers are a closure.
final class FakeBroker: Sendable {
  let baseURL: String
  private let channel: any Channel
  private let requests: Requests

  final class Requests: Sendable {
    private let list = Mutex<[SeenRequest]>([])
    func append(_ request: SeenRequest) -> Int {
      list.withLock {
        $0.append(request); return $0.count
      }
    }
    var all: [SeenRequest] { list.withLock { $0 } }
  }

  /// Starts; `answer` gets the request and how many have come so far, this one included.
  init(_ answer: @escaping @Sendable (SeenRequest, Int) -> FakeAnswer) async throws {
    let requests = Requests()
    self.requests = requests
    channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler(requests: requests, answer: answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    baseURL = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
  }

  var seen: [SeenRequest] { requests.all }

  func stop() async { try? await channel.close() }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let requests: Requests
    private let answer: @Sendable (SeenRequest, Int) -> FakeAnswer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(requests: Requests, answer: @escaping @Sendable (SeenRequest, Int) -> FakeAnswer) {
      self.requests = requests
      self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        self.head = head
        body = []
      case .body(let buffer): body += Array(buffer.readableBytesView)
      case .end:
        guard let head else { return }
        let request = SeenRequest(
          method: head.method.rawValue, path: head.uri, headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body)
        let answer = answer(request, requests.append(request))
        guard !answer.cut else { return context.close(promise: nil) }
        var headers = HTTPHeaders(answer.headers)
        headers.add(name: "Content-Length", value: String(answer.body.utf8.count))
        context.write(
          wrapOutboundOut(.head(.init(version: .http1_1, status: .init(statusCode: answer.status), headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }
}
