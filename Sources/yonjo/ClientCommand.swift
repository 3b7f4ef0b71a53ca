import ArgumentParser
import Broker
import Foundation

/// `yonjo client`
struct ClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client", abstract: "Clients of tenants: back ends and ledger machines.",
    subcommands: [CreateCommand.self, RotateCommand.self, RevokeCommand.self])

  /// A client as commands print it.
  struct Line: Encodable {
    let id: String
    let tenant: String
    let name: String
    let scopes: [String]
    let origins: [String]
    let createdAt: Date
    let revokedAt: Date?

    init(_ client: RegisteredClient) {
      id = client.clientID
      tenant = client.tenantID.description
      name = client.name
      scopes = client.scopes
      origins = client.origins
      createdAt = client.createdAt
      revokedAt = client.revokedAt
    }

    var text: String {
      "\(id)\t\(name)\(revokedAt == nil ? "" : " revoked")\t\(scopes.joined(separator: " "))\t\(origins.joined(separator: " "))"
    }
  }

  private struct Done: Encodable {
    let id: String
  }

  /// `yonjo client create`
  struct CreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Register a client with its public key.")

    @OptionGroup var common: CommonOptions

    @Option(help: "The tenant that it belongs to.")
    var tenant: String

    @Option(help: "Its name.")
    var name: String

    @Option(help: "A scope, or several separated by spaces; may be repeated.")
    var scope: [String]

    @Option(help: "An origin at which it asks for signatures; may be repeated.")
    var origin: [String] = []

    @Option(help: "Its public key (PEM or JWK), for private_key_jwt.")
    var key: String

    func run() async throws {
      let tenant = try TenantCommand.id(tenant)
      let scopes = try Self.scopes(scope)
      let key = try PublicKeyFile.read(key)
      let (name, origins) = (name, origin)
      let client = try await TenantCommand.administer(common) {
        try await $0.createClient(
          of: tenant, name: name, key: key, scopes: scopes, origins: origins, operatorName: TenantCommand.operatorName)
      }
      try Program.print(Line(client), asJSON: common.json, Line(client).text)
    }

    private static func scopes(_ texts: [String]) throws(CommandFailure) -> [Scope] {
      var scopes: [Scope] = []
      for word in texts.flatMap({ $0.split(separator: " ") }) {
        guard let scope = Scope(rawValue: String(word)) else {
          throw CommandFailure(
            .badUse, "There is no scope \(word).", nextStep: "One of \(Scope.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        if !scopes.contains(scope) { scopes.append(scope) }
      }
      guard !scopes.isEmpty else { throw CommandFailure(.badUse, "A client needs at least one scope.") }
      return scopes
    }
  }

  /// `yonjo client rotate`
  struct RotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rotate", abstract: "Replace a client's public key.")

    @OptionGroup var common: CommonOptions

    @Option(help: "The tenant that it belongs to.")
    var tenant: String

    @Option(help: "The client.")
    var client: String

    @Option(help: "Its new public key (PEM or JWK).")
    var key: String

    func run() async throws {
      let tenant = try TenantCommand.id(tenant)
      let key = try PublicKeyFile.read(key)
      let client = client
      try await TenantCommand.administer(common) {
        try await $0.rotateClient(client, of: tenant, key: key, operatorName: TenantCommand.operatorName)
      }
      try Program.print(Done(id: client), asJSON: common.json, "The key of \(client) is replaced.")
    }
  }

  /// `yonjo client revoke`
  struct RevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke", abstract: "End a client: no further token, and its tokens end within seconds.")

    @OptionGroup var common: CommonOptions

    @Option(help: "The tenant that it belongs to.")
    var tenant: String

    @Option(help: "The client.")
    var client: String

    func run() async throws {
      let tenant = try TenantCommand.id(tenant)
      let client = client
      try await TenantCommand.administer(common) {
        try await $0.revokeClient(client, of: tenant, operatorName: TenantCommand.operatorName)
      }
      try Program.print(Done(id: client), asJSON: common.json, "\(client) is revoked.")
    }
  }
}
