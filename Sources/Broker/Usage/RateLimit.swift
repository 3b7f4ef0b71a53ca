/// What is counted apart: each kind of request has its own allowance.
public enum RateKind: String, Sendable, Codable, CaseIterable {
  /// Answers "known or not" to something that could be guessed: tag look-ups (each tag of a batch counts), searches by a reference.
  case lookUp
  /// A card's signature: onboarding, login, match, consent, withdrawal, document.
  case signature
  /// Blinded tags evaluated under scheme `voprf`; each element counts. A first load needs an allowance that the operator opens.
  case evaluation
}

/// How much a tenant, or one client of it, may ask within one minute.
public struct RateAllowances: Sendable, Codable, Equatable {
  /// Tag look-ups and searches.
  public var lookUp: Int
  /// Signatures of cards.
  public var signature: Int
  /// Blinded tags.
  public var evaluation: Int
  /// Signatures of one card, whatever they are for.
  public var signaturesPerCard: Int
  /// Look-ups of one tag.
  public var lookUpsPerTag: Int

  /// The largest number that is taken, a minute.
  public static let maximum = 10_000_000
  /// What a tenant is born with.
  public static let standard = RateAllowances(lookUp: 60_000, signature: 6_000, evaluation: 600)

  /// Names all of them; each 0…``maximum``.
  public init(lookUp: Int, signature: Int, evaluation: Int, signaturesPerCard: Int = 60, lookUpsPerTag: Int = 120) {
    self.lookUp = lookUp
    self.signature = signature
    self.evaluation = evaluation
    self.signaturesPerCard = signaturesPerCard
    self.lookUpsPerTag = lookUpsPerTag
  }

  /// The number of one kind.
  public subscript(kind: RateKind) -> Int {
    switch kind {
    case .lookUp: lookUp
    case .signature: signature
    case .evaluation: evaluation
    }
  }
}

/// What is left of an allowance: told with every answer that it was taken for.
public struct RateStanding: Sendable, Equatable {
  /// Requests in one window.
  public let limit: Int
  /// At most so many are left in this window; other replicas may have taken some of them.
  public let remaining: Int
  /// Seconds until the next window.
  public let resetSeconds: Int

  /// Names all of it.
  public init(limit: Int, remaining: Int, resetSeconds: Int) {
    self.limit = limit
    self.remaining = remaining
    self.resetSeconds = resetSeconds
  }
}

extension Refusal {
  /// Too many signatures of one card, or look-ups of one tag.
  static func tooManyOfOne(_ kind: RateKind, retryAfterSeconds: Int) -> Refusal {
    Refusal(
      .tooMany(retryAfterSeconds: retryAfterSeconds), "tooManyRequests",
      kind == .signature ? "This card has signed too often in this minute." : "This tag was looked up too often in this minute.",
      nextStep: "Wait as long as Retry-After says.")
  }

  /// Too many requests of this kind; the same whether the tenant's allowance or the client's is spent.
  static func tooMany(_ kind: RateKind, retryAfterSeconds: Int) -> Refusal {
    Refusal(
      .tooMany(retryAfterSeconds: retryAfterSeconds), "tooManyRequests",
      "The allowance of this minute for \(kind.rawValue) requests is spent.",
      nextStep: "Wait as long as Retry-After says; ask the operator for a larger allowance if this is your usual load.")
  }
}
