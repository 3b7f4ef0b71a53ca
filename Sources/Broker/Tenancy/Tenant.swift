public import CitizenItems
public import Foundation
public import JOSE
internal import PostgreSQL

/// サービス提供者: a tenant of the platform.
public struct Tenant: Sendable, Codable {
  /// The tenant.
  public let id: TenantID
  /// 1 to 200 characters, for people.
  public let name: String
  /// Its standing in law.
  public let status: VerifierStatus
  /// Whether it may send plain card fields.
  public let isSandbox: Bool
  /// How it wants revocation found out.
  public let revocationPolicy: RevocationPolicy
  /// How old a list may be that stands in for OCSP, in seconds.
  public let fallbackSeconds: Int
  /// Lets unknown revocation pass until its end; nil unless the operator set one.
  public let revocationOverride: RevocationOverride?
  /// How its tags are made; chosen when it is made.
  public let tagScheme: TagScheme
  /// What it may ask in a minute.
  public let allowances: RateAllowances
  /// When the operator made it.
  public let createdAt: Date
  /// Since when it gets no token; nil while it is served.
  public let suspendedAt: Date?

  /// All that decides on revocation for it.
  public var policy: TenantRevocationPolicy {
    TenantRevocationPolicy(tenantID: id, method: revocationPolicy, fallbackSeconds: fallbackSeconds, override: revocationOverride)
  }
}

extension RevocationOverride {
  /// Columns `column`…`column + 2`: reason, by, until; nil where there is none.
  init?(_ row: Row, at column: Int) throws {
    guard let reason = try row.optionalText(column), let by = try row.optionalText(column + 1),
      let until = try row.optionalTimestamp(column + 2)
    else { return nil }
    self.init(reason: reason, by: by, until: until)
  }
}

/// A client of a tenant: one back end or one ledger machine, with its own key, scopes and origins.
public struct RegisteredClient: Sendable, Codable {
  /// `cli_…`; `iss` and `sub` of its assertions.
  public let clientID: String
  /// Whose client it is.
  public let tenantID: TenantID
  /// For people.
  public let name: String
  /// What it may ask for at most.
  public let scopes: [String]
  /// Where its users are asked: `https://host[:port]`.
  public let origins: [String]
  /// When the operator registered it.
  public let createdAt: Date
  /// Since when it is ended; nil while it is served.
  public let revokedAt: Date?
}

