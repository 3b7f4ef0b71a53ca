internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// One HTTP client, one request at a time per call, errors made into few.
final class HTTPTransport: Sendable {
  /// What is sent.
  enum Body {
    case bytes([UInt8])
    case stream(any AsyncSequence<ByteBuffer, any Error> & Sendable)
  }

  /// Host and port, for messages.
  let host: String
  private let base: String
  private let client: HTTPClient
  private let maximumAnswerBytes: Int

  /// Silence that ends a connection.
  private static let silence = TimeAmount.seconds(120)

  init(_ configuration: BrokerClientConfiguration) throws(BrokerClientError) {
    guard let url = URL(string: configuration.baseURL), let scheme = url.scheme, let name = url.host(), !name.isEmpty else {
      throw .configuration("The broker's address is not a URL: it should read https://host:port.")
    }
    guard scheme == "https" || (scheme == "http" && ["localhost", "127.0.0.1", "::1"].contains(name)) else {
      throw .configuration("The broker's address must begin with https://.")
    }
    host = url.port.map { "\(name):\($0)" } ?? name
    base = configuration.baseURL
    maximumAnswerBytes = configuration.maximumAnswerBytes
    var settings = HTTPClient.Configuration(tlsConfiguration: try Self.tls(configuration))
    settings.redirectConfiguration = .disallow
    settings.timeout = .init(connect: .seconds(10), read: Self.silence, write: Self.silence)
    settings.connectionPool.retryConnectionEstablishment = false
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
    settings.decompression = .disabled
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
  }

  func close() async { try? await client.shutdown() }

  /// A connection that nobody closed ends without a word; the client would stop the program.
  deinit { client.shutdown { _ in } }

  /// Sends to a path of the base URL, or to a whole URL. `timeout` nil: only silence ends it.
  func send(_ method: String, _ path: String, headers: [(String, String)], body: Body?, timeout: Duration?) async throws(BrokerClientError)
    -> BrokerAnswer
  {
    var request = HTTPClientRequest(url: path.hasPrefix("/") ? base + path : path)
    request.method = HTTPMethod(rawValue: method)
    request.headers = HTTPHeaders(headers)
    switch body {
    case .bytes(let bytes): request.body = .bytes(bytes)
    case .stream(let stream): request.body = Self.streamed(stream)
    case nil: break
    }
    do {
      let deadline = timeout.map { NIODeadline.now() + TimeAmount($0) } ?? .distantFuture
      let response = try await client.execute(request, deadline: deadline)
      let bytes = try await response.body.collect(upTo: maximumAnswerBytes)
      return BrokerAnswer(
        status: Int(response.status.code), headers: response.headers.map { (name: $0.name, value: $0.value) },
        body: Array(bytes.readableBytesView))
    } catch {
      throw translated(error)
    }
  }

  private static func streamed(_ stream: some AsyncSequence<ByteBuffer, any Error> & Sendable) -> HTTPClientRequest.Body {
    .stream(stream, length: .unknown)
  }

  private static func tls(_ configuration: BrokerClientConfiguration) throws(BrokerClientError) -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let pem = configuration.trustRootsPEM {
      guard let roots = try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)), !roots.isEmpty else {
        throw .configuration("The file of trusted authorities holds no PEM certificate.")
      }
      tls.trustRoots = .certificates(roots)
    }
    if let own = configuration.clientCertificate {
      guard let chain = try? NIOSSLCertificate.fromPEMBytes(Array(own.chainPEM.utf8)), !chain.isEmpty,
        let key = try? NIOSSLPrivateKey(bytes: Array(own.keyPEM.utf8), format: .pem)
      else { throw .configuration("The client certificate or its key is no PEM.") }
      tls.certificateChain = chain.map { .certificate($0) }
      tls.privateKey = .privateKey(key)
    }
    return tls
  }

  private static let timeouts: [HTTPClientError] = [
    .deadlineExceeded, .readTimeout, .writeTimeout, .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout,
  ]

  private func translated(_ error: any Error) -> BrokerClientError {
    switch error {
    case is CancellationError: return .cancelled
    case let error as BrokerClientError: return error
    case is NIOTooManyBytesError: return .answerTooLarge
    case is NIOSSLError, is NIOSSLExtraError: return .notTrusted(host)
    case let error as HTTPClientError:
      if error == .cancelled { return .cancelled }
      return Self.timeouts.contains(error) ? .timedOut(host) : .unreachable(host)
    case is UploadUnreadable: return .bodyUnreadable
    default: return .unreachable(host)
    }
  }
}

/// Thrown by a body that cannot be read on.
public struct UploadUnreadable: Error, Sendable {
  /// Nothing more is known here; who reads the file knows why.
  public init() {}
}

extension TimeAmount {
  fileprivate init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
