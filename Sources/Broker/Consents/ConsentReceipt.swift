internal import CitizenItems
public import Foundation
internal import JOSE
internal import PostgreSQL

/// Everything that a consent's receipt says: the consent as it stands, its history, the notice that was shown.
public struct ConsentRecord: Sendable {
  /// As it stands.
  public let consent: Consent
  /// Oldest first.
  public let events: [ConsentEvent]
  /// What was shown.
  public let notice: Notice
  /// The tenant, for people: the controller where the notice names none.
  public let tenantName: String
  /// The tenant.
  public let tenantID: TenantID
  /// When this was put together.
  public let issuedAt: Date
}

extension ConsentService {
  /// A signed receipt of a consent as it stands (ISO/IEC TS 27560).
  public func receipt(_ caller: Caller, id: ConsentID) async throws -> String { try await receiptWithRecord(caller, id: id).receipt }

  /// The receipt, and what a page of it for people is made from.
  public func receiptWithRecord(_ caller: Caller, id: ConsentID) async throws -> (record: ConsentRecord, receipt: String) {
    try caller.require(.consentsRead)
    let key: [SQLValue] = [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]
    let now = core.clock.now()
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(ConsentStore.get, key), BoundStatement(ConsentStore.events, key), BoundStatement(NoticeStore.ofConsent, key),
        BoundStatement(TenantStore.name, [.uuid(caller.tenantID.uuid)]),
        core.audit.record(.receiptIssued, by: caller, object: id.description),
      ])
    guard let row = results[0].rows.first, let notice = results[2].rows.first, let tenant = results[3].rows.first else {
      throw Refusal.notFound("consent")
    }
    var consent = try Consent(row)
    consent.state = consent.standing(at: now)
    let record = ConsentRecord(
      consent: consent, events: try results[1].rows.map(Self.event), notice: try NoticeService.notice(notice),
      tenantName: try tenant.text(0), tenantID: caller.tenantID, issuedAt: now)
    let receipt = try await core.receipts.sign(ConsentReceiptClaims.make(record), for: caller.tenantID, id: id.description, at: now)
    return (record, receipt)
  }
}

/// The members of a consent receipt, named as in ISO/IEC TS 27560:2023.
enum ConsentReceiptClaims {
  static func make(_ record: ConsentRecord) -> [String: JSONValue] {
    let consent = record.consent
    var claims: [String: JSONValue] = [
      "purpose": .string("consentReceipt"), "schema_version": .string("27560:2023"), "record_id": .string(consent.id.description),
      "pii_principal_id": .string(consent.subjectID.description), "notice": notice(record), "processing": processing(record),
      "party_identification": .array([party(record)]), "state": .string(consent.state.rawValue),
      "valid_until": time(consent.validUntil), "channel": .string((consent.channel ?? .tenantScreen).rawValue),
      "events": .array(events(record)),
    ]
    // What J-LIS said of it, where J-LIS has a part.
    if consent.isAtSource {
      claims["source"] = .object([
        "name": "J-LIS", "received_at": time(consent.receivedAt), "reference": consent.sourceReference.map { .string($0) } ?? .null,
      ])
    }
    return claims
  }

  private static func time(_ date: Date?) -> JSONValue { date.map { .integer(Int64($0.timeIntervalSince1970)) } ?? .null }

  private static func notice(_ record: ConsentRecord) -> JSONValue {
    .object([
      "privacy_notice": .string("\(record.notice.id)/\(record.notice.version)"), "title": .string(record.notice.title),
      "digest": .string(Base64URL.encode(record.consent.noticeDigest)), "language": .string(record.consent.language),
      "statement_digest": record.consent.statementDigest.map { .string(Base64URL.encode($0)) } ?? .null,
    ])
  }

  private static func processing(_ record: ConsentRecord) -> JSONValue {
    .object([
      "purpose": .array(record.consent.purposes.map { .string($0) }), "lawful_basis": "consent",
      "pii_information": .array(record.consent.items.map { .string($0.rawValue) }),
      "pii_controllers": .array([.string(record.tenantID.description)]), "collection_method": "signedElectronically",
      "storage_locations": .array(record.notice.record.storageLocations.map { .string($0) }),
      "retention_period": record.notice.record.retention.map { .string($0) } ?? .null, "jurisdiction": "JP",
      "recipient_third_parties": .array(record.notice.record.recipients.map { .string($0) }),
      "withdrawal_method": .string(record.notice.withdrawalMethod), "service": .string(record.consent.serviceID),
    ])
  }

  private static func party(_ record: ConsentRecord) -> JSONValue {
    var members: [String: JSONValue] = [
      "party_id": .string(record.tenantID.description), "party_type": "controller",
      "party_name": .string(record.notice.record.controller?.name ?? record.tenantName),
    ]
    if let controller = record.notice.record.controller {
      members["party_address"] = .string(controller.address)
      members["party_contact"] = .string(controller.contact)
    }
    return .object(members)
  }

  private static func events(_ record: ConsentRecord) -> [JSONValue] {
    let consent = record.consent
    // In seconds, from the moment until the end; of what had no end, none.
    let duration = consent.validFrom.flatMap { from in consent.validUntil.map { Int64($0.timeIntervalSince(from).rounded()) } }
    return record.events.map { event in
      var members: [String: JSONValue] = [
        "event_time": time(event.at), "event_state": .string(event.state.rawValue), "entity_id": .string(event.actor),
        // By a signature with the card; what others did to it is no expression of the person's.
        "event_type": .string(event.actor == "person" ? "explicit" : "notGiven"),
      ]
      if event.state == .given || event.state == .renewed, let duration { members["validity_duration"] = .integer(duration) }
      return .object(members)
    }
  }
}
