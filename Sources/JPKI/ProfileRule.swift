/// One rule of the profile, as data: what must hold, where that comes from, how sure that is, and what a breach is called.
public struct ProfileRule: Sendable, Identifiable, CustomStringConvertible {
  /// What the rule is about.
  public enum Role: String, Sendable, Hashable, CaseIterable {
    /// A signing certificate.
    case signing
    /// An authentication certificate.
    case authentication
    /// A root.
    case root
  }

  /// How sure the source is.
  public enum Confidence: String, Sendable, Hashable, CaseIterable {
    /// A standard, an official text, or decoded from real bytes.
    case high = "H"
    /// One good source, or a tight inference.
    case middle = "M"
    /// Best knowledge.
    case low = "L"
    /// Not known: where such a rule refuses, it is because accepting what nobody knows would be worse.
    case unknown = "U"
  }

  /// What a breach does.
  public enum Enforcement: String, Sendable, Hashable, CaseIterable {
    /// It refuses the certificate.
    case refuses
    /// It is only reported: nothing is gained by refusing, or the source is not sure enough.
    case observes
  }

  /// A stable name, `part.what`.
  public let id: String
  /// To which certificates it applies.
  public let roles: Set<Role>
  /// What the keys live in to whose certificates it applies; says nothing of roots.
  public let media: Set<CardMedium>
  /// The versions of the profile that it is part of.
  public let versions: Set<ProfileVersion>
  /// What must hold, as a sentence.
  public let sentence: String
  /// Section of the standard or of the profile.
  public let source: String
  /// How sure the source is.
  public let confidence: Confidence
  /// What a breach does.
  public let enforcement: Enforcement
  /// What a breach is called.
  public let reason: VerificationReason

  /// What besides the certificate must be at hand before it can be said whether the rule holds.
  enum Need {
    case nothing
    /// Roots that are trusted.
    case anchors
    /// The root that issued the certificate.
    case anchor
  }

  enum Check {
    case bytes(@Sendable ([UInt8]) -> Bool)
    case certificate(@Sendable (Examination) -> Bool)
  }

  let need: Need
  private let check: Check

  func holds(_ examination: Examination) -> Bool {
    switch check {
    case .bytes(let body): body(examination.fields.der)
    case .certificate(let body): body(examination)
    }
  }

  /// Before the certificate is taken apart; true for rules that are about its parts.
  func holds(reading der: [UInt8]) -> Bool {
    if case .bytes(let body) = check { body(der) } else { true }
  }

  /// The name.
  public var description: String { id }

  init(
    _ id: String, _ roles: Set<Role>, _ sentence: String, source: String, _ reason: VerificationReason, _ confidence: Confidence = .high,
    _ enforcement: Enforcement = .refuses, media: Set<CardMedium> = Set(CardMedium.allCases),
    versions: Set<ProfileVersion> = Set(ProfileVersion.allCases), needs need: Need = .nothing,
    _ holds: @escaping @Sendable (Examination) -> Bool
  ) {
    self.init(id, roles, sentence, source, reason, confidence, enforcement, media, versions, need, .certificate(holds))
  }

  /// A rule about the bytes of any certificate, before it is taken apart.
  init(_ id: String, _ sentence: String, source: String, _ reason: VerificationReason, reading holds: @escaping @Sendable ([UInt8]) -> Bool)
  {
    self.init(
      id, Set(Role.allCases), sentence, source, reason, .high, .refuses, Set(CardMedium.allCases), Set(ProfileVersion.allCases), .nothing,
      .bytes(holds))
  }

  private init(
    _ id: String, _ roles: Set<Role>, _ sentence: String, _ source: String, _ reason: VerificationReason, _ confidence: Confidence,
    _ enforcement: Enforcement, _ media: Set<CardMedium>, _ versions: Set<ProfileVersion>, _ need: Need, _ check: Check
  ) {
    self.id = id
    self.roles = roles
    self.media = media
    self.versions = versions
    self.sentence = sentence
    self.source = source
    self.confidence = confidence
    self.enforcement = enforcement
    self.reason = reason
    self.need = need
    self.check = check
  }
}

/// What one rule found in one certificate.
public struct RuleFinding: Sendable {
  /// The rule.
  public let rule: ProfileRule
  /// Whether it could be looked at: rules about the issuer need its root.
  public let isExamined: Bool
  /// Whether it holds; false where it was not examined.
  public let holds: Bool

  init(rule: ProfileRule, holds: Bool) {
    self.rule = rule
    isExamined = true
    self.holds = holds
  }

  private init(unexamined rule: ProfileRule) {
    self.rule = rule
    isExamined = false
    holds = false
  }

  static func notExamined(_ rule: ProfileRule) -> RuleFinding { RuleFinding(unexamined: rule) }
}
