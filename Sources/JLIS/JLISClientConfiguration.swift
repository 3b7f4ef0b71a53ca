/// Where J-LIS is and how long to wait for it. Holds the client's private key, so it prints as its addresses only.
public struct JLISClientConfiguration: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The OCSP responder of signing certificates, `http://…`.
  public var signingOCSPAddress: String
  /// The OCSP responder of authentication certificates.
  public var authenticationOCSPAddress: String
  /// The full revocation list of signing certificates.
  public var signingListAddress: String
  /// The full revocation list of authentication certificates.
  public var authenticationListAddress: String
  /// Base of the API, `https://host:port`, no path.
  public var apiAddress: String
  /// Whom to believe that they are the API: PEM certificates, one or more.
  public var trustRootsPEM: String
  /// Who we are to the API: PEM certificate chain, leaf first.
  public var clientCertificatePEM: String
  /// The leaf's private key, PEM.
  public var clientKeyPEM: String
  /// How OCSP questions travel; default POST.
  public var ocspMethod: OCSPMethod
  /// From an OCSP question until its whole answer is here; default 5 s.
  public var ocspTimeout: Duration
  /// The same for the API; default 5 s.
  public var timeout: Duration
  /// The same for a revocation list, which is large; default 120 s.
  public var listTimeout: Duration
  /// OCSP answers beyond this are refused unread; default 16 KiB.
  public var largestOCSPAnswerBytes: Int
  /// Revocation lists beyond this are refused; default 1 GiB.
  public var largestListBytes: Int
  /// So many failures in a row let a door rest; default 5.
  public var failuresUntilPause: Int
  /// So long rests a door; default 5 s.
  public var pause: Duration

  /// RFC 6960 appendix A.1.
  public enum OCSPMethod: String, Sendable, Hashable, CaseIterable {
    /// In the body, whatever the length.
    case post
    /// In the address where it is short (under 255 bytes of path), so that caches on the way can answer; otherwise as ``post``. A signed question
    /// is never that short, and one with a nonce never twice the same.
    case get
  }

  /// The addresses of a simulator's two ports, other settings at their defaults.
  ///
  /// - Parameters:
  ///   - revocationAddress: `http://host:port` under which `/ocsp/sign`, `/ocsp/auth`, `/crl/sign.crl` and `/crl/auth.crl` lie.
  ///   - apiAddress: `https://host:port`.
  public init(
    revocationAddress: String, apiAddress: String, trustRootsPEM: String, clientCertificatePEM: String, clientKeyPEM: String
  ) {
    signingOCSPAddress = revocationAddress + "/ocsp/sign"
    authenticationOCSPAddress = revocationAddress + "/ocsp/auth"
    signingListAddress = revocationAddress + "/crl/sign.crl"
    authenticationListAddress = revocationAddress + "/crl/auth.crl"
    self.apiAddress = apiAddress
    self.trustRootsPEM = trustRootsPEM
    self.clientCertificatePEM = clientCertificatePEM
    self.clientKeyPEM = clientKeyPEM
    ocspMethod = .post
    ocspTimeout = .seconds(5)
    timeout = .seconds(5)
    listTimeout = .seconds(120)
    largestOCSPAnswerBytes = 16_384
    largestListBytes = 1 << 30
    failuresUntilPause = 5
    pause = .seconds(5)
  }

  /// The addresses; neither certificate nor key.
  public var description: String { "J-LIS at \(apiAddress), OCSP \(signingOCSPAddress), list \(signingListAddress)" }
  /// As ``description``.
  public var debugDescription: String { description }
  /// No children.
  public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)](), displayStyle: .struct) }
}
