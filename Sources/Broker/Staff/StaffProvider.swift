public import CitizenItems
internal import Foundation
internal import PostgreSQL

/// A tenant's own identity provider (OpenID Connect Core 1.0), by which its staff may sign in to the console.
public struct StaffProvider: Redacted {
  /// Its address, without the path of its discovery document: `iss` of its ID tokens.
  public let issuer: String
  /// What the provider calls the console.
  public let clientID: String
  /// What the console shows at the token endpoint; nil: a public client, which PKCE alone protects.
  public let clientSecret: String?
  /// The claim of an ID token in which an account's name stands. It is looked at the first time that somebody signs in; from then on their `sub` is.
  public let nameClaim: String
  /// Whether password and code open the console as well.
  public let allowsPasswords: Bool

  /// - Throws: ``Refusal`` where the address is not `https://`, or something is empty or too long.
  public init(issuer: String, clientID: String, clientSecret: String?, nameClaim: String, allowsPasswords: Bool) throws(Refusal) {
    guard let url = URL(string: issuer), url.scheme == "https", url.host()?.isEmpty == false, url.query() == nil, url.fragment() == nil,
      url.user() == nil, (9...512).contains(issuer.count)
    else {
      throw Refusal.field(
        "issuer", "providerIssuerInvalid", "A provider's issuer is an https:// address without query or fragment.",
        nextStep: "Take it from the member issuer of its discovery document.")
    }
    guard (1...256).contains(clientID.count), (1...64).contains(nameClaim.count),
      clientSecret.map({ (1...1024).contains($0.count) }) ?? true
    else {
      throw Refusal.field(
        "clientID", "providerClientInvalid",
        "A client id has 1 to 256 characters, a claim's name 1 to 64, a client secret 1 to 1024.",
        nextStep: "Look at what the provider says.")
    }
    self.issuer = issuer
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.nameClaim = nameClaim
    self.allowsPasswords = allowsPasswords
  }
}

extension StaffService {
  /// The tenant's own provider; nil where it has none.
  public func provider(_ tenant: TenantID) async throws -> StaffProvider? {
    guard let row = try await core.database.query(tenant, StaffProviderStore.get, [.uuid(tenant.uuid)]).rows.first else { return nil }
    let secret: String? =
      row.isNull(2)
      ? nil
      : String(
        decoding: try await core.vault.tenantKeys(tenant).open(
          try row.bytes(2), table: "staff_providers", column: "client_secret_sealed", row: tenant.uuid), as: UTF8.self)
    return try StaffProvider(
      issuer: try row.text(0), clientID: try row.text(1), clientSecret: secret, nameClaim: try row.text(3),
      allowsPasswords: try row.bool(4))
  }

  /// Signs in whom the tenant's provider has vouched for. Only an account that an administrator made comes in; the provider gives no roles.
  ///
  /// - Parameters:
  ///   - issuer: the provider whose ID token it was.
  ///   - subject: its `sub`; kept as a keyed digest.
  ///   - name: the claim that holds an account's name; nil where the token has none.
  /// - Returns: the session's secret, for its cookie alone.
  public func signIn(_ tenant: TenantID, issuer: String, subject: String, name: String?, requestID: String) async throws -> String {
    guard (1...255).contains(subject.utf8.count) else { throw Self.signInRefused }
    let index = try await core.vault.tenantKeys(tenant).index(ofReference: "\(issuer) \(subject)", kind: "staffProvider")
    let session = StaffAccounts.token()
    let isIn = try await core.database.transaction(tenant) { transaction in
      let rows = try await transaction.query(
        StaffProviderStore.member, [.uuid(tenant.uuid), .bytes(index), .text(name ?? ""), .text(issuer)]
      ).rows
      guard let id = try rows.first.map({ StaffID(try $0.uuid(0)) }) else {
        try await transaction.pipeline([
          core.audit.record(
            .staffSignedIn, tenant: tenant, actor: "staff:unknown", requestID: requestID, outcome: "refused", detail: ["by": "provider"])
        ])
        return false
      }
      try await transaction.pipeline([
        insertSession(tenant, id, session, byProvider: true),
        core.audit.record(
          .staffSignedIn, tenant: tenant, actor: "staff:" + id.description, requestID: requestID, detail: ["by": "provider"]),
      ])
      return true
    }
    guard isIn else { throw Self.providerUnknown }
    return session
  }

  static let providerUnknown = Refusal(
    .forbidden, "staffProviderUnknown", "Your provider knows you, but there is no account for you here.",
    nextStep: "Ask an administrator for one, under the name that the provider tells.")
}

extension StaffAdministration {
  /// Sets the tenant's provider, in place of the one before. Sessions that began with a provider end; where passwords do not count any more, all do.
  public func setProvider(_ tenant: TenantID, _ provider: StaffProvider, operatorName: String) async throws {
    guard try await !database.query(tenant, TenantStore.get, [.uuid(tenant.uuid)]).rows.isEmpty else { throw Refusal.notFound("tenant") }
    let sealed: [UInt8]? =
      if let secret = provider.clientSecret {
        try await accounts.vault.tenantKeys(tenant).seal(
          Array(secret.utf8), table: "staff_providers", column: "client_secret_sealed", row: tenant.uuid)
      } else { nil }
    _ = try await database.unit(
      tenant,
      [
        BoundStatement(
          StaffProviderStore.set,
          [
            .uuid(tenant.uuid), .text(provider.issuer), .text(provider.clientID), sealed.map(SQLValue.bytes) ?? .null,
            .text(provider.nameClaim), .bool(provider.allowsPasswords), .timestamp(accounts.clock.now()),
          ]),
        BoundStatement(StaffProviderStore.endSessions, [.uuid(tenant.uuid), .bool(!provider.allowsPasswords)]),
        accounts.audit.record(
          .staffProviderChanged, tenant: tenant, actor: "operator:" + operatorName, requestID: nil, outcome: "set",
          detail: ["issuer": provider.issuer, "passwords": String(provider.allowsPasswords)]),
      ])
  }

  /// Removes the tenant's provider; sessions that began with it end, and password and code open the console.
  public func removeProvider(_ tenant: TenantID, operatorName: String) async throws {
    let results = try await database.unit(
      tenant,
      [
        BoundStatement(StaffProviderStore.remove, [.uuid(tenant.uuid)]),
        BoundStatement(StaffProviderStore.endSessions, [.uuid(tenant.uuid), .bool(false)]),
        accounts.audit.record(
          .staffProviderChanged, tenant: tenant, actor: "operator:" + operatorName, requestID: nil, outcome: "removed"),
      ])
    guard results[0].affectedRows == 1 else { throw Refusal.notFound("provider") }
  }
}
