import Crypto
import Foundation
import JLIS
import Synchronization

/// The private keys of authorities and cards: in `keys/` of the state directory, or in memory without one.
final class KeyVault: Sendable {
  private let directory: String?
  private let keys = Mutex<[String: RSAKey]>([:])

  init(stateDirectory: String?) throws {
    directory = stateDirectory.map { "\($0)/keys" }
    if let directory { try PrivateFile.makeDirectory(directory) }
  }

  /// Keeps the key and gives it the name by which it is found: derived from its public half.
  func keep(_ key: RSAKey) throws -> String {
    let id = Hexadecimal.encode(SHA256.hash(data: key.subjectPublicKeyInfo).prefix(16))
    if let directory { _ = try PrivateFile.createOnce("\(directory)/\(id).der", key.der) }
    keys.withLock { $0[id] = key }
    return id
  }

  func key(_ id: String) throws -> RSAKey {
    if let key = keys.withLock({ $0[id] }) { return key }
    guard let directory, let bytes = try? PrivateFile.read("\(directory)/\(id).der") else { throw SimulatorRefusal.keyMissing }
    let key = try RSAKey(der: bytes)
    keys.withLock { $0[id] = key }
    return key
  }
}
