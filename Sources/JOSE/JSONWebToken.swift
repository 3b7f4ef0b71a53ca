public import Foundation

/// JWT (RFC 7519): claims in a JWS.
public enum JSONWebToken {
  /// The longest token that is read, in bytes: 16 KiB.
  public static let maximumBytes = 16_384

  /// What a verifier expects. A field that is nil is not checked.
  public struct Expectations: Sendable {
    /// `typ` of the header, compared without case and without `application/`.
    public var type: String?
    /// `iss`
    public var issuer: String?
    /// `sub`
    public var subject: String?
    /// One of these must be among `aud`.
    public var audiences: [String]?
    /// Seconds by which clocks may differ.
    public var leeway: TimeInterval
    /// Seconds that `exp` may lie ahead at most; nil means no limit.
    public var maximumLifetime: TimeInterval?
    /// Claims that must be there.
    public var required: [String]

    /// Everything that is given is checked.
    public init(
      type: String? = nil, issuer: String? = nil, subject: String? = nil, audiences: [String]? = nil, leeway: TimeInterval = 5,
      maximumLifetime: TimeInterval? = nil, required: [String] = []
    ) {
      self.type = type
      self.issuer = issuer
      self.subject = subject
      self.audiences = audiences
      self.leeway = leeway
      self.maximumLifetime = maximumLifetime
      self.required = required
    }
  }

  /// Signs claims with ES256.
  ///
  /// - Throws: `JOSEError`.
  public static func sign(_ claims: Claims, type: String = "JWT", key: SigningKey) throws(JOSEError) -> String {
    try JSONWebSignature.sign(payload: JSONValue.object(claims.members).serialized(), header: ["typ": .string(type)], key: key)
  }

  /// Verifies signature, then claims. `exp` must be there; it and `nbf`, `iat` are compared with `now`.
  ///
  /// - Throws: `JOSEError`.
  public static func verify(
    _ token: String, keys: [JSONWebKey], algorithms: Set<SignatureAlgorithm> = [.es256, .ps256], expecting expectations: Expectations,
    at now: Date
  ) throws(JOSEError) -> (header: ProtectedHeader, claims: Claims) {
    let (header, payload) = try JSONWebSignature.verify(token, keys: keys, algorithms: algorithms, maximumBytes: maximumBytes)
    if let type = expectations.type, normalized(header.type ?? "") != normalized(type) { throw .typeNotExpected }
    guard let members = try JSONValue(parsing: payload).object else { throw .malformed }
    let claims = Claims(members)
    try check(claims, expectations, now)
    return (header, claims)
  }

  private static func check(_ claims: Claims, _ expectations: Expectations, _ now: Date) throws(JOSEError) {
    for name in expectations.required where claims[name] == nil { throw .claimMissing(name) }
    for name in ["exp", "nbf", "iat"] {
      if let value = claims[name], claims.date(name) == nil, value != .null { throw .malformed }
    }
    guard let expiration = claims.expiration else { throw .claimMissing("exp") }
    if expiration.addingTimeInterval(expectations.leeway) <= now { throw .expired }
    if let limit = expectations.maximumLifetime, expiration > now.addingTimeInterval(limit + expectations.leeway) { throw .lifetimeTooLong }
    for date in [claims.notBefore, claims.issuedAt] {
      if let date, date > now.addingTimeInterval(expectations.leeway) { throw .notYetValid }
    }
    if let issuer = expectations.issuer, claims.issuer != issuer { throw .claimUnexpected("iss") }
    if let subject = expectations.subject, claims.subject != subject { throw .claimUnexpected("sub") }
    if let audiences = expectations.audiences, Set(audiences).isDisjoint(with: claims.audience) { throw .claimUnexpected("aud") }
  }

  private static func normalized(_ type: String) -> String {
    let lower = type.lowercased()
    return lower.hasPrefix("application/") ? String(lower.dropFirst("application/".count)) : lower
  }

  /// The claims of a token. Registered ones by name, all of them by subscript.
  public struct Claims: Sendable, Hashable {
    /// All claims.
    public private(set) var members: [String: JSONValue]

    /// Takes claims as they are.
    public init(_ members: [String: JSONValue] = [:]) { self.members = members }

    /// The registered claims (RFC 7519 §4.1); times are written in whole seconds.
    public init(
      issuer: String? = nil, subject: String? = nil, audience: [String] = [], expiration: Date? = nil, notBefore: Date? = nil,
      issuedAt: Date? = nil,
      tokenID: String? = nil, others: [String: JSONValue] = [:]
    ) {
      members = others
      members["iss"] = issuer.map(JSONValue.string)
      members["sub"] = subject.map(JSONValue.string)
      if audience.count == 1 {
        members["aud"] = .string(audience[0])
      } else if !audience.isEmpty {
        members["aud"] = .array(audience.map(JSONValue.string))
      }
      for (name, date) in [("exp", expiration), ("nbf", notBefore), ("iat", issuedAt)] {
        if let date { members[name] = .integer(Int64(date.timeIntervalSince1970.rounded(.down))) }
      }
      members["jti"] = tokenID.map(JSONValue.string)
    }

    /// Any claim.
    public subscript(name: String) -> JSONValue? {
      get { members[name] }
      set { members[name] = newValue }
    }

    /// `iss`
    public var issuer: String? { members["iss"]?.string }
    /// `sub`
    public var subject: String? { members["sub"]?.string }
    /// `aud`, as a list whether it was written as one or as a string.
    public var audience: [String] {
      if let one = members["aud"]?.string { return [one] }
      return (members["aud"]?.array ?? []).compactMap(\.string)
    }
    /// `exp`
    public var expiration: Date? { date("exp") }
    /// `nbf`
    public var notBefore: Date? { date("nbf") }
    /// `iat`
    public var issuedAt: Date? { date("iat") }
    /// `jti`
    public var tokenID: String? { members["jti"]?.string }

    func date(_ name: String) -> Date? {
      switch members[name] {
      case .integer(let seconds): Date(timeIntervalSince1970: TimeInterval(seconds))
      case .number(let seconds) where seconds.isFinite: Date(timeIntervalSince1970: seconds)
      default: nil
      }
    }
  }
}
