import BrokerClient
import Foundation
import JLISSimulator
import JOSE
import Story
import TestSupport

/// Houses with the story's cast.
enum Houses {
  /// RSA keys that all simulated citizens of these tests share: making one takes some hundred milliseconds.
  static func simulator(_ state: String, clock: @escaping @Sendable () -> Date = { Date() }) throws -> SimulatedJLIS {
    let keys = FileManager.default.temporaryDirectory.appending(path: "yonjo-scenario-keys").path
    return try SimulatedJLIS(stateDirectory: state, keys: .series(directory: keys, name: "scenario"), clock: clock)
  }

  static func start(settings: [String: String] = [:], tagScheme: String = "hmac") async throws -> House {
    func client(_ role: StoryRole, _ scopes: String) -> House.Client {
      House.Client(role: role.rawValue, ofBank: role.tenant == .bank, scopes: scopes, key: newKey())
    }
    return try await House.start(
      clients: [
        client(.bank, "onboarding login documents matching consents:read consents:write subjects latest-items events"),
        client(.ledger, "matching ledger"),
        client(.compliance, "consents:read audit:read"),
        client(.fintech, "onboarding login documents matching consents:read consents:write subjects events latest-items"),
      ], ledgerKey: newKey(), tagScheme: tagScheme, settings: settings, prepare: { _ = try simulator($0) },
      answers: { house in
        guard let wire = try? Wire(house) else { return false }
        let answer = try? await wire.send("GET", "/readyz")
        await wire.close()
        return answer?.status == 200
      })
  }

  /// One for the duration of `body`.
  static func with<T: Sendable>(
    settings: [String: String] = [:], tagScheme: String = "hmac", _ body: (House) async throws -> T
  ) async throws -> T {
    let house = try await start(settings: settings, tagScheme: tagScheme)
    do {
      let result = try await body(house)
      await house.end()
      return result
    } catch {
      await house.end()
      throw error
    }
  }

  private static func newKey() -> (secret: String, open: String) {
    let key = SigningKey.generate()
    return (key.pemRepresentation, key.publicPEMRepresentation)
  }
}

extension House {
  /// The story's cast of this house.
  /// - Parameter attempts: how often a connection tries; 1 hands every failure to whoever asked.
  func cast(attempts: Int = 6) throws -> StoryCast {
    var cast = try StoryCastFile(contentsOf: castFile).open()
    cast.simulator = try Houses.simulator(simulatorState)
    for (role, connection) in cast.connections {
      var configuration = connection.configuration
      configuration.maximumAttempts = attempts
      cast.connections[role] = try BrokerConnection(configuration)
    }
    return cast
  }

  /// Everything that the broker has logged so far.
  var brokerLines: String { String(decoding: FileManager.default.contents(atPath: brokerLog) ?? Data(), as: UTF8.self) }
}
