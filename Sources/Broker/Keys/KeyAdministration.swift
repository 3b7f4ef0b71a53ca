public import CitizenItems
internal import Crypto
public import Foundation
internal import JOSE
internal import PostgreSQL

/// Makes and rotates keys: for `yonjo migrate`, `yonjo tenant create` and `yonjo keys rotate`. New versions are published first and used later.
public struct KeyAdministration: Sendable {
  private let database: Database
  private let root: RootKey
  private let clock: any WallClock

  /// - Parameter database: the owner's (platform keys) or the operator's (tenant keys) connections.
  public init(database: Database, root: RootKey, clock: any WallClock) {
    self.database = database
    self.root = root
    self.clock = clock
  }

  /// What a wrapped key is bound to, so that a row cannot be moved to another tenant or purpose.
  static func context(tenant: TenantID?, purpose: String, version: Int) -> String {
    "\(tenant?.description ?? "platform")/\(purpose)/\(version)"
  }

  /// Makes the first version of every platform key that has none. May be repeated. Returns how many were made.
  public func ensurePlatformKeys() async throws -> Int {
    var made = 0
    for purpose in PlatformKeyPurpose.allCases {
      let newest = try await database.platform([BoundStatement(KeyStore.newestPlatformKey, [.text(purpose.rawValue)])])[0].rows[0].int(0)
      // Checkpoint keys of before the log had checkpoints are of another kind, and have signed nothing.
      let isServed =
        purpose == .checkpoint
        ? try await database.platform([BoundStatement(KeyStore.newestPlatformKeyOfKind, [.text(purpose.rawValue), .text("OKP")])])[0]
          .rows[0].int(0) > 0 : newest > 0
      if !isServed {
        try await insertPlatformKey(purpose, version: newest + 1)
        made += 1
      }
    }
    return made
  }

  /// Adds a version of one platform key; the old ones stay readable. Returns the new version.
  public func rotatePlatformKey(_ purpose: PlatformKeyPurpose) async throws -> Int {
    let newest = try await database.platform([BoundStatement(KeyStore.newestPlatformKey, [.text(purpose.rawValue)])])[0].rows[0].int(0)
    try await insertPlatformKey(purpose, version: newest + 1)
    return newest + 1
  }

  private func insertPlatformKey(_ purpose: PlatformKeyPurpose, version: Int) async throws {
    let bytes: [UInt8]
    var jwk: JSONWebKey?
    switch purpose {
    case .checkpoint:
      let key = CheckpointKey.generate()
      bytes = key.rawRepresentation
      jwk = key.publicJWK
    case .token, .receipt:
      let key = SigningKey.generate()
      bytes = key.rawRepresentation
      jwk = key.publicJWK
    case .envelope:
      let key = KeyAgreementKey.generate()
      bytes = key.rawRepresentation
      jwk = key.publicJWK
    case .session, .fingerprint:
      bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    }
    let wrapped = try root.wrap(bytes, context: Self.context(tenant: nil, purpose: purpose.rawValue, version: version))
    let published = try jwk.map { SQLValue.json(String(decoding: try JSONEncoder().encode($0), as: UTF8.self)) } ?? .null
    _ = try await database.platform([
      BoundStatement(
        KeyStore.insertPlatformKey, [.text(purpose.rawValue), .int4(Int32(version)), .bytes(wrapped), published, .timestamp(clock.now())])
    ])
  }

  /// Makes version 1 of every key of a tenant that has none. May be repeated.
  public func ensureTenantKeys(_ tenant: TenantID, scheme: TagScheme = .hmac) async throws {
    for purpose in TenantKeyPurpose.all(for: scheme) {
      let newest = try await database.query(tenant, KeyStore.newestTenantKey, [.uuid(tenant.uuid), .text(purpose.rawValue)]).rows[0].int(0)
      if newest == 0 { _ = try await addTenantKey(tenant, purpose, newest: newest) }
    }
  }

  /// Adds a version of one tenant key. An edge key's predecessor gets an end, `overlap` seconds from now, until which both are taken.
  /// Returns the new version. Serial index and sealing keys keep every version.
  public func rotateTenantKey(_ tenant: TenantID, _ purpose: TenantKeyPurpose, overlapSeconds: TimeInterval) async throws -> Int {
    let newest = try await database.query(tenant, KeyStore.newestTenantKey, [.uuid(tenant.uuid), .text(purpose.rawValue)]).rows[0].int(0)
    guard newest > 0 else {
      throw Refusal.field(
        "purpose", "keyPurposeUnused", "This tenant has no \(purpose.rawValue) key.",
        nextStep: "Look at `yonjo tenant show`: tenants of scheme hmac rotate edge, those of scheme voprf voprf.")
    }
    let version = try await addTenantKey(tenant, purpose, newest: newest)
    if purpose == .edge || purpose == .voprf {
      _ = try await database.query(
        tenant, KeyStore.endTenantKey,
        [.uuid(tenant.uuid), .text(purpose.rawValue), .int4(Int32(newest)), .timestamp(clock.now().addingTimeInterval(overlapSeconds))])
    }
    return version
  }

  private func addTenantKey(_ tenant: TenantID, _ purpose: TenantKeyPurpose, newest: Int) async throws -> Int {
    let version = newest + 1
    let bytes: [UInt8]
    let fingerprint: String
    if purpose == .voprf {
      let key = try VOPRFKey.generate(version: version)
      (bytes, fingerprint) = (key.bytes, key.publicKey.fingerprint)
    } else {
      bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
      fingerprint = try EdgeKey(version: version, bytes: bytes).fingerprint
    }
    let wrapped = try root.wrap(bytes, context: Self.context(tenant: tenant, purpose: purpose.rawValue, version: version))
    let results = try await database.unit(
      tenant,
      [
        BoundStatement(
          KeyStore.insertTenantKey,
          [
            .uuid(tenant.uuid), .text(purpose.rawValue), .bytes(wrapped), .text(fingerprint), .timestamp(clock.now()),
            .int4(Int32(version)),
          ]),
        AuditTrail(ids: IdentifierSource(clock: clock), clock: clock).record(
          .keyRotated, tenant: tenant, actor: "operator", detail: ["purpose": purpose.rawValue, "version": String(version)]),
      ])
    guard results[0].affectedRows == 1 else {
      throw Refusal(
        .conflict, "concurrentChange", "Somebody else rotated this key at the same time.",
        nextStep: "Look at the versions and repeat if needed.")
    }
    return version
  }
}
