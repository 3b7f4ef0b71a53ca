import ServiceLifecycle

/// What is to go wrong, on demand.
public struct Faults: Sendable, Codable, Equatable {
  /// OCSP answers.
  public var ocsp: RevocationFault?
  /// Revocation lists.
  public var crl: RevocationFault?
  /// The API for links, consents and latest items.
  public var api: APIFault?

  /// Nothing goes wrong.
  public static let none = Faults()

  /// Faults of an OCSP answer or a revocation list.
  public enum RevocationFault: String, Sendable, Codable, CaseIterable {
    /// Two days old, its nextUpdate long past.
    case stale
    /// Signed by the rogue authority of the same name.
    case wrongSigner
    /// OCSP: speaks of another certificate. List: entries moved by one, so that it speaks of others.
    case wrongSerial
    /// Cut off in the middle.
    case malformed
    /// Comes after 30 seconds.
    case slow
    /// Does not come: HTTP 503.
    case down
  }

  /// Faults of the API.
  public enum APIFault: String, Sendable, Codable, CaseIterable {
    /// Comes after 30 seconds.
    case slow
    /// Not JSON.
    case malformed
    /// Does not come: HTTP 503.
    case down
  }

  /// Any of them; nil works properly.
  public init(ocsp: RevocationFault? = nil, crl: RevocationFault? = nil, api: APIFault? = nil) {
    self.ocsp = ocsp
    self.crl = crl
    self.api = api
  }

  /// What `slow` does; a server that is shut down does not wait for it.
  static func delay() async throws {
    try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(30)) }
  }
}
