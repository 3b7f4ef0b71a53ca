public import Foundation
public import JPKI

/// What `yonjo certificate explain` says, as one JSON object: rules, positions and OpenSSL's words, and no value of the certificate.
public struct CertificateReport: Encodable, Sendable {
  /// What a rule of the profile found.
  public enum State: String, Encodable, Sendable {
    /// It holds.
    case holds
    /// It does not.
    case fails
    /// No root was at hand to tell.
    case notExamined
  }

  /// One rule and what it found.
  public struct Finding: Encodable, Sendable {
    /// The rule's stable name.
    public let rule: String
    /// What it found.
    public let state: State
    /// Whether a verifier refuses over it; otherwise it is only observed.
    public let refuses: Bool
    /// What must hold.
    public let sentence: String
    /// Where that comes from.
    public let source: String
    /// How sure that is: H, M, L or U.
    public let confidence: String
    /// What a refusal is called.
    public let reason: String
  }

  /// The profile's side.
  public struct Profile: Encodable, Sendable {
    /// `signing`, `authentication` or `root`.
    public let role: String
    /// Which hierarchy.
    public let kind: String
    /// Which environment.
    public let environment: String
    /// Which version of the profile.
    public let version: String
    /// `card`, `android` or `iphone`, where the policy says.
    public let medium: String?
    /// Whether every rule that refuses holds; revocation is not looked at.
    public let holds: Bool
    /// What a verifier would refuse with.
    public let reason: String?
    /// Which of the items are there, and how; signing certificates only.
    public let items: [String: String]?
    /// SHA-256 of a root, in hexadecimal digits.
    public let rootFingerprint: String?
    /// Rule by rule, in the verifier's order.
    public let findings: [Finding]
  }

  /// One certificate of the path.
  public struct Link: Encodable, Sendable {
    /// 0 the certificate itself.
    public let depth: Int
    /// As what it was handed in.
    public let input: String
    /// Its position among those, from one.
    public let position: Int
    /// Security of its key, in bits.
    public let keyBits: Int
    /// Security of the signature on it, in bits; absent where OpenSSL does not know the algorithm.
    public let signatureBits: Int?
  }

  /// The path's side: OpenSSL's.
  public struct Path: Encodable, Sendable {
    /// Whether the path is valid.
    public let valid: Bool
    /// OpenSSL's error number (X509_V_ERR_…), 0 if valid.
    public let error: Int
    /// OpenSSL's words for it.
    public let reason: String
    /// Where: 0 the certificate, 1 its issuer.
    public let depth: Int
    /// What to do about it.
    public let nextStep: String?
    /// Whether revocation lists were demanded of every certificate of the path.
    public let revocationChecked: Bool
    /// The path as far as it was built.
    public let chain: [Link]
  }

  /// The path's validity if a path was asked for, otherwise whether the profile holds.
  public let verified: Bool
  /// As of when.
  public let at: Date
  /// What the profile says.
  public let profile: Profile
  /// What OpenSSL says; absent where no anchor was handed in.
  public let path: Path?

  /// Joins both sides.
  public init(_ explanation: CertificateExplanation, path: PathResult?, at: Date) {
    profile = Profile(explanation)
    self.path = path.map(Path.init)
    verified = path?.isValid ?? (explanation.reason == nil)
    self.at = at
  }
}

extension CertificateReport.Profile {
  fileprivate init(_ explanation: CertificateExplanation) {
    role = explanation.role.rawValue
    kind = explanation.kind.rawValue
    environment = explanation.environment.rawValue
    version = explanation.version.rawValue
    medium = explanation.medium?.rawValue
    holds = explanation.reason == nil
    reason = explanation.reason?.rawValue
    items =
      explanation.items.isEmpty
      ? nil : Dictionary(explanation.items.map { ($0.part.rawValue, $0.shape.rawValue) }) { first, _ in first }
    rootFingerprint = explanation.rootFingerprint.map { bytes in
      bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    findings = explanation.findings.map { finding in
      CertificateReport.Finding(
        rule: finding.rule.id, state: !finding.isExamined ? .notExamined : finding.holds ? .holds : .fails,
        refuses: finding.rule.enforcement == .refuses, sentence: finding.rule.sentence, source: finding.rule.source,
        confidence: finding.rule.confidence.rawValue, reason: finding.rule.reason.rawValue)
    }
  }
}

extension CertificateReport.Path {
  fileprivate init(_ result: PathResult) {
    valid = result.isValid
    error = result.error
    reason = result.reason
    depth = result.depth
    nextStep = result.nextStep
    revocationChecked = result.checksRevocation
    chain = result.chain.enumerated().map { depth, link in
      CertificateReport.Link(
        depth: depth, input: link.input.rawValue, position: link.position, keyBits: link.keyBits,
        signatureBits: link.signatureBits < 0 ? nil : link.signatureBits)
    }
  }
}
