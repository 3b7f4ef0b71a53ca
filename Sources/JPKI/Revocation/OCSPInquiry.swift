public import Foundation

/// How a client asks OCSP responders (RFC 6960 §4.1, RFC 9654), and what it asks of their answers.
public struct OCSPSettings: Sendable {
  /// What is sent as nonce, and what is made of its absence. A nonce that comes back must be equal in any case.
  public enum NoncePolicy: String, Sendable, Hashable, CaseIterable {
    /// Sent, and must come back.
    case required
    /// Sent, and may be left out by a responder that signs its answers beforehand.
    case optional
    /// Not sent.
    case none
  }

  /// The hash in CertIDs.
  public var hash: OCSPRequestMessage.IssuerHash
  /// Whether a nonce is sent and must come back.
  public var nonce: NoncePolicy
  /// How long nonces are, 1…128 bytes (RFC 9654 §2.1); other lengths are brought into that range.
  public var nonceBytes: Int
  /// How far clocks may differ, in seconds, at most ``OCSPTolerance/widestClockSkew``.
  public var clockSkew: TimeInterval
  /// How old an answer without nextUpdate may be, in seconds.
  public var maximumAgeWithoutNextUpdate: TimeInterval
  /// Who signs requests; nil sends them unsigned.
  public var signer: OCSPRequestSigner?

  /// SHA-1 CertIDs, which every responder understands; a nonce of 32 bytes that must come back; one minute of skew; 15 minutes of age; unsigned.
  public init(
    hash: OCSPRequestMessage.IssuerHash = .sha1, nonce: NoncePolicy = .required, nonceBytes: Int = 32, clockSkew: TimeInterval = 60,
    maximumAgeWithoutNextUpdate: TimeInterval = 15 * 60, signer: OCSPRequestSigner? = nil
  ) {
    self.hash = hash
    self.nonce = nonce
    self.nonceBytes = nonceBytes
    self.clockSkew = clockSkew
    self.maximumAgeWithoutNextUpdate = maximumAgeWithoutNextUpdate
    self.signer = signer
  }

  var tolerance: OCSPTolerance {
    OCSPTolerance(clockSkew: clockSkew, maximumAgeWithoutNextUpdate: maximumAgeWithoutNextUpdate, requiresNonce: nonce == .required)
  }
}

/// One question about one certificate, which remembers what its answer has to match.
public struct OCSPInquiry: Sendable {
  /// DER, to be carried to the responder.
  public let request: [UInt8]
  private let serial: Serial
  private let issuer: TrustAnchor
  private let nonce: [UInt8]?
  private let tolerance: OCSPTolerance

  /// Blocking and CPU only; under a millisecond even when signed.
  ///
  /// - Parameter random: where the nonce comes from.
  public init(
    serial: Serial, issuer: TrustAnchor, settings: OCSPSettings, using random: inout some RandomNumberGenerator
  ) throws(OCSPSignerError) {
    self.serial = serial
    self.issuer = issuer
    tolerance = settings.tolerance
    let length = min(max(settings.nonceBytes, 1), 128)
    var bytes: [UInt8]?
    if settings.nonce != .none { bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) } }
    nonce = bytes
    request = try OCSPRequestMessage.make(serial: serial, issuer: issuer, nonce: bytes, hash: settings.hash, signer: settings.signer)
  }

  /// What the answer says; see ``OCSPAnswer/verify(_:serial:issuer:nonce:at:tolerance:responderStatus:)``.
  public func decide(
    _ answer: [UInt8], at: Date, responderStatus: ((Serial, TrustAnchor) -> RevocationStatus)? = nil
  ) -> OCSPDecision {
    OCSPAnswer.verify(
      answer, serial: serial, issuer: issuer, nonce: nonce, at: at, tolerance: tolerance, responderStatus: responderStatus)
  }
}
