internal import CitizenItems
internal import Foundation
internal import JLIS
internal import JPKI
internal import Logging
internal import PostgreSQL

/// How a request for the latest items (最新の利用者情報) ended.
public struct LatestItemsOutcome: Sendable, Codable {
  /// `updated`, `unchanged`, `notYetAvailable`, `notConsented` or `consentCancelled`.
  public let outcome: String
  /// The subject's pair as this answer leaves it: `pending` after all four items, `stale` after fewer; nil where nothing was renewed.
  public let pair: OnboardedPair?
  /// The evidence row of this request, without items.
  public let verificationID: VerificationID
}

/// The answer: the outcome, and items once.
public struct LatestItemsResult: Sendable {
  /// The outcome; fit to be stored.
  public let outcome: LatestItemsOutcome
  /// What is consented to and new; nil unless `updated`, and in a late repeat.
  public let items: DisclosedItems?
  /// A repeat after ten minutes, or after the consent's end: the items were handed over before and are not kept.
  public let itemsHandedOver: Bool
}

/// What a repeat within ten minutes needs to ask J-LIS again; encrypted, and emptied after that (law 6).
private struct AskedSerial: Codable {
  let serial: Data
}

/// Asks J-LIS for the latest items of a subject under consent (jpki.md §8), and hands them over once.
public struct LatestItemsService: Sendable {
  static let rebuildSeconds: TimeInterval = 600

  let core: BrokerCore
  let book: ConsentBook

  /// - Returns: what J-LIS has within the consent; nothing without one.
  public func fetch(_ caller: Caller, id: SubjectID, request: RepeatableRequest) async throws -> LatestItemsResult {
    try caller.require(.latestItems)
    try caller.requireDeemedVerifier()
    switch try await core.idempotency.claim(caller, request, as: LatestItemsOutcome.self) {
    case .answered(let outcome, let at): return try await again(caller, id, outcome, at)
    case .claimed(let claim):
      do {
        return try await perform(caller, id, claim)
      } catch {
        await core.idempotency.release(claim)
        throw error
      }
    }
  }

  /// What is needed to ask: the consent in force, and the serial to ask by.
  private struct Question: Sendable {
    let consent: Consent
    let service: String
    let serial: Serial
    let binding: BindingID
  }

  private enum Standing: Sendable {
    case ask(Question)
    case refused(String, ConsentID?)
  }

  private func perform(_ caller: Caller, _ id: SubjectID, _ claim: Idempotency.Claim) async throws -> LatestItemsResult {
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    // Law 11: the intent is committed before the call; a taken-over claim asks by the serial that the dead attempt asked by.
    let standing = try await core.database.transaction(caller.tenantID) { transaction -> Standing in
      guard try await core.pairs.lock(id, tenant: caller.tenantID, in: transaction) else { throw Refusal.notFound("subject") }
      let standing = try await question(caller.tenantID, id, keys, in: transaction)
      if case .ask(let question) = standing {
        let intent = core.ids.next(IntentKind.self)
        let asked = try JSONEncoder().encode(AskedSerial(serial: Data(question.serial.bytes)))
        try await transaction.pipeline([
          BoundStatement(
            LatestItemsStore.insertIntent,
            [
              .uuid(caller.tenantID.uuid), .uuid(intent.uuid), .uuid(id.uuid), .uuid(question.consent.id.uuid),
              .bytes(try keys.seal(Array(asked), table: "intents", column: "payload_sealed", row: intent.uuid)),
              .timestamp(core.clock.now()), .bool(claim.isResumed),
            ]),
          core.audit.record(.sourceAddressed, by: caller, subject: id, object: question.consent.id.description, purpose: "latestItems"),
        ])
      }
      return standing
    }
    switch standing {
    case .refused(let outcome, let consent):
      return try await core.database.transaction(caller.tenantID) { transaction in
        try await end(caller, id, outcome, pair: nil, consent, items: nil, claim, in: transaction)
      }
    case .ask(let question):
      let answer = try await ask(question)
      let tags = try await cardTags(of: answer, keys)
      return try await core.database.transaction(caller.tenantID) { transaction in
        guard try await core.pairs.lock(id, tenant: caller.tenantID, in: transaction) else { throw Refusal.notFound("subject") }
        // The consent may have been withdrawn while J-LIS was asked, and even given anew: then what it gave is dropped here, unread.
        guard case .ask(let still) = try await self.question(caller.tenantID, id, keys, in: transaction),
          still.consent.id == question.consent.id
        else {
          return try await end(caller, id, "consentCancelled", pair: nil, question.consent.id, items: nil, claim, in: transaction)
        }
        return try await settle(caller, id, question, answer, tags, claim, keys, in: transaction)
      }
    }
  }

