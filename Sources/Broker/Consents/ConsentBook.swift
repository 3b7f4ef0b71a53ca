internal import CitizenItems
internal import Crypto
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

/// What is agreed to in a session: selections with the notices that they are parts of.
struct AgreedConsents: Sendable {
  var notices: [Notice] = []
  var selections: [ConsentSelection] = []
  /// What the person reads before signing.
  var statement = ""
  /// SHA-256 over the notices' digests.
  var noticeDigest: [UInt8] = []
}

/// The life of consents: given, forwarded to J-LIS, withdrawn, ended. Every change is one more line of history.
struct ConsentBook: Sendable {
  let database: Database
  let vault: KeyVault
  let clock: any WallClock
  let ids: IdentifierSource
  let events: EventLog
  let audit: AuditTrail
  let jlis: any JLISService
  let logger: Logger

  /// Checks selections against their notices and writes the statement that the person reads.
  func agree(_ selections: [ConsentSelection], caller: Caller, in transaction: TenantTransaction) async throws -> AgreedConsents {
    var agreed = AgreedConsents()
    for (index, selection) in selections.enumerated() {
      let pointer = "/consents/\(index)"
      let result = try await transaction.query(
        NoticeStore.get, [.uuid(caller.tenantID.uuid), .uuid(selection.noticeID.uuid), .int4(Int32(clamping: selection.version))])
      guard let row = result.rows.first else {
        throw Refusal.field(
          pointer + "/noticeId", "noticeUnknown", "There is no such version of this notice.",
          nextStep: "Publish it first, with POST /v1/notices.")
      }
      let notice = try NoticeService.notice(row)
      guard !selection.purposes.isEmpty, Set(selection.purposes).isSubset(of: notice.purposes) else {
        throw Refusal.field(
          pointer + "/purposes", "purposesNotInNotice", "The notice does not name these purposes.",
          nextStep: "Ask for purposes of the notice.")
      }
      guard Set(selection.items).isSubset(of: Set(notice.items)), Set(selection.items).count == selection.items.count else {
        throw Refusal.field(
          pointer + "/items", "itemsNotInNotice", "The notice does not name these items.",
          nextStep: "Ask for items of the notice, each once.")
      }
      agreed.notices.append(notice)
      agreed.selections.append(selection)
    }
    agreed.noticeDigest = selections.isEmpty ? [] : agreed.notices.flatMap(\.digest).sha256
    agreed.statement = zip(agreed.notices, agreed.selections).map(Self.statement).joined(separator: "\n\n")
    return agreed
  }

  /// One consent in the notice's language, Japanese or else English.
  private static func statement(_ notice: Notice, _ selection: ConsentSelection) -> String {
    let isJapanese = notice.language.lowercased().hasPrefix("ja")
    let names: [Item: String] =
      isJapanese
      ? [.name: "氏名", .address: "住所", .dateOfBirth: "生年月日", .sex: "性別"]
      : [.name: "name", .address: "address", .dateOfBirth: "date of birth", .sex: "sex"]
    let items = Item.allCases.filter(selection.items.contains).compactMap { names[$0] }
    if isJapanese {
      return """
        「\(notice.title)」（第\(notice.version)版）の説明を読み、次のとおり同意します。
        利用目的：\(selection.purposes.joined(separator: "、"))
        提供する情報：\(items.isEmpty ? "なし" : items.joined(separator: "、"))
        有効期間：\(notice.validFor)
        撤回の方法：\(notice.withdrawalMethod)
        """
    }
    return """
      I have read "\(notice.title)" (version \(notice.version)) and agree as follows.
      Purposes: \(selection.purposes.joined(separator: ", "))
      Information: \(items.isEmpty ? "none" : items.joined(separator: ", "))
      Valid for: \(notice.validFor)
      How to withdraw: \(notice.withdrawalMethod)
      """
  }

  /// The selections' notices again, when the signature has come.
  func agreedAgain(_ selections: [ConsentSelection], caller: Caller, in transaction: TenantTransaction) async throws -> AgreedConsents {
    try await agree(selections, caller: caller, in: transaction)
  }

