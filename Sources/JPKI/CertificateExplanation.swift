public import Foundation

/// What the profile says of one certificate, rule by rule. Holds no value of it: which rules hold, and which of the items are there.
public struct CertificateExplanation: Sendable {
  /// What the certificate is measured as.
  public let role: ProfileRule.Role
  /// Which of the card's two it is or, if it is a root, issues.
  public let kind: CertificateKind
  /// The environment it is measured in.
  public let environment: TrustEnvironment
  /// The version of the profile it is measured against.
  public let version: ProfileVersion
  /// What the key lives in; nil where no policy says so.
  public let medium: CardMedium?
  /// Whether there were roots to measure it against.
  public let hasAnchors: Bool
  /// Every rule that applies, in the order in which a verifier checks them; of an unreadable certificate those alone that were reached.
  public let findings: [RuleFinding]
  /// The six otherNames of a signing certificate; none for others.
  public let items: [ItemPresence]
  /// SHA-256 of a root, to compare with the one that its authority publishes; nil for others.
  public let rootFingerprint: [UInt8]?

  /// What a verifier would refuse with, revocation aside; nil if every rule that refuses holds. A root holds its profile; whether it is trusted is for
  /// people to decide.
  public var reason: VerificationReason? { findings.first { $0.rule.enforcement == .refuses && !$0.holds }?.rule.reason }

  /// Measures a certificate in DER.
  ///
  /// - Parameters:
  ///   - kind: by the issuer's name if absent or, where that is unknown, the kind of which fewer rules are broken.
  ///   - environment: by the issuer's name if absent; production where that is unknown.
  ///   - roots: certificates in DER; those that are roots of the profile count. Nil leaves the rules about the issuer unexamined.
  ///   - policies: accepted beside those of the environment.
  public init(
    _ der: [UInt8], kind: CertificateKind? = nil, environment: TrustEnvironment? = nil, roots: [[UInt8]]? = nil,
    policies: [JPKIProfile.Policy] = [], at: Date
  ) {
    guard ProfileRules.size.holds(reading: der) else {
      self.init(unreadable: [RuleFinding(rule: ProfileRules.size, holds: false)], kind, environment)
      return
    }
    guard let fields = try? CertificateFields(der) else {
      self.init(unreadable: ProfileRules.reading.map { RuleFinding(rule: $0, holds: $0.holds(reading: der)) }, kind, environment)
      return
    }
    let named = Self.issuers.first { fields.issuer.wholeBytes == $0.name }
    let environment = environment ?? named?.environment ?? .production
    let trust = roots.map { TrustStore(roots: $0, environment: environment) }
    let isRoot = named != nil && fields.issuer.wholeBytes == fields.subject.wholeBytes
    func examine(_ kind: CertificateKind) -> Examination {
      Examination(
        fields: fields, kind: kind, role: isRoot ? .root : kind == .signing ? .signing : .authentication, environment: environment,
        policies: JPKIProfile.policies(environment) + policies, trust: trust, instant: at.wholeSeconds)
    }
    let kinds = (kind ?? named?.kind).map { [$0] } ?? CertificateKind.allCases
    let examinations = kinds.map { kind in
      let examination = examine(kind)
      return (examination, ProfileRules.findings(in: examination))
    }
    let (examination, findings) = examinations.min { $0.1.count { !$0.holds } < $1.1.count { !$0.holds } } ?? (examine(.signing), [])
    self.init(examination, findings)
  }

  private init(_ examination: Examination, _ findings: [RuleFinding]) {
    role = examination.role
    kind = examination.kind
    environment = examination.environment
    version = examination.version
    medium = examination.policy?.medium
    hasAnchors = examination.trust != nil
    self.findings = findings
    items = examination.role == .signing ? ItemPresence.all(in: examination.extensions.subjectAlternativeNames ?? []) : []
    rootFingerprint = examination.role == .root ? Hash.sha256(examination.fields.der) : nil
  }

  private init(unreadable findings: [RuleFinding], _ kind: CertificateKind?, _ environment: TrustEnvironment?) {
    role = kind == .authentication ? .authentication : .signing
    self.kind = kind ?? .signing
    self.environment = environment ?? .production
    version = .rsa2048
    medium = nil
    hasAnchors = false
    self.findings = findings
    items = []
    rootFingerprint = nil
  }

  private static let issuers = TrustEnvironment.allCases.flatMap { environment in
    CertificateKind.allCases.map { kind in (kind: kind, environment: environment, name: JPKIProfile.issuerName(kind, environment)) }
  }
}

/// Whether one of the six otherNames of a signing certificate is there, and in which form; never what it says.
public struct ItemPresence: Sendable, Hashable {
  /// Which.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// 氏名
    case name
    /// 生年月日
    case dateOfBirth
    /// 性別
    case sex
    /// 住所
    case address
    /// 氏名 substitute flags
    case nameFlags
    /// 住所 substitute flags
    case addressFlags
  }

  /// How it is there.
  public enum Shape: String, Sendable, Hashable, CaseIterable {
    /// Not at all.
    case absent
    /// Once, as a UTF8String of bounded length.
    case present
    /// Once, in another encoding, empty, or too long.
    case malformed
    /// Several times.
    case repeated
  }

  /// Which otherName.
  public let part: Part
  /// How it is there.
  public let shape: Shape

  static func all(in names: [GeneralName]) -> [ItemPresence] {
    zip(Part.allCases, JPKIProfile.itemIdentifiers).map { part, identifier in
      let values = names.compactMap { name in
        if case .other(let type, let element) = name, type.dotted == identifier { element } else { nil }
      }
      return ItemPresence(part: part, shape: shape(values))
    }
  }

  private static func shape(_ values: [DERElement]) -> Shape {
    guard let value = values.first else { return .absent }
    guard values.count == 1 else { return .repeated }
    return CertifiedItems.isWellFormed(value) ? .present : .malformed
  }
}
