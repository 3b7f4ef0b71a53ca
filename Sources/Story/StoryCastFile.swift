import BrokerClient
import Foundation
import JLISSimulator
import JOSE

/// The cast as a file: what Deploy writes once broker and simulator are running, for `yonjo-story` and the contract tests.
///
/// Keys are named by their files and never stand in it.
public struct StoryCastFile: Codable, Sendable {
  /// A tenant and its clients.
  public struct Tenant: Codable, Sendable {
    /// Tenant id.
    public var id: String
    /// Origin registered for its clients.
    public var origin: String
    /// The service that consents are given for.
    public var serviceId: String
  }
  /// A client of the API.
  public struct Client: Codable, Sendable {
    /// Client id.
    public var id: String
    /// PEM file of its private key (ES256).
    public var keyFile: String
  }

  /// Where the broker listens: `https://host:port`.
  public var broker: String
  /// PEM file of the authority that signed the broker's certificate.
  public var trustFile: String
  /// Both tenants.
  public var bank, fintech: Tenant
  /// A client for every role.
  public var clients: [String: Client]
  /// PEM file of the bank's key to which edge keys are wrapped.
  public var ledgerKeyFile: String
  /// The simulator's state directory.
  public var simulatorState: String

  /// Reads the file.
  public init(contentsOf path: String) throws {
    self = try JSONDecoder().decode(StoryCastFile.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Opens a connection for every role, and the simulator's state.
  /// - Throws: when a file that is named cannot be read, or a role has no client.
  public func open() throws -> StoryCast {
    let trust = try Self.text(of: trustFile)
    var connections: [StoryRole: BrokerConnection] = [:]
    for role in StoryRole.allCases {
      guard let client = clients[role.rawValue] else { throw MissingRole(role: role) }
      connections[role] = try BrokerConnection(
        BrokerClientConfiguration(
          baseURL: broker, trustRootsPEM: trust,
          credentials: .init(clientID: client.id, key: try SigningKey(pemRepresentation: Self.text(of: client.keyFile)))))
    }
    return StoryCast(
      tenants: [.bank: bank.member, .fintech: fintech.member], connections: connections,
      ledgerKey: try DecryptionKey(pemRepresentation: Self.text(of: ledgerKeyFile)),
      simulator: try SimulatedJLIS(stateDirectory: simulatorState))
  }

  private static func text(of file: String) throws -> String { try String(contentsOfFile: file, encoding: .utf8) }
}

extension StoryCastFile.Tenant {
  fileprivate var member: StoryCast.Tenant { StoryCast.Tenant(id: id, origin: origin, serviceID: serviceId) }
}

/// The cast file names no client for a role.
struct MissingRole: Error, CustomStringConvertible {
  let role: StoryRole
  var description: String { "The cast has no client for \(role.rawValue)." }
}
