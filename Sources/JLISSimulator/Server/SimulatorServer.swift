import Foundation
import Hummingbird
import HummingbirdTLS
public import Logging
import NIOCore
import NIOSSL
public import ServiceLifecycle
import Synchronization

/// The simulator on two ports: OCSP and revocation lists over plain HTTP as J-LIS publishes them, and the API over mutual TLS in our own wire
/// format (`yonjo-sim/1`): a client without a certificate of the TLS authority does not get past the handshake.
public struct SimulatorServer: Service {
  private let simulator: SimulatedJLIS
  private let configuration: ServerConfiguration
  private let logger: Logger
  private let onReady: @Sendable (ServerAddresses) -> Void

  /// - Parameters:
  ///   - simulator: the state to serve; other processes may change it meanwhile.
  ///   - configuration: ports and files.
  ///   - logger: gets addresses and failures; no request is logged.
  ///   - onReady: called once, when both ports are open.
  public init(
    _ simulator: SimulatedJLIS, configuration: ServerConfiguration, logger: Logger,
    onReady: @escaping @Sendable (ServerAddresses) -> Void = { _ in }
  ) {
    self.simulator = simulator
    self.configuration = configuration
    self.logger = logger
    self.onReady = onReady
  }

  /// Serves until shut down gracefully or cancelled.
  ///
  /// - Throws: where a port is taken or the TLS material cannot be read.
  public func run() async throws {
    let tls = try tlsConfiguration()
    let ports = Mutex<[Port: Int]>([:])
    let opened: @Sendable (Port, any Channel) async -> Void = { port, channel in
      let both = ports.withLock { ports -> [Port: Int] in
        ports[port] = channel.localAddress?.port ?? 0
        return ports
      }
      if let http = both[.http], let api = both[.api] { ready(http: http, api: api) }
    }
    let http = Application(
      router: RevocationRoutes(simulator: simulator).router(),
      configuration: .init(address: .hostname(configuration.host, port: configuration.httpPort), serverName: "jlis-simulator"),
      onServerRunning: { await opened(.http, $0) }, logger: logger)
    let api = Application(
      router: SimulatorAPI(simulator: simulator).router(), server: try .tls(.http1(), tlsConfiguration: tls),
      configuration: .init(address: .hostname(configuration.host, port: configuration.tlsPort), serverName: "jlis-simulator"),
      onServerRunning: { await opened(.api, $0) }, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await http.run() }
      group.addTask { try await api.run() }
      // Whoever ends first, by an error such as a port that is taken, ends the other as well.
      for try await _ in group { group.cancelAll() }
    }
  }

  private enum Port: Hashable {
    case http, api
  }

  private func ready(http: Int, api: Int) {
    let addresses = ServerAddresses(http: "http://\(configuration.host):\(http)", api: "https://\(configuration.host):\(api)")
    do {
      try simulator.setPublicAddress(configuration.publicAddress ?? addresses.http)
      if let file = configuration.readyFile {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try PrivateFile.replace(file, Array(try encoder.encode(addresses)))
      }
    } catch {
      logger.error("The addresses could not be written down.")
    }
    logger.info("Serving", metadata: ["http": "\(addresses.http)", "api": "\(addresses.api)"])
    onReady(addresses)
  }

  private func tlsConfiguration() throws -> TLSConfiguration {
    let directory = configuration.tlsDirectory
    let material = try TLSMaterial(directory: directory, at: simulator.now)
    try material.server("server", names: ["localhost", "127.0.0.1", "::1"] + configuration.tlsNames, at: simulator.now)
    try material.client("broker", at: simulator.now)
    let chain = try NIOSSLCertificate.fromPEMFile("\(directory)/server.pem")
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: "\(directory)/server.key", format: .pem)))
    tls.trustRoots = .file("\(directory)/ca.pem")
    // On the server's side this demands a client certificate; whose name it bears is of no consequence.
    tls.certificateVerification = .noHostnameVerification
    tls.minimumTLSVersion = .tlsv12
    return tls
  }
}