  /// Writes signed consents: `given` at once, or `pendingAtSource` with an intent where J-LIS must have them. Earlier ones of the same notice give way.
  func give(
    _ agreed: AgreedConsents, caller: Caller, subject: SubjectID, session: UUID, signed toBeSigned: [UInt8], by part: CardMaterial.Part,
    keys: TenantKeys,
    in transaction: TenantTransaction
  ) async throws -> [Consent] {
    let tenant = SQLValue.uuid(keys.tenantID.uuid)
    let now = clock.now()
    var consents: [Consent] = []
    var statements: [BoundStatement] = []
    let basis = "session:" + Identifier<ConsentSessionKind>(session).description
    for (notice, selection) in zip(agreed.notices, agreed.selections) {
      let interval = ValidityPeriod(notice.validFor)?.interval(given: now) ?? (from: now, until: now)
      let isAtSource = caller.status == .deemedVerifier && !selection.items.isEmpty
      let state: ConsentState = isAtSource ? .pendingAtSource : .given
      // In force from the moment; the period is counted from the day after (民法140条, jpki.md §8 point 8).
      let consent = Consent(
        id: ids.next(), subjectID: subject, serviceID: notice.serviceID, noticeID: notice.id, version: notice.version,
        noticeDigest: notice.digest,
        language: notice.language, purposes: selection.purposes, items: selection.items, state: state, requestedAt: now,
        givenAt: state == .given ? now : nil, validFrom: now, validUntil: interval.until, updatedAt: now, isAtSource: isAtSource)
      statements.append(
        BoundStatement(
          ConsentStore.insert,
          [
            tenant, .uuid(consent.id.uuid), .uuid(subject.uuid), .text(consent.serviceID), .uuid(notice.id.uuid),
            .int4(Int32(notice.version)),
            .bytes(notice.digest), .text(notice.language), .textArray(selection.purposes), .textArray(selection.items.map(\.rawValue)),
            .text(state.rawValue), .uuid(session), .bytes(Array(agreed.statement.utf8).sha256), .timestamp(now),
            .timestamp(optional: consent.givenAt),
            .timestamp(optional: consent.validFrom), .timestamp(optional: consent.validUntil), .timestamp(now), .bool(isAtSource),
          ]))
      statements.append(line(consent.id, .requested, actor: "tenant", basis: basis, tenant: keys.tenantID))
      statements.append(line(consent.id, state, actor: "person", basis: basis, tenant: keys.tenantID))
      if isAtSource {
        statements.append(try intent(.forwardConsent, consent, toBeSigned, part, keys))
      } else {
        statements.append(events.record(.consentGiven, tenant: keys.tenantID, subject: subject, consent: consent.id))
      }
      consents.append(consent)
    }
    try await transaction.pipeline(statements)
    try await supersede(consents, subject: subject, tenant: keys.tenantID, in: transaction)
    return consents
  }

  private func supersede(_ consents: [Consent], subject: SubjectID, tenant: TenantID, in transaction: TenantTransaction) async throws {
    for consent in consents {
      let earlier = try await transaction.query(
        ConsentStore.superseded,
        [
          .uuid(tenant.uuid), .uuid(subject.uuid), .uuid(consent.noticeID.uuid), .text(consent.serviceID),
          .uuidArray(consents.map(\.id.uuid)),
        ])
      for row in earlier.rows {
        try await change(
          try Consent(row), to: .superseded, actor: "person", basis: "consent:" + consent.id.description, tenant: tenant, in: transaction)
      }
    }
  }

  /// One more line of history, and the state that follows from it.
  func change(_ consent: Consent, to state: ConsentState, actor: String, basis: String, tenant: TenantID, in transaction: TenantTransaction)
    async throws
  {
    try await transaction.pipeline([
      BoundStatement(
        ConsentStore.setState,
        [.uuid(tenant.uuid), .uuid(consent.id.uuid), .text(state.rawValue), .timestamp(clock.now()), .null, .null, .null, .null]),
      line(consent.id, state, actor: actor, basis: basis, tenant: tenant),
    ])
  }

  private func line(_ consent: ConsentID, _ state: ConsentState, actor: String, basis: String, tenant: TenantID) -> BoundStatement {
    BoundStatement(
      ConsentStore.insertEvent,
      [.uuid(tenant.uuid), .uuid(consent.uuid), .timestamp(clock.now()), .text(state.rawValue), .text(actor), .text(basis)])
  }

