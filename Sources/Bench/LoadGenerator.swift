import NIOCore
import NIOPosix
public import NIOSSL

/// Sends requests over keep-alive HTTPS connections, one at a time on each, and measures the answers.
public struct LoadGenerator: Sendable {
  /// Where the broker listens.
  public let host: String
  /// Its port.
  public let port: Int
  /// Whom the connections trust.
  public let tls: NIOSSLContext

  /// A generator for one server.
  public init(host: String, port: Int, tls: NIOSSLContext) {
    self.host = host
    self.port = port
    self.tls = tls
  }

  /// Runs the script: all clients connect, then all begin at once.
  /// - Parameters:
  ///   - seconds: how long to send at most; a script that does not repeat may end before.
  ///   - warmUpSeconds: left out of the figures.
  /// - Throws: `LoadError` when a connection fails or the server speaks other than expected.
  public func run(_ script: LoadScript, seconds: Double, warmUpSeconds: Double) async throws -> LoadReport {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
      let report = try await measure(script, seconds, warmUpSeconds, on: group)
      try await group.shutdownGracefully()
      return report
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  private func measure(_ script: LoadScript, _ seconds: Double, _ warmUpSeconds: Double, on group: any EventLoopGroup) async throws
    -> LoadReport
  {
    var clients: [(channel: any Channel, ready: EventLoopFuture<Void>, done: EventLoopFuture<ClientSamples>)] = []
    let count = script.requests.count
    let pace = script.ratePerSecond.map { TimeAmount.nanoseconds(Int64(Double(count) * 1e9 / max($0, 0.001))) }
    for (index, requests) in script.requests.enumerated() {
      // Clients take turns.
      let offset = pace.map { TimeAmount.nanoseconds($0.nanoseconds * Int64(index) / Int64(count)) }
      let loop = group.next()
      let ready = loop.makePromise(of: Void.self)
      let done = loop.makePromise(of: ClientSamples.self)
      let (tls, host) = (tls, host)
      let channel = try await ClientBootstrap(group: loop)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .connectTimeout(.seconds(5))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let client = LoadClient(
              requests: requests, repeats: script.repeats, marker: script.marker, pace: pace, offset: offset ?? .zero, ready: ready,
              done: done)
            try channel.pipeline.syncOperations.addHandlers([try NIOSSLClientHandler(context: tls, serverHostname: host), client])
          }
        }
        .connect(host: host, port: port).get()
      clients.append((channel, ready.futureResult, done.futureResult))
    }
    for client in clients { try await client.ready.get() }
    let started = NIODeadline.now()
    let go = LoadClient.Go(until: started + .nanoseconds(Int64(seconds * 1_000_000_000)))
    for client in clients { client.channel.pipeline.fireUserInboundEventTriggered(go) }
    var samples: [ClientSamples] = []
    for client in clients { samples.append(try await client.done.get()) }
    return LoadReport(samples: samples, started: started.uptimeNanoseconds, warmUpNanoseconds: UInt64(warmUpSeconds * 1_000_000_000))
  }
}

/// Why a measurement did not come about.
public enum LoadError: Error, Sendable {
  /// The connection ended before its time.
  case connectionClosed
  /// The answer is not what the small parser here reads: a status line, headers, a body with Content-Length.
  case unreadableAnswer
}
