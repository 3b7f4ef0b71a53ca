public import Foundation
public import JOSE

/// How to reach a broker, and as which client. Prints no key.
public struct BrokerClientConfiguration: Sendable {
  /// The client that asks for tokens by `private_key_jwt` (RFC 7523, ES256).
  public struct Credentials: Sendable {
    /// `client_id`, as the operator created it.
    public var clientID: String
    /// The private key whose public half is registered for the client.
    public var key: SigningKey
    /// Scopes asked for; empty asks for all that the client may have.
    public var scopes: [String]

    /// A client; see the properties.
    public init(clientID: String, key: SigningKey, scopes: [String] = []) {
      self.clientID = clientID
      self.key = key
      self.scopes = scopes
    }
  }

  /// A certificate chain and its key, for mutual TLS.
  public struct ClientCertificate: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// PEM, the client's own certificate first.
    public var chainPEM: String
    /// PEM of the private key.
    public var keyPEM: String

    /// A chain and its key.
    public init(chainPEM: String, keyPEM: String) {
      self.chainPEM = chainPEM
      self.keyPEM = keyPEM
    }

    /// Always `<redacted>`.
    public var description: String { "<redacted>" }
    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)](), displayStyle: .struct) }
  }

  /// `https://host:port`; plain `http` only for the machine itself (`localhost`, `127.0.0.1`, `::1`).
  public var baseURL: String
  /// PEM of the authorities that may vouch for the broker; nil trusts those of the system.
  public var trustRootsPEM: String?
  /// For mutual TLS; nil presents none.
  public var clientCertificate: ClientCertificate?
  /// nil sends no token.
  public var credentials: Credentials?
  /// Where tokens are fetched; nil means `/oauth2/token` of `baseURL`. Also the audience of the client assertion.
  public var tokenEndpoint: String?
  /// Time for one attempt, uploads excepted. Default 30 s.
  public var requestTimeout: Duration
  /// Attempts in all, 1…20. Default 6.
  public var maximumAttempts: Int
  /// Wait before the second attempt; doubles each time, up to 15 s, half of it random. Default 250 ms.
  public var firstBackOff: Duration
  /// The longest answer that is read, in bytes. Default 8 MiB.
  public var maximumAnswerBytes: Int
  /// The time, for tokens.
  public var now: @Sendable () -> Date

  /// A broker and a client; see the properties.
  public init(
    baseURL: String, trustRootsPEM: String? = nil, clientCertificate: ClientCertificate? = nil, credentials: Credentials? = nil,
    tokenEndpoint: String? = nil, requestTimeout: Duration = .seconds(30), maximumAttempts: Int = 6,
    firstBackOff: Duration = .milliseconds(250),
    maximumAnswerBytes: Int = 8 << 20, now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    self.trustRootsPEM = trustRootsPEM
    self.clientCertificate = clientCertificate
    self.credentials = credentials
    self.tokenEndpoint = tokenEndpoint
    self.requestTimeout = requestTimeout
    self.maximumAttempts = min(max(maximumAttempts, 1), 20)
    self.firstBackOff = firstBackOff
    self.maximumAnswerBytes = maximumAnswerBytes
    self.now = now
  }
}
