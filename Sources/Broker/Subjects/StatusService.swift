public import Foundation
internal import JPKI
internal import PostgreSQL

/// What a confirmation is for; the law asks it of every use of revocation data (52条1項).
public enum CheckPurpose: String, Sendable, Codable, CaseIterable {
  case signatureVerification
  case livenessCheck
}

/// How a subject's certificates stand; for deemed verifiers. Never a reason code or a revocation time (jpki.md §9).
public struct SubjectStatus: Sendable, Codable {
  /// The check that found this; nil where what is known was told without asking.
  public let checkID: StatusCheckID?
  /// Of the newest signing certificate bound.
  public let signing: CertificateStanding
  /// Of the newest authentication certificate bound.
  public let authentication: CertificateStanding
  /// When it was looked at last; nil where no certificate is bound.
  public let checkedAt: Date?
  /// `crl`, `ocsp` or `none`.
  public let method: String
  /// What the check was for; nil where nothing was asked.
  public let purpose: CheckPurpose?
}

/// 現況確認: what is known of a subject's certificates, and asking anew.
public struct StatusService: Sendable {
  let core: BrokerCore

  /// What is known, without asking.
  public func get(_ caller: Caller, id: SubjectID) async throws -> SubjectStatus {
    try caller.require(.subjects)
    try caller.requireDeemedVerifier()
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(SubjectStore.get, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        BoundStatement(StandingStore.ofSubject, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        core.audit.record(.statusViewed, by: caller, subject: id),
      ])
    guard results[0].rows.first != nil else { throw Refusal.notFound("subject") }
    var signing: (CertificateStanding, Date, String)?
    var authentication: (CertificateStanding, Date, String)?
    for row in results[1].rows {
      let found = (CertificateStanding(rawValue: try row.text(4)) ?? .unknown, try row.timestamp(5), try row.text(6))
      if try row.text(1) == "signing" { signing = signing ?? found } else { authentication = authentication ?? found }
    }
    let newest = [signing, authentication].compactMap { $0 }.max { $0.1 < $1.1 }
    return SubjectStatus(
      checkID: nil, signing: signing?.0 ?? .unknown, authentication: authentication?.0 ?? .unknown, checkedAt: newest?.1,
      method: newest?.2 ?? "none",
      purpose: nil)
  }

  /// Asks anew, by the list or the responder. What is found changes the subject's standing.
  public func check(
    _ caller: Caller, id: SubjectID, method: RevocationDecision.Method, purpose: CheckPurpose, request: RepeatableRequest
  ) async throws -> SubjectStatus {
    try caller.require(.subjects)
    try caller.requireDeemedVerifier()
    switch try await core.idempotency.claim(caller, request, as: SubjectStatus.self) {
    case .answered(let status, _): return status
    case .claimed(let claim):
      do {
        return try await perform(caller, id, caller.revocationPolicy.asking(method == .crl ? .crl : .ocsp), purpose, claim)
      } catch {
        await core.idempotency.release(claim)
        throw error
      }
    }
  }

