import ArgumentParser
import Broker
import BrokerAPI
import ComplianceConsole
import CoreMetrics
import Foundation
import JLIS
import JPKI
import Logging
import PostgreSQL
import ServiceLifecycle
import UnixSignals

/// `yonjo serve`
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve the API over HTTPS until told to stop (SIGTERM, SIGINT).",
    discussion: "On a stop, requests under way are finished within limits.shutdownSeconds.")

  @OptionGroup var common: CommonOptions

  @Option(help: "Address to listen on.")
  var host: String?

  @Option(help: "Port to listen on; 0 lets the kernel choose.")
  var port: Int?

  @Option(name: .customLong("ready-file"), help: "Written with the port once requests are taken.")
  var readyFile: String?

  func run() async throws {
    let settings = try await common.settings([.host: host, .port: port.map(String.init)])
    let logger = try CommonOptions.logger(settings)
    let level = logger.logLevel
    defer { LogSink.standardError.flush() }
    // For the libraries beneath us.
    LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: max(level, .warning), sink: .standardError) }
    let metrics = MetricsRegistry()
    MetricsSystem.bootstrap(metrics)

    let parts = try ServingParts(settings: settings, logger: logger)
    let server = try Self.serverSettings(settings)
    if server.tls == nil { logger.warning("no TLS certificate is set: plain HTTP, for this machine alone") }
    let readyFile = readyFile
    let providers = try Self.providers(settings)
    let site = try ConsoleSite(
      services: parts.services, issuer: try settings.required(.issuer), providers: providers, logger: logger)
    let application = try BrokerRoutes.application(
      services: parts.services, settings: server,
      surroundings: ServerSurroundings(
        metrics: metrics, sink: .standardError, logger: logger, checks: parts.checks, gauges: parts.gauges,
        pages: MountedPages(paths: ConsoleSite.paths) { await site.respond(to: $0, requestID: $1, address: $2) }),
      onRunning: { port in
        logger.info("serving", metadata: ["port": "\(port)"])
        if let readyFile { try? Data("\(port)\n".utf8).write(to: URL(fileURLWithPath: readyFile), options: .atomic) }
      })
    let minutes = try settings.integer(.revocationMinutes, 1...1_440)
    let lists = OwnedProcess(
      arguments: ["revocation", "sync", "--interval", "\(minutes)", "--until-input-ends"] + common.arguments,
      environment: ["YONJO_REVOCATION_DIRECTORY": parts.revocationDirectory], logger: logger)
    // A service that returns ends the group, so it is there only where it has something to do.
    let own =
      parts.ownsRevocationDirectory
      ? [ServiceGroupConfiguration.ServiceConfiguration(service: BackgroundService { await lists.run() })] : []
    var configuration = ServiceGroupConfiguration(
      services: own + [
        .init(service: BackgroundService { await parts.services.instance.run() }),
        .init(service: BackgroundService { await parts.services.revocation.indexes.run() }),
        .init(service: BackgroundService { await parts.services.jobs.run() }),
        .init(service: BackgroundService { await parts.services.auditKeeper.run() }),
        // Last here, and so the first to stop.
        .init(service: application),
      ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(server.limits.shutdownSeconds + 5)
    do {
      try await ServiceGroup(configuration: configuration).run()
    } catch {
      await providers.close()
      await parts.close()
      throw CommandFailure(
        .partIsDown, "The server ended: \(type(of: error)).",
        nextStep: "Is the port taken? Are certificate and key readable? See yonjo doctor.")
    }
    await providers.close()
    await parts.close()
    logger.info("stopped")
  }

  /// How the tenants' identity providers are asked: an authority of a bank's own may be named.
  private static func providers(_ settings: Settings) throws(CommandFailure) -> ProviderClient {
    var authorities: String?
    if let file = settings.text(.consoleProviderTrustFile) { authorities = try text(of: file) }
    do {
      return try ProviderClient(trustRootsPEM: authorities)
    } catch {
      throw CommandFailure(.badUse, "console.providerTrustFile holds no PEM certificate.", nextStep: "Name a file of authorities.")
    }
  }

  private static func serverSettings(_ settings: Settings) throws(CommandFailure) -> ServerSettings {
    var limits = ServerLimits()
    limits.concurrentRequests = try settings.integer(.limitsConcurrentRequests, 1...100_000)
    limits.connections = try settings.integer(.limitsConnections, 1...1_000_000)
    limits.idleSeconds = try settings.integer(.limitsIdleSeconds, 1...3_600)
    limits.requestSeconds = try settings.integer(.limitsRequestSeconds, 1...3_600)
    limits.shutdownSeconds = try settings.integer(.limitsShutdownSeconds, 1...3_600)
    limits.documentBytes = try settings.integer(.limitsDocumentBytes, 1...(1 << 30))
    limits.documentSeconds = try settings.integer(.limitsDocumentSeconds, 1...3_600)
    var tls: TLSFiles?
    switch (settings.text(.tlsCertificateFile), settings.text(.tlsKeyFile)) {
    case (let chain?, let key?):
      tls = TLSFiles(certificateChain: chain, privateKey: key, clientAuthorities: settings.text(.tlsClientAuthoritiesFile))
    case (nil, nil): break
    default: throw CommandFailure(.badUse, "tls.certificateFile and tls.keyFile go together.", nextStep: "Set both.")
    }
    return ServerSettings(
      host: try settings.required(.host), port: try settings.integer(.port, 0...65_535), tls: tls, limits: limits,
      logsRequests: try settings.boolean(.logRequests), worksOnEventLoops: try settings.boolean(.worksOnEventLoops))
  }
}

/// Runs until the group stops.
struct BackgroundService: Service {
  let work: @Sendable () async -> Void

  init(_ work: @escaping @Sendable () async -> Void) { self.work = work }

  func run() async throws { await cancelWhenGracefulShutdown { await work() } }
}
