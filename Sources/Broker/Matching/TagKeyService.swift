public import CitizenItems
public import Foundation
internal import JOSE
internal import PostgreSQL

/// One version of a tenant's tag key, as the tenant sees it.
public struct HandedOverTagKey: Sendable {
  /// What the bank makes its tags with.
  public enum Material: Sendable {
    /// JWE (RFC 7516) to the tenant's registered key; inside a JSON object {kty: oct, k, version, tenantId}.
    case wrapped(String)
    /// The public half, to blind by and to verify evaluations by; it is no secret.
    case published(VOPRFPublicKey)
  }

  /// The key version, the second part of a tag's text.
  public let version: Int
  /// The ruleset of the canonical form to make tags by.
  public let ruleset: Int
  /// After this instant its tags are no longer taken; nil while no end is set.
  public let notAfter: Date?
  /// Of the key, to compare after unwrapping.
  public let fingerprint: String
  /// By scheme.
  public let material: Material
}

/// A tenant's scheme with its live key versions.
public struct HandedOverTagKeys: Sendable {
  /// How its tags are made.
  public let scheme: TagScheme
  /// Newest first.
  public let versions: [HandedOverTagKey]
}

/// Hands a tenant its edge keys, wrapped to its registered key (house.md, Tags and pairs).
public struct TagKeyService: Sendable {
  let core: BrokerCore

  /// The live versions, newest first.
  public func list(_ caller: Caller) async throws -> HandedOverTagKeys {
    try caller.require(.ledger)
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    var versions: [HandedOverTagKey] = []
    var registered: JSONWebKey?
    for edge in keys.edges {
      let material: HandedOverTagKey.Material
      switch edge.key {
      case .voprf(let key): material = .published(key.publicKey)
      case .hmac(let key):
        let recipient = if let registered { registered } else { try await registeredKey(caller) }
        registered = recipient
        material = .wrapped(try Self.wrap(key, for: caller.tenantID, to: recipient))
      }
      versions.append(
        HandedOverTagKey(
          version: edge.key.version, ruleset: CanonicalForm.ruleset, notAfter: edge.notAfter, fingerprint: edge.key.fingerprint,
          material: material))
    }
    _ = try await core.database.unit(
      caller.tenantID,
      [core.audit.record(.keysHandedOver, by: caller, detail: ["versions": versions.map { String($0.version) }.joined(separator: ",")])])
    return HandedOverTagKeys(scheme: registered == nil ? .voprf : .hmac, versions: versions)
  }

  private func registeredKey(_ caller: Caller) async throws -> JSONWebKey {
    let result = try await core.database.query(caller.tenantID, TenantStore.registeredKey, [.uuid(caller.tenantID.uuid)])
    guard let text = try result.rows.first?.optionalText(0), let jwk = try? JSONDecoder().decode(JSONWebKey.self, from: Data(text.utf8))
    else {
      throw Refusal(
        .conflict, "registeredKeyMissing", "The tenant has no registered key to hand its tag keys over to.",
        nextStep:
          "Have the operator register the public key of the machine beside the ledger (`yonjo tenant create --registered-key FILE`).")
    }
    return jwk
  }

  private static func wrap(_ key: EdgeKey, for tenant: TenantID, to recipient: JSONWebKey) throws -> String {
    let plain: [String: JSONValue] = [
      "kty": .string("oct"), "k": .string(Base64URL.encode(key.bytes)), "version": .integer(Int64(key.version)),
      "tenantId": .string(tenant.description),
    ]
    return try JSONWebEncryption.encrypt(Array(try JSONEncoder().encode(plain)), to: recipient)
  }
}
