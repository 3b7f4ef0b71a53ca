public import CitizenItems
public import Foundation

/// A certificate that passed every check but revocation. Prints as `<redacted>` in every way.
public struct VerifiedCertificate: Redacted {
  /// Which of the card's two.
  public let kind: CertificateKind
  /// 発行番号
  public let serial: Serial
  /// The anchor's key identifier, as the certificate names it.
  public let issuerKeyIdentifier: [UInt8]
  /// The anchor that issued it.
  public let issuer: TrustAnchor
  /// First instant of validity.
  public let notBefore: Date
  /// Last second of validity: 23:59:59 in Japan.
  public let notAfter: Date
  /// The four items; signing certificates only.
  public let items: FourItems?
  /// What the key lives in, by the policy.
  public let medium: CardMedium
  /// SHA-256 of the SubjectPublicKeyInfo.
  public let publicKeyFingerprint: [UInt8]
  /// The certificate.
  public let der: [UInt8]
  /// Where the certificate says OCSP is answered; callers decide whether to go there.
  public let ocspURL: String?
  /// The GeneralName, in DER, of the part of the revocation list that covers the certificate.
  public let distributionPoint: [UInt8]?
}
