internal import CitizenItems
internal import Logging
internal import PostgreSQL

/// The card's side of a subject's pairs takes up the key versions that came after its last certificate was seen, whatever a signing certificate of that
/// subject is verified for. Where that fails nothing else does, and the next card does it.
struct KeyVersionUptake: Sendable {
  let core: BrokerCore

  /// A signing certificate of this subject, with these items, was verified.
  func saw(_ items: FourItems?, of subject: SubjectID?, tenant: TenantID) async {
    guard let items, let subject else { return }
    do {
      let keys = try await core.vault.tenantKeys(tenant)
      // Only while a version lives beside another is there one to take up.
      guard keys.edges.count > 1 else { return }
      try await takeUp(try await core.cardTags.make(items, keys), of: subject, tenant: tenant)
    } catch {
      failed(subject)
    }
  }

  /// The same, with the tags at hand.
  func saw(_ tags: [EdgeTag], of subject: SubjectID, tenant: TenantID) async {
    do { try await takeUp(tags, of: subject, tenant: tenant) } catch { failed(subject) }
  }

  private func takeUp(_ tags: [EdgeTag], of subject: SubjectID, tenant: TenantID) async throws {
    try await core.database.transaction(tenant) { transaction in
      guard try await core.pairs.lock(subject, tenant: tenant, in: transaction) else { return }
      // Asked again now that the subject is locked: a version that ended since the tags were made stays away.
      let keys = try await core.vault.tenantKeys(tenant)
      for found in try await core.pairs.pairs(of: subject, keys: keys, in: transaction) {
        var row = found
        let has = Set(row.cardTags)
        let all = has.union(tags.filter(keys.isLive))
        guard !has.isDisjoint(with: tags), all != has else { continue }
        row.cardTags = Array(all)
        _ = try await core.pairs.carryOut(.stays, row, keys: keys, in: transaction)
      }
    }
  }

  private func failed(_ subject: SubjectID) {
    core.logger.notice("a subject's pairs did not take up a new key version", metadata: ["subject": "\(subject)"])
  }
}
