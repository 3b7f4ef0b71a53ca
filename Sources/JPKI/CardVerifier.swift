internal import CitizenItems
public import Foundation

/// Verifies what a card made. Blocking and CPU only (tens of microseconds); safe to share and meant to be: it remembers which certificates its
/// anchors signed (by digest).
public struct CardVerifier: Sendable {
  /// The roots that are trusted.
  public let trust: TrustStore
  /// The policies that are accepted.
  public let policies: [JPKIProfile.Policy]
  /// The digests that a card with an RSA key may sign; one with P-384 signs SHA-384.
  public let digests: Set<DigestAlgorithm>

  private let cache: IssuerSignatureCache

  /// - Parameters:
  ///   - policies: beside those of the environment, `JPKIProfile.policies`.
  ///   - digests: SHA-256 alone unless a profile allows more.
  ///   - rememberedCertificates: how many certificates' issuer signatures are remembered, about 100 bytes each; 0 checks each time.
  public init(
    trust: TrustStore, policies: [JPKIProfile.Policy] = [], digests: Set<DigestAlgorithm> = [.sha256], rememberedCertificates: Int = 65_536
  ) {
    self.trust = trust
    self.policies = JPKIProfile.policies(trust.environment) + policies
    self.digests = digests
    cache = IssuerSignatureCache(limit: rememberedCertificates)
  }

  /// Everything but revocation, in this order: the certificate's form, trust, profile, validity at `at`, and the signature over `toBeSigned`.
  public func verify(_ signature: CardSignature, over toBeSigned: [UInt8], kind: CertificateKind, at: Date) throws(VerificationFailure)
    -> VerifiedCertificate
  {
    try verify(signature, over: SignedContent(bytes: toBeSigned), kind: kind, at: at)
  }

  /// The same where only the content's digest is at hand. `rawContent` cannot be told from other malformed payloads then.
  public func verify(
    _ signature: CardSignature, overDigest digest: [UInt8], algorithm: DigestAlgorithm = .sha256, kind: CertificateKind, at: Date
  ) throws(VerificationFailure) -> VerifiedCertificate {
    try verify(signature, over: SignedContent(digest: digest, algorithm: algorithm), kind: kind, at: at)
  }

  /// The certificate alone: form, trust, profile, validity at `at`. Not revocation.
  public func verifyCertificate(_ der: [UInt8], kind: CertificateKind, at: Date) throws(VerificationFailure) -> VerifiedCertificate {
    try examine(der, kind, at).certificate
  }

  /// Rule by rule what holds and what does not; nil if `der` is no certificate.
  public func findings(_ der: [UInt8], kind: CertificateKind, at: Date) -> [RuleFinding]? {
    guard der.count <= JPKIProfile.maximumCertificateBytes, let fields = try? CertificateFields(der) else { return nil }
    let examination = examination(of: fields, kind, at)
    return ProfileRules.findings(in: examination)
  }

  private func verify(
    _ signature: CardSignature, over content: SignedContent, kind: CertificateKind, at: Date
  ) throws(VerificationFailure) -> VerifiedCertificate {
    switch signature.format {
    case .raw:
      guard let der = signature.certificate else { throw VerificationFailure(.certificateMissing) }
      let (certificate, key) = try examine(der, kind, at)
      guard signature.signature.count <= JPKIProfile.maximumSignatureBytes else { throw VerificationFailure(.signatureTooLarge) }
      try key.verify(card: signature.signature, allowed: digests, content: content.bytes) { content.digest($0) }
      return certificate
    case .cms:
      let message = try SignedMessage(signature.signature, certificate: signature.certificate)
      let (certificate, key) = try examine(message.signerCertificate, kind, at)
      try message.verify(over: content, by: key, allowed: digests)
      return certificate
    case .xml:
      #if XMLSignatures
        let document = try XMLSignature(signature.signature, certificate: signature.certificate)
        let (certificate, key) = try examine(document.signerCertificate, kind, at)
        try document.verify(over: content, by: key, allowed: digests)
        return certificate
      #else
        throw VerificationFailure(.formatNotSupported)
      #endif
    }
  }

  private func examination(of fields: CertificateFields, _ kind: CertificateKind, _ at: Date) -> Examination {
    Examination(
      fields: fields, kind: kind, role: kind == .signing ? .signing : .authentication, environment: trust.environment, policies: policies,
      trust: trust,
      cache: cache, instant: at.wholeSeconds)
  }

  private func examine(_ der: [UInt8], _ kind: CertificateKind, _ at: Date) throws(VerificationFailure) -> (
    certificate: VerifiedCertificate, key: PublicKey
  ) {
    guard ProfileRules.size.holds(reading: der) else { throw VerificationFailure(ProfileRules.size.reason) }
    guard let fields = try? CertificateFields(der) else { throw VerificationFailure(ProfileRules.form.reason) }
    let examination = examination(of: fields, kind, at)
    if let broken = ProfileRules.firstBreach(in: examination) { throw VerificationFailure(broken.reason) }
    // The rules above leave none of these nil; what the compiler cannot know fails closed.
    guard let serial = Serial(fields.serial.contentBytes) else { throw VerificationFailure(.serialNumber) }
    guard let anchor = examination.anchor else { throw VerificationFailure(.issuerUnknown) }
    guard let policy = examination.policy else { throw VerificationFailure(.policyNotAllowed) }
    guard let key = fields.key else { throw VerificationFailure(.publicKeyAlgorithm) }
    let certificate = VerifiedCertificate(
      kind: kind, serial: serial, issuerKeyIdentifier: anchor.subjectKeyIdentifier, issuer: anchor,
      notBefore: Date(timeIntervalSince1970: TimeInterval(fields.notBefore.seconds)),
      notAfter: Date(timeIntervalSince1970: TimeInterval(fields.notAfter.seconds)), items: try examination.items?.get(),
      medium: policy.medium,
      publicKeyFingerprint: Hash.sha256(der[fields.publicKey.whole]), der: der, ocspURL: examination.extensions.responders.first,
      distributionPoint: examination.extensions.distributionPointBytes)
    return (certificate, key)
  }
}

extension Date {
  /// Seconds since 1970, down to the second in which the instant lies: certificates know no fractions.
  var wholeSeconds: Int64 {
    let seconds = timeIntervalSince1970.rounded(.down)
    return Int64(exactly: seconds) ?? (seconds < 0 ? .min : .max)
  }
}
