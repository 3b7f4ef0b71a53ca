/// The constants of the profile (names, identifiers, lists), for the verifier, and for others to compare with. Facts and their confidence: `ProfileRules`.
public enum JPKIProfile {
  /// One attribute of a name, and whether its value is a PrintableString (country) or a UTF8String (all others).
  public struct NameAttribute: Sendable, Hashable {
    /// Dotted attribute type.
    public let type: String
    /// The value.
    public let value: String
    /// Whether the value is a PrintableString.
    public let isPrintable: Bool
  }

  /// One policy that is accepted, and what it says of the certificate.
  public struct Policy: Sendable, Hashable {
    /// Dotted policy identifier.
    public let identifier: String
    /// The kind it stands for.
    public let kind: CertificateKind
    /// What the key lives in.
    public let medium: CardMedium

    /// `identifier` as certificates write it; nil, and thus matching none, where it is no identifier.
    let oid: OID?

    /// A policy to accept beside those that are known.
    public init(identifier: String, kind: CertificateKind, medium: CardMedium) {
      self.identifier = identifier
      oid = OID(dotted: identifier)
      self.kind = kind
      self.medium = medium
    }

    /// The same from text, as settings hold it: `1.2.3.4=authentication/iphone`. Nil where the identifier is none, or kind or medium are not known.
    public init?(_ text: String) {
      let halves = text.split(separator: "=", omittingEmptySubsequences: false)
      let names = halves.last?.split(separator: "/", omittingEmptySubsequences: false) ?? []
      guard halves.count == 2, names.count == 2, OID(dotted: String(halves[0])) != nil,
        let kind = CertificateKind(rawValue: String(names[0])),
        let medium = CardMedium(rawValue: String(names[1]))
      else { return nil }
      self.init(identifier: String(halves[0]), kind: kind, medium: medium)
    }
  }

  /// Largest certificate that is read, in bytes.
  public static let maximumCertificateBytes = 16 * 1024
  /// Largest CMS signature that is read, in bytes.
  public static let maximumMessageBytes = 64 * 1024
  /// Largest raw signature that is read, in bytes.
  public static let maximumSignatureBytes = 512
  /// Largest OCSP answer that is read, in bytes.
  public static let maximumOCSPBytes = 64 * 1024
  /// Longest text of one item, in Unicode scalars.
  public static let maximumItemScalars = 512

  /// Policy of the card's signing certificate, and of those of the test hierarchy and of phones.
  public static let signingPolicy = "1.2.392.200149.8.5.1.1.20"
  /// The test hierarchy's arc of `signingPolicy`.
  public static let signingTestPolicy = "1.2.392.200149.8.5.1.0.20"
  /// Policy of a phone's signing certificate.
  public static let signingPhonePolicy = "1.2.392.200149.8.5.1.1.40"
  /// Invented for the simulator's iPhones: what J-LIS assigned is not known. Accepted in the simulator's environment alone, as are the two that follow.
  public static let signingSimulatedIPhonePolicy = "1.2.392.200149.8.5.1.1.41"
  /// Invented for the simulator's Android phones.
  public static let authenticationSimulatedAndroidPolicy = "1.2.392.200149.8.5.1.3.40"
  /// Invented for the simulator's iPhones.
  public static let authenticationSimulatedIPhonePolicy = "1.2.392.200149.8.5.1.3.41"
  /// Policy of the card's authentication certificate.
  public static let authenticationPolicy = "1.2.392.200149.8.5.1.3.30"
  /// The CPS that the policy's qualifier names.
  public static let certificationPracticeStatement = "http://www.jpki.go.jp/cps.html"

  /// otherNames of the signing certificate, in the order in which they are encoded.
  public static let itemIdentifiers = [name, dateOfBirth, sex, address, nameFlags, addressFlags]
  /// 氏名
  public static let name = "1.2.392.200149.8.5.5.1"
  /// 氏名 substitute flags
  public static let nameFlags = "1.2.392.200149.8.5.5.2"
  /// 性別
  public static let sex = "1.2.392.200149.8.5.5.3"
  /// 生年月日
  public static let dateOfBirth = "1.2.392.200149.8.5.5.4"
  /// 住所
  public static let address = "1.2.392.200149.8.5.5.5"
  /// 住所 substitute flags
  public static let addressFlags = "1.2.392.200149.8.5.5.6"

  /// The extensions of an authentication certificate, in their order.
  public static let authenticationExtensions = [
    "2.5.29.15", "2.5.29.37", "2.5.29.32", "2.5.29.18", "2.5.29.31", "1.3.6.1.5.5.7.1.1", "2.5.29.35", "2.5.29.14",
  ]
  /// The extensions of a root, in their order.
  public static let rootExtensions = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.31", "2.5.29.14"]

