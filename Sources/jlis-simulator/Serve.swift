import ArgumentParser
import Foundation
import JLISSimulator
import Logging
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve OCSP and revocation lists over HTTP, and the API over mutual TLS.",
    discussion: """
      HTTP   POST /ocsp/sign, /ocsp/auth; GET /ocsp/sign/<base64>; GET /crl/sign.crl, /crl/auth.crl;
             GET /crl/sign/13101.crl, /crl/auth/13101.crl (the part of a municipality); GET /roots/sign.pem, /roots/auth.pem
      TLS    POST /sim/v1/…, our own wire format yonjo-sim/1; GET, PUT /sim/v1/control/faults, /sim/v1/control/responder; clients show a certificate of the authority in the TLS directory (broker.pem)
      Roots for a broker's trust store lie in <state>/trust.
      """)

  @OptionGroup var state: StateOptions
  @Option(help: "The address to bind.") var host = "127.0.0.1"
  @Option(help: "Port of OCSP and lists; 0 takes a free one.") var httpPort = 8980
  @Option(help: "Port of the API; 0 takes a free one.") var tlsPort = 8981
  @Option(help: "Where ca.pem, server.pem, server.key, broker.pem, broker.key lie or shall be made. Default: <state>/tls.")
  var tlsDirectory: String?
  @Option(help: "A further host name or address of the server certificate; may be repeated.") var name: [String] = []
  @Option(help: "What certificates say as the address of OCSP, http://host:port. Default: as bound.") var publicAddress: String?
  @Option(help: "Write both addresses here, as JSON, when both ports are open.") var readyFile: String?

  func validate() throws {
    guard (0...65_535).contains(httpPort), (0...65_535).contains(tlsPort) else { throw ValidationError("Ports are 0 to 65535.") }
  }

  func run() async throws {
    let simulator = try state.open()
    var configuration = ServerConfiguration(tlsDirectory: try tlsDirectory ?? "\(state.directory())/tls")
    configuration.host = host
    configuration.httpPort = httpPort
    configuration.tlsPort = tlsPort
    configuration.tlsNames = name
    configuration.publicAddress = publicAddress
    configuration.readyFile = readyFile
    var logger = Logger(label: "jlis-simulator", factory: StreamLogHandler.standardError(label:))
    logger.logLevel = .notice
    let server = SimulatorServer(simulator, configuration: configuration, logger: logger) { addresses in
      print("Serving OCSP and lists at \(addresses.http), the API at \(addresses.api).")
      fflush(nil)
    }
    do {
      try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
    } catch {
      throw ServeFailure(reason: String(describing: error))
    }
  }
}

/// A port is taken, or the TLS material cannot be read.
struct ServeFailure: Error, CustomStringConvertible {
  let reason: String
  var description: String { "Cannot serve: \(reason)" }
}