/// SQL of tenants, services and clients.
enum TenantStore {
  private static let policyColumns =
    "revocation_fallback_seconds, revocation_override_reason, revocation_override_by, revocation_override_until"
  private static let allowanceColumns =
    "look_ups_per_minute, signatures_per_minute, evaluations_per_minute, signatures_per_card, look_ups_per_tag"
  private static let columns =
    "tenant_id, name, verifier_status, sandbox, revocation_policy, created_at, suspended_at, \(policyColumns), \(allowanceColumns), tag_scheme"
  static let insert = Statement(
    "insert_tenant",
    """
    insert into tenants (tenant_id, name, verifier_status, sandbox, revocation_policy, registered_key, created_at, tag_scheme)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    """)
  static let insertService = Statement(
    "insert_service",
    """
    insert into services (tenant_id, service_id, jlis_service_id, name, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing
    """)
  static let list = Statement(
    "list_tenants", "select \(columns) from tenants where tenant_id > $1 order by tenant_id limit $2")
  static let get = Statement("get_tenant", "select \(columns) from tenants where tenant_id = $1")
  static let name = Statement("tenant_name", "select name from tenants where tenant_id = $1")
  static let suspend = Statement(
    "suspend_tenant", "update tenants set suspended_at = case when $2 then coalesce(suspended_at, $3) end where tenant_id = $1")
  static let change = Statement(
    "change_tenant",
    """
    update tenants set verifier_status = coalesce($2, verifier_status), revocation_policy = coalesce($3, revocation_policy),
      registered_key = coalesce($4, registered_key), revocation_fallback_seconds = coalesce($5, revocation_fallback_seconds) where tenant_id = $1
    """)
  /// All three null ends the override.
  static let override = Statement(
    "override_tenant_revocation",
    """
    update tenants set revocation_override_reason = $2, revocation_override_by = $3, revocation_override_until = $4 where tenant_id = $1
    """)
  static let retain = Statement(
    "retain_audit_of_tenant", "update tenants set audit_retention_months = $2 where tenant_id = $1")
  static let allow = Statement(
    "allow_tenant",
    """
    update tenants set look_ups_per_minute = coalesce($2, look_ups_per_minute), signatures_per_minute = coalesce($3, signatures_per_minute),
      evaluations_per_minute = coalesce($4, evaluations_per_minute), signatures_per_card = coalesce($5, signatures_per_card),
      look_ups_per_tag = coalesce($6, look_ups_per_tag) where tenant_id = $1
    """)
  /// All three as given: null ends an allowance of the client's own.
  static let allowClient = Statement(
    "allow_client",
    """
    update clients set look_ups_per_minute = $3, signatures_per_minute = $4, evaluations_per_minute = $5
    where tenant_id = $1 and client_id = $2 and revoked_at is null
    """)
  static let registeredKey = Statement("tenant_registered_key", "select registered_key::text from tenants where tenant_id = $1")
  /// Suspended ones too: what their customers withdrew must still reach J-LIS.
  static let ids = Statement("tenant_ids", "select tenant_id from tenants order by tenant_id")
  static let insertClient = Statement(
    "insert_client",
    "insert into clients (tenant_id, client_id, name, scopes, origins, keys, created_at) values ($1, $2, $3, $4, $5, $6, $7)")
  static let listClients = Statement(
    "list_clients",
    "select client_id, name, scopes, origins, created_at, revoked_at from clients where tenant_id = $1 order by created_at, client_id")
  static let rotateClient = Statement(
    "rotate_client", "update clients set keys = $3 where tenant_id = $1 and client_id = $2 and revoked_at is null")
  static let revokeClient = Statement(
    "revoke_client", "update clients set revoked_at = $3 where tenant_id = $1 and client_id = $2 and revoked_at is null")
  /// A client with its tenant, for tokens; nothing where either is gone.
  static let credentials = Statement(
    "client_credentials",
    """
    select c.keys::text, c.scopes, c.origins, t.verifier_status, t.sandbox, t.revocation_policy, t.suspended_at is not null,
      t.revocation_fallback_seconds, t.revocation_override_reason, t.revocation_override_by, t.revocation_override_until,
      t.look_ups_per_minute, t.signatures_per_minute, t.evaluations_per_minute,
      c.look_ups_per_minute, c.signatures_per_minute, c.evaluations_per_minute, t.signatures_per_card, t.look_ups_per_tag
    from clients c join tenants t on t.tenant_id = c.tenant_id where c.tenant_id = $1 and c.client_id = $2 and c.revoked_at is null
    """)
  static let clientTenant = Statement("client_tenant", "select yonjo_client_tenant($1)")
}

/// Makes and changes tenants and clients: the operator's work, by command line.
public struct TenantAdministration: Sendable {
  private let database: Database
  private let keys: KeyAdministration
  private let clock: any WallClock
  private let ids: IdentifierSource
  private let audit: AuditTrail

  /// - Parameter database: connections of the operator role.
  public init(database: Database, root: RootKey, clock: any WallClock) {
    self.database = database
    keys = KeyAdministration(database: database, root: root, clock: clock)
    self.clock = clock
    ids = IdentifierSource(clock: clock)
    audit = AuditTrail(ids: ids, clock: clock)
  }

  /// Makes a tenant with its keys and its first service, `main` unless named otherwise. It is born `notVerifier` unless the operator says otherwise.
  public func create(
    name: String, status: VerifierStatus = .notVerifier, isSandbox: Bool = false, revocationPolicy: RevocationPolicy = .ocspThenCrl,
    tagScheme: TagScheme = .hmac, registeredKey: JSONWebKey?, serviceID: String = "main", serviceName: String? = nil,
    jlisServiceID: String?, operatorName: String
  ) async throws -> Tenant {
    guard (1...200).contains(name.count) else {
      throw Refusal.field("name", "nameInvalid", "A tenant's name has 1 to 200 characters.", nextStep: "Give it one.")
    }
    let tenant = Tenant(
      id: ids.next(), name: name, status: status, isSandbox: isSandbox, revocationPolicy: revocationPolicy,
      fallbackSeconds: TenantRevocationPolicy.defaultFallbackSeconds, revocationOverride: nil, tagScheme: tagScheme, allowances: .standard,
      createdAt: clock.now(), suspendedAt: nil)
    let jwk = try registeredKey.map { SQLValue.json(String(decoding: try JSONEncoder().encode($0), as: UTF8.self)) } ?? .null
    _ = try await database.unit(
      tenant.id,
      [
        BoundStatement(
          TenantStore.insert,
          [
            .uuid(tenant.id.uuid), .text(name), .text(status.rawValue), .bool(isSandbox), .text(revocationPolicy.rawValue), jwk,
            .timestamp(tenant.createdAt), .text(tagScheme.rawValue),
          ]),
        BoundStatement(
          TenantStore.insertService,
          [
            .uuid(tenant.id.uuid), .text(serviceID), .text(jlisServiceID ?? "svc-" + tenant.id.description.suffix(12)),
            .text(serviceName ?? name),
            .timestamp(tenant.createdAt),
          ]),
        audit.record(.tenantCreated, tenant: tenant.id, actor: "operator:" + operatorName, detail: ["status": status.rawValue]),
      ])
    try await keys.ensureTenantKeys(tenant.id, scheme: tagScheme)
    return tenant
  }

