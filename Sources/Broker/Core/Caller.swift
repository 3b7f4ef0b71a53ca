/// A tenant's standing in law (jpki.md §9).
public enum VerifierStatus: String, Sendable, Codable, CaseIterable {
  /// Declares items and learns only whether they agree. Every tenant is born so.
  case notVerifier
  /// Entrusts its whole verification to the operator (施行規則29条) and may see items.
  case deemedVerifier
}

/// What a client may ask for; the names are the token's scopes (api.md, Access).
public enum Scope: String, Sendable, Codable, CaseIterable {
  case onboarding
  case login
  case documents
  case matching
  case ledger
  case consentsRead = "consents:read"
  case consentsWrite = "consents:write"
  case subjects
  case latestItems = "latest-items"
  case events
  case usage
  case auditRead = "audit:read"
}

/// Who asks: taken from a verified token, never from a path or a body.
public struct Caller: Sendable {
  /// The tenant that the client belongs to.
  public let tenantID: TenantID
  /// The client's registered id; of staff and of a person at their own door the id under which their writes can be repeated.
  public let clientID: String
  /// The actor of audit events: `client:…`, `staff:…` or `person:…`.
  let actor: String
  /// The tenant's standing.
  public let status: VerifierStatus
  /// A sandbox tenant may send plain card fields.
  public let isSandbox: Bool
  /// The tenant's way of finding out revocation.
  public let revocationPolicy: TenantRevocationPolicy
  /// Origins registered for the client.
  public let origins: [String]
  /// What the token allows.
  public let scopes: Set<Scope>
  /// What the tenant may ask in a minute, all of its clients together.
  public let allowances: RateAllowances
  /// What this client may ask of that, where the operator set it apart.
  public let clientAllowances: [RateKind: Int]
  /// The request's id, for the audit event.
  public let requestID: String

  /// Made by ``AccessService``, ``StaffService`` and ``DoorService`` (and by tests). Without an actor it is the client.
  public init(
    tenantID: TenantID, clientID: String, actor: String? = nil, status: VerifierStatus, isSandbox: Bool,
    revocationPolicy: TenantRevocationPolicy,
    origins: [String],
    scopes: Set<Scope>, allowances: RateAllowances = .standard, clientAllowances: [RateKind: Int] = [:], requestID: String
  ) {
    self.tenantID = tenantID
    self.clientID = clientID
    self.actor = actor ?? "client:" + clientID
    self.status = status
    self.isSandbox = isSandbox
    self.revocationPolicy = revocationPolicy
    self.origins = origins
    self.scopes = scopes
    self.allowances = allowances
    self.clientAllowances = clientAllowances
    self.requestID = requestID
  }

  /// Refuses a caller whose token lacks the scope.
  public func require(_ scope: Scope) throws(Refusal) {
    guard scopes.contains(scope) else {
      throw Refusal(
        .forbidden, "insufficientScope", "The access token lacks the scope \(scope.rawValue).",
        nextStep: "Ask for a token with the scope \(scope.rawValue).")
    }
  }

  /// Refuses a `notVerifier` tenant.
  public func requireDeemedVerifier() throws(Refusal) {
    guard status == .deemedVerifier else { throw Refusal.notPermittedForStatus }
  }

  /// Refuses an origin that is not registered for this client.
  func require(origin: String) throws(Refusal) {
    guard origins.contains(origin) else {
      throw Refusal.field(
        "/origin", "originNotRegistered", "The origin is not registered for this client.",
        nextStep: "Have the operator register it, or send a registered one.")
    }
  }
}