  /// The consent in force and the newest signing binding; the old serial of an open or fresh intent goes first.
  private func question(_ tenant: TenantID, _ id: SubjectID, _ keys: TenantKeys, in transaction: TenantTransaction) async throws -> Standing
  {
    guard let row = try await transaction.query(ConsentStore.forLatestItems, [.uuid(tenant.uuid), .uuid(id.uuid)]).rows.first else {
      return .refused("notConsented", nil)
    }
    let consent = try Consent(row)
    guard consent.state.isInForce, (consent.validUntil ?? .distantPast) > core.clock.now() else {
      return .refused("consentCancelled", consent.id)
    }
    guard
      let service = try await transaction.query(ConsentStore.service, [.uuid(tenant.uuid), .text(consent.serviceID)]).rows.first?.text(0)
    else {
      return .refused("notConsented", consent.id)
    }
    guard let binding = try await transaction.query(LatestItemsStore.signingBinding, [.uuid(tenant.uuid), .uuid(id.uuid)]).rows.first else {
      return .refused("notYetAvailable", consent.id)
    }
    return .ask(
      Question(
        consent: consent, service: service, serial: try SealedSerial.open(try binding.bytes(1), keys),
        binding: BindingID(try binding.uuid(0))))
  }

  private func ask(_ question: Question) async throws -> LatestItemsAnswer {
    do {
      return try await core.jlis.latestItems(
        oldSigningSerial: question.serial, serviceID: question.service, consentID: question.consent.id.description)
    } catch {
      core.logger.warning("J-LIS gave no latest items", metadata: ["error": "\(error)"])
      throw Refusal.unavailable("J-LIS")
    }
  }

  /// The second transaction: binding of the new serial, pairs, audit, answer.
  private func settle(
    _ caller: Caller, _ id: SubjectID, _ question: Question, _ answer: LatestItemsAnswer, _ tags: [EdgeTag]?, _ claim: Idempotency.Claim,
    _ keys: TenantKeys, in transaction: TenantTransaction
  ) async throws -> LatestItemsResult {
    switch answer {
    case .unchanged: return try await end(caller, id, "unchanged", pair: nil, question.consent.id, items: nil, claim, in: transaction)
    case .notYetAvailable:
      return try await end(caller, id, "notYetAvailable", pair: nil, question.consent.id, items: nil, claim, in: transaction)
    case .notConsented: return try await end(caller, id, "notConsented", pair: nil, question.consent.id, items: nil, claim, in: transaction)
    case .consentCancelled:
      _ = try await book.apply(
        .cancelledAtSource, to: question.consent, actor: "jlis", basis: "latest items", tenant: caller.tenantID, in: transaction)
      try await transaction.pipeline([
        core.events.record(.consentCancelledAtSource, tenant: caller.tenantID, subject: id, consent: question.consent.id)
      ])
      return try await end(caller, id, "consentCancelled", pair: nil, question.consent.id, items: nil, claim, in: transaction)
    case .updated(let partial, let newSerial):
      // The old certificate's standing is a content change, however it was found out.
      try await core.standing.record(question.binding, of: id, kind: .signing, .changed, method: "none", keys: keys, in: transaction)
      try await SubjectBinder(core: core).bind(
        serial: newSerial, kind: .signing, to: id, issuerKeyIdentifier: nil, medium: nil, notBefore: nil, notAfter: nil, method: "none",
        keys: keys,
        in: transaction)
      let pair = try await renewPair(id, tags, keys, in: transaction)
      let agreed = Set(question.consent.items)
      let items = DisclosedItems(
        name: agreed.contains(.name) ? partial.name : nil, address: agreed.contains(.address) ? partial.address : nil,
        dateOfBirth: agreed.contains(.dateOfBirth) ? partial.dateOfBirth : nil, sex: agreed.contains(.sex) ? partial.sex : nil)
      return try await end(caller, id, "updated", pair: pair, question.consent.id, items: items, claim, in: transaction)
    }
  }

