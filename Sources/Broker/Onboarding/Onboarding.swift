public import CitizenItems
public import Foundation

/// What is to be signed at an onboarding.
public struct OnboardingDraft: Sendable {
  /// The tenant's own reference of the customer; only a keyed index is kept.
  public let subjectReference: String?
  public let origin: String
  /// SHA-256 of the application.
  public let applicationDigest: [UInt8]
  /// SHA-256 of the items that the customer typed, salted.
  public let declaredItemsDigest: [UInt8]?
  public let consents: [ConsentSelection]

  public init(
    subjectReference: String?, origin: String, applicationDigest: [UInt8], declaredItemsDigest: [UInt8]?, consents: [ConsentSelection]
  ) {
    self.subjectReference = subjectReference
    self.origin = origin
    self.applicationDigest = applicationDigest
    self.declaredItemsDigest = declaredItemsDigest
    self.consents = consents
  }

  /// The digest of an application that was sent whole, and is not kept.
  public static func digest(ofApplication content: [UInt8]) -> [UInt8] { content.sha256 }
}

/// A session of onboarding or consent that awaits its signature.
public struct StartedConsentSession: Sendable, Codable {
  public let id: String
  public let toBeSigned: [UInt8]
  /// What the person reads before signing.
  public let consentStatement: String
  public let expiresAt: Date
}

/// The signature of an onboarding, as it comes back.
public struct OnboardingSignature: Sendable {
  public let card: CardInput
  public let declaredItems: DeclaredItems?
  public let ledgerTags: [String]
  public let ledgerRef: String?

  public init(card: CardInput, declaredItems: DeclaredItems?, ledgerTags: [String], ledgerRef: String?) {
    self.card = card
    self.declaredItems = declaredItems
    self.ledgerTags = ledgerTags
    self.ledgerRef = ledgerRef
  }
}

/// A pair as an onboarding leaves it.
public struct OnboardedPair: Sendable, Codable {
  public let id: PairID
  public let state: PairState
}

/// How an onboarding ended: ids and codes, fit to be stored.
public struct OnboardingOutcome: Sendable, Codable {
  public let id: OnboardingID
  public let verdict: Verdict
  public let subjectID: SubjectID?
  public let isNewSubject: Bool
  /// Per declared item.
  public let itemComparison: [String: ItemComparison]?
  public var consents: [Consent]
  public let pair: OnboardedPair?
  public let receipt: String?
  public let evidence: VerificationEvidence
}

/// The answer to a signature: the outcome, and items that are handed over once.
public struct OnboardingAnswer: Sendable {
  public let outcome: OnboardingOutcome
  /// For deemed verifiers, those agreed to.
  public let items: DisclosedItems?
  /// A late repeat: the items were handed over before and are not kept.
  public let itemsHandedOver: Bool
}

/// Where an onboarding stands; never items.
public struct OnboardingStatus: Sendable {
  public let id: OnboardingID
  /// `awaitingSignature`, `completed`, `refused` or `expired`.
  public let status: String
  public let createdAt: Date
  public let expiresAt: Date
  public let outcome: OnboardingOutcome?
}