  /// All tenants, in the order in which they were made.
  public func list(after: TenantID? = nil, limit: Int = 500) async throws -> [Tenant] {
    try await database.platform([
      BoundStatement(TenantStore.list, [.uuid(after?.uuid ?? PageToken.decode(nil)), .int4(Int32(PageToken.limit(limit)))])
    ])[0].rows.map(Self.tenant)
  }

  /// One tenant.
  public func get(_ id: TenantID) async throws -> Tenant {
    guard let row = try await database.query(id, TenantStore.get, [.uuid(id.uuid)]).rows.first else { throw Refusal.notFound("tenant") }
    return try Self.tenant(row)
  }

  /// Stops or resumes a tenant: a suspended one gets no token, and its tokens end within seconds.
  public func suspend(_ id: TenantID, _ isSuspended: Bool, operatorName: String) async throws -> Tenant {
    _ = try await get(id)
    _ = try await database.unit(
      id,
      [
        BoundStatement(TenantStore.suspend, [.uuid(id.uuid), .bool(isSuspended), .timestamp(clock.now())]),
        audit.record(
          .tenantSuspended, tenant: id, actor: "operator:" + operatorName, outcome: isSuspended ? "suspended" : "resumed"),
      ])
    return try await get(id)
  }

  /// Changes a tenant's standing, revocation policy, fallback or registered key; what is nil stays as it is.
  ///
  /// - Parameter fallbackSeconds: how old a list may be that stands in for OCSP, within ``TenantRevocationPolicy/fallbackSeconds``.
  public func change(
    _ id: TenantID, status: VerifierStatus? = nil, revocationPolicy: RevocationPolicy? = nil, fallbackSeconds: Int? = nil,
    registeredKey: JSONWebKey? = nil, operatorName: String
  ) async throws -> Tenant {
    if let fallbackSeconds, !TenantRevocationPolicy.fallbackSeconds.contains(fallbackSeconds) {
      throw Refusal.field(
        "fallbackSeconds", "fallbackInvalid", "A list may stand in for OCSP for an hour to seven days.", nextStep: "Choose within that.")
    }
    _ = try await get(id)
    let jwk = try registeredKey.map { SQLValue.json(String(decoding: try JSONEncoder().encode($0), as: UTF8.self)) } ?? .null
    _ = try await database.unit(
      id,
      [
        BoundStatement(
          TenantStore.change,
          [
            .uuid(id.uuid), .text(optional: status?.rawValue), .text(optional: revocationPolicy?.rawValue), jwk,
            fallbackSeconds.map { .int4(Int32($0)) } ?? .null,
          ]),
        audit.record(
          .tenantChanged, tenant: id, actor: "operator:" + operatorName,
          detail: [
            "status": status?.rawValue, "revocationPolicy": revocationPolicy?.rawValue, "fallbackSeconds": fallbackSeconds.map(String.init),
          ].compactMapValues { $0 }),
      ])
    return try await get(id)
  }

