import Broker
import CitizenItems
import Foundation

/// What a person is to agree to, of which notice.
struct ConsentSelection: Decodable {
  let noticeId: NoticeID
  let version: Int
  let purposes: [String]
  let items: [Item]

  var selection: Broker.ConsentSelection { Broker.ConsentSelection(noticeID: noticeId, version: version, purposes: purposes, items: items) }

  func check(_ bounds: inout Bounds, _ pointer: String) {
    bounds.value(version, pointer + "/version", 1...Int(Int32.max))
    bounds.count(purposes, pointer + "/purposes", 1...32)
    bounds.unique(purposes, pointer + "/purposes")
    bounds.unique(items, pointer + "/items")
    for (index, purpose) in purposes.enumerated() { bounds.length(purpose, "\(pointer)/purposes/\(index)", 1...64) }
  }
}

/// A session that awaits the signature of consents.
struct ConsentSession: Encodable {
  let id: String
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

/// A consent, as the answer to a signature names it.
struct ConsentOfResult: Encodable {
  let id: ConsentID
  let noticeId: NoticeID
  let version: Int
  let purposes: [String]
  let items: [Item]
  let state: ConsentState
  let validFrom: Date?
  let validUntil: Date?

  init(_ consent: Broker.Consent) {
    id = consent.id
    noticeId = consent.noticeID
    version = consent.version
    purposes = consent.purposes
    items = consent.items
    state = consent.state
    validFrom = consent.validFrom
    validUntil = consent.validUntil
  }
}

/// A consent (同意), now or as of an instant.
struct Consent: Encodable {
  let id: ConsentID
  let subjectId: SubjectID
  let serviceId: String
  let noticeId: NoticeID
  let version: Int
  let noticeDigest: Base64URLField
  let language: String
  let purposes: [String]
  let items: [Item]
  let state: ConsentState
  let requestedAt: Date
  let givenAt: Date?
  let validFrom: Date?
  let validUntil: Date?
  let updatedAt: Date
  let statementDigest: Base64URLField?
  let channel: ConsentChannel
  let receivedAt: Date?
  let sourceReference: String?
  let asOf: Date?

  init(_ consent: Broker.Consent, asOf: Date? = nil) {
    id = consent.id
    subjectId = consent.subjectID
    serviceId = consent.serviceID
    noticeId = consent.noticeID
    version = consent.version
    noticeDigest = Base64URLField(consent.noticeDigest)
    language = consent.language
    purposes = consent.purposes
    items = consent.items
    state = consent.state
    requestedAt = consent.requestedAt
    givenAt = consent.givenAt
    validFrom = consent.validFrom
    validUntil = consent.validUntil
    updatedAt = consent.updatedAt
    statementDigest = consent.statementDigest.map { Base64URLField($0) }
    channel = consent.channel ?? .tenantScreen
    receivedAt = consent.receivedAt
    sourceReference = consent.sourceReference
    self.asOf = asOf
  }
}

/// One event of a consent's history.
struct ConsentEvent: Encodable {
  let sequence: Int
  let at: Date
  let state: ConsentState
  let actor: String
  let basis: String

  init(_ event: Broker.ConsentEvent) {
    sequence = event.sequence
    at = event.at
    state = event.state
    actor = event.actor
    basis = event.basis
  }
}

/// Asks a known subject for consents.
struct ConsentSessionCreation: Decodable, Bounded {
  let subjectId: SubjectID
  let origin: String
  let consents: [ConsentSelection]

  func check(_ bounds: inout Bounds) {
    bounds.length(origin, "/origin", 1...256)
    bounds.count(consents, "/consents", 1...16)
    for (index, consent) in consents.enumerated() { consent.check(&bounds, "/consents/\(index)") }
  }
}

/// The card's answer to a consent session: of the same form as to a login.
typealias ConsentSignature = LoginSignature

/// The card's answer to a withdrawal: of the same form as to a login.
typealias WithdrawalSignature = LoginSignature

/// How a signature over consents ended, for a `deemedVerifier`.
struct ConsentSignatureResultForVerifier: Encodable {
  let id: ConsentSessionID
  let result: String
  let reason: String?
  let consents: [ConsentOfResult]
  let receipt: String?
  let verification: VerificationForVerifier

  init(_ outcome: ConsentSignatureOutcome) {
    id = outcome.id
    result = outcome.verdict.result
    reason = outcome.verdict.reason
    consents = outcome.consents.map(ConsentOfResult.init)
    receipt = outcome.receipt
    verification = VerificationForVerifier(outcome.evidence)
  }
}

/// How a signature over consents ended, for a `notVerifier`.
struct ConsentSignatureResultForNonVerifier: Encodable {
  let id: ConsentSessionID
  let result: String
  let consents: [ConsentOfResult]
  let receipt: String?
  let verification: VerificationForNonVerifier

