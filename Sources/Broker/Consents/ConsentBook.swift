internal import CitizenItems
internal import Crypto
internal import Foundation
internal import JLIS
internal import JPKI
internal import Logging
internal import PostgreSQL

/// What is agreed to in a session: selections with the notices that they are parts of.
struct AgreedConsents: Sendable {
  var notices: [Notice] = []
  var selections: [ConsentSelection] = []
  /// What the person reads before signing.
  var statement = ""
  /// SHA-256 over the notices' digests.
  var noticeDigest: [UInt8] = []
}

/// A signature over consents, as it is recorded.
struct ConsentSigning {
  let caller: Caller
  let subject: SubjectID
  let session: UUID
  let toBeSigned: [UInt8]
  let part: CardMaterial.Part
  let keys: TenantKeys
}

/// The life of consents: asked for, given, forwarded to J-LIS, renewed, ended. Every change is one more line of history (``ConsentTransitions``).
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

  /// Whether J-LIS has to have a consent to these: it is one to latest items, of a tenant that may ask for them.
  static func isAtSource(_ selection: ConsentSelection, caller: Caller) -> Bool {
    caller.status == .deemedVerifier && selection.purposes.contains(NoticePoint.purpose) && !selection.items.isEmpty
  }

  /// Records that the person is asked; of each selection the consent, or nil where one that stands would be renewed.
  func request(
    _ agreed: AgreedConsents, caller: Caller, subject: SubjectID, session: ConsentSessionID, in transaction: TenantTransaction
  ) async throws -> [ConsentID?] {
    var requested: [ConsentID?] = []
    for (notice, selection) in zip(agreed.notices, agreed.selections) {
      guard try await renewable(notice, selection, caller: caller, subject: subject, in: transaction) == nil else {
        requested.append(nil)
        continue
      }
      let consent = consent(notice, selection, agreed, caller: caller, subject: subject)
      try await transaction.pipeline(
        asking(consent, session.uuid, agreed, basis: "session:" + session.description, tenant: caller.tenantID))
      requested.append(consent.id)
    }
    return requested
  }

  private func consent(
    _ notice: Notice, _ selection: ConsentSelection, _ agreed: AgreedConsents, caller: Caller, subject: SubjectID
  ) -> Consent {
    let now = clock.now()
    return Consent(
      id: ids.next(), subjectID: subject, serviceID: notice.serviceID, noticeID: notice.id, version: notice.version,
      noticeDigest: notice.digest, language: notice.language, purposes: selection.purposes, items: selection.items, state: .requested,
      requestedAt: now, givenAt: nil, validFrom: nil, validUntil: nil, updatedAt: now,
      isAtSource: Self.isAtSource(selection, caller: caller), statementDigest: Array(agreed.statement.utf8).sha256, channel: .tenantScreen)
  }

  private func asking(_ consent: Consent, _ session: UUID, _ agreed: AgreedConsents, basis: String, tenant: TenantID) -> [BoundStatement] {
    [
      BoundStatement(
        ConsentStore.insert,
        [
          .uuid(tenant.uuid), .uuid(consent.id.uuid), .uuid(consent.subjectID.uuid), .text(consent.serviceID),
          .uuid(consent.noticeID.uuid), .int4(Int32(consent.version)), .bytes(consent.noticeDigest), .text(consent.language),
          .textArray(consent.purposes), .textArray(consent.items.map(\.rawValue)), .uuid(session),
          .bytes(Array(agreed.statement.utf8).sha256), .timestamp(consent.requestedAt), .bool(consent.isAtSource),
        ]), line(consent.id, .requested, actor: "tenant", basis: basis, tenant: tenant, at: consent.requestedAt),
    ]
  }

  private func renewable(
    _ notice: Notice, _ selection: ConsentSelection, caller: Caller, subject: SubjectID, in transaction: TenantTransaction
  ) async throws -> Consent? {
    try await transaction.query(
      ConsentStore.renewable,
      [
        .uuid(caller.tenantID.uuid), .uuid(subject.uuid), .uuid(notice.id.uuid), .int4(Int32(notice.version)),
        .textArray(selection.purposes), .textArray(selection.items.map(\.rawValue)), .bool(Self.isAtSource(selection, caller: caller)),
        .timestamp(clock.now()),
      ]
    ).rows.first.map { try Consent($0) }
  }

  /// Records a signature: each consent is `given` at once, or `pendingAtSource` with an intent where J-LIS must have it; one to the same that is in
  /// force is renewed; earlier ones of the same notice give way.
  ///
  /// - Parameter requested: of each selection the consent that ``request(_:caller:subject:session:in:)`` recorded; empty where there was no subject to
  ///   record it of: the request is recorded with the signature then.
  func give(_ agreed: AgreedConsents, requested: [ConsentID?] = [], _ signing: ConsentSigning, in transaction: TenantTransaction)
    async throws -> [Consent]
  {
    var consents: [Consent] = []
    let basis = "session:" + Identifier<ConsentSessionKind>(signing.session).description
    for (index, (notice, selection)) in zip(agreed.notices, agreed.selections).enumerated() {
      let validity = Validity(notice, at: clock.now())
      if let known = try await renewable(notice, selection, caller: signing.caller, subject: signing.subject, in: transaction) {
        consents.append(try await renew(known, validity, agreed, basis, signing, in: transaction))
        continue
      }
      let asked = try await asked(index < requested.count ? requested[index] : nil, signing, in: transaction)
      let consent: Consent
      if let asked {
        consent = asked
      } else {
        consent = self.consent(notice, selection, agreed, caller: signing.caller, subject: signing.subject)
        try await transaction.pipeline(asking(consent, signing.session, agreed, basis: basis, tenant: signing.keys.tenantID))
      }
      consents.append(try await sign(consent, validity, basis, signing, in: transaction))
    }
    try await supersede(consents, subject: signing.subject, tenant: signing.keys.tenantID, in: transaction)
    return consents
  }

  /// The consent that was recorded as requested, if it still waits.
  private func asked(_ id: ConsentID?, _ signing: ConsentSigning, in transaction: TenantTransaction) async throws -> Consent? {
    guard let id else { return nil }
    let row = try await transaction.query(ConsentStore.lock, [.uuid(signing.keys.tenantID.uuid), .uuid(id.uuid)]).rows.first
    return try row.map { try Consent($0) }.flatMap { $0.state == .requested ? $0 : nil }
  }

  private func sign(
    _ consent: Consent, _ validity: Validity, _ basis: String, _ signing: ConsentSigning, in transaction: TenantTransaction
  ) async throws -> Consent {
    let tenant = signing.keys.tenantID
    var signed = try await apply(
      consent.isAtSource ? .signedForSource : .signed, to: consent, actor: "person", basis: basis, tenant: tenant, in: transaction)
    signed.givenAt = consent.isAtSource ? nil : clock.now()
    signed.validFrom = validity.from
    signed.validUntil = validity.until
    try await transaction.pipeline([
      validity.statement(tenant, consent.id, givenAt: signed.givenAt),
      consent.isAtSource
        ? try intent(.forwardConsent, signed, signing.toBeSigned, signing.part, signing.keys)
        : events.record(.consentGiven, tenant: tenant, subject: signed.subjectID, consent: signed.id),
    ])
    return signed
  }

  /// The same again: its time begins anew, at J-LIS first where J-LIS has it. Until then the old time counts.
  private func renew(
    _ consent: Consent, _ validity: Validity, _ agreed: AgreedConsents, _ basis: String, _ signing: ConsentSigning,
    in transaction: TenantTransaction
  ) async throws -> Consent {
    let tenant = signing.keys.tenantID
    try await transaction.pipeline([
      BoundStatement(
        ConsentStore.setSession,
        [.uuid(tenant.uuid), .uuid(consent.id.uuid), .uuid(signing.session), .bytes(Array(agreed.statement.utf8).sha256)])
    ])
    guard !consent.isAtSource else {
      var forwarded = consent
      forwarded.validFrom = validity.from
      forwarded.validUntil = validity.until
      try await transaction.pipeline([try intent(.renewConsent, forwarded, signing.toBeSigned, signing.part, signing.keys)])
      return consent
    }
    var renewed = try await apply(.renewed, to: consent, actor: "person", basis: basis, tenant: tenant, in: transaction)
    renewed.validUntil = validity.until
    try await transaction.pipeline([
      Validity(from: nil, until: validity.until, countedFrom: validity.countedFrom).statement(tenant, consent.id),
      events.record(.consentRenewed, tenant: tenant, subject: consent.subjectID, consent: consent.id),
    ])
    return renewed
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
        _ = try await apply(
          .superseded, to: try Consent(row), actor: "person", basis: "consent:" + consent.id.description, tenant: tenant, in: transaction)
      }
    }
  }

  /// A consent, locked after its subject, as every door to consents locks: a request for latest items in flight ends before or after, never beside.
  func lock(_ id: ConsentID, tenant: TenantID, pairs: PairKeeper, in transaction: TenantTransaction) async throws -> Consent {
    let key: [SQLValue] = [.uuid(tenant.uuid), .uuid(id.uuid)]
    guard let row = try await transaction.query(ConsentStore.get, key).rows.first else { throw Refusal.notFound("consent") }
    _ = try await pairs.lock(try Consent(row).subjectID, tenant: tenant, in: transaction)
    guard let locked = try await transaction.query(ConsentStore.lock, key).rows.first else { throw Refusal.notFound("consent") }
    return try Consent(locked)
  }

  /// The refusal of a change that does not apply.
  static let notInForce = Refusal(
    .conflict, "consentNotInForce", "The consent is not in force any more.", nextStep: "Look at its events; there is nothing left to end.")

  /// One more line of history, and the state that follows from it. The consent must be locked.
  ///
  /// - Parameter at: when it happened, where that was not now.
  /// - Returns: the consent as it stands then.
  /// - Throws: `Refusal`: `consentNotInForce` where the change does not apply.
  func apply(
    _ change: ConsentChange, to consent: Consent, actor: String, basis: String, tenant: TenantID, at: Date? = nil,
    in transaction: TenantTransaction
  ) async throws -> Consent {
    guard let state = ConsentTransitions.state(after: change, from: consent.state) else { throw Self.notInForce }
    let moment = at ?? clock.now()
    try await transaction.pipeline([
      BoundStatement(ConsentStore.setState, [.uuid(tenant.uuid), .uuid(consent.id.uuid), .text(state.rawValue), .timestamp(moment)]),
      line(consent.id, state, actor: actor, basis: basis, tenant: tenant, at: moment),
    ])
    var changed = consent
    changed.state = state
    changed.updatedAt = moment
    return changed
  }

  private func line(_ consent: ConsentID, _ state: ConsentState, actor: String, basis: String, tenant: TenantID, at: Date)
    -> BoundStatement
  {
    BoundStatement(
      ConsentStore.insertEvent,
      [.uuid(tenant.uuid), .uuid(consent.uuid), .timestamp(at), .text(state.rawValue), .text(actor), .text(basis)])
  }
}

