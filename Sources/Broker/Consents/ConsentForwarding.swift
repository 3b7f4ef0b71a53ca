internal import CitizenItems
internal import Foundation
internal import JLIS
internal import JPKI
internal import Logging
internal import PostgreSQL

/// A signed statement on its way to J-LIS; encrypted in the intent until J-LIS has it.
private struct ForwardedPayload: Codable {
  let statement: Data
  let signature: Data
  let certificate: Data
  let items: [Item]
  let validFrom: Date?
  let validUntil: Date?
}

// How J-LIS comes to know of consents, renewals and withdrawals.
extension ConsentBook {
  enum IntentKindName: String, Sendable {
    case forwardConsent, renewConsent, cancelConsent
  }

  /// Law 11: what J-LIS is about to be told, encrypted, before the call.
  func intent(_ kind: IntentKindName, _ consent: Consent, _ toBeSigned: [UInt8], _ part: CardMaterial.Part, _ keys: TenantKeys) throws
    -> BoundStatement
  {
    let id = ids.next(IntentKind.self)
    let payload = ForwardedPayload(
      statement: Data(toBeSigned), signature: Data(part.signature), certificate: Data(part.certificate ?? []), items: consent.items,
      validFrom: consent.validFrom, validUntil: consent.validUntil)
    let sealed = try keys.seal(Array(try JSONEncoder().encode(payload)), table: "intents", column: "payload_sealed", row: id.uuid)
    return BoundStatement(
      ConsentStore.insertIntent,
      [
        .uuid(keys.tenantID.uuid), .uuid(id.uuid), .text(kind.rawValue), .uuid(consent.subjectID.uuid), .uuid(consent.id.uuid),
        .bytes(sealed),
        .timestamp(clock.now()),
      ])
  }

  /// Tells J-LIS what is still to be told: of one session or consent, or everything older than `before`. What J-LIS does not answer stays open.
  /// - Returns: how many it told.
  @discardableResult
  func forward(_ tenant: TenantID, sessionOrConsent: UUID?, before: Date, actor: String) async throws -> Int {
    var told = 0
    let keys = try await vault.tenantKeys(tenant)
    let open = try await database.query(
      tenant, ConsentStore.openIntents, [.uuid(tenant.uuid), sessionOrConsent.map { .uuid($0) } ?? .null, .timestamp(before)])
    for row in open.rows {
      let intent = IntentID(try row.uuid(0))
      let consent = ConsentID(try row.uuid(3))
      guard let kind = IntentKindName(rawValue: try row.text(1)) else { continue }
      if try row.bool(6) {
        // Ended here before J-LIS had it: it shall not come to have it.
        try await settle(
          Settlement(intent: intent, consent: consent, change: nil, reference: "ended", isRefused: true), tenant, actor)
        continue
      }
      let sealed = try row.bytes(4)
      let payload = try JSONDecoder().decode(
        ForwardedPayload.self, from: Data(try keys.open(sealed, table: "intents", column: "payload_sealed", row: intent.uuid)))
      do {
        switch kind {
        case .forwardConsent, .renewConsent:
          let reception = try await jlis.registerConsent(
            ForwardedConsent(
              consentID: consent.description, serviceID: try row.text(5), items: Set(payload.items), statement: Array(payload.statement),
              signature: Array(payload.signature), certificate: Array(payload.certificate), validFrom: payload.validFrom ?? clock.now(),
              validUntil: payload.validUntil ?? clock.now()))
          try await settle(
            Settlement(
              intent: intent, consent: consent, change: kind == .renewConsent ? .renewed : .takenBySource, reference: reception.reference,
              receivedAt: reception.receivedAt, validUntil: payload.validUntil), tenant, actor)
        case .cancelConsent:
          let reception = try await jlis.cancelConsent(
            ForwardedCancellation(
              consentID: consent.description, serviceID: try row.text(5), statement: Array(payload.statement),
              signature: Array(payload.signature),
              certificate: Array(payload.certificate)))
          try await settle(
            Settlement(intent: intent, consent: consent, change: .sourceFollowed, reference: reception.reference), tenant, actor)
        }
      } catch let error as JLISError {
        guard case .refused(let refusal) = error else {
          logger.warning("J-LIS was not reached; the intent stays open", metadata: ["intent": "\(intent)", "error": "\(error)"])
          continue
        }
        if kind == .cancelConsent, refusal == .consentUnknown {
          // J-LIS never had it: nothing is left to end there.
          try await settle(
            Settlement(intent: intent, consent: consent, change: .sourceFollowed, reference: refusal.rawValue), tenant, actor)
          told += 1
          continue
        }
        // A renewal or a cancellation that J-LIS does not take leaves the consent as it is.
        try await settle(
          Settlement(
            intent: intent, consent: consent, change: kind == .forwardConsent ? .refusedBySource : nil, reference: refusal.rawValue,
            isRefused: true), tenant, actor)
      }
      told += 1
    }
    return told
  }

