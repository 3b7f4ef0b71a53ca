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

  /// In the verifier's order.
  public let rules: [Rule]

  /// The rules for one role, or all of them.
  public init(role: ProfileRule.Role? = nil) {
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
    return (head + rules.flatMap(Self.lines)).joined(separator: "\n")
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
