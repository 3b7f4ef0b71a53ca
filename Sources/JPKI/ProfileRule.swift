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

  let holds: @Sendable (Examination) -> Bool

  /// The name.
  public var description: String { id }

  init(
    _ id: String, _ roles: Set<Role>, _ sentence: String, source: String, _ reason: VerificationReason, _ confidence: Confidence = .high,
    _ enforcement: Enforcement = .refuses, media: Set<CardMedium> = Set(CardMedium.allCases),
    versions: Set<ProfileVersion> = Set(ProfileVersion.allCases), _ holds: @escaping @Sendable (Examination) -> Bool
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
    self.holds = holds
  }
}

/// What one rule found in one certificate.
public struct RuleFinding: Sendable {
  /// The rule.
  public let rule: ProfileRule
  /// Whether it holds.
  public let holds: Bool
}