  /// How an intent ended.
  private struct Settlement {
    let intent: IntentID
    let consent: ConsentID
    /// What that does to the consent; nil: nothing.
    let change: ConsentChange?
    let reference: String
    var receivedAt: Date?
    /// What was forwarded.
    var validUntil: Date?
    var isRefused = false
  }

  /// The second transaction of law 11: the result and its audit event.
  private func settle(_ settlement: Settlement, _ tenant: TenantID, _ actor: String) async throws {
    try await database.transaction(tenant) { transaction in
      let closed = try await transaction.query(
        ConsentStore.closeIntent,
        [
          .uuid(tenant.uuid), .uuid(settlement.intent.uuid), .text(settlement.isRefused ? "refused" : "done"), .timestamp(clock.now()),
        ])
      guard closed.affectedRows == 1,
        let row = try await transaction.query(ConsentStore.lock, [.uuid(tenant.uuid), .uuid(settlement.consent.uuid)]).rows.first
      else { return }
      let consent = try Consent(row)
      try await transaction.pipeline([
        audit.record(
          settlement.change == .sourceFollowed ? .withdrawalForwarded : .consentForwarded, tenant: tenant, actor: actor,
          subject: consent.subjectID, object: consent.id.description, outcome: settlement.isRefused ? settlement.reference : "ok")
      ])
      guard let change = settlement.change, ConsentTransitions.state(after: change, from: consent.state) != nil else { return }
      _ = try await apply(
        change, to: consent, actor: "jlis", basis: "reception:" + settlement.reference, tenant: tenant, in: transaction)
      if change == .takenBySource || change == .renewed { try await received(consent, change, settlement, tenant, in: transaction) }
    }
  }

  /// J-LIS has it: from now on it is in force, for as long as the notice says.
  private func received(
    _ consent: Consent, _ change: ConsentChange, _ settlement: Settlement, _ tenant: TenantID, in transaction: TenantTransaction
  ) async throws {
    let now = clock.now()
    let isNew = change == .takenBySource
    let notice = try await transaction.query(
      NoticeStore.get, [.uuid(tenant.uuid), .uuid(consent.noticeID.uuid), .int4(Int32(consent.version))]
    ).rows.first.map { try NoticeService.notice($0) }
    guard let notice else { throw KeyError.damaged }
    // What was signed and forwarded counts, unless the notice counts from the reception.
    let counted = settlement.receivedAt ?? now
    let forwarded = Validity(from: nil, until: settlement.validUntil ?? consent.validUntil ?? now, countedFrom: now)
    let validity = notice.validityStart == .dayAfterReception ? Validity(notice, at: counted) : forwarded
    try await transaction.pipeline([
      Validity(from: nil, until: validity.until, countedFrom: now).statement(
        tenant, consent.id, givenAt: isNew ? now : nil, receivedAt: settlement.receivedAt, reference: settlement.reference),
      events.record(isNew ? .consentGiven : .consentRenewed, tenant: tenant, subject: consent.subjectID, consent: consent.id),
    ])
  }
}
