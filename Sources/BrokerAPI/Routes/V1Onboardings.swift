import Broker
import CitizenItems
import Foundation
import Hummingbird

/// `/v1/onboardings`
struct OnboardingRoutes {
  let endpoint: Endpoint
  let onboardings: OnboardingService

  func add(to router: Router<BrokerRequestContext>) {
    router.post("/v1/onboardings") { request, context in
      let (caller, body, write) = try await endpoint.write(
        OnboardingCreation.self, .onboarding, request, context, upTo: endpoint.limits.onboardingBodyBytes)
      let session = try await onboardings.create(caller, try body.draft(), request: write)
      return try Response.json(OnboardingSession(session), status: .created)
    }
    router.post("/v1/onboardings/{id}/signature") { request, context in
      let (caller, body, write) = try await endpoint.write(OnboardingSignature.self, .onboarding, request, context)
      try await endpoint.spend(.signature, caller, context)
      let answer = try await onboardings.sign(caller, id: try context.id(), try body.signature(), request: write)
      switch caller.status {
      case .deemedVerifier: return try Response.json(OnboardingResultForVerifier(answer))
      case .notVerifier: return try Response.json(OnboardingResultForNonVerifier(answer.outcome))
      }
    }
    router.get("/v1/onboardings/{id}") { request, context in
      let caller = try await endpoint.caller(.onboarding, request, context)
      let status = try await onboardings.get(caller, id: try context.id())
      switch caller.status {
      case .deemedVerifier: return try Response.json(OnboardingForVerifier(status))
      case .notVerifier: return try Response.json(OnboardingForNonVerifier(status))
      }
    }
  }
}

/// Begins an onboarding.
struct OnboardingCreation: Decodable, Bounded {
  let subjectReference: String?
  let origin: String
  let application: Application
  let declaredItemsDigest: Base64URLField?
  let consents: [ConsentSelection]?

  /// Either a digest, or a content that is digested and forgotten.
  enum Application: Decodable {
    case digest(Base64URLField)
    case content(mediaType: String, Base64URLField)

    private enum CodingKeys: String, CodingKey { case digest, mediaType, content }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      if container.contains(.digest) {
        self = .digest(try container.decode(Base64URLField.self, forKey: .digest))
      } else {
        self = .content(
          mediaType: try container.decode(String.self, forKey: .mediaType), try container.decode(Base64URLField.self, forKey: .content))
      }
    }
  }

  /// The largest application, in bytes (api.md, Onboarding).
  static let maximumContent = 1 << 20

  func check(_ bounds: inout Bounds) {
    bounds.length(subjectReference, "/subjectReference", 1...128)
    bounds.length(origin, "/origin", 1...256)
    bounds.count(consents, "/consents", 0...16)
    for (index, consent) in (consents ?? []).enumerated() { consent.check(&bounds, "/consents/\(index)") }
    switch application {
    case .digest(let digest): bounds.require(digest.bytes.count == 32, "/application/digest", "must be a SHA-256: 32 bytes")
    case .content(let mediaType, let content):
      bounds.length(mediaType, "/application/mediaType", 3...127)
      bounds.require(content.bytes.count <= Self.maximumContent, "/application/content", "must have at most \(Self.maximumContent) bytes")
    }
    if let declaredItemsDigest {
      bounds.require(declaredItemsDigest.bytes.count == 32, "/declaredItemsDigest", "must be a SHA-256: 32 bytes")
    }
  }

  func draft() throws -> OnboardingDraft {
    let digest =
      switch application {
      case .digest(let digest): digest.bytes
      case .content(_, let content): OnboardingDraft.digest(ofApplication: content.bytes)
      }
    return OnboardingDraft(
      subjectReference: subjectReference, origin: origin, applicationDigest: digest, declaredItemsDigest: declaredItemsDigest?.bytes,
      consents: (consents ?? []).map(\.selection))
  }
}

/// An onboarding that awaits its signature.
struct OnboardingSession: Encodable {
  let id: String
  let status = "awaitingSignature"
  let toBeSigned: Base64URLField
  let consentStatement: String
  let expiresAt: Date

  init(_ session: StartedConsentSession) {
    id = session.id
    toBeSigned = Base64URLField(session.toBeSigned)
    consentStatement = session.consentStatement
    expiresAt = session.expiresAt
  }
}

/// The card's answer to an onboarding. Prints as `<redacted>`.
struct OnboardingSignature: Decodable, Bounded, Redacted {
  let card: Card
  let declaredItems: DeclaredItems?
  let ledgerTag: [String]?
  let ledgerRef: String?

  func check(_ bounds: inout Bounds) {
    bounds.count(ledgerTag, "/ledgerTag", 1...8)
    bounds.length(ledgerRef, "/ledgerRef", 1...128)
    declaredItems?.check(&bounds)
  }

