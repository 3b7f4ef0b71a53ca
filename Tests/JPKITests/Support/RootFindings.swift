@testable import JPKI

/// Rule by rule over a root.
enum RootFindings {
  static func of(_ anchor: TrustAnchor) -> [RuleFinding]? {
    guard let fields = try? CertificateFields(anchor.der) else { return nil }
    let examination = Examination(fields: fields, kind: anchor.kind, role: .root, environment: anchor.environment, instant: 0)
    return ProfileRules.rules(for: .root).map { RuleFinding(rule: $0, holds: $0.holds(examination)) }
  }
}
