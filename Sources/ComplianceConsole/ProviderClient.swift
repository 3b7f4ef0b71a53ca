import AsyncHTTPClient
import Broker
import Foundation
import JOSE
import NIOCore
import NIOHTTP1
import NIOSSL

/// How a provider is asked. Everything is over TLS, follows no redirection and has limits of time and size.
public protocol ProviderTransport: Sendable {
  /// GET; the answer's body where it is 200.
  func get(_ address: String) async throws(ProviderFault) -> [UInt8]
  /// POST of a form; the answer's body where it is 200, ``ProviderFault/refused`` where it is 4xx.
  func post(_ address: String, form: String, authorization: String?) async throws(ProviderFault) -> [UInt8]
}

/// Providers over HTTPS.
public final class ProviderClient: ProviderTransport {
  /// The most that an answer may hold, in bytes: 256 KiB.
  static let maximumBytes = 256 << 10
  /// How long an answer may take, in seconds.
  static let seconds: Int64 = 10

  private let client: HTTPClient

  /// - Parameter trustRootsPEM: authorities that are trusted beside the system's; nil: none.
  /// - Throws: ``ProviderFault/malformed`` where the text holds no certificate.
  public init(trustRootsPEM: String?) throws(ProviderFault) {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let trustRootsPEM {
      guard let roots = try? NIOSSLCertificate.fromPEMBytes(Array(trustRootsPEM.utf8)), !roots.isEmpty else { throw .malformed }
      tls.additionalTrustRoots = [.certificates(roots)]
    }
    var settings = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
    settings.timeout.connect = .seconds(Self.seconds)
    settings.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
  }

  /// Closes all connections; calls under way fail.
  public func close() async { try? await client.shutdown() }

  /// A connection that nobody closed ends without a word; the client would stop the program.
  deinit { client.shutdown { _ in } }

  /// See ``ProviderTransport/get(_:)``.
  public func get(_ address: String) async throws(ProviderFault) -> [UInt8] {
    var request = HTTPClientRequest(url: address)
    request.headers.add(name: "Accept", value: "application/json")
    return try await send(request)
  }

  /// See ``ProviderTransport/post(_:form:authorization:)``.
  public func post(_ address: String, form: String, authorization: String?) async throws(ProviderFault) -> [UInt8] {
    var request = HTTPClientRequest(url: address)
    request.method = .POST
    request.headers.add(name: "Accept", value: "application/json")
    request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
    if let authorization { request.headers.add(name: "Authorization", value: authorization) }
    request.body = .bytes(Array(form.utf8))
    return try await send(request)
  }

  private func send(_ request: HTTPClientRequest) async throws(ProviderFault) -> [UInt8] {
    // Only what we were configured with, and what that one named over TLS, is asked.
    guard request.url.hasPrefix("https://") else { throw .malformed }
    do {
      let response = try await client.execute(request, deadline: .now() + .seconds(Self.seconds))
      let body = try await response.body.collect(upTo: Self.maximumBytes)
      switch response.status.code {
      case 200: return Array(body.readableBytesView)
      case 400..<500: throw ProviderFault.refused
      default: throw ProviderFault.unreachable
      }
    } catch let fault as ProviderFault {
      throw fault
    } catch is NIOTooManyBytesError {
      throw .malformed
    } catch {
      throw .unreachable
    }
  }
}

/// What providers say of themselves, and their keys, kept for an hour.
actor ProviderDirectory {
  struct Entry {
    let metadata: ProviderMetadata
    let keys: [JSONWebKey]
    let at: Date
  }

  private let transport: any ProviderTransport
  private var known: [String: Entry] = [:]

  init(_ transport: any ProviderTransport) { self.transport = transport }

  /// - Parameter seconds: how old it may be.
  func entry(of issuer: String, at now: Date, seconds: TimeInterval = 3600) async throws(ProviderFault) -> Entry {
    if let entry = known[issuer], now.timeIntervalSince(entry.at) < seconds { return entry }
    let metadata = try ProviderMetadata(parsing: try await transport.get(ProviderMetadata.address(of: issuer)), issuer: issuer)
    let entry = Entry(metadata: metadata, keys: try ProviderMetadata.keys(parsing: try await transport.get(metadata.keysAddress)), at: now)
    known[issuer] = entry
    return entry
  }

  /// Exchanges a code for an ID token (OpenID Connect Core 1.0 §3.1.3), and says whom it is for.
  func identity(
    _ signIn: ProviderSignIn, _ provider: StaffProvider, code: String, redirect: String, at now: Date
  ) async throws(ProviderFault) -> (subject: String, name: String?) {
    let entry = try await entry(of: provider.issuer, at: now)
    var fields = [
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("code_verifier", signIn.verifier),
    ]
    var authorization: String?
    switch (provider.clientSecret, entry.metadata.authentication) {
    case (nil, _): fields.append(("client_id", provider.clientID))
    case (let secret?, .post): fields += [("client_id", provider.clientID), ("client_secret", secret)]
    case (let secret?, .basic):
      // RFC 6749 §2.3.1: both are form-encoded first.
      let both = "\(ConsoleSite.encoded(provider.clientID)):\(ConsoleSite.encoded(secret))"
      authorization = "Basic " + Base64.encode(Array(both.utf8))
    }
    let answer = try await transport.post(
      entry.metadata.tokenEndpoint, form: ProviderSignIn.form(fields), authorization: authorization)
    guard let token = (try? JSONValue(parsing: answer))?["id_token"]?.string else { throw .malformed }
    do {
      return try signIn.identity(in: token, keys: entry.keys, provider: provider, at: now)
    } catch .keyUnknown {
      // Its keys may have been exchanged since; asked again no more than once in a minute.
      let fresh = try await self.entry(of: provider.issuer, at: now, seconds: 60)
      do { return try signIn.identity(in: token, keys: fresh.keys, provider: provider, at: now) } catch { throw .tokenInvalid }
    } catch {
      throw .tokenInvalid
    }
  }
}
