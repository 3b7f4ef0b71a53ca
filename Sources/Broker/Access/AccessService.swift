internal import Foundation
public import JOSE
internal import PostgreSQL
internal import Synchronization

/// A token as the token endpoint hands it out (RFC 6749 §5.1, RFC 9068).
public struct TokenGrant: Sendable {
  /// `at+jwt` (RFC 9068), a secret of the client.
  public let accessToken: String
  /// How long it is good for.
  public let expiresInSeconds: Int
  /// Space-separated.
  public let scope: String
}

/// Clients prove themselves with `private_key_jwt` (RFC 7523) and get `at+jwt` tokens of ten minutes.
public final class AccessService: Sendable {
  /// How long an access token is good for: ten minutes.
  public static let tokenLifetimeSeconds = 600
  /// The longest that a client assertion may be valid, in seconds.
  static let assertionLifetimeSeconds: TimeInterval = 300
  /// How long a verified token's client is believed to be unchanged, in seconds: so quickly does a revocation work everywhere.
  static let recheckSeconds: TimeInterval = 5
  private static let cacheLimit = 10_000

  private struct Known {
    let caller: Caller
    let scopes: Set<Scope>
    let expiresAt: Date
    let recheckAt: Date
  }

  private struct Credentials {
    let keys: [JSONWebKey]
    let scopes: Set<Scope>
    let origins: [String]
    let status: VerifierStatus
    let isSandbox: Bool
    let policy: TenantRevocationPolicy
    let allowances: RateAllowances
    let clientAllowances: [RateKind: Int]
    let isSuspended: Bool
  }

  private let core: BrokerCore
  private let cache = Mutex<[[UInt8]: Known]>([:])

  init(core: BrokerCore) { self.core = core }

  /// The broker's own address, `iss` of its tokens.
  public var issuer: String { core.issuer }

  /// What `/jwks.json` publishes.
  public func publishedKeys() async throws -> [JSONWebKey] { try await core.vault.platformKeys().published }

  /// Client credentials (RFC 6749 §4.4) for a token. An assertion is good once.
  /// - Parameter scope: space-separated; nil asks for all that the client may have.
  public func grant(clientAssertion: String, scope: String?, requestID: String) async throws -> TokenGrant {
    guard clientAssertion.utf8.count <= JSONWebToken.maximumBytes, let parts = try? JSONWebSignature.unverifiedParts(clientAssertion),
      let claims = try? JSONDecoder().decode([String: JSONValue].self, from: Data(parts.payload)), let clientID = claims["sub"]?.string,
      clientID.utf8.count <= 64
    else { throw Self.invalidClient }
    let found = try await core.database.platform([BoundStatement(TenantStore.clientTenant, [.text(clientID)])])
    guard let uuid = try found[0].rows.first?.optionalUUID(0) else { throw Self.invalidClient }
    let tenant = TenantID(uuid)
    guard let credentials = try await credentials(tenant, clientID), !credentials.isSuspended else { throw Self.invalidClient }
    let now = core.clock.now()
    let verified: JSONWebToken.Claims
    do {
      verified = try JSONWebToken.verify(
        clientAssertion, keys: credentials.keys,
        expecting: JSONWebToken.Expectations(
          issuer: clientID, subject: clientID, audiences: [core.issuer, core.issuer + "/oauth2/token"],
          maximumLifetime: Self.assertionLifetimeSeconds,
          required: ["jti"]), at: now
      ).claims
    } catch {
      throw Self.invalidClient
    }
    let granted = try Self.granted(scope, credentials.scopes)
    let tokenID = core.ids.nextUUID()
    let expiresAt = now.addingTimeInterval(TimeInterval(Self.tokenLifetimeSeconds))
    let once = Array("assertion/\(clientID)/\(verified.tokenID ?? "")".utf8).sha256
    let results = try await core.database.unit(
      tenant,
      [
        BoundStatement(
          AccessStore.useAssertion,
          [
            .uuid(tenant.uuid), .uuid(UUID(bytes: once[0..<16]) ?? tokenID), .bytes(once), .timestamp(now),
            .timestamp(verified.expiration?.addingTimeInterval(60) ?? expiresAt), .uuid(core.ids.nextUUID()), .text("client:" + clientID),
            .text(requestID),
          ])
      ])
    guard try results[0].rows[0].bool(0) else { throw Self.invalidClient }
    guard let key = try await core.vault.platformKeys().token.first else { throw Refusal.unavailable("The key store") }
    let names = granted.map(\.rawValue).sorted().joined(separator: " ")
    let token = try JSONWebToken.sign(
      JSONWebToken.Claims([
        "iss": .string(core.issuer), "sub": .string(clientID), "client_id": .string(clientID), "aud": .string(core.issuer),
        "scope": .string(names),
        "tid": .string(tenant.description), "jti": .string(tokenID.uuidString.lowercased()),
        "iat": .integer(Int64(now.timeIntervalSince1970)),
        "exp": .integer(Int64(expiresAt.timeIntervalSince1970)),
      ]), type: "at+jwt", key: key)
    return TokenGrant(accessToken: token, expiresInSeconds: Self.tokenLifetimeSeconds, scope: names)
  }

  /// Who stands behind an access token that was verified a moment ago; nil where it would have to be looked at again.
  public func callerAtHand(token: String, requestID: String) -> Caller? {
    let digest = Array(token.utf8).sha256
    let now = core.clock.now()
    guard let known = cache.withLock({ $0[digest] }), known.expiresAt > now, known.recheckAt > now else { return nil }
    return known.caller.with(requestID: requestID)
  }

