internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
public import Logging
internal import NIOCore
internal import NIOSSL

/// How the server listens and what it takes on.
public struct ServerSettings: Sendable {
  /// Address to listen on.
  public var host: String
  /// Port; 0 lets the kernel choose.
  public var port: Int
  /// TLS material; nil speaks plain HTTP/1.1, for tests and behind a proxy on the same machine only.
  public var tls: TLSFiles?
  /// Sizes, times, numbers.
  public var limits: ServerLimits
  /// A log line for every request.
  public var logsRequests: Bool
  /// Work on a request on the event loop that read it, instead of on the shared pool of threads.
  public var worksOnEventLoops: Bool

  /// Names all of it.
  public init(
    host: String, port: Int, tls: TLSFiles?, limits: ServerLimits = ServerLimits(), logsRequests: Bool = true,
    worksOnEventLoops: Bool = true
  ) {
    self.host = host
    self.port = port
    self.tls = tls
    self.limits = limits
    self.logsRequests = logsRequests
    self.worksOnEventLoops = worksOnEventLoops
  }
}

/// What stands around the routes: where numbers and lines go, what `/readyz` looks at.
public struct ServerSurroundings: Sendable {
  /// Answers `/metrics`.
  public var metrics: MetricsRegistry
  /// Where request lines go.
  public var sink: LogSink
  /// For everything else that is worth a line.
  public var logger: Logger
  /// Dependencies that `/readyz` names.
  public var checks: [HealthCheck]
  /// Gauges looked up for `/metrics`.
  public var gauges: [GaugeSource]
  /// Pages of another room on the same listener.
  public var pages: MountedPages?

  /// Names all of it.
  public init(
    metrics: MetricsRegistry, sink: LogSink, logger: Logger, checks: [HealthCheck] = [], gauges: [GaugeSource] = [],
    pages: MountedPages? = nil
  ) {
    self.metrics = metrics
    self.sink = sink
    self.logger = logger
    self.checks = checks
    self.gauges = gauges
    self.pages = pages
  }
}

/// Puts a router behind the edge and the edge behind a listener.
enum BrokerServer {
  static func application(
    router: Router<BrokerRequestContext>, settings: ServerSettings, surroundings: ServerSurroundings,
    quick: (EdgeResponder) -> QuickLookUps? = { _ in nil }, onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
  ) throws -> Application<EdgeResponder> {
    let responder = responder(router: router, settings: settings, surroundings: surroundings)
    return Application(
      responder: responder, server: try builder(settings, quick(responder)),
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(settings.limits.connections)),
      onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? 0) }, logger: surroundings.logger)
  }

  static func responder(
    router: Router<BrokerRequestContext>, settings: ServerSettings, surroundings: ServerSurroundings
  ) -> EdgeResponder {
    let admission = Admission(limit: settings.limits.concurrentRequests)
    let quickAnswers = Count()
    let gauges =
      surroundings.gauges + [
        GaugeSource("yonjo_http_requests_in_flight") { Double(admission.count) },
        GaugeSource("yonjo_http_quick_answers") { Double(quickAnswers.value) },
      ]
    HealthRoutes(checks: surroundings.checks, metrics: surroundings.metrics, gauges: gauges).add(to: router)
    let routes = router.routes.map { (path: $0.path.description, method: $0.method.rawValue) }
    return EdgeResponder(
      router: router.buildResponder(), routes: RouteTable(routes), limits: settings.limits, admission: admission,
      quickAnswers: quickAnswers,
      metrics: RequestMetrics(registry: surroundings.metrics), log: RequestLog(sink: surroundings.sink, isOn: settings.logsRequests),
      logger: surroundings.logger, standingHeaders: .standing(overTLS: settings.tls != nil), pages: surroundings.pages)
  }

  /// HTTP/1.1 and, by ALPN, HTTP/2 over TLS; plain HTTP/1.1 without TLS.
  private static func builder(_ settings: ServerSettings, _ quick: QuickLookUps?) throws -> HTTPServerBuilder {
    let limits = settings.limits
    let rules = RequestGuard.Rules(
      limits: limits, uploads: [LedgerChangeRoutes.path], longer: [DocumentRoutes.path: limits.documentSeconds],
      asksForCertificate: settings.tls?.clientAuthorities != nil, quick: quick)
    let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
      maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes, maxHeaderFieldCount: 100)
    let stream = HTTP1Channel.Configuration(
      additionalChannelHandlers: [RequestGuard(rules: rules)], idleTimeout: .seconds(Int64(limits.idleSeconds)),
      httpDecoderConfiguration: decoder)
    let executors = settings.worksOnEventLoops ? LoopExecutors() : nil
    guard let tls = try settings.tls?.configuration() else {
      return HTTPServerBuilder { responder in
        LoopBoundChannel(base: HTTP1Channel(responder: responder, configuration: stream), executors: executors)
      }
    }
    let configuration = HTTP2UpgradeChannel.Configuration(
      idleTimeout: .seconds(limits.idleSeconds), gracefulCloseTimeout: .seconds(limits.shutdownSeconds), streamConfiguration: stream)
    return HTTPServerBuilder { responder in
      LoopBoundChannel(
        base: try HTTP2UpgradeChannel(tlsConfiguration: tls, configuration: configuration, responder: responder), executors: executors)
    }
  }
}