  /// The card tags of an answer that brought all four items; nil for any other.
  private func cardTags(of answer: LatestItemsAnswer, _ keys: TenantKeys) async throws -> [EdgeTag]? {
    guard case .updated(let partial, _) = answer, let name = partial.name, let address = partial.address,
      let dateOfBirth = partial.dateOfBirth, let sex = partial.sex
    else { return nil }
    return try await core.cardTags.make(FourItems(name: name, address: address, dateOfBirth: dateOfBirth, sex: sex), keys)
  }

  /// All four items make a new card tag and a pending row; fewer leave the pair stale (house.md, pair table).
  private func renewPair(_ id: SubjectID, _ tags: [EdgeTag]?, _ keys: TenantKeys, in transaction: TenantTransaction) async throws
    -> OnboardedPair?
  {
    let rows = try await core.pairs.pairs(of: id, keys: keys, in: transaction)
    guard let row = rows.last(where: { $0.state != .pending }) ?? rows.last else { return nil }
    guard let tags else {
      let after = try await core.pairs.apply(.latestItemsIncomplete, to: row, keys: keys, in: transaction)
      return after.map { OnboardedPair(id: $0.id, state: $0.state) }
    }
    if var pending = rows.first(where: { $0.state == .pending }) {
      pending.cardTags = tags
      let after = try await core.pairs.carryOut(.stays, pending, keys: keys, in: transaction)
      return after.map { OnboardedPair(id: $0.id, state: $0.state) }
    }
    guard try await core.pairs.apply(.latestItemsComplete, to: row, keys: keys, in: transaction) != nil else { return nil }
    let pending = try await core.pairs.insertPending(beside: row, cardTags: tags, keys: keys, in: transaction)
    return OnboardedPair(id: pending.id, state: pending.state)
  }

  private func end(
    _ caller: Caller, _ id: SubjectID, _ outcome: String, pair: OnboardedPair?, _ consent: ConsentID?, items: DisclosedItems?,
    _ claim: Idempotency.Claim,
    in transaction: TenantTransaction
  ) async throws -> LatestItemsResult {
    let answer = LatestItemsOutcome(outcome: outcome, pair: pair, verificationID: core.ids.next())
    try await transaction.pipeline([
      BoundStatement(
        LatestItemsStore.insertVerification,
        [.uuid(caller.tenantID.uuid), .uuid(answer.verificationID.uuid), .uuid(id.uuid), .text(outcome), .timestamp(core.clock.now())]),
      BoundStatement(LatestItemsStore.closeIntents, [.uuid(caller.tenantID.uuid), .uuid(id.uuid), .timestamp(core.clock.now())]),
      core.audit.record(
        .latestItemsAsked, by: caller, subject: id, object: consent?.description, purpose: "latestItems", outcome: outcome,
        detail: pair.map { ["pair": $0.state.rawValue] } ?? [:]),
    ])
    try await core.idempotency.finish(claim, answer, in: transaction)
    return LatestItemsResult(outcome: answer, items: items, itemsHandedOver: false)
  }