  init(_ outcome: ConsentSignatureOutcome) {
    id = outcome.id
    result = outcome.verdict.coarse
    consents = outcome.consents.map(ConsentOfResult.init)
    receipt = outcome.receipt
    verification = VerificationForNonVerifier(outcome.evidence)
  }
}

/// A page of consents.
struct ConsentPage: Encodable {
  let consents: [Consent]
  let nextPageToken: String?

  init(_ page: Page<Broker.Consent>, asOf: Date?) {
    consents = page.elements.map { Consent($0, asOf: asOf) }
    nextPageToken = page.nextPageToken
  }
}

/// How many consents stood in each state at the end of a day.
struct ConsentCount: Encodable {
  let day: String
  let consents: [String: Int]

  init(_ count: Broker.ConsentCount) {
    day = count.day
    consents = Dictionary(uniqueKeysWithValues: count.consents.map { ($0.key.rawValue, $0.value) })
  }
}

/// Counts by state over time.
struct ConsentCounts: Encodable {
  let counts: [ConsentCount]
}

/// What the person said no to.
struct RefusedConsents: Encodable {
  let consents: [ConsentOfResult]
}

/// Looks for the consents of one of the tenant's own references.
struct ConsentSearch: Decodable, Bounded {
  let subjectReference: String
  let purpose: String?
  let item: Item?
  let state: ConsentState?
  let noticeId: NoticeID?
  let noticeVersion: Int?
  let at: Date?
  let givenAfter: Date?
  let givenBefore: Date?
  let pageSize: Int?
  let pageToken: String?

  var query: ConsentQuery {
    ConsentQuery(
      purpose: purpose, item: item, state: state, noticeID: noticeId, version: noticeVersion, at: at, givenAfter: givenAfter,
      givenBefore: givenBefore)
  }

  func check(_ bounds: inout Bounds) {
    bounds.length(subjectReference, "/subjectReference", 1...128)
    bounds.length(purpose, "/purpose", 1...64)
    bounds.value(noticeVersion, "/noticeVersion", 1...Int(Int32.max))
    bounds.value(pageSize, "/pageSize", 1...500)
    bounds.length(pageToken, "/pageToken", 1...512)
  }
}

/// A consent's whole history.
struct ConsentEventList: Encodable {
  let events: [ConsentEvent]
}

/// A consent's receipt: JWS.
struct ConsentReceipt: Encodable {
  let receipt: String
}

/// Begins a withdrawal (撤回).
struct WithdrawalCreation: Decodable, Bounded {
  let origin: String

  func check(_ bounds: inout Bounds) { bounds.length(origin, "/origin", 1...256) }
}

/// A withdrawal: the broker has stopped already.
struct Withdrawal: Encodable {
  let id: ConsentSessionID
  let consentId: ConsentID
  let state: ConsentState
  let toBeSigned: Base64URLField
  let expiresAt: Date

  init(_ session: WithdrawalSession) {
    id = session.id
    consentId = session.consentID
    state = session.state
    toBeSigned = Base64URLField(session.toBeSigned)
    expiresAt = session.expiresAt
  }
}

/// How a signature over a withdrawal ended, for a `deemedVerifier`.
struct WithdrawalResultForVerifier: Encodable {
  let id: ConsentSessionID
  let consentId: ConsentID
  let result: String
  let reason: String?
  let state: ConsentState
  let verification: VerificationForVerifier

  init(_ outcome: ConsentSignatureOutcome, of consent: ConsentID) {
    id = outcome.id
    consentId = consent
    result = outcome.verdict.result
    reason = outcome.verdict.reason
    state = outcome.withdrawnState
    verification = VerificationForVerifier(outcome.evidence)
  }
}

/// How a signature over a withdrawal ended, for a `notVerifier`.
struct WithdrawalResultForNonVerifier: Encodable {
  let id: ConsentSessionID
  let consentId: ConsentID
  let result: String
  let state: ConsentState
  let verification: VerificationForNonVerifier

  init(_ outcome: ConsentSignatureOutcome, of consent: ConsentID) {
    id = outcome.id
    consentId = consent
    result = outcome.verdict.coarse
    state = outcome.withdrawnState
    verification = VerificationForNonVerifier(outcome.evidence)
  }
}

extension ConsentSignatureOutcome {
  /// The withdrawn consent's state; a failed signature leaves it as the withdrawal made it.
  fileprivate var withdrawnState: ConsentState { consents.first?.state ?? .withdrawnLocally }
}

/// Ends a consent by the controller.
struct ConsentRevocation: Decodable, Bounded {
  let basis: String

  func check(_ bounds: inout Bounds) { bounds.length(basis, "/basis", 1...500) }
}