  private func perform(
    _ caller: Caller, _ id: SubjectID, _ policy: TenantRevocationPolicy, _ purpose: CheckPurpose, _ claim: Idempotency.Claim
  ) async throws -> SubjectStatus {
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(SubjectStore.get, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        BoundStatement(StandingStore.ofSubject, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
      ])
    guard let subject = results[0].rows.first, subject.isNull(2) else { throw Refusal.notFound("subject") }
    var found: [CertificateKind: (binding: BindingID, decision: RevocationDecision)] = [:]
    for row in results[1].rows {
      guard let kind = CertificateKind(rawValue: try row.text(1)), found[kind] == nil else { continue }
      // One serial a call, opened for this call alone (law 2).
      let serial = try SealedSerial.open(try row.bytes(2), keys)
      guard let issuer = core.issuer(of: kind, keyIdentifier: try row.optionalBytes(3)) else { continue }
      let decision = await core.revocation.check(
        serial: serial, kind: kind, issuer: issuer, policy: policy, purpose: purpose, anew: true)
      found[kind] = (BindingID(try row.uuid(0)), decision)
    }
    let now = core.clock.now()
    let status = SubjectStatus(
      checkID: core.ids.next(), signing: found[.signing].map { CertificateStanding($0.decision.status) } ?? .unknown,
      authentication: found[.authentication].map { CertificateStanding($0.decision.status) } ?? .unknown, checkedAt: now,
      method: (found[.signing] ?? found[.authentication])?.decision.method.rawValue ?? "none", purpose: purpose)
    // The older of the two words: no more than that was known of both.
    let oldest = found.values.map(\.decision).filter { $0.sourceTime != nil }.max { ($0.ageSeconds ?? 0) < ($1.ageSeconds ?? 0) }
    let reason = (found[.signing]?.decision.reason ?? found[.authentication]?.decision.reason)?.rawValue
    try await core.database.transaction(caller.tenantID) { transaction in
      for (kind, entry) in found {
        try await core.standing.record(
          entry.binding, of: id, kind: kind, CertificateStanding(entry.decision.status), method: entry.decision.method.rawValue, keys: keys,
          in: transaction)
      }
      try await transaction.pipeline([
        BoundStatement(
          StatusStore.insert,
          [
            .uuid(caller.tenantID.uuid), .id(status.checkID), .uuid(id.uuid), .text(purpose.rawValue), .text(status.method),
            .text(status.signing.rawValue), .text(status.authentication.rawValue), .timestamp(now),
            .timestamp(optional: oldest?.sourceTime), oldest?.ageSeconds.map { .int4(Int32(clamping: $0)) } ?? .null,
            .text(optional: reason),
          ]),
        core.audit.record(
          .statusChecked, by: caller, subject: id, object: status.checkID?.description, purpose: purpose.rawValue,
          outcome: status.signing.rawValue,
          detail: [
            "method": status.method, "authentication": status.authentication.rawValue,
            "revocationAgeSeconds": oldest?.ageSeconds.map(String.init),
          ].compactMapValues { $0 }),
      ])
      try await core.idempotency.finish(claim, status, in: transaction)
    }
    return status
  }

  /// Earlier checks, oldest first.
  public func history(_ caller: Caller, id: SubjectID, limit: Int, pageToken: String?) async throws -> Page<SubjectStatus> {
    try caller.require(.subjects)
    try caller.requireDeemedVerifier()
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          StatusStore.list,
          [.uuid(caller.tenantID.uuid), .uuid(id.uuid), .uuid(try PageToken.decode(pageToken)), .int4(Int32(PageToken.limit(limit) + 1))]),
        core.audit.record(.statusViewed, by: caller, subject: id, detail: ["history": "true"]),
      ])
    return try PageToken.page(results[0].rows, limit: limit) { row in
      SubjectStatus(
        checkID: StatusCheckID(try row.uuid(0)), signing: CertificateStanding(rawValue: try row.text(3)) ?? .unknown,
        authentication: CertificateStanding(rawValue: try row.text(4)) ?? .unknown, checkedAt: try row.timestamp(5),
        method: try row.text(2),
        purpose: CheckPurpose(rawValue: try row.text(1)))
    } id: {
      $0.checkID?.uuid ?? UUID()
    }
  }
}

extension BrokerCore {
  /// The anchor that issued a bound certificate; the newest of its kind where only J-LIS named the certificate.
  func issuer(of kind: CertificateKind, keyIdentifier: [UInt8]?) -> TrustAnchor? {
    let anchors = trust.anchors.filter { $0.kind == kind }
    if let keyIdentifier { return anchors.first { $0.subjectKeyIdentifier == keyIdentifier } }
    return anchors.max { $0.notBefore < $1.notBefore }
  }
}

/// SQL of status checks.
enum StatusStore {
  static let insert = Statement(
    "insert_status_check",
    """
    insert into status_checks (tenant_id, check_id, subject_id, purpose, method, signing, authentication, checked_at, source_time,
      source_age_seconds, reason)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    """)
  static let list = Statement(
    "list_status_checks",
    """
    select check_id, purpose, method, signing, authentication, checked_at from status_checks
    where tenant_id = $1 and subject_id = $2 and check_id > $3 order by check_id limit $4
    """)
}
