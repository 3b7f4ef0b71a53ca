import Broker
import Foundation
import JLIS
import Logging
import PostgreSQL

/// What commands connect to, made from the settings.
enum Connections {
  /// A pool for one command: few connections, closed at its end.
  static func withPool<T: Sendable>(
    _ settings: Settings, _ key: SettingKey, _ body: (PostgreSQLPool) async throws -> T
  ) async throws -> T {
    let configuration = PostgreSQLConfiguration(
      url: try settings.required(key), maximumConnections: 1, maximumCheckedOut: 2, applicationName: "yonjo command")
    let pool = PostgreSQLPool(configuration, logger: CommonOptions.quietLogger())
    do {
      let result = try await body(pool)
      await pool.close()
      return result
    } catch {
      await pool.close()
      throw failure(for: error)
    }
  }

  /// The rules' database over a command's pool.
  static func database(_ pool: PostgreSQLPool) -> Database { Database(pool: pool, logger: CommonOptions.quietLogger()) }

  /// A refusal as a command tells it.
  static func failure(for error: any Error) -> any Error {
    switch error {
    case let refusal as Refusal:
      var kind = CommandFailure.Kind.refused
      if case .unavailable = refusal.kind { kind = .partIsDown }
      return CommandFailure(kind, refusal.sentence, nextStep: refusal.nextStep)
    case let error as PostgreSQLError: return CommandFailure(.partIsDown, "The database: \(error)", nextStep: "See yonjo doctor.")
    default: return error
    }
  }

  static func rootKey(_ settings: Settings) throws(CommandFailure) -> RootKey {
    let path = try settings.required(.rootKeyFile)
    do throws(RootKey.LoadError) {
      return try RootKey(file: path)
    } catch {
      throw CommandFailure(.badUse, error.description)
    }
  }

  static func jlisConfiguration(_ settings: Settings) throws(CommandFailure) -> JLISClientConfiguration {
    var configuration = JLISClientConfiguration(
      revocationAddress: try settings.required(.jlisRevocationURL), apiAddress: try settings.required(.jlisURL),
      trustRootsPEM: try text(of: try settings.required(.jlisTrustFile)),
      clientCertificatePEM: try text(of: try settings.required(.jlisCertificateFile)),
      clientKeyPEM: try text(of: try settings.required(.jlisKeyFile)))
    try OCSPOptions.carry(&configuration, settings)
    return configuration
  }

  static func jlis(_ settings: Settings) throws(CommandFailure) -> JLISClient {
    let configuration = try jlisConfiguration(settings)
    do throws(JLISError) {
      return try JLISClient(configuration)
    } catch {
      throw CommandFailure(
        .badUse, "The settings of J-LIS are not usable: \(error).", nextStep: "Check the PEM files and addresses under jlis.")
    }
  }

  /// A client for one command.
  static func withJLIS<T: Sendable>(_ settings: Settings, _ body: (JLISClient) async throws -> T) async throws -> T {
    let client = try jlis(settings)
    do {
      let result = try await body(client)
      await client.close()
      return result
    } catch {
      await client.close()
      throw error
    }
  }
}
