internal import CitizenItems
internal import Foundation
internal import JPKI
internal import PostgreSQL

/// What is known of a bound certificate (api.md, status).
public enum CertificateStanding: String, Sendable, Codable {
  case valid
  /// 記載事項変更: revoked because the four items changed.
  case changed
  case ended
  case unknown

  init(_ status: RevocationStatus?) {
    switch status {
    case .good: self = .valid
    case .revoked(let meaning, _): self = meaning == .contentChanged ? .changed : .ended
    case .unknown, nil: self = .unknown
    }
  }
}

/// Keeps what is known of bound certificates. Whatever finds a content change sets the status, marks pairs stale and writes the events, in one
/// transaction (house.md, Good standing).
struct StandingService: Sendable {
  let database: Database
  let vault: KeyVault
  let clock: any WallClock
  let pairs: PairKeeper
  let events: EventLog

  /// A verification found a certificate revoked: if it is a bound one, its subject's standing changes. Returns the subject.
  func noteRefused(_ caller: Caller, _ part: SoundPart?) async throws -> SubjectID? {
    guard let part, case .revoked = part.revocation.status else { return nil }
    let keys = try await vault.tenantKeys(caller.tenantID)
    let indexes = keys.indexes(of: part.certificate.serial, kind: part.certificate.kind)
    let found = try await database.query(
      caller.tenantID, StandingStore.bindingBySerial,
      [.uuid(caller.tenantID.uuid), .text(part.certificate.kind.rawValue), .bytesArray(indexes)])
    guard let row = found.rows.first else { return nil }
    let subject = SubjectID(try row.uuid(1))
    try await database.transaction(caller.tenantID) { transaction in
      try await record(
        BindingID(try row.uuid(0)), of: subject, kind: part.certificate.kind, CertificateStanding(part.revocation.status),
        method: part.revocation.method.rawValue, keys: keys, in: transaction)
    }
    return subject
  }

  /// Sets the standing of one binding and does what follows from it. A standing that ended never comes back; `unknown` changes nothing but the time.
  func record(
    _ binding: BindingID, of subject: SubjectID, kind: CertificateKind, _ standing: CertificateStanding, method: String, keys: TenantKeys,
    in transaction: TenantTransaction
  ) async throws {
    let tenant = keys.tenantID
    guard try await pairs.lock(subject, tenant: tenant, in: transaction) else { return }
    let result = try await transaction.query(
      StandingStore.setStatus,
      [.uuid(tenant.uuid), .uuid(binding.uuid), .text(standing.rawValue), .timestamp(clock.now()), .text(method)])
    guard let row = result.rows.first, let before = CertificateStanding(rawValue: try row.text(0)), try !row.bool(1) else { return }
    guard before == .valid || before == .unknown else { return }
    switch standing {
    case .valid, .unknown: return
    case .changed:
      if kind == .signing { try await pairs.applyToAll(.contentChanged, of: subject, keys: keys, in: transaction) }
      try await transaction.pipeline([events.record(.subjectChanged, tenant: tenant, subject: subject)])
    case .ended:
      var statements = [events.record(.subjectEnded, tenant: tenant, subject: subject)]
      // The state stays, but the pair does not match any more: a tenant that sees only active and inactive is told so.
      for pair in try await pairs.pairs(of: subject, keys: keys, in: transaction) where pair.state == .active {
        statements.append(events.record(.pairInactive, tenant: tenant, subject: subject, pair: pair.id))
      }
      try await transaction.pipeline(statements)
    }
  }
}

/// SQL of bindings and their standing.
enum StandingStore {
  static let bindingBySerial = Statement(
    "binding_by_serial",
    "select binding_id, subject_id, status from bindings where tenant_id = $1 and kind = $2 and serial_index = any($3) limit 1")
  /// Answers the status before and whether the binding is superseded. What ended stays ended.
  static let setStatus = Statement(
    "set_binding_status",
    """
    with before as (select binding_id, status, superseded_at is not null as superseded from bindings where tenant_id = $1 and binding_id = $2 for update)
    update bindings b set status = case when before.status in ('changed', 'ended') or $3 = 'unknown' then before.status else $3 end,
      checked_at = $4, method = $5
    from before where b.tenant_id = $1 and b.binding_id = before.binding_id returning before.status, before.superseded
    """)
  static let ofSubject = Statement(
    "bindings_of_subject",
    """
    select binding_id, kind, serial_sealed, issuer_key_id, status, checked_at, method, not_after from bindings
    where tenant_id = $1 and subject_id = $2 and superseded_at is null order by binding_id desc
    """)
  /// A certificate bound under an older index key is known by the newest from now on, so that it is not bound a second time.
  static let reindex = Statement(
    "reindex_binding",
    "update bindings set serial_index = $4 where tenant_id = $1 and kind = $2 and serial_index = any($3) and serial_index <> $4")
  static let bind = Statement(
    "bind_certificate",
    """
    insert into bindings (tenant_id, binding_id, subject_id, kind, serial_index, serial_sealed, issuer_key_id, medium, not_before, not_after, status,
      checked_at, method, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12)
    on conflict (tenant_id, kind, serial_index) do update set issuer_key_id = coalesce(excluded.issuer_key_id, bindings.issuer_key_id),
      medium = coalesce(excluded.medium, bindings.medium), not_before = coalesce(excluded.not_before, bindings.not_before),
      not_after = coalesce(excluded.not_after, bindings.not_after), checked_at = excluded.checked_at, method = excluded.method,
      status = case when bindings.status in ('changed', 'ended') then bindings.status else excluded.status end, superseded_at = null
    where bindings.subject_id = excluded.subject_id
    """)
  /// Earlier bindings of the same kind and medium give way to the one just bound: a phone's certificates stand beside the card's.
  static let supersede = Statement(
    "supersede_bindings",
    """
    update bindings set superseded_at = $5 where tenant_id = $1 and subject_id = $2 and kind = $3 and superseded_at is null and not (serial_index = any($4))
      and coalesce(medium, 'card') = coalesce($6, 'card')
    """)
}
