/// How ``SimulatorServer`` is to listen.
public struct ServerConfiguration: Sendable {
  /// The address to bind; default `127.0.0.1`.
  public var host = "127.0.0.1"
  /// OCSP and lists over plain HTTP; 0 takes a free port.
  public var httpPort = 8980
  /// The API over mutual TLS; 0 takes a free port.
  public var tlsPort = 8981
  /// Where `ca.pem`, `server.pem`, `server.key` lie; made there where absent, with a client certificate `broker.pem`, `broker.key`.
  public var tlsDirectory: String
  /// Further host names and addresses of the server certificate, beside `localhost`, `127.0.0.1` and `::1`.
  public var tlsNames: [String] = []
  /// What certificates give as the address of OCSP; nil: `http://` host and port as bound.
  public var publicAddress: String?
  /// A file to be written, in one step, when both ports are open: ``ServerAddresses`` as JSON.
  public var readyFile: String?

  /// Defaults, and where the TLS material lies.
  public init(tlsDirectory: String) {
    self.tlsDirectory = tlsDirectory
  }
}

/// Where a running ``SimulatorServer`` listens.
public struct ServerAddresses: Sendable, Codable, Equatable {
  /// `http://host:port` of OCSP and lists.
  public let http: String
  /// `https://host:port` of the API.
  public let api: String
}