  /// A repeat: within ten minutes J-LIS is asked again by the same old serial, if the consent still stands; later the items were handed over.
  private func again(_ caller: Caller, _ id: SubjectID, _ outcome: LatestItemsOutcome, _ at: Date) async throws -> LatestItemsResult {
    guard outcome.outcome == "updated" else { return LatestItemsResult(outcome: outcome, items: nil, itemsHandedOver: false) }
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    guard core.clock.now() < at.addingTimeInterval(Self.rebuildSeconds),
      let question = try await core.database.transaction(
        caller.tenantID,
        { transaction -> Question? in
          guard case .ask(let current) = try await question(caller.tenantID, id, keys, in: transaction),
            let row = try await transaction.query(LatestItemsStore.asked, [.uuid(caller.tenantID.uuid), .uuid(id.uuid), .timestamp(at)])
              .rows.first,
            let sealed = try row.optionalBytes(1)
          else { return nil }
          let asked = try JSONDecoder().decode(
            AskedSerial.self, from: Data(try keys.open(sealed, table: "intents", column: "payload_sealed", row: try row.uuid(0))))
          guard let serial = Serial(Array(asked.serial)) else { return nil }
          try await transaction.pipeline([
            core.audit.record(.sourceAddressed, by: caller, subject: id, object: current.consent.id.description, purpose: "latestItems")
          ])
          return Question(consent: current.consent, service: current.service, serial: serial, binding: current.binding)
        })
    else { return LatestItemsResult(outcome: outcome, items: nil, itemsHandedOver: true) }
    guard case .updated(let partial, _) = try await ask(question),
      // As the first time: withdrawn meanwhile, it is dropped unread.
      try await core.database.transaction(
        caller.tenantID,
        { transaction in
          guard try await core.pairs.lock(id, tenant: caller.tenantID, in: transaction),
            case .ask(let still) = try await self.question(caller.tenantID, id, keys, in: transaction)
          else { return false }
          return still.consent.id == question.consent.id
        })
    else { return LatestItemsResult(outcome: outcome, items: nil, itemsHandedOver: true) }
    let agreed = Set(question.consent.items)
    return LatestItemsResult(
      outcome: outcome,
      items: DisclosedItems(
        name: agreed.contains(.name) ? partial.name : nil, address: agreed.contains(.address) ? partial.address : nil,
        dateOfBirth: agreed.contains(.dateOfBirth) ? partial.dateOfBirth : nil, sex: agreed.contains(.sex) ? partial.sex : nil),
      itemsHandedOver: false)
  }
}

/// SQL of latest items.
enum LatestItemsStore {
  static let signingBinding = Statement(
    "newest_signing_binding",
    """
    select binding_id, serial_sealed from bindings where tenant_id = $1 and subject_id = $2 and kind = 'signing' and superseded_at is null
    order by binding_id desc limit 1
    """)
  /// A claim taken over ($7) goes on with the intent that the dead attempt left open.
  static let insertIntent = Statement(
    "insert_latest_items_intent",
    """
    insert into intents (tenant_id, intent_id, kind, subject_id, consent_id, payload_sealed, state, created_at)
    select $1, $2, 'latestItems', $3, $4, $5, 'open', $6 where not ($7 and exists (
      select 1 from intents where tenant_id = $1 and subject_id = $3 and consent_id = $4 and kind = 'latestItems' and state = 'open'))
    """)
  /// The payload stays for the ten minutes of a repeat; a job empties it then.
  static let closeIntents = Statement(
    "close_latest_items_intents",
    "update intents set state = 'done', done_at = $3 where tenant_id = $1 and subject_id = $2 and kind = 'latestItems' and state = 'open'")
  /// The serial by which the request that began at $3 asked: later requests ask by what it brought.
  static let asked = Statement(
    "asked_serial",
    """
    select intent_id, payload_sealed from intents where tenant_id = $1 and subject_id = $2 and kind = 'latestItems' and payload_sealed is not null
      and created_at >= $3 order by intent_id limit 1
    """)
  static let emptyOld = Statement(
    "empty_old_latest_items_intents",
    "update intents set payload_sealed = null where tenant_id = $1 and kind = 'latestItems' and payload_sealed is not null and created_at < $2"
  )
  static let insertVerification = Statement(
    "insert_latest_items_verification",
    """
    insert into verifications (tenant_id, verification_id, purpose, subject_id, result, method, checked_at) values ($1, $2, 'latestItems', $3, $4, 'none', $5)
    """)
}
