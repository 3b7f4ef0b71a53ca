/// How the OCSP responder behaves where nobody outside knows what J-LIS's does (jpki.md §6). None of these is a fault: a client has to get along
/// with each of them, if need be by a setting of its own.
public struct ResponderSwitches: Sendable, Codable, Equatable {
  /// Whose key signs answers.
  public enum Signer: String, Sendable, Codable, CaseIterable {
    /// A responder whom the authority named, with ocsp-nocheck.
    case delegated
    /// The authority itself.
    case authority
  }

  /// How the signer is named (ResponderID).
  public enum Naming: String, Sendable, Codable, CaseIterable {
    case key, name
  }

  /// Which CertIDs are understood; others are answered `unauthorized`, unsigned.
  public enum Hashes: String, Sendable, Codable, CaseIterable {
    case both, sha1, sha256
  }

  /// Whether questions must be signed.
  public enum Requests: String, Sendable, Codable, CaseIterable {
    /// A signature is allowed and not looked at.
    case any
    /// A question without one is answered `sigRequired`, one whose signature does not verify by the certificate that it carries `unauthorized`.
    /// Whose certificate that is, nobody looks: the simulator knows no operators.
    case signed
  }

  /// Whose key signs.
  public var signer = Signer.delegated
  /// How it is named.
  public var naming = Naming.key
  /// Which CertIDs are understood.
  public var hashes = Hashes.both
  /// Whether questions must be signed.
  public var requests = Requests.any
  /// Whether answers say until when they stand.
  public var givesNextUpdate = true
  /// Whether the nonce comes back.
  public var echoesNonce = true

  /// What jpki.md §6 takes for likely.
  public init() {}
}
