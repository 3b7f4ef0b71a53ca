internal import CitizenItems
internal import Crypto
internal import Foundation
internal import JOSE
internal import PostgreSQL
internal import Synchronization

/// Unwraps keys from the database with the root key and keeps them in memory for a minute, so that a rotation is seen everywhere within that time.
public final class KeyVault: Sendable {
  /// How long unwrapped keys are kept before they are read anew, in seconds.
  static let lifetimeSeconds: TimeInterval = 60
  /// After this time every process has read a new key, in seconds: its lifetime, and as much again for a read that took long and clocks that differ.
  static let publishedSeconds: TimeInterval = 2 * lifetimeSeconds

  private struct State {
    var tenants: [TenantID: (keys: TenantKeys, until: Date)] = [:]
    var platform: (keys: PlatformKeys, until: Date)?
  }

  private let database: Database
  private let root: RootKey
  private let clock: any WallClock
  private let state = Mutex(State())

  /// - Parameters:
  ///   - database: reads `tenants`, `tenant_keys` and `platform_keys`; for ``KeyAdministration`` as the operator role.
  ///   - root: unwraps them.
  public init(database: Database, root: RootKey, clock: any WallClock) {
    self.database = database
    self.root = root
    self.clock = clock
  }

  /// The tenant's live keys. Refuses with `dependencyUnavailable` where the database is down or a key does not unwrap.
  public func tenantKeys(_ tenant: TenantID) async throws(Refusal) -> TenantKeys {
    let now = clock.now()
    if let cached = state.withLock({ $0.tenants[tenant] }), cached.until > now { return cached.keys }
    let result = try await database.query(tenant, KeyStore.tenantKeys, [.uuid(tenant.uuid), .timestamp(now)])
    let keys: TenantKeys
    do {
      keys = try unwrap(result.rows, of: tenant, at: now)
    } catch {
      throw .unavailable("The key store")
    }
    let until = min(now.addingTimeInterval(Self.lifetimeSeconds), keys.edges.compactMap(\.notAfter).min() ?? .distantFuture)
    state.withLock { state in
      // 5,000 tenants at most in memory: beyond it the cache begins anew, which costs one read a tenant.
      if state.tenants.count >= 5_000 { state.tenants.removeAll() }
      state.tenants[tenant] = (keys, until)
    }
    return keys
  }

  /// The same where they are in memory; nil where they would have to be read.
  func tenantKeysAtHand(_ tenant: TenantID) -> TenantKeys? {
    guard let cached = state.withLock({ $0.tenants[tenant] }), cached.until > clock.now() else { return nil }
    return cached.keys
  }

  /// The platform's live keys.
  public func platformKeys() async throws(Refusal) -> PlatformKeys {
    let now = clock.now()
    if let cached = state.withLock({ $0.platform }), cached.until > now { return cached.keys }
    let result = try await database.platform([BoundStatement(KeyStore.platformKeys)])[0]
    let keys: PlatformKeys
    do {
      keys = try unwrapPlatform(result.rows)
    } catch {
      throw .unavailable("The key store")
    }
    state.withLock { $0.platform = (keys, now.addingTimeInterval(Self.lifetimeSeconds)) }
    return keys
  }

  /// Forgets what is cached: after a rotation in this process.
  public func forget() { state.withLock { $0 = State() } }

  private func unwrap(_ rows: some Collection<Row>, of tenant: TenantID, at now: Date) throws -> TenantKeys {
    var edges: [TenantKeys.Edge] = []
    var peppers: [(key: PepperKey, createdAt: Date)] = []
    var serialIndexKeys: [SymmetricKey] = []
    var sealing: [Int: SymmetricKey] = [:]
    var tagsLackDigests = false
    for row in rows {
      let version = try row.int(1)
      let purpose = try row.text(0)
      tagsLackDigests = try row.bool(5)
      let key = try root.unwrap(try row.bytes(2), context: KeyAdministration.context(tenant: tenant, purpose: purpose, version: version))
      switch TenantKeyPurpose(rawValue: purpose) {
      case .edge: edges.append(.init(key: .hmac(try EdgeKey(version: version, bytes: key)), notAfter: try row.optionalTimestamp(3)))
      case .voprf: edges.append(.init(key: .voprf(try VOPRFKey(version: version, bytes: key)), notAfter: try row.optionalTimestamp(3)))
      case .pepper: peppers.append((try PepperKey(version: version, bytes: key), try row.timestamp(4)))
      case .serialIndex: serialIndexKeys.append(SymmetricKey(data: key))
      case .sealing: sealing[version] = SymmetricKey(data: key)
      case nil: throw KeyError.unknownVersion
      }
    }
    // A pepper is written only when every process must have read it: what one writes, all others look for.
    guard let sealingVersion = sealing.keys.max(), !serialIndexKeys.isEmpty, !edges.isEmpty,
      let written = peppers.first(where: { $0.createdAt <= now.addingTimeInterval(-Self.publishedSeconds) }) ?? peppers.last
    else { throw KeyError.unknownVersion }
    return TenantKeys(
      tenantID: tenant, edges: edges, peppers: peppers.map(\.key), writtenPepper: written.key, serialIndexKeys: serialIndexKeys,
      sealing: sealing, sealingVersion: sealingVersion, tagsLackDigests: tagsLackDigests)
  }

  private func unwrapPlatform(_ rows: some Collection<Row>) throws -> PlatformKeys {
    var raw: [PlatformKeyPurpose: [[UInt8]]] = [:]
    var checkpoints: [CheckpointKey] = []
    for row in rows {
      guard let purpose = PlatformKeyPurpose(rawValue: try row.text(0)) else { throw KeyError.unknownVersion }
      let context = KeyAdministration.context(tenant: nil, purpose: purpose.rawValue, version: try row.int(1))
      let key = try root.unwrap(try row.bytes(2), context: context)
      raw[purpose, default: []].append(key)
      if purpose == .checkpoint, try row.optionalText(3) == "OKP" { checkpoints.append(try CheckpointKey(rawRepresentation: key)) }
    }
    guard PlatformKeyPurpose.allCases.allSatisfy({ raw[$0]?.isEmpty == false }) else { throw KeyError.unknownVersion }
    func signing(_ purpose: PlatformKeyPurpose) throws -> [SigningKey] {
      try raw[purpose, default: []].map { try SigningKey(rawRepresentation: $0) }
    }
    return PlatformKeys(
      token: try signing(.token), receipt: try signing(.receipt), checkpoint: checkpoints,
      envelope: try raw[.envelope, default: []].map { try KeyAgreementKey(rawRepresentation: $0) },
      session: raw[.session, default: []].map { SymmetricKey(data: $0) },
      fingerprint: raw[.fingerprint, default: []].map { SymmetricKey(data: $0) })
  }
}
