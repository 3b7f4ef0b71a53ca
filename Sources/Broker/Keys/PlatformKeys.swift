public import CitizenItems
internal import Crypto
internal import Foundation
public import JOSE

/// The platform's keys, unwrapped, in memory only. Prints as `<redacted>`. Newest first in every list.
public struct PlatformKeys: Sendable, Redacted {
  /// Signs access tokens and login id tokens.
  let token: [SigningKey]
  /// Signs receipts.
  let receipt: [SigningKey]
  /// Signs checkpoints of the audit log. Empty where only keys of an older kind are there: `yonjo keys init` makes one.
  let checkpoint: [CheckpointKey]
  /// Opens card envelopes.
  let envelope: [KeyAgreementKey]
  /// Authenticates stateless session ids.
  let session: [SymmetricKey]
  /// Digests idempotency keys and request fingerprints.
  let fingerprint: [SymmetricKey]

  /// What `/jwks.json` publishes: public keys only.
  public var published: [JSONWebKey] {
    token.map(\.publicJWK) + receipt.map(\.publicJWK) + checkpoint.map(\.publicJWK) + envelope.map(\.publicJWK)
  }

  /// Public keys that verify tokens.
  var tokenVerifiers: [JSONWebKey] { token.map(\.publicJWK) }
}

/// What a platform key is for; one row a version in `platform_keys`.
public enum PlatformKeyPurpose: String, Sendable, CaseIterable {
  case token, receipt, envelope, checkpoint, session, fingerprint
}

/// What a tenant key is for; one row a version in `tenant_keys`.
public enum TenantKeyPurpose: String, Sendable, CaseIterable {
  /// Edge keys of scheme `hmac`, shared with the bank; of scheme `voprf`, the broker's alone.
  case edge, voprf
  case pepper, serialIndex, sealing

  /// Purposes of which a tenant of this scheme has keys.
  static func all(for scheme: TagScheme) -> [TenantKeyPurpose] {
    allCases.filter { $0 != .edge && $0 != .voprf || $0 == edge(for: scheme) }
  }

  /// The purpose of the keys by which its tags are made.
  static func edge(for scheme: TagScheme) -> TenantKeyPurpose {
    switch scheme {
    case .hmac: .edge
    case .voprf: .voprf
    }
  }
}
