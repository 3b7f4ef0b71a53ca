public import CitizenItems
public import Foundation

/// What is to be signed at an onboarding.
public struct OnboardingDraft: Sendable {
  /// The tenant's own reference of the customer; only a keyed index is kept.
  public let subjectReference: String?
  /// Where the person is asked; one of the client's registered origins.
  public let origin: String
  /// SHA-256 of the application.
  public let applicationDigest: [UInt8]
  /// SHA-256 of the items that the customer typed, salted.
  public let declaredItemsDigest: [UInt8]?
  /// What the person is asked to agree to, at most 16.
  public let consents: [ConsentSelection]

  /// Puts a draft together; what it says is checked by ``OnboardingService/create(_:_:request:)``.
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
  /// The session's id: `onb_…` or `cse_…`.
  public let id: String
  /// What the card is to sign: DigestInfo(SHA-256(these bytes)).
  public let toBeSigned: [UInt8]
  /// What the person reads before signing.
  public let consentStatement: String
  /// The end of the time to sign.
  public let expiresAt: Date
}

/// The signature of an onboarding, as it comes back.
public struct OnboardingSignature: Sendable {
  /// The card's signatures, in an envelope or plain.
  public let card: CardInput
  /// What the customer typed, with the salt of its digest; nil where nothing was declared.
  public let declaredItems: DeclaredItems?
  /// The ledger's tags of this customer, one per live key version, at most 8.
  public let ledgerTags: [String]
  /// The ledger's own reference, 1 to 128 bytes; kept encrypted.
  public let ledgerRef: String?

  /// Puts a signature together; what it says is checked by ``OnboardingService/sign(_:id:_:request:)``.
  public init(card: CardInput, declaredItems: DeclaredItems?, ledgerTags: [String], ledgerRef: String?) {
    self.card = card
    self.declaredItems = declaredItems
    self.ledgerTags = ledgerTags
    self.ledgerRef = ledgerRef
  }
}

/// A pair as an onboarding leaves it.
public struct OnboardedPair: Sendable, Codable {
  /// The pair.
  public let id: PairID
  /// How it stands after the request.
  public let state: PairState
}

/// How an onboarding ended: ids and codes, fit to be stored.
public struct OnboardingOutcome: Sendable, Codable {
  /// The onboarding.
  public let id: OnboardingID
  /// How the verification ended.
  public let verdict: Verdict
  /// The subject; nil unless the verdict is ok.
  public let subjectID: SubjectID?
  /// Whether this tenant met the person for the first time.
  public let isNewSubject: Bool
  /// Per declared item.
  public let itemComparison: [String: ItemComparison]?
  /// The consents given, as they stand; `pendingAtSource` until J-LIS has one.
  public var consents: [Consent]
  /// The subject's pair; nil for a client without the scope `matching`.
  public let pair: OnboardedPair?
  /// JWS (RFC 7515) for the tenant to keep; nil unless the verdict is ok.
  public let receipt: String?
  /// The evidence row of this verification.
  public let evidence: VerificationEvidence
}

/// The answer to a signature: the outcome, and items that are handed over once.
public struct OnboardingAnswer: Sendable {
  /// The outcome, without items.
  public let outcome: OnboardingOutcome
  /// For deemed verifiers, those agreed to.
  public let items: DisclosedItems?
  /// A late repeat: the items were handed over before and are not kept.
  public let itemsHandedOver: Bool
}

/// Where an onboarding stands; never items.
public struct OnboardingStatus: Sendable {
  /// The onboarding.
  public let id: OnboardingID
  /// `awaitingSignature`, `completed`, `refused` or `expired`.
  public let status: String
  /// When it began.
  public let createdAt: Date
  /// The end of the time to sign.
  public let expiresAt: Date
  /// How it ended; nil while it is open, and where it was closed after too many refused signatures.
  public let outcome: OnboardingOutcome?
}
