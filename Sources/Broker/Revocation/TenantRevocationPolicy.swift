public import Foundation

/// How a tenant wants revocation found out.
public enum RevocationPolicy: String, Sendable, Codable, CaseIterable {
  case crl
  case ocsp
  /// OCSP, and the CRL index where OCSP gives no answer.
  case ocspThenCrl
}

/// What the operator let a tenant do for a while, on record: rely on certificates whose revocation nobody can tell.
public struct RevocationOverride: Sendable, Codable, Hashable {
  /// The longest that one lasts, in seconds: seven days.
  public static let longestSeconds: TimeInterval = 7 * 86_400

  /// Why, 1 to 500 characters.
  public let reason: String
  /// Who answers for it, 1 to 200 characters.
  public let by: String
  /// From then on it is over.
  public let until: Date

  /// An override; ``TenantAdministration/setRevocationOverride(_:_:operatorName:)`` checks its limits.
  public init(reason: String, by: String, until: Date) {
    self.reason = reason
    self.by = by
    self.until = until
  }
}

/// All that decides on revocation for one tenant.
public struct TenantRevocationPolicy: Sendable {
  /// How old a list may be that stands in for OCSP, unless the operator says otherwise: 36 hours, because J-LIS makes one a day and one may be late.
  public static let defaultFallbackSeconds = 36 * 3600
  /// What the operator may set: an hour to seven days.
  public static let fallbackSeconds = 3600...604_800

  /// Whose policy it is.
  public let tenantID: TenantID
  /// Which sources are asked.
  public let method: RevocationPolicy
  /// How old a list may be that stands in for OCSP, in seconds.
  public let fallbackSeconds: Int
  /// Nil unless the operator set one; it may be over.
  public let override: RevocationOverride?

  /// A policy without override unless one is given.
  public init(
    tenantID: TenantID, method: RevocationPolicy, fallbackSeconds: Int = TenantRevocationPolicy.defaultFallbackSeconds,
    override: RevocationOverride? = nil
  ) {
    self.tenantID = tenantID
    self.method = method
    self.fallbackSeconds = fallbackSeconds
    self.override = override
  }

  /// The same tenant asking one source by name, as status checks do: nothing passes by override, because nothing is decided.
  func asking(_ method: RevocationPolicy) -> TenantRevocationPolicy {
    TenantRevocationPolicy(tenantID: tenantID, method: method, fallbackSeconds: fallbackSeconds)
  }
}
