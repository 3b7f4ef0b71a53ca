/// One dependency of the broker, as `/readyz` names it.
public struct HealthCheck: Sendable {
  /// How a dependency stands.
  public enum State: String, Sendable, Encodable {
    case up
    case down
    /// Works, but not as it should: does not make the broker unready.
    case degraded
  }

  /// What a check found.
  public struct Finding: Sendable {
    /// How it stands.
    public let state: State
    /// A word for operators; never an address with a password, never personal data.
    public let detail: String?

    /// Makes a finding.
    public init(_ state: State, detail: String? = nil) {
      self.state = state
      self.detail = detail
    }
  }

  /// Stable, camelCase.
  public let name: String
  /// Looks; is given one second.
  public let check: @Sendable () async -> Finding

  /// Names a dependency and how to look at it.
  public init(_ name: String, check: @escaping @Sendable () async -> Finding) {
    self.name = name
    self.check = check
  }
}
