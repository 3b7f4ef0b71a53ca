internal import AsyncHTTPClient
public import Broker
internal import Foundation
public import JPKI
internal import NIOCore
internal import NIOHTTP1

/// Asks a time-stamping authority over HTTP (RFC 3161 §3.4): one POST, ten seconds, 64 KiB, no redirects.
public struct TimeStampClient: TimeStampAuthority {
  private static let timeoutSeconds: Int64 = 10
  private let address: String
  private let client: HTTPClient

  /// - Parameter address: the authority's `http` or `https` URL. An answer is signed, so that the line need not be trusted.
  public init(address: String) {
    self.address = address
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout = .init(connect: .seconds(5), read: .seconds(Self.timeoutSeconds))
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// Whether a text can be such an address.
  public static func isAddress(_ text: String) -> Bool {
    guard let url = URL(string: text), let host = url.host, !host.isEmpty else { return false }
    return url.scheme == "http" || url.scheme == "https"
  }

  /// The answer as it came; `unreachable` for any status but 200 and any other media type.
  public func answer(_ request: [UInt8]) async throws(TimeStampFault) -> [UInt8] {
    var question = HTTPClientRequest(url: address)
    question.method = .POST
    question.headers.add(name: "content-type", value: "application/timestamp-query")
    question.headers.add(name: "accept", value: "application/timestamp-reply")
    question.body = .bytes(ByteBuffer(bytes: request))
    do {
      let answer = try await client.execute(question, timeout: .seconds(Self.timeoutSeconds))
      guard answer.status == .ok, answer.headers.first(name: "content-type")?.lowercased().hasPrefix("application/timestamp-reply") == true
      else { throw TimeStampFault.unreachable }
      return Array(buffer: try await answer.body.collect(upTo: TimeStamp.maximumBytes))
    } catch is NIOTooManyBytesError {
      throw .malformed
    } catch {
      throw .unreachable
    }
  }

  /// Closes its connections; to be called once.
  public func close() async { try? await client.shutdown() }
}