  /// `O=` of an environment.
  public static func organization(_ environment: TrustEnvironment) -> String {
    switch environment {
    case .production: "JPKI"
    case .test: "JPKI-TEST"
    case .simulator: "JPKI-SIM"
    }
  }

  /// The unit that tells the two hierarchies apart.
  public static func unit(_ kind: CertificateKind) -> String {
    switch kind {
    case .signing: "JPKI for digital signature"
    case .authentication: "JPKI for user authentication"
    }
  }

  /// The one name that roots of this kind and environment bear, in every generation.
  public static func issuerAttributes(_ kind: CertificateKind, _ environment: TrustEnvironment) -> [NameAttribute] {
    [
      NameAttribute(type: OID.country.dotted, value: "JP", isPrintable: true),
      NameAttribute(type: OID.organization.dotted, value: organization(environment), isPrintable: false),
      NameAttribute(type: OID.organizationalUnit.dotted, value: unit(kind), isPrintable: false),
      NameAttribute(type: OID.organizationalUnit.dotted, value: "Japan Agency for Local Authority Information Systems", isPrintable: false),
    ]
  }

  /// `issuerAttributes` in DER: issuers are compared byte for byte.
  public static func issuerName(_ kind: CertificateKind, _ environment: TrustEnvironment) -> [UInt8] {
    issuerNames[IssuerKey(kind: kind, environment: environment)] ?? encoded(issuerAttributes(kind, environment))
  }

  /// A policy that is accepted: where, and how sure it is that certificates of that kind and medium carry it.
  public struct KnownPolicy: Sendable {
    /// The policy.
    public let policy: Policy
    /// Where it is accepted.
    public let environments: Set<TrustEnvironment>
    /// Where that comes from.
    public let source: String
    /// How sure that is.
    public let confidence: ProfileRule.Confidence
  }

  /// Every policy that is accepted unless a verifier is given more.
  ///
  /// What phones' authentication certificates carry is not known, nor which signing policy an iPhone's has: such policies are added where they are
  /// known, and the simulator's invented ones stand for them in its own environment.
  public static let knownPolicies = [
    KnownPolicy(
      policy: Policy(identifier: signingPolicy, kind: .signing, medium: .card), environments: Set(TrustEnvironment.allCases),
      source: "jpki.md §3", confidence: .high),
    KnownPolicy(
      policy: Policy(identifier: signingPhonePolicy, kind: .signing, medium: .android), environments: Set(TrustEnvironment.allCases),
      source: "jpki.md §4", confidence: .low),
    KnownPolicy(
      policy: Policy(identifier: authenticationPolicy, kind: .authentication, medium: .card), environments: Set(TrustEnvironment.allCases),
      source: "jpki.md §2", confidence: .high),
    KnownPolicy(
      policy: Policy(identifier: signingTestPolicy, kind: .signing, medium: .card), environments: [.test], source: "jpki.md §3",
      confidence: .middle),
    KnownPolicy(
      policy: Policy(identifier: signingSimulatedIPhonePolicy, kind: .signing, medium: .iphone), environments: [.simulator],
      source: "invented, jpki.md §4", confidence: .unknown),
    KnownPolicy(
      policy: Policy(identifier: authenticationSimulatedAndroidPolicy, kind: .authentication, medium: .android),
      environments: [.simulator], source: "invented, jpki.md §4", confidence: .unknown),
    KnownPolicy(
      policy: Policy(identifier: authenticationSimulatedIPhonePolicy, kind: .authentication, medium: .iphone),
      environments: [.simulator], source: "invented, jpki.md §4", confidence: .unknown),
  ]

  /// The policies that an environment accepts unless told otherwise.
  public static func policies(_ environment: TrustEnvironment) -> [Policy] {
    knownPolicies.filter { $0.environments.contains(environment) }.map(\.policy)
  }

  private struct IssuerKey: Hashable {
    let kind: CertificateKind
    let environment: TrustEnvironment
  }

  private static let issuerNames: [IssuerKey: [UInt8]] = {
    var names: [IssuerKey: [UInt8]] = [:]
    for kind in CertificateKind.allCases {
      for environment in TrustEnvironment.allCases {
        names[IssuerKey(kind: kind, environment: environment)] = encoded(issuerAttributes(kind, environment))
      }
    }
    return names
  }()

  private static func encoded(_ attributes: [NameAttribute]) -> [UInt8] {
    let sets = attributes.map { attribute in
      let value = DERWriter.element(attribute.isPrintable ? DERTag.printableString : DERTag.utf8String, Array(attribute.value.utf8))
      let type = OID(dotted: attribute.type).map(DERWriter.oid) ?? []
      return DERWriter.element(DERTag.set, DERWriter.sequence(type, value))
    }
    return DERWriter.element(DERTag.sequence, sets.flatMap { $0 })
  }
}
