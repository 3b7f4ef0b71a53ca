internal import CitizenItems
public import Foundation
internal import JOSE
internal import PostgreSQL

/// One edge key as it is handed over to its tenant.
public struct HandedOverTagKey: Sendable {
  /// The key version, the second part of a tag's text.
  public let version: Int
  /// The ruleset of the canonical form to make tags by.
  public let ruleset: Int
  /// After this instant its tags are no longer taken; nil while no end is set.
  public let notAfter: Date?
  /// Of the key, to compare after unwrapping.
  public let fingerprint: String
  /// JWE (RFC 7516) to the tenant's registered key; inside a JSON object {kty: oct, k, version, tenantId}.
  public let wrappedKey: String
}

/// Hands a tenant its edge keys, wrapped to its registered key (house.md, Tags and pairs).
public struct TagKeyService: Sendable {
  let core: BrokerCore

  /// The live versions, newest first.
  public func list(_ caller: Caller) async throws -> [HandedOverTagKey] {
    try caller.require(.ledger)
    let result = try await core.database.query(caller.tenantID, TenantStore.registeredKey, [.uuid(caller.tenantID.uuid)])
    guard let text = try result.rows.first?.optionalText(0), let jwk = try? JSONDecoder().decode(JSONWebKey.self, from: Data(text.utf8))
    else {
      throw Refusal(
        .conflict, "registeredKeyMissing", "The tenant has no registered key to hand its tag keys over to.",
        nextStep:
          "Have the operator register the public key of the machine beside the ledger (`yonjo tenant create --registered-key FILE`).")
    }
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    var versions: [HandedOverTagKey] = []
    for edge in keys.edges {
      let plain: [String: JSONValue] = [
        "kty": .string("oct"), "k": .string(Base64URL.encode(edge.key.bytes)), "version": .integer(Int64(edge.key.version)),
        "tenantId": .string(caller.tenantID.description),
      ]
      versions.append(
        HandedOverTagKey(
          version: edge.key.version, ruleset: CanonicalForm.ruleset, notAfter: edge.notAfter, fingerprint: edge.key.fingerprint,
          wrappedKey: try JSONWebEncryption.encrypt(Array(try JSONEncoder().encode(plain)), to: jwk)))
    }
    _ = try await core.database.unit(
      caller.tenantID,
      [core.audit.record(.keysHandedOver, by: caller, detail: ["versions": versions.map { String($0.version) }.joined(separator: ",")])])
    return versions
  }
}
