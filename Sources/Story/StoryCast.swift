public import BrokerClient
public import Foundation
public import JLISSimulator
public import JOSE

/// Who plays: the broker's address, the tenants with their clients, J-LIS.
public struct StoryCast: Sendable {
  /// One of the two tenants, as the operator created it.
  public struct Tenant: Sendable {
    /// The tenant's id, which card envelopes name.
    public var id: String
    /// Where the signatures are asked for; registered for the tenant's clients.
    public var origin: String
    /// The service サービス that consents are given for.
    public var serviceID: String

    /// A tenant; see the properties.
    public init(id: String, origin: String, serviceID: String) {
      self.id = id
      self.origin = origin
      self.serviceID = serviceID
    }
  }

  /// Both tenants.
  public var tenants: [StoryTenant: Tenant]
  /// A connection for every role, authenticated as that role's client.
  public var connections: [StoryRole: BrokerConnection]
  /// To this key the bank's edge keys are wrapped.
  public var ledgerKey: DecryptionKey
  /// The simulated J-LIS that the broker asks, and where the cards come from.
  public var simulator: SimulatedJLIS
  /// The time, where the bank asks whether a tag key is live still.
  public var now: @Sendable () -> Date

  /// A cast; see the properties.
  public init(
    tenants: [StoryTenant: Tenant], connections: [StoryRole: BrokerConnection], ledgerKey: DecryptionKey, simulator: SimulatedJLIS,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.tenants = tenants
    self.connections = connections
    self.ledgerKey = ledgerKey
    self.simulator = simulator
    self.now = now
  }
}

extension StoryCast {
  /// Closes every connection.
  public func close() async {
    for connection in connections.values { await connection.close() }
  }
}
