import AsyncHTTPClient
import Foundation
public import JOSE
import NIOCore
import NIOHTTP1
import NIOSSL

/// Why a broker's key set could not be had.
public enum BrokerKeysError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file cannot be read.
  case unreadable(String)
  /// The address did not answer, or not with success.
  case unreachable(String)
  /// What is there is no key set.
  case notAKeySet(String)

  /// One sentence with file or address.
  public var description: String {
    switch self {
    case .unreadable(let place): "Cannot read \(place)."
    case .unreachable(let place): "\(place) does not answer."
    case .notAKeySet(let place): "\(place) is not a JSON Web Key Set."
    }
  }
}

/// The broker's public keys, as a device gets them.
public enum BrokerKeys {
  private static let largestBytes = 262_144

  /// Reads a key set from a file, or from an address that begins with `https://` or `http://`.
  ///
  /// - Parameter trustRoots: a PEM file whom to believe in place of the system's roots.
  public static func load(_ place: String, trustRoots: String? = nil) async throws -> JSONWebKeySet {
    let bytes: [UInt8]
    if place.hasPrefix("https://") || place.hasPrefix("http://") {
      bytes = try await fetch(place, trustRoots: trustRoots)
    } else {
      guard let content = try? PrivateFile.read(place) else { throw BrokerKeysError.unreadable(place) }
      bytes = content
    }
    guard let keys = try? JSONDecoder().decode(JSONWebKeySet.self, from: Data(bytes)) else { throw BrokerKeysError.notAKeySet(place) }
    return keys
  }

  private static func fetch(_ address: String, trustRoots: String?) async throws -> [UInt8] {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    if let trustRoots {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .file(trustRoots)
      configuration.tlsConfiguration = tls
    }
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let bytes: [UInt8]?
    do {
      let response = try await client.execute(HTTPClientRequest(url: address), timeout: .seconds(10))
      bytes = response.status == .ok ? Array(try await response.body.collect(upTo: largestBytes).readableBytesView) : nil
    } catch {
      bytes = nil
    }
    try? await client.shutdown()
    guard let bytes else { throw BrokerKeysError.unreachable(address) }
    return bytes
  }
}
