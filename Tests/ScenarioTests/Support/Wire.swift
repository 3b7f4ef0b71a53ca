import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import TestSupport

/// The broker's port as any HTTP client sees it: no token of its own, no repetition.
struct Wire: Sendable {
  struct Answer: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private let base: String
  private let client: HTTPClient

  /// - Parameter version: 1 speaks HTTP/1.1 alone; 2 prefers HTTP/2.
  init(_ house: House, version: Int = 2) throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(house.trustFile))
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = version == 1 ? .http1Only : .automatic
    base = house.address
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  func close() async { try? await client.shutdown() }

  func send(
    _ method: String, _ path: String, _ headers: [(String, String)] = [], body: String? = nil, within limit: TimeAmount = .seconds(10)
  ) async throws -> Answer {
    try await send(method, path, headers, bytes: body.map { Array($0.utf8) }, within: limit)
  }

  func send(
    _ method: String, _ path: String, _ headers: [(String, String)], bytes: [UInt8]?, within limit: TimeAmount = .seconds(10)
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: base + path)
    request.method = HTTPMethod(rawValue: method)
    request.headers = HTTPHeaders(headers)
    if let bytes { request.body = .bytes(bytes) }
    let response = try await client.execute(request, timeout: limit)
    let collected = try await response.body.collect(upTo: 8 << 20)
    return Answer(
      status: Int(response.status.code), headers: response.headers.map { ($0.name.lowercased(), $0.value) },
      body: Array(collected.readableBytesView))
  }

  /// One of its own for the duration of `body`.
  static func with<T: Sendable>(_ house: House, version: Int = 2, _ body: (Wire) async throws -> T) async throws -> T {
    let wire = try Wire(house, version: version)
    do {
      let result = try await body(wire)
      await wire.close()
      return result
    } catch {
      await wire.close()
      throw error
    }
  }
}