/// The time of a consent, and what follows from it: when to remind of it, and when to prompt for its renewal.
struct Validity {
  let from: Date?
  let until: Date
  /// The signature, or the reception at J-LIS.
  let countedFrom: Date

  init(from: Date?, until: Date, countedFrom: Date) {
    self.from = from
    self.until = until
    self.countedFrom = countedFrom
  }

  /// In force from the moment; how long is counted as the notice says. A validity that cannot be read ends at once.
  init(_ notice: Notice, at now: Date) { self.init(notice.validFor, start: notice.validityStart, at: now) }

  init(_ validFor: String, start: ValidityStart, at now: Date) {
    from = now
    until = ValidityPeriod(validFor)?.end(from: now, start: start) ?? now
    countedFrom = now
  }

  /// Yearly (jpki.md §8).
  var remindAt: Date { Self.aYear(after: countedFrom) }

  static func aYear(after date: Date) -> Date { JapaneseCalendar.calendar.date(byAdding: .year, value: 1, to: date) ?? .distantFuture }

  /// Ninety days before the end, or in the last quarter of a shorter time.
  var promptAt: Date { until.addingTimeInterval(-min(90 * 86_400, max(until.timeIntervalSince(countedFrom), 0) / 4)) }

  /// Writes it.
  func statement(
    _ tenant: TenantID, _ consent: ConsentID, givenAt: Date? = nil, receivedAt: Date? = nil, reference: String? = nil
  ) -> BoundStatement {
    BoundStatement(
      ConsentStore.setTimes,
      [
        .uuid(tenant.uuid), .uuid(consent.uuid), .timestamp(optional: givenAt), .timestamp(optional: from), .timestamp(until),
        .timestamp(remindAt), .timestamp(promptAt), .timestamp(optional: receivedAt), .text(optional: reference),
      ])
  }
}
