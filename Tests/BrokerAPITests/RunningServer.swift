import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import Testing

@testable import BrokerAPI

/// A server on a port of its own, with a few routes that no broker has, and clients for it.
struct RunningServer: Sendable {
  let port: Int
  let scheme: String
  let metrics: MetricsRegistry
  let quick: QuickLookUps?

  func url(_ path: String) -> String { "\(scheme)://localhost:\(port)\(path)" }

  /// Starts, runs the body, stops; the server must stop in good order.
  @discardableResult
  static func run<T: Sendable>(
    limits: ServerLimits = ServerLimits(), tls: TLSFiles? = nil, sink: LogSink = LogSink(descriptor: -1), checks: [HealthCheck] = [],
    routes: @Sendable (Router<BrokerRequestContext>) -> Void = { _ in }, _ body: @Sendable (RunningServer) async throws -> T
  ) async throws -> T {
    let router = Router(context: BrokerRequestContext.self)
    routes(router)
    return try await run(router: router, limits: limits, tls: tls, sink: sink, checks: checks, body)
  }

  /// The same for a router that is there already.
  @discardableResult
  static func run<T: Sendable>(
    router: Router<BrokerRequestContext>, limits: ServerLimits = ServerLimits(), tls: TLSFiles? = nil,
    sink: LogSink = LogSink(descriptor: -1),
    checks: [HealthCheck] = [], quick: (EdgeResponder) -> QuickLookUps? = { _ in nil }, _ body: @Sendable (RunningServer) async throws -> T
  ) async throws -> T {
    let metrics = MetricsRegistry()
    var lookUps: QuickLookUps?
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let application = try BrokerServer.application(
      router: router, settings: ServerSettings(host: "127.0.0.1", port: 0, tls: tls, limits: limits),
      surroundings: ServerSurroundings(metrics: metrics, sink: sink, logger: logger, checks: checks),
      quick: { edge in
        lookUps = quick(edge)
        return lookUps
      }, onRunning: { port in continuation.yield(port) })
    let made = lookUps
    let group = ServiceGroup(configuration: .init(services: [application], gracefulShutdownSignals: [], logger: logger))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let port = await iterator.next() ?? 0
      let result: Result<T, any Error>
      do {
        result = .success(try await body(RunningServer(port: port, scheme: tls == nil ? "http" : "https", metrics: metrics, quick: made)))
      } catch {
        result = .failure(error)
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return try result.get()
    }
  }

  /// One request by a client of its own.
  func send(
    _ method: String, _ path: String, body: String? = nil, headers: [(String, String)] = [],
    client configuration: HTTPClient.Configuration = .init()
  ) async throws -> Reply {
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
      var request = HTTPClientRequest(url: url(path))
      request.method = .init(rawValue: method)
      for (name, value) in headers { request.headers.add(name: name, value: value) }
      if let body { request.body = .bytes(ByteBuffer(string: body)) }
      let response = try await client.execute(request, timeout: .seconds(20))
      let bytes = try await response.body.collect(upTo: 1 << 20)
      try await client.shutdown()
      return Reply(
        status: Int(response.status.code), headers: response.headers.map { ($0.name.lowercased(), $0.value) }, body: String(buffer: bytes),
        version: "\(response.version)")
    } catch {
      try await client.shutdown()
      throw error
    }
  }
}

/// What came back.
struct Reply: Sendable {
  let status: Int
  let headers: [(String, String)]
  let body: String
  let version: String

  subscript(header: String) -> String? { headers.first { $0.0 == header }?.1 }

  /// A string member of the body's object.
  func member(_ name: String) -> String? {
    ((try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any])?[name] as? String
  }

  var code: String? { member("code") }
}

/// Certificates made by the openssl program for one test run.
struct TestCertificates: Sendable {
  let directory: String
  let tls: TLSFiles

  static let shared = Result { try TestCertificates() }

  private init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("yonjo-tls-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    tls = TLSFiles(
      certificateChain: directory + "/server.pem", privateKey: directory + "/server.key", clientAuthorities: directory + "/ca.pem")
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    for authority in ["ca", "otherca"] {
      try openssl(["req", "-x509"] + key + ["-keyout", "\(authority).key", "-out", "\(authority).pem", "-subj", "/CN=\(authority)"])
    }
    let signed = [
      ("server", "ca", "subjectAltName=DNS:localhost"), ("client", "ca", "extendedKeyUsage=clientAuth"),
      ("other", "otherca", "extendedKeyUsage=clientAuth"),
    ]
    for (name, authority, addition) in signed {
      try openssl(
        ["req", "-x509"] + key + ["-CA", "\(authority).pem", "-CAkey", "\(authority).key", "-keyout", "\(name).key", "-out", "\(name).pem"]
          + ["-subj", "/CN=\(name)", "-addext", addition, "-addext", "basicConstraints=critical,CA:FALSE"])
    }
  }

  private func openssl(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CertificateMakingFailed(arguments: arguments) }
  }

  struct CertificateMakingFailed: Error {
    let arguments: [String]
  }

  /// A client that trusts our authority, shows this certificate if one is named, and speaks this version.
  func client(_ certificate: String?, http1Only: Bool) throws -> HTTPClient.Configuration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .file(directory + "/ca.pem")
    if let certificate {
      tls.certificateChain = try NIOSSLCertificate.fromPEMFile("\(directory)/\(certificate).pem").map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: "\(directory)/\(certificate).key", format: .pem))
    }
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.httpVersion = http1Only ? .http1Only : .automatic
    return configuration
  }

  /// `x5t#S256` as openssl computes it.
  func thumbprint(_ certificate: String) throws -> String {
    let first = try NIOSSLCertificate.fromPEMFile("\(directory)/\(certificate).pem").first
    let der = try #require(first).toDERBytes()
    return Thumbprint.of(der)
  }
}