  enum IntentKindName: String, Sendable {
    case forwardConsent, cancelConsent
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
  func forward(_ tenant: TenantID, sessionOrConsent: UUID?, before: Date, actor: String) async throws {
    let keys = try await vault.tenantKeys(tenant)
    let open = try await database.query(
      tenant, ConsentStore.openIntents, [.uuid(tenant.uuid), sessionOrConsent.map { .uuid($0) } ?? .null, .timestamp(before)])
    for row in open.rows {
      let intent = IntentID(try row.uuid(0))
      let consent = ConsentID(try row.uuid(3))
      guard let kind = IntentKindName(rawValue: try row.text(1)) else { continue }
      if try row.bool(6) {
        // Ended here before J-LIS had it: it shall not come to have it.
        try await settle(intent, consent, nil, reference: "ended", receivedAt: nil, tenant, actor)
        continue
      }
      let sealed = try row.bytes(4)
      let payload = try JSONDecoder().decode(
        ForwardedPayload.self, from: Data(try keys.open(sealed, table: "intents", column: "payload_sealed", row: intent.uuid)))
      do {
        switch kind {
        case .forwardConsent:
          let reception = try await jlis.registerConsent(
            ForwardedConsent(
              consentID: consent.description, serviceID: try row.text(5), items: Set(payload.items), statement: Array(payload.statement),
              signature: Array(payload.signature), certificate: Array(payload.certificate), validFrom: payload.validFrom ?? clock.now(),
              validUntil: payload.validUntil ?? clock.now()))
          try await settle(intent, consent, .given, reference: reception.reference, receivedAt: reception.receivedAt, tenant, actor)
        case .cancelConsent:
          let reception = try await jlis.cancelConsent(
            ForwardedCancellation(
              consentID: consent.description, serviceID: try row.text(5), statement: Array(payload.statement),
              signature: Array(payload.signature),
              certificate: Array(payload.certificate)))
          try await settle(intent, consent, .withdrawn, reference: reception.reference, receivedAt: nil, tenant, actor)
        }
      } catch let error as JLISError {
        guard case .refused(let refusal) = error else {
          logger.warning("J-LIS was not reached; the intent stays open", metadata: ["intent": "\(intent)", "error": "\(error)"])
          continue
        }
        if kind == .cancelConsent, refusal == .consentUnknown {
          // J-LIS never had it: nothing is left to end there.
          try await settle(intent, consent, .withdrawn, reference: refusal.rawValue, receivedAt: nil, tenant, actor)
          continue
        }
        try await settle(
          intent, consent, kind == .forwardConsent ? .invalidated : nil, reference: refusal.rawValue, receivedAt: nil, tenant, actor)
      }
    }
  }

  /// The second transaction of law 11: the result and its audit event.
  private func settle(
    _ intent: IntentID, _ consentID: ConsentID, _ state: ConsentState?, reference: String, receivedAt: Date?, _ tenant: TenantID,
    _ actor: String
  ) async throws {
    try await database.transaction(tenant) { transaction in
      let refused = state == nil || state == .invalidated
      let closed = try await transaction.query(
        ConsentStore.closeIntent, [.uuid(tenant.uuid), .uuid(intent.uuid), .text(refused ? "refused" : "done"), .timestamp(clock.now())])
      guard closed.affectedRows == 1,
        let row = try await transaction.query(ConsentStore.lock, [.uuid(tenant.uuid), .uuid(consentID.uuid)]).rows.first
      else { return }
      let consent = try Consent(row)
      var statements = [
        audit.record(
          state == .withdrawn ? .withdrawalForwarded : .consentForwarded, tenant: tenant, actor: actor, subject: consent.subjectID,
          object: consentID.description, outcome: refused ? reference : "ok")
      ]
      let applies = state == .withdrawn ? consent.state == .withdrawnLocally : consent.state == .pendingAtSource
      if let state, applies {
        try await change(consent, to: state, actor: "jlis", basis: "reception:" + reference, tenant: tenant, in: transaction)
        if state == .given {
          statements.append(
            BoundStatement(
              ConsentStore.setState,
              [
                .uuid(tenant.uuid), .uuid(consentID.uuid), .text(state.rawValue), .timestamp(clock.now()), .timestamp(clock.now()), .null,
                .null,
                .text(reference),
              ]))
          statements.append(events.record(.consentGiven, tenant: tenant, subject: consent.subjectID, consent: consentID))
        }
      }
      try await transaction.pipeline(statements)
    }
  }
}
