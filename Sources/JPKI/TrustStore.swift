internal import Foundation

/// Why a trust store was not made.
public enum TrustStoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No root of this kind.
  case empty(CertificateKind)
  /// A file or directory cannot be read, or holds no certificate in PEM.
  case unreadable(String)
  /// Not a certificate in strict DER.
  case malformed(CertificateKind)
  /// A root breaks this rule of the profile.
  case profile(CertificateKind, rule: String)
  /// Two roots of one kind bear one key identifier.
  case keyIdentifierTwice(CertificateKind)

  /// A sentence for the operator.
  public var description: String {
    switch self {
    case .empty(let kind): "The trust store has no root for \(kind.rawValue) certificates."
    case .unreadable(let file): "\(file) cannot be read, or holds no certificate in PEM."
    case .malformed(let kind): "A root for \(kind.rawValue) certificates is not a certificate in DER."
    case .profile(let kind, let rule): "A root for \(kind.rawValue) certificates breaks the rule \(rule)."
    case .keyIdentifierTwice(let kind): "Two roots for \(kind.rawValue) certificates bear one key identifier."
    }
  }
}

/// The roots of one environment, apart for signing and authentication. Issuers are found by key identifier, never by name: generations share their name.
public struct TrustStore: Sendable {
  /// The environment.
  public let environment: TrustEnvironment
  /// All roots, signing ones first.
  public let anchors: [TrustAnchor]

  private let signing: [[UInt8]: TrustAnchor]
  private let authentication: [[UInt8]: TrustAnchor]

  /// Takes roots in DER. Each must be self-signed, bear this environment's name for its kind byte for byte, and be of the profile (jpki.md §1).
  /// Whether a root's time is over is looked at when a certificate is verified, so that old signatures can be verified as of their day.
  ///
  /// - Parameter versions: of the profile, that roots may be of, and with them what they issue: the next card's (P-384) only where it is asked for.
  public init(
    environment: TrustEnvironment, signing: [[UInt8]], authentication: [[UInt8]], versions: Set<ProfileVersion> = [.rsa2048]
  ) throws(TrustStoreError) {
    let signingAnchors = try Self.anchors(.signing, environment, signing, versions)
    let authenticationAnchors = try Self.anchors(.authentication, environment, authentication, versions)
    self.environment = environment
    self.anchors = signingAnchors + authenticationAnchors
    self.signing = try Self.byKeyIdentifier(signingAnchors)
    self.authentication = try Self.byKeyIdentifier(authenticationAnchors)
  }

  /// Those of these certificates that are roots of the profile and of this environment, if any. For looking at certificates, not for trusting them:
  /// of two roots with one key identifier the first counts.
  init(roots ders: [[UInt8]], environment: TrustEnvironment) {
    let found = CertificateKind.allCases.flatMap { kind in ders.compactMap { try? TrustAnchor(kind, environment, $0) } }
    func byKeyIdentifier(_ kind: CertificateKind) -> [[UInt8]: TrustAnchor] {
      Dictionary(found.filter { $0.kind == kind }.map { ($0.subjectKeyIdentifier, $0) }) { first, _ in first }
    }
    self.environment = environment
    anchors = found
    signing = byKeyIdentifier(.signing)
    authentication = byKeyIdentifier(.authentication)
  }

  /// Reads `sign_*.pem` and `auth_*.pem` of a directory, one root a file.
  public static func load(
    directory: String, environment: TrustEnvironment, versions: Set<ProfileVersion> = [.rsa2048]
  ) throws(TrustStoreError) -> TrustStore {
    guard let files = try? FileManager.default.contentsOfDirectory(atPath: directory).sorted() else { throw .unreadable(directory) }
    func roots(_ prefix: String) throws(TrustStoreError) -> [[UInt8]] {
      var roots: [[UInt8]] = []
      for file in files where file.hasPrefix(prefix) && file.hasSuffix(".pem") {
        guard let der = PEM.certificate(file: directory + "/" + file) else { throw .unreadable(directory + "/" + file) }
        roots.append(der)
      }
      return roots
    }
    return try TrustStore(environment: environment, signing: roots("sign_"), authentication: roots("auth_"), versions: versions)
  }

  /// The root of this kind with this key identifier.
  public func anchor(_ kind: CertificateKind, keyIdentifier: [UInt8]) -> TrustAnchor? {
    switch kind {
    case .signing: signing[keyIdentifier]
    case .authentication: authentication[keyIdentifier]
    }
  }

  private static func anchors(
    _ kind: CertificateKind, _ environment: TrustEnvironment, _ roots: [[UInt8]], _ versions: Set<ProfileVersion>
  ) throws(TrustStoreError) -> [TrustAnchor] {
    guard !roots.isEmpty else { throw .empty(kind) }
    var anchors: [TrustAnchor] = []
    for der in roots { anchors.append(try TrustAnchor(kind, environment, der, versions)) }
    return anchors
  }

  private static func byKeyIdentifier(_ anchors: [TrustAnchor]) throws(TrustStoreError) -> [[UInt8]: TrustAnchor] {
    var found: [[UInt8]: TrustAnchor] = [:]
    for anchor in anchors where found.updateValue(anchor, forKey: anchor.subjectKeyIdentifier) != nil {
      throw .keyIdentifierTwice(anchor.kind)
    }
    return found
  }
}

extension TrustAnchor {
  /// One root alone, for looking at what it signed: it must be of this kind and environment and of the profile.
  public static func root(_ der: [UInt8], kind: CertificateKind, environment: TrustEnvironment) throws(TrustStoreError) -> TrustAnchor {
    try TrustAnchor(kind, environment, der)
  }

  init(
    _ kind: CertificateKind, _ environment: TrustEnvironment, _ der: [UInt8], _ versions: Set<ProfileVersion> = Set(ProfileVersion.allCases)
  ) throws(TrustStoreError) {
    guard der.count <= JPKIProfile.maximumCertificateBytes, let fields = try? CertificateFields(der) else { throw .malformed(kind) }
    let examination = Examination(
      fields: fields, kind: kind, role: .root, environment: environment, version: Self.version(of: fields, versions), instant: 0)
    if let broken = ProfileRules.firstBreach(in: examination) { throw .profile(kind, rule: broken.id) }
    guard let key = fields.key, let identifier = examination.extensions.subjectKeyIdentifier else { throw .malformed(kind) }
    let name = fields.subject.wholeBytes
    let bits = der[fields.publicKey.bits]
    let fingerprint = Hash.sha256(der)
    self.init(
      kind: kind, environment: environment, subjectKeyIdentifier: identifier, der: der,
      notBefore: Date(timeIntervalSince1970: TimeInterval(fields.notBefore.seconds)),
      notAfter: Date(timeIntervalSince1970: TimeInterval(fields.notAfter.seconds)), subjectDescription: examination.subject?.text ?? "",
      fingerprint: fingerprint, subject: name, serial: fields.serial.contentBytes, key: key,
      identity: IssuerIdentity(
        nameSHA1: Hash.sha1(name), keySHA1: Hash.sha1(bits), nameSHA256: Hash.sha256(name), keySHA256: Hash.sha256(bits)),
      cacheKey: IssuerSignatureCache.words(fingerprint)[0])
  }

  /// The version that the root's key is of; where that one is not allowed, another, whose rules then name what is wrong.
  private static func version(of fields: CertificateFields, _ versions: Set<ProfileVersion>) -> ProfileVersion {
    let own: ProfileVersion = fields.publicKey.isElliptic ? .p384 : .rsa2048
    return versions.contains(own) ? own : own == .p384 ? .rsa2048 : .p384
  }
}
