public import JPKI

/// The profile's rules as they are printed: the table that the verifier checks, and nothing beside it.
public struct ProfileTable: Encodable, Sendable {
  /// One rule.
  public struct Rule: Encodable, Sendable {
    /// Its stable name.
    public let rule: String
    /// What must hold.
    public let sentence: String
    /// Section of a standard or of the profile.
    public let source: String
    /// H official or decoded from real bytes, M one good source, L best knowledge, U unknown.
    public let confidence: String
    /// `signing`, `authentication`, `root`.
    public let roles: [String]
    /// `card`, `android`, `iphone`.
    public let media: [String]
    /// Versions of the profile.
    public let versions: [String]
    /// Whether a verifier refuses over it; otherwise it is only observed.
    public let refuses: Bool
    /// What a refusal is called.
    public let reason: String
    /// The result that the API gives for that reason.
    public let result: String
  }

  /// A policy that is accepted, or that nobody knows.
  public struct Policy: Encodable, Sendable {
    /// Its identifier; absent where it is not known, and none is accepted unless a verifier is given one.
    public let identifier: String?
    /// `signing` or `authentication`.
    public let kind: String
    /// `card`, `android` or `iphone`.
    public let medium: String
    /// Where it is accepted.
    public let environments: [String]
    /// Section of the profile.
    public let source: String
    /// H, M, L or U.
    public let confidence: String
  }

  /// In the verifier's order.
  public let rules: [Rule]
  /// What the rule `policies.allowed` measures by.
  public let policies: [Policy]

  /// The rules for one role, or all of them.
  public init(role: ProfileRule.Role? = nil) {
    policies = CertificateKind.allCases.flatMap { kind in CardMedium.allCases.flatMap { medium in Self.policies(kind, medium) } }.filter {
      role == nil || role?.rawValue == $0.kind
    }
    rules = ProfileRules.all.filter { rule in role.map(rule.roles.contains) ?? true }.map { rule in
      Rule(
        rule: rule.id, sentence: rule.sentence, source: rule.source, confidence: rule.confidence.rawValue,
        roles: ProfileRule.Role.allCases.filter(rule.roles.contains).map(\.rawValue),
        media: CardMedium.allCases.filter(rule.media.contains).map(\.rawValue),
        versions: ProfileVersion.allCases.filter(rule.versions.contains).map(\.rawValue), refuses: rule.enforcement == .refuses,
        reason: rule.reason.rawValue, result: rule.reason.result.rawValue)
    }
  }

  /// The table for people, within 80 columns.
  public var text: String {
    let head = [
      "The profile's rules, in the order in which a verifier checks them.",
      "Sources are sections of standards and of jpki.md, the project's paper of facts",
      "about JPKI: H official or decoded from real bytes, M one good source, L best",
      "knowledge, U unknown. After the arrow: what a breach is called; rules without",
      "one are only observed.", "",
    ]
    let policies = policies.isEmpty ? [] : ["", "Policies that are accepted:", ""] + policies.flatMap(Self.lines)
    return (head + rules.flatMap(Self.lines) + policies).joined(separator: "\n")
  }

  private static func policies(_ kind: CertificateKind, _ medium: CardMedium) -> [Policy] {
    let known = JPKIProfile.knownPolicies.filter { $0.policy.kind == kind && $0.policy.medium == medium }.map { known in
      Policy(
        identifier: known.policy.identifier, kind: kind.rawValue, medium: medium.rawValue,
        environments: TrustEnvironment.allCases.filter(known.environments.contains).map(\.rawValue), source: known.source,
        confidence: known.confidence.rawValue)
    }
    guard known.isEmpty else { return known }
    return [
      Policy(
        identifier: nil, kind: kind.rawValue, medium: medium.rawValue, environments: [], source: "jpki.md §4",
        confidence: ProfileRule.Confidence.unknown.rawValue)
    ]
  }

  private static func lines(_ policy: Policy) -> [String] {
    let what = policy.identifier ?? "not known: none is accepted"
    let note = ([policy.environments.joined(separator: ", "), policy.source, policy.confidence].filter { !$0.isEmpty }).joined(
      separator: " · ")
    return Columns.wrapped("\(policy.kind) on \(policy.medium): \(what)", hanging: 2) + Columns.wrapped("    " + note, hanging: 4)
  }

  private static func lines(_ rule: Rule) -> [String] {
    var scope = rule.roles.joined(separator: ", ")
    if rule.media.count < CardMedium.allCases.count { scope += " on " + rule.media.joined(separator: ", ") }
    if rule.versions.count < ProfileVersion.allCases.count { scope += " of " + rule.versions.joined(separator: ", ") }
    let note = "\(rule.rule) · \(rule.source) · \(rule.confidence)" + (rule.refuses ? " → \(rule.reason)" : "")
    return Columns.wrapped(rule.sentence, hanging: 2) + Columns.wrapped("    \(scope)", hanging: 4)
      + Columns.wrapped("    " + note, hanging: 4)
  }
}
