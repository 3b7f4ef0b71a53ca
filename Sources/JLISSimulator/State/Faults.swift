import JLIS
import ServiceLifecycle

/// What is to go wrong, on demand: a fault for every branch of those who ask.
public struct Faults: Sendable, Codable, Equatable {
  /// OCSP answers.
  public var ocsp: OCSPFault?
  /// Revocation lists.
  public var crl: ListFault?
  /// The API for links, consents and latest items.
  public var api: APIFault?

  /// Nothing goes wrong.
  public static let none = Faults()

  /// Faults of an OCSP answer.
  public enum OCSPFault: String, Sendable, Codable, CaseIterable {
    /// Comes after 30 seconds.
    case slow
    /// Does not come: HTTP 503.
    case down
    /// The connection ends in the middle of it.
    case cut
    /// 128 KiB of padding behind it.
    case huge
    /// HTTP 302 to another address.
    case redirected
    /// Calls itself a web page.
    case wrongType
    /// Half of it, as if that were all.
    case malformed
    /// The unsigned error tryLater.
    case tryLater
    /// The unsigned error unauthorized.
    case unauthorized
    /// Signed by the responder of the rogue authority of the same name.
    case wrongSigner
    /// Signed by another key than the responder's that it names.
    case wrongSignature
    /// The responder's certificate is not in it.
    case missingResponder
    /// The responder's certificate ended yesterday.
    case expiredResponder
    /// The responder's certificate is not for signing OCSP answers.
    case wrongPurpose
    /// The responder's certificate has no ocsp-nocheck.
    case uncheckedResponder
    /// Two days old, its nextUpdate long past.
    case stale
    /// An hour old, without nextUpdate.
    case tooOld
    /// Its thisUpdate lies an hour ahead.
    case future
    /// Speaks of another certificate.
    case wrongSerial
    /// Speaks of a certificate of that number, of another issuer.
    case wrongIssuer
    /// Speaks of the certificate twice.
    case twice
    /// The nonce does not come back.
    case missingNonce
    /// Another nonce comes back.
    case wrongNonce
    /// Has a critical extension that nobody knows.
    case unknownCritical
    /// Knows no certificate.
    case unknownCertificate

    /// What a client without network is told in place of what happens on one; nil for faults of the answer itself.
    var withoutNetwork: JLISError? {
      switch self {
      case .slow: .timeout
      case .down, .cut, .redirected: .unavailable
      case .huge: .tooLarge
      case .wrongType: .malformed
      default: nil
      }
    }
  }

  /// Faults of a revocation list.
  public enum ListFault: String, Sendable, Codable, CaseIterable {
    /// Comes after 30 seconds.
    case slow
    /// Does not come: HTTP 503.
    case down
    /// The connection ends in the middle of it.
    case cut
    /// Four gigabytes of zeros, or as many as are taken.
    case huge
    /// HTTP 302 to another address.
    case redirected
    /// Half of it, as if that were all.
    case malformed
    /// Signed by the rogue authority of the same name, and says so.
    case wrongSigner
    /// Signed by another key than that which it names.
    case wrongSignature
    /// Four days old, its nextUpdate long past.
    case stale
    /// Its thisUpdate lies a day ahead.
    case future
    /// Entries moved by one, so that it speaks of others.
    case wrongSerial
    /// Its number is a thousand lower.
    case numberBack
    /// Nine entries of ten are missing.
    case shrunk
    /// A delta (RFC 5280 §5.2.4).
    case delta
    /// Indirect (RFC 5280 §5.2.5).
    case indirect
    /// Has a critical extension that nobody knows.
    case unknownCritical
    /// The part of another municipality.
    case otherPart

    /// See ``OCSPFault/withoutNetwork``.
    var withoutNetwork: JLISError? {
      switch self {
      case .slow: .timeout
      case .down, .cut, .redirected: .unavailable
      case .huge: .tooLarge
      default: nil
      }
    }
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
  public init(ocsp: OCSPFault? = nil, crl: ListFault? = nil, api: APIFault? = nil) {
    self.ocsp = ocsp
    self.crl = crl
    self.api = api
  }

  /// What `slow` does; a server that is shut down does not wait for it.
  static func delay() async throws {
    try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(30)) }
  }
}