  /// Lets unknown revocation pass for a tenant until the override's end, or with nil ends that. Recorded and audited; serving processes follow within
  /// seconds, and mark every decision that passes by it. A revoked certificate never passes, nor one that the responder says it does not know.
  ///
  /// - Throws: ``Refusal`` for an override without reason or author, one that is over, and one of more than seven days.
  public func setRevocationOverride(_ id: TenantID, _ override: RevocationOverride?, operatorName: String) async throws -> Tenant {
    if let override {
      guard (1...500).contains(override.reason.count), (1...200).contains(override.by.count) else {
        throw Refusal.field(
          "reason", "overrideUndocumented", "An override has a reason of 1 to 500 characters and somebody who answers for it.",
          nextStep: "Say why, and who.")
      }
      let left = override.until.timeIntervalSince(clock.now())
      guard left > 0, left <= RevocationOverride.longestSeconds else {
        throw Refusal.field(
          "until", "overrideTooLong", "An override ends in the future, within seven days from now.",
          nextStep: "Choose such an end; it can be set anew.")
      }
    }
    _ = try await get(id)
    _ = try await database.unit(
      id,
      [
        BoundStatement(
          TenantStore.override,
          [.uuid(id.uuid), .text(optional: override?.reason), .text(optional: override?.by), .timestamp(optional: override?.until)]),
        audit.record(
          override == nil ? .revocationOverrideEnded : .revocationOverrideSet, tenant: id, actor: "operator:" + operatorName,
          detail: override.map { ["reason": $0.reason, "by": $0.by, "until": $0.until.formatted(.iso8601)] } ?? [:]),
      ])
    return try await get(id)
  }

  /// Sets what a tenant may ask in a minute; what is nil stays as it is. Serving processes follow within seconds.
  ///
  /// - Throws: ``Refusal`` for a number outside 0…``RateAllowances/maximum``.
  public func allow(
    _ id: TenantID, lookUps: Int? = nil, signatures: Int? = nil, evaluations: Int? = nil, signaturesPerCard: Int? = nil,
    lookUpsPerTag: Int? = nil, operatorName: String
  ) async throws -> Tenant {
    let numbers = try [lookUps, signatures, evaluations, signaturesPerCard, lookUpsPerTag].map { number throws(Refusal) in
      try Self.allowance(number)
    }
    _ = try await get(id)
    _ = try await database.unit(
      id,
      [
        BoundStatement(TenantStore.allow, [.uuid(id.uuid)] + numbers),
        audit.record(
          .tenantChanged, tenant: id, actor: "operator:" + operatorName,
          detail: Self.named(lookUps, signatures, evaluations, signaturesPerCard, lookUpsPerTag)),
      ])
    return try await get(id)
  }

  /// Sets what one client may ask of its tenant's allowances; nil: no limit of its own.
  ///
  /// - Throws: ``Refusal`` for a number outside 0…``RateAllowances/maximum``, and for a client that is unknown or ended.
  public func allow(
    client clientID: String, of tenant: TenantID, lookUps: Int?, signatures: Int?, evaluations: Int?, operatorName: String
  ) async throws {
    let numbers = try [lookUps, signatures, evaluations].map { number throws(Refusal) in try Self.allowance(number) }
    let results = try await database.unit(
      tenant,
      [
        BoundStatement(TenantStore.allowClient, [.uuid(tenant.uuid), .text(clientID)] + numbers),
        audit.record(
          .tenantChanged, tenant: tenant, actor: "operator:" + operatorName, object: clientID,
          detail: Self.named(lookUps, signatures, evaluations)),
      ])
    guard results[0].affectedRows == 1 else { throw Refusal.notFound("client") }
  }

  /// For how many months after the end of its own a tenant's audit events are kept: 12 to 600, 120 unless set.
  public func retainAudit(_ id: TenantID, months: Int, operatorName: String) async throws -> Tenant {
    guard (12...600).contains(months) else {
      throw Refusal.field(
        "months", "retentionInvalid", "Audit events are kept for 12 to 600 months.", nextStep: "Choose within that.")
    }
    _ = try await get(id)
    _ = try await database.unit(
      id,
      [
        BoundStatement(TenantStore.retain, [.uuid(id.uuid), .int4(Int32(months))]),
        audit.record(
          .tenantChanged, tenant: id, actor: "operator:" + operatorName, detail: ["auditRetentionMonths": String(months)]),
      ])
    return try await get(id)
  }

  private static func allowance(_ number: Int?) throws(Refusal) -> SQLValue {
    guard let number else { return .null }
    guard (0...RateAllowances.maximum).contains(number) else {
      throw Refusal.field(
        "allowance", "allowanceInvalid", "An allowance is 0 to \(RateAllowances.maximum) a minute.", nextStep: "Choose within that.")
    }
    return .int4(Int32(number))
  }

  private static func named(
    _ lookUps: Int?, _ signatures: Int?, _ evaluations: Int?, _ signaturesPerCard: Int? = nil, _ lookUpsPerTag: Int? = nil
  ) -> [String: String] {
    [
      "lookUpsPerMinute": lookUps, "signaturesPerMinute": signatures, "evaluationsPerMinute": evaluations,
      "signaturesPerCard": signaturesPerCard, "lookUpsPerTag": lookUpsPerTag,
    ].compactMapValues { $0.map(String.init) }
  }

