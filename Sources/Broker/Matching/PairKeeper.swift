internal import CitizenItems
internal import Foundation
internal import PostgreSQL

/// Applies the rules of ``PairTransition`` to rows: state, tags, events, in the transaction of what caused them. The subject's row is locked first.
struct PairKeeper: Sendable {
  let ids: IdentifierSource
  let clock: any WallClock
  let events: EventLog
  let audit: AuditTrail

  /// Locks the subject, and with it everything of its pairs. False where there is no such subject, or it was erased.
  func lock(_ subject: SubjectID, tenant: TenantID, in transaction: TenantTransaction) async throws -> Bool {
    let result = try await transaction.query(PairStore.lockSubject, [.uuid(tenant.uuid), .uuid(subject.uuid)])
    guard let row = result.rows.first else { return false }
    return row.isNull(0)
  }

  /// The subject's pairs, locked.
  func pairs(of subject: SubjectID, keys: TenantKeys, in transaction: TenantTransaction) async throws -> [PairRow] {
    try await transaction.query(PairStore.ofSubject, [.uuid(keys.tenantID.uuid), .uuid(subject.uuid)]).rows.map { try PairRow($0, keys) }
  }

  /// A verified signing certificate at onboarding: makes or renews the subject's pair. Returns it as it stands afterwards.
  func onboarded(
    _ subject: SubjectID, cardTags: [EdgeTag], ledgerTags: [EdgeTag], ledgerRef: String?, keys: TenantKeys,
    in transaction: TenantTransaction
  ) async throws -> PairRow? {
    let rows = try await pairs(of: subject, keys: keys, in: transaction)
    // A pending row waits for just this certificate; else the newest row is the subject's pair.
    let existing = rows.first { $0.state == .pending } ?? rows.last
    var row = existing ?? PairRow(id: ids.next(), subjectID: subject, state: .needsDecision)
    let cardChanged = Set(row.cardTags).isDisjoint(with: cardTags)
    let ledgerChanged = !ledgerTags.isEmpty && Set(row.ledgerTags).isDisjoint(with: ledgerTags)
    row.cardTags = cardTags
    if !ledgerTags.isEmpty { row.ledgerTags = ledgerTags }
    if let ledgerRef { try setReference(ledgerRef, &row, keys) }
    let outcome = PairTransition.outcome(
      of: .onboarded(row.tags, changed: existing == nil || cardChanged || ledgerChanged), on: existing?.state, at: clock.now())
    return try await carryOut(outcome, row, keys: keys, in: transaction)
  }

  /// Applies an event to one locked row. Returns the row as it stands, nil where it was deleted.
  @discardableResult
  func apply(_ event: PairEvent, to row: PairRow, keys: TenantKeys, in transaction: TenantTransaction) async throws -> PairRow? {
    try await carryOut(PairTransition.outcome(of: event, on: row.state, at: clock.now()), row, keys: keys, in: transaction)
  }

  /// Applies an event to every pair of a subject.
  func applyToAll(_ event: PairEvent, of subject: SubjectID, keys: TenantKeys, in transaction: TenantTransaction) async throws {
    for row in try await pairs(of: subject, keys: keys, in: transaction) { try await apply(event, to: row, keys: keys, in: transaction) }
  }

  /// Carries an outcome out: writes the row and its tags, or deletes it, with the tenant's event.
  func carryOut(_ outcome: PairOutcome, _ row: PairRow, keys: TenantKeys, in transaction: TenantTransaction) async throws -> PairRow? {
    var row = row
    let tenant = keys.tenantID
    switch outcome {
    case .refused(let refusal): throw Self.refusal(for: refusal)
    case .deleted:
      try await transaction.pipeline([
        BoundStatement(PairStore.delete, [.uuid(tenant.uuid), .uuid(row.id.uuid)]),
        events.record(.pairDeleted, tenant: tenant, subject: row.subjectID, pair: row.id),
      ])
      return nil
    case .stays, .staleBesidePending, .becomes:
      let before = row.state
      if case .becomes(let state, let decideBy) = outcome {
        row.state = state
        row.decideUntil = decideBy
      } else if case .staleBesidePending = outcome {
        row.state = .stale
        row.decideUntil = nil
      }
      var statements = try writing(row, keys)
      if row.state == .stale, before != .stale {
        statements.append(events.record(.pairStale, tenant: tenant, subject: row.subjectID, pair: row.id))
      }
      try await transaction.pipeline(statements)
      return row
    }
  }

  /// A second row beside a stale one: latest items brought all four, the ledger has not followed yet.
  func insertPending(beside row: PairRow, cardTags: [EdgeTag], keys: TenantKeys, in transaction: TenantTransaction) async throws -> PairRow
  {
    var pending = PairRow(id: ids.next(), subjectID: row.subjectID, state: .pending)
    pending.cardTags = cardTags
    if let reference = try PairRow.openReference(row.ledgerRefSealed, pair: row.id.uuid, keys) {
      try setReference(reference, &pending, keys)
    }
    try await transaction.pipeline(try writing(pending, keys))
    return pending
  }

  /// Records the bank's own reference, indexed and encrypted.
  func setReference(_ reference: String, _ row: inout PairRow, _ keys: TenantKeys) throws {
    row.ledgerRefIndex = keys.index(ofReference: reference, kind: "ledger")
    row.ledgerRefSealed = try PairRow.sealReference(reference, pair: row.id.uuid, keys)
  }

  private func writing(_ row: PairRow, _ keys: TenantKeys) throws -> [BoundStatement] {
    let tenant = SQLValue.uuid(keys.tenantID.uuid)
    let pair = SQLValue.uuid(row.id.uuid)
    var statements = [
      BoundStatement(
        PairStore.upsert,
        [
          tenant, pair, .uuid(row.subjectID.uuid), .text(row.state.rawValue), .bytes(optional: row.ledgerRefIndex),
          .bytes(optional: row.ledgerRefSealed),
          .timestamp(optional: row.decideUntil), .timestamp(clock.now()),
        ])
    ]
    for (side, tags) in [("card", row.cardTags), ("ledger", row.ledgerTags)] {
      statements.append(BoundStatement(PairStore.clearTags, [tenant, pair, .text(side)]))
      if !tags.isEmpty {
        let stored = try tags.map { try keys.written($0) }
        statements.append(
          BoundStatement(
            PairStore.insertTags,
            [
              tenant, pair, .text(side), .bytesArray(stored.map(\.sealed)), .int4Array(tags.map { Int32($0.keyVersion) }),
              .uuidArray(stored.map(\.digest.value)),
            ]))
      }
    }
    return statements
  }

  private static func refusal(for refusal: PairRefusal) -> Refusal {
    switch refusal {
    case .noPair: .notFound("pair")
    case .decisionOverdue:
      Refusal(
        .conflict, "pairDecisionOverdue", "The time for a decision on this pair is over.",
        nextStep: "Let the customer present the card again.")
    case .cardTagOutdated:
      Refusal(
        .conflict, "pairStale", "The card's side of this pair no longer holds.",
        nextStep: "Let the customer present the card again, or ask for the latest items.")
    case .alreadySettled: Refusal(.conflict, "pairAlreadySettled", "This pair is active already.", nextStep: "Nothing is to be done.")
    case .ledgerTagMissing:
      Refusal.field(
        "/ledgerTag", "ledgerTagMissing", "There is no ledger tag to decide on.",
        nextStep: "Send the ledger's tag, made by `yonjo-ledger tag`.")
    }
  }
}
