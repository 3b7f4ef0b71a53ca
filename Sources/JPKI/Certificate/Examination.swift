internal import CitizenItems

/// A certificate laid out for the rules: its parts, the place it claims, and what it is measured against.
struct Examination {
  let fields: CertificateFields
  let extensions: DecodedExtensions
  let kind: CertificateKind
  let role: ProfileRule.Role
  let environment: TrustEnvironment
  /// The version of the profile that the certificate is measured against.
  let version: ProfileVersion
  /// Names that issuers of this kind, and of the other kind, bear.
  let issuerName: [UInt8]
  let otherIssuerName: [UInt8]
  let policies: [JPKIProfile.Policy]
  /// The roots that are trusted; nil where none were handed in.
  let trust: TrustStore?
  /// The anchor that the authority key identifier names; for a root, nil.
  let anchor: TrustAnchor?
  let cache: IssuerSignatureCache?
  /// Seconds since 1970.
  let instant: Int64
  let subject: DistinguishedName?
  let items: Result<FourItems, VerificationFailure>?

  init(
    fields: CertificateFields, kind: CertificateKind, role: ProfileRule.Role, environment: TrustEnvironment,
    version: ProfileVersion? = nil, policies: [JPKIProfile.Policy] = [], trust: TrustStore? = nil, cache: IssuerSignatureCache? = nil,
    instant: Int64
  ) {
    self.fields = fields
    self.kind = kind
    self.role = role
    self.environment = environment
    self.policies = policies
    self.trust = trust
    self.cache = cache
    self.instant = instant
    let extensions = DecodedExtensions(fields.extensions)
    self.extensions = extensions
    issuerName = JPKIProfile.issuerName(kind, environment)
    otherIssuerName = JPKIProfile.issuerName(kind == .signing ? .authentication : .signing, environment)
    let anchor = extensions.authorityKey?.keyIdentifier.flatMap { trust?.anchor(kind, keyIdentifier: $0) }
    self.anchor = anchor
    // A certificate is of the version of the root that issued it; where none is known to have, it can only be measured as its own key suggests.
    self.version = version ?? anchor?.key.version ?? (fields.publicKey.isElliptic ? .p384 : .rsa2048)
    subject = try? DistinguishedName(fields.subject)
    if role == .signing, let names = extensions.subjectAlternativeNames {
      items = Result { () throws(VerificationFailure) in try CertifiedItems.read(names) }
    } else {
      items = nil
    }
  }

  /// The policy on the list, if the certificate has exactly one and it is listed for this kind.
  var policy: JPKIProfile.Policy? {
    guard let found = extensions.policies, found.count == 1 else { return nil }
    return policies.first { $0.oid == found[0].identifier && $0.kind == kind }
  }

  /// What the key lives in, by the policy; the card where no policy says otherwise.
  var medium: CardMedium { policy?.medium ?? .card }

  /// Whether the anchor signed the certificate.
  var isSignedByAnchor: Bool {
    guard let anchor else { return false }
    if let cache { return cache.holds(fields, by: anchor) }
    return fields.isSigned(by: anchor.key)
  }

  /// No rule about items found this.
  func itemsAreFree(of reason: VerificationReason) -> Bool {
    if case .failure(let failure) = items { failure.reason != reason } else { true }
  }

  /// The name of the one distribution point, when it is a directory name.
  var distributionPoint: DistinguishedName? {
    guard let points = extensions.distributionPoints, points.count == 1, points[0].count == 1, let name = points[0][0].directoryName else {
      return nil
    }
    return try? DistinguishedName(name)
  }
}

extension CertificateFields {
  /// Whether this key signed the certificate, as authorities of its version of the profile do (RFC 5280 §6.1.3 (a)(1)).
  func isSigned(by key: PublicKey) -> Bool {
    guard algorithmsAgree, key.version.signs(as: outerAlgorithm) else { return false }
    do {
      try key.verify(der[signature], as: outerAlgorithm) { $0.digest(of: Array(der[tbs])) }
      return true
    } catch {
      return false
    }
  }

  /// The key, ready to verify with; nil when it is of no kind that is known here.
  var key: PublicKey? {
    if publicKey.isRSA { return RSAPublicKey(modulus: publicKey.modulus, exponent: publicKey.exponent).map(PublicKey.rsa) }
    guard publicKey.curve == .p384 else { return nil }
    return P384PublicKey(point: der[publicKey.bits]).map(PublicKey.p384)
  }
}