  /// Registers a client with its public key. Scopes must be known ones; origins are `https://host[:port]`.
  public func createClient(
    of tenant: TenantID, name: String, key: JSONWebKey, scopes: [Scope], origins: [String], operatorName: String
  ) async throws -> RegisteredClient {
    _ = try await get(tenant)
    for origin in origins {
      guard origin.hasPrefix("https://"), let url = URL(string: origin), url.host() != nil, url.path().isEmpty, url.query() == nil else {
        throw Refusal.field(
          "origin", "originInvalid", "An origin is https:// and a host, without a path.",
          nextStep: "Give for instance https://app.example.jp.")
      }
    }
    let client = RegisteredClient(
      clientID: "cli_" + CrockfordBase32.encode(ids.nextUUID()), tenantID: tenant, name: name, scopes: scopes.map(\.rawValue),
      origins: origins,
      createdAt: clock.now(), revokedAt: nil)
    _ = try await database.unit(
      tenant,
      [
        BoundStatement(
          TenantStore.insertClient,
          [
            .uuid(tenant.uuid), .text(client.clientID), .text(name), .textArray(client.scopes), .textArray(origins), try Self.json(key),
            .timestamp(client.createdAt),
          ]),
        audit.record(.clientCreated, tenant: tenant, actor: "operator:" + operatorName, object: client.clientID),
      ])
    return client
  }

  /// The clients of a tenant.
  public func clients(of tenant: TenantID) async throws -> [RegisteredClient] {
    try await database.query(tenant, TenantStore.listClients, [.uuid(tenant.uuid)]).rows.map { row in
      RegisteredClient(
        clientID: try row.text(0), tenantID: tenant, name: try row.text(1), scopes: try row.textArray(2), origins: try row.textArray(3),
        createdAt: try row.timestamp(4), revokedAt: try row.optionalTimestamp(5))
    }
  }

  /// Replaces a client's public key.
  public func rotateClient(_ clientID: String, of tenant: TenantID, key: JSONWebKey, operatorName: String) async throws {
    let results = try await database.unit(
      tenant,
      [
        BoundStatement(TenantStore.rotateClient, [.uuid(tenant.uuid), .text(clientID), try Self.json(key)]),
        audit.record(.clientRotated, tenant: tenant, actor: "operator:" + operatorName, object: clientID),
      ])
    guard results[0].affectedRows == 1 else { throw Refusal.notFound("client") }
  }

  /// Ends a client: no further token, and its tokens end within seconds.
  public func revokeClient(_ clientID: String, of tenant: TenantID, operatorName: String) async throws {
    let results = try await database.unit(
      tenant,
      [
        BoundStatement(TenantStore.revokeClient, [.uuid(tenant.uuid), .text(clientID), .timestamp(clock.now())]),
        audit.record(.clientRevoked, tenant: tenant, actor: "operator:" + operatorName, object: clientID),
      ])
    guard results[0].affectedRows == 1 else { throw Refusal.notFound("client") }
  }

  /// A key handed over as PEM has no id; assertions name the thumbprint then.
  private static func json(_ key: JSONWebKey) throws -> SQLValue {
    let named = key.kid == nil ? key.labelled(kid: key.thumbprint, alg: key.alg, use: key.use) : key
    return .json(String(decoding: try JSONEncoder().encode(["keys": [named]]), as: UTF8.self))
  }

  private static func tenant(_ row: Row) throws -> Tenant {
    guard let status = VerifierStatus(rawValue: try row.text(2)), let policy = RevocationPolicy(rawValue: try row.text(4)),
      let scheme = TagScheme(rawValue: try row.text(16))
    else { throw KeyError.damaged }
    return Tenant(
      id: TenantID(try row.uuid(0)), name: try row.text(1), status: status, isSandbox: try row.bool(3), revocationPolicy: policy,
      fallbackSeconds: try row.int(7), revocationOverride: try RevocationOverride(row, at: 8), tagScheme: scheme,
      allowances: RateAllowances(
        lookUp: try row.int(11), signature: try row.int(12), evaluation: try row.int(13), signaturesPerCard: try row.int(14),
        lookUpsPerTag: try row.int(15)),
      createdAt: try row.timestamp(5),
      suspendedAt: try row.optionalTimestamp(6))
  }
}
