public import Foundation

/// A root that certificates of one kind may come from.
public struct TrustAnchor: Sendable, Hashable, CustomStringConvertible {
  /// What it issues.
  public let kind: CertificateKind
  /// Where it belongs.
  public let environment: TrustEnvironment
  /// Its key identifier: what certificates name as their issuer.
  public let subjectKeyIdentifier: [UInt8]
  /// The root certificate.
  public let der: [UInt8]
  /// First instant of validity.
  public let notBefore: Date
  /// Last second of validity.
  public let notAfter: Date
  /// Its name, for people.
  public let subjectDescription: String
  /// SHA-256 of `der`: what J-LIS publishes to compare with.
  public let fingerprint: [UInt8]
  /// Its name in DER.
  public let subject: [UInt8]

  let serial: [UInt8]
  let key: PublicKey
  /// SHA-1 and SHA-256 of its public key bits and of its name: how OCSP names issuers.
  let identity: IssuerIdentity
  /// First half of the fingerprint, as a number to key caches with.
  let cacheKey: UInt64

  /// The SubjectPublicKeyInfo's SHA-256 is not compared: two roots with one certificate are one.
  public static func == (left: TrustAnchor, right: TrustAnchor) -> Bool { left.der == right.der && left.kind == right.kind }

  /// By fingerprint.
  public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }

  /// Name and the beginning of the fingerprint.
  public var description: String {
    let digits = fingerprint.prefix(6).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    return "\(environment.rawValue) \(kind.rawValue) \(digits)"
  }
}

/// How an OCSP CertID names an issuer (RFC 6960 §4.1.1), in both hashes.
struct IssuerIdentity: Sendable {
  let nameSHA1: [UInt8]
  let keySHA1: [UInt8]
  let nameSHA256: [UInt8]
  let keySHA256: [UInt8]
}