  /// Who stands behind an access token. Verified once and remembered by digest until it expires; the client is looked at again every few seconds.
  public func caller(token: String, requestID: String) async throws -> Caller {
    if let known = callerAtHand(token: token, requestID: requestID) { return known }
    let digest = Array(token.utf8).sha256
    let now = core.clock.now()
    let platform = try await core.vault.platformKeys()
    let claims: JSONWebToken.Claims
    do {
      claims = try JSONWebToken.verify(
        token, keys: platform.tokenVerifiers, algorithms: [.es256],
        expecting: JSONWebToken.Expectations(
          type: "at+jwt", issuer: core.issuer, audiences: [core.issuer], leeway: 0, required: ["tid", "client_id"]),
        at: now
      ).claims
    } catch {
      throw Self.invalidToken
    }
    guard let clientID = claims["client_id"]?.string, let tenant = claims["tid"]?.string.flatMap({ TenantID($0) }),
      let expiresAt = claims.expiration,
      let credentials = try await credentials(tenant, clientID), !credentials.isSuspended
    else { throw Self.invalidToken }
    let scopes = Set((claims["scope"]?.string ?? "").split(separator: " ").compactMap { Scope(rawValue: String($0)) })
    let caller = Caller(
      tenantID: tenant, clientID: clientID, status: credentials.status, isSandbox: credentials.isSandbox,
      revocationPolicy: credentials.policy,
      origins: credentials.origins, scopes: scopes.intersection(credentials.scopes), allowances: credentials.allowances,
      clientAllowances: credentials.clientAllowances, requestID: requestID)
    cache.withLock { cache in
      if cache.count >= Self.cacheLimit { cache = cache.filter { $0.value.expiresAt > now } }
      if cache.count >= Self.cacheLimit { cache.removeAll() }
      cache[digest] = Known(caller: caller, scopes: scopes, expiresAt: expiresAt, recheckAt: now.addingTimeInterval(Self.recheckSeconds))
    }
    return caller
  }

  private func credentials(_ tenant: TenantID, _ clientID: String) async throws -> Credentials? {
    let result = try await core.database.query(tenant, TenantStore.credentials, [.uuid(tenant.uuid), .text(clientID)])
    guard let row = result.rows.first else { return nil }
    let set = try JSONDecoder().decode([String: [JSONWebKey]].self, from: Data(try row.text(0).utf8))
    guard let status = VerifierStatus(rawValue: try row.text(3)), let method = RevocationPolicy(rawValue: try row.text(5)) else {
      return nil
    }
    let policy = TenantRevocationPolicy(
      tenantID: tenant, method: method, fallbackSeconds: try row.int(7), override: try RevocationOverride(row, at: 8))
    return Credentials(
      keys: set["keys"] ?? [], scopes: Set(try row.textArray(1).compactMap(Scope.init(rawValue:))), origins: try row.textArray(2),
      status: status,
      isSandbox: try row.bool(4), policy: policy,
      allowances: RateAllowances(
        lookUp: try row.int(11), signature: try row.int(12), evaluation: try row.int(13), signaturesPerCard: try row.int(17),
        lookUpsPerTag: try row.int(18)),
      clientAllowances: try RateKind.own(row, at: 14), isSuspended: try row.bool(6))
  }

  private static func granted(_ wanted: String?, _ allowed: Set<Scope>) throws(Refusal) -> Set<Scope> {
    guard let wanted, !wanted.isEmpty else { return allowed }
    var granted: Set<Scope> = []
    for name in wanted.split(separator: " ") {
      guard let scope = Scope(rawValue: String(name)), allowed.contains(scope) else {
        throw Refusal(
          .invalid, "invalid_scope", "A scope is unknown, or not registered for the client.",
          nextStep: "Ask for scopes that the operator registered.")
      }
      granted.insert(scope)
    }
    return granted
  }

  /// RFC 6749 §5.2; the same for an unknown client, a wrong key, a used assertion and a suspended tenant.
  static let invalidClient = Refusal(
    .unauthenticated, "invalid_client", "The client is not known, or its assertion does not verify.",
    nextStep: "Sign a fresh assertion (iss = sub = client id, aud = token endpoint, jti, exp within 5 minutes) with the registered key.")
  static let invalidToken = Refusal(
    .unauthenticated, "invalidToken", "The access token is missing, wrong or expired.", nextStep: "Fetch a new one at /oauth2/token.")
}

extension Caller {
  /// The same caller for another request.
  func with(requestID: String) -> Caller {
    Caller(
      tenantID: tenantID, clientID: clientID, actor: actor, status: status, isSandbox: isSandbox, revocationPolicy: revocationPolicy,
      origins: origins, scopes: scopes, allowances: allowances, clientAllowances: clientAllowances, requestID: requestID)
  }
}

/// SQL of access.
enum AccessStore {
  /// An assertion's id is used up like a session: once. The audit event says whether a token came of it.
  /// 1 tenant · 2, 3 the assertion · 4 now · 5 its end · 6 audit id · 7 actor · 8 request id
  static let useAssertion = Statement(
    "use_assertion",
    """
    with used as (
      insert into used_sessions (tenant_id, session_id, key_digest, fingerprint, used_at, expires_at) values ($1, $2, $3, $3, $4, $5)
      on conflict do nothing returning 1
    ), audited as (
      insert into audit_events (tenant_id, event_id, at, kind, actor, outcome, request_id)
      select $1, $6, $4, 'tokenIssued', $7, case when exists (select 1 from used) then 'ok' else 'assertionReused' end, $8
    )
    select exists (select 1 from used)
    """)
}
