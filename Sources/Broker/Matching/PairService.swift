public import CitizenItems
public import Foundation
internal import PostgreSQL

/// A pair as a tenant looks at it.
public struct PairView: Sendable, Codable {
  /// The pair.
  public let id: PairID
  /// The subject whose tags it joins.
  public let subjectID: SubjectID
  /// How it stands.
  public let state: PairState
  /// The ledger's own reference, if one was recorded.
  public let ledgerRef: String?
  /// When an undecided pair is deleted; nil in any other state.
  public let decideUntil: Date?
  /// Who decided, by their id at the bank; nil where the tags were equal.
  public let decidedBy: String?
  /// Why they held both spellings to be one person's.
  public let decisionBasis: String?
  /// When the pair was made.
  public let createdAt: Date
  /// When it changed last.
  public let updatedAt: Date
}

/// A decision by a person at the bank: who, and on which basis.
public struct PairDecision: Sendable, Codable {
  /// The clerk's id at the bank, at most 128 characters.
  public let by: String
  /// Why they hold both spellings to be one person's, at most 500 characters.
  public let basis: String

  /// Puts a decision together; its lengths are checked where it is used.
  public init(by: String, basis: String) {
    self.by = by
    self.basis = basis
  }
}

/// Which pair is to be settled.
public enum PairTarget: Sendable {
  case pair(PairID)
  case onboarding(OnboardingID)
}

/// A page of a list, with the token of the next one.
public struct Page<Element: Sendable>: Sendable {
  /// In the order of their ids.
  public let elements: [Element]
  /// For the next page; nil on the last one.
  public let nextPageToken: String?
}

/// 対: settles, finds, lists and deletes pairs.
public struct PairService: Sendable {
  /// The most ledger tags in one request: one per live key version.
  static let maximumTags = 8

  let core: BrokerCore

  /// Settles a pair: equal tags, or a decision, make it active.
  public func settle(
    _ caller: Caller, target: PairTarget, ledgerTags: [String], ledgerRef: String?, decision: PairDecision?, request: RepeatableRequest
  ) async throws -> PairView {
    try caller.require(.matching)
    let tags = try Self.parse(ledgerTags, pointer: "/ledgerTag")
    try Self.check(ledgerRef: ledgerRef)
    if let decision { try Self.check(decision) }
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    return try await core.idempotency.once(caller, request) { transaction in
      let pairID = try await find(target, caller, in: transaction)
      guard
        let subject = try await transaction.query(PairStore.subjectOf, [.uuid(caller.tenantID.uuid), .uuid(pairID.uuid)]).rows.first?.uuid(
          0),
        try await core.pairs.lock(SubjectID(subject), tenant: caller.tenantID, in: transaction),
        let found = try await transaction.query(PairStore.byID, [.uuid(caller.tenantID.uuid), .uuid(pairID.uuid)]).rows.first
      else { throw Refusal.notFound("pair") }
      var row = try PairRow(found, keys)
      if !tags.isEmpty { row.ledgerTags = tags }
      if let ledgerRef { try core.pairs.setReference(ledgerRef, &row, keys) }
      let before = row.state
      let after = try await core.pairs.apply(
        .settled(row.tags, decided: decision != nil, deadline: row.decideUntil), to: row, keys: keys, in: transaction)
      var statements = [
        core.audit.record(
          .pairSettled, by: caller, subject: row.subjectID, object: pairID.description, outcome: after?.state.rawValue ?? "deleted",
          detail: decision.map { ["from": before.rawValue, "by": $0.by, "basis": $0.basis] } ?? ["from": before.rawValue])
      ]
      if let decision, after?.state == .active {
        statements.append(
          BoundStatement(PairStore.decided, [.uuid(caller.tenantID.uuid), .uuid(pairID.uuid), .text(decision.by), .text(decision.basis)]))
      }
      try await transaction.pipeline(statements)
      return try await look(pairID, caller, keys, in: transaction)
    }
  }