  func signature() throws -> Broker.OnboardingSignature {
    Broker.OnboardingSignature(
      card: try card.input(), declaredItems: declaredItems?.items, ledgerTags: ledgerTag ?? [], ledgerRef: ledgerRef)
  }
}

/// What the customer typed. Prints as `<redacted>`.
struct DeclaredItems: Decodable, Redacted {
  let name: String?
  let address: String?
  let dateOfBirth: String?
  let sex: String?
  let salt: String?

  func check(_ bounds: inout Bounds) {
    bounds.length(name, "/declaredItems/name", 0...400)
    bounds.length(address, "/declaredItems/address", 0...800)
    bounds.length(dateOfBirth, "/declaredItems/dateOfBirth", 0...64)
    bounds.length(sex, "/declaredItems/sex", 0...16)
    bounds.length(salt, "/declaredItems/salt", 0...128)
  }

  var items: CitizenItems.DeclaredItems {
    CitizenItems.DeclaredItems(name: name, address: address, dateOfBirth: dateOfBirth, sex: sex, salt: salt)
  }
}

/// How an onboarding ended, for a `deemedVerifier`. Prints as `<redacted>`.
struct OnboardingResultForVerifier: Encodable, Redacted {
  let id: OnboardingID
  let result: String
  let reason: String?
  let subject: SubjectOfResult?
  let items: CertifiedItems?
  let itemsHandedOver: Bool?
  let itemComparison: [String: ItemComparison]?
  let consents: [ConsentOfResult]
  let pair: PairOfResultForVerifier?
  let receipt: String?
  let verification: VerificationForVerifier

  init(_ answer: OnboardingAnswer) {
    let outcome = answer.outcome
    id = outcome.id
    result = outcome.verdict.result
    reason = outcome.verdict.reason
    subject = outcome.verdict.isOK ? outcome.subjectID.map { SubjectOfResult(id: $0, isNew: outcome.isNewSubject) } : nil
    items = answer.items.map(CertifiedItems.init)
    itemsHandedOver = answer.itemsHandedOver ? true : nil
    itemComparison = outcome.itemComparison
    consents = outcome.consents.map(ConsentOfResult.init)
    pair = outcome.pair.map { PairOfResultForVerifier($0) }
    receipt = outcome.receipt
    verification = VerificationForVerifier(outcome.evidence)
  }
}

/// How an onboarding ended, for a `notVerifier`: no item, no reason, no source; of the pair whether it is active.
struct OnboardingResultForNonVerifier: Encodable {
  let id: OnboardingID
  let result: String
  let subject: SubjectOfResult?
  let itemComparison: [String: ItemComparison]?
  let consents: [ConsentOfResult]
  let pair: PairOfResultForNonVerifier?
  let receipt: String?
  let verification: VerificationForNonVerifier

  init(_ outcome: OnboardingOutcome) {
    id = outcome.id
    result = outcome.verdict.coarse
    subject = outcome.verdict.isOK ? outcome.subjectID.map { SubjectOfResult(id: $0, isNew: outcome.isNewSubject) } : nil
    // Said only beside a result that says the same: agreement, or its lack.
    itemComparison = ["ok", "itemsMismatch"].contains(outcome.verdict.coarse) ? outcome.itemComparison : nil
    consents = outcome.consents.map(ConsentOfResult.init)
    pair = outcome.pair.map { PairOfResultForNonVerifier($0) }
    receipt = outcome.receipt
    verification = VerificationForNonVerifier(outcome.evidence)
  }
}

/// Where an onboarding stands, for a `deemedVerifier`.
struct OnboardingForVerifier: Encodable {
  let id: OnboardingID
  let status: String
  let result: String?
  let reason: String?
  let subject: SubjectOfResult?
  let expiresAt: Date
  let createdAt: Date

  init(_ onboarding: OnboardingStatus) {
    id = onboarding.id
    status = onboarding.status
    result = onboarding.outcome?.verdict.result
    reason = onboarding.outcome?.verdict.reason
    subject = onboarding.outcome?.subjectID.map { SubjectOfResult(id: $0) }
    expiresAt = onboarding.expiresAt
    createdAt = onboarding.createdAt
  }
}

/// Where an onboarding stands, for a `notVerifier`.
struct OnboardingForNonVerifier: Encodable {
  let id: OnboardingID
  let status: String
  let result: String?
  let subject: SubjectOfResult?
  let expiresAt: Date

  init(_ onboarding: OnboardingStatus) {
    id = onboarding.id
    status = onboarding.status
    result = onboarding.outcome?.verdict.coarse
    subject = onboarding.outcome.flatMap { $0.verdict.isOK ? $0.subjectID : nil }.map { SubjectOfResult(id: $0) }
    expiresAt = onboarding.expiresAt
  }
}
