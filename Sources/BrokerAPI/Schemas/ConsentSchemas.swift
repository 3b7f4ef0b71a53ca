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