  /// One pair.
  public func get(_ caller: Caller, id: PairID) async throws -> PairView {
    try caller.require(.matching)
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(PairStore.look, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        core.audit.record(.pairViewed, by: caller, object: id.description),
      ])
    guard let row = results[0].rows.first else { throw Refusal.notFound("pair") }
    return try Self.view(row, keys)
  }

  /// Pairs of one customer of the bank, by its own reference.
  public func search(_ caller: Caller, ledgerRef: String, limit: Int, pageToken: String?) async throws -> Page<PairView> {
    try caller.require(.matching)
    try Self.check(ledgerRef: ledgerRef)
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    let index = keys.index(ofReference: ledgerRef, kind: "ledger")
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          PairStore.byReference,
          [.uuid(caller.tenantID.uuid), .bytes(index), .uuid(try PageToken.decode(pageToken)), .int4(Int32(PageToken.limit(limit) + 1))]),
        core.audit.record(.pairsListed, by: caller, detail: ["by": "ledgerRef"]),
      ])
    return try PageToken.page(results[0].rows, limit: limit) {
      try Self.view($0, keys)
    } id: {
      $0.id.uuid
    }
  }

  /// Pairs in one state, or all.
  public func list(_ caller: Caller, state: PairState?, limit: Int, pageToken: String?) async throws -> Page<PairView> {
    try caller.require(.matching)
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          PairStore.list,
          [
            .uuid(caller.tenantID.uuid), .text(optional: state?.rawValue), .uuid(try PageToken.decode(pageToken)),
            .int4(Int32(PageToken.limit(limit) + 1)),
          ]), core.audit.record(.pairsListed, by: caller, detail: state.map { ["state": $0.rawValue] } ?? [:]),
      ])
    return try PageToken.page(results[0].rows, limit: limit) {
      try Self.view($0, keys)
    } id: {
      $0.id.uuid
    }
  }

  /// Deletes a pair, with an event.
  public func delete(_ caller: Caller, id: PairID, request: RepeatableRequest) async throws {
    try caller.require(.matching)
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    _ = try await core.idempotency.once(caller, request) { transaction -> Bool in
      // The subject first, as every door to pairs locks.
      guard
        let subject = try await transaction.query(PairStore.subjectOf, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]).rows.first?.uuid(0),
        try await core.pairs.lock(SubjectID(subject), tenant: caller.tenantID, in: transaction),
        let row = try await transaction.query(PairStore.byID, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]).rows.first
      else { throw Refusal.notFound("pair") }
      let pair = try PairRow(row, keys)
      try await core.pairs.apply(.tenantDeleted, to: pair, keys: keys, in: transaction)
      try await transaction.pipeline([core.audit.record(.pairDeleted, by: caller, subject: pair.subjectID, object: id.description)])
      return true
    }
  }

  private func find(_ target: PairTarget, _ caller: Caller, in transaction: TenantTransaction) async throws -> PairID {
    switch target {
    case .pair(let id): return id
    case .onboarding(let id):
      let result = try await transaction.query(SessionStore.outcome, [.uuid(caller.tenantID.uuid), .uuid(id.uuid), .text("onboarding")])
      guard let text = try result.rows.first?.optionalText(0),
        let outcome = try? JSONDecoder().decode(OnboardingOutcome.self, from: Data(text.utf8)),
        let pair = outcome.pair
      else { throw Refusal.notFound("onboarding with a pair") }
      return pair.id
    }
  }

  private func look(_ id: PairID, _ caller: Caller, _ keys: TenantKeys, in transaction: TenantTransaction) async throws -> PairView {
    guard let row = try await transaction.query(PairStore.look, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]).rows.first else {
      throw Refusal.notFound("pair")
    }
    return try Self.view(row, keys)
  }

  private static func view(_ row: Row, _ keys: TenantKeys) throws -> PairView {
    let uuid = try row.uuid(0)
    guard let state = PairState(rawValue: try row.text(2)) else { throw KeyError.damaged }
    return PairView(
      id: PairID(uuid), subjectID: SubjectID(try row.uuid(1)), state: state,
      ledgerRef: try PairRow.openReference(try row.optionalBytes(3), pair: uuid, keys),
      decideUntil: try row.optionalTimestamp(4), decidedBy: try row.optionalText(5), decisionBasis: try row.optionalText(6),
      createdAt: try row.timestamp(7), updatedAt: try row.timestamp(8))
  }

  /// Ledger tags as the bank sends them: one per live key version.
  static func parse(_ texts: [String], pointer: String) throws(Refusal) -> [EdgeTag] {
    guard texts.count <= maximumTags else {
      throw Refusal.field(
        pointer, "tooManyTags", "There are more than \(maximumTags) tags.", nextStep: "Send one tag per live key version of /v1/tag-keys.")
    }
    var tags: [EdgeTag] = []
    for (index, text) in texts.enumerated() {
      guard let tag = try? EdgeTag(parsing: text) else {
        throw Refusal.field(
          "\(pointer)/\(index)", "tagMalformed", "The tag is not scheme.keyVersion.ruleset.value.",
          nextStep: "Make it with `yonjo-ledger tag`.")
      }
      tags.append(tag)
    }
    return tags
  }

  static func check(ledgerRef: String?) throws(Refusal) {
    guard let ledgerRef else { return }
    guard (1...128).contains(ledgerRef.utf8.count) else {
      throw Refusal.field(
        "/ledgerRef", "ledgerRefInvalid", "The ledger reference is empty or longer than 128 bytes.",
        nextStep: "Send the ledger's own short reference.")
    }
  }

  private static func check(_ decision: PairDecision) throws(Refusal) {
    guard (1...128).contains(decision.by.count), (1...500).contains(decision.basis.count) else {
      throw Refusal.field(
        "/decision", "decisionInvalid", "A decision names who decided (1 to 128 characters) and on which basis (1 to 500).",
        nextStep: "Fill in both.")
    }
  }
}
