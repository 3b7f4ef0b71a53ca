internal import Crypto
internal import Foundation
internal import JOSE
internal import PostgreSQL

/// What making and resetting an account takes, for administrators in the console and operators at the command line alike.
struct StaffAccounts: Sendable {
  /// How long an invitation is good, in seconds: a day.
  static let invitationSeconds: TimeInterval = 86_400
  /// The most members of one tenant's staff.
  static let maximum = 500

  let database: Database
  let vault: KeyVault
  let clock: any WallClock
  let ids: IdentifierSource
  let audit: AuditTrail

  /// 256 bits, base64url: a link's last part, a session's secret.
  static func token() -> String { Base64URL.encode(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }) }

  static func digest(_ token: String) -> [UInt8] { Array("staff/\(token)".utf8).sha256 }

  func list(_ tenant: TenantID, _ record: BoundStatement?) async throws -> [StaffMember] {
    let results = try await database.unit(
      tenant, [BoundStatement(StaffStore.list, [.uuid(tenant.uuid)])] + (record.map { [$0] } ?? []))
    return try results[0].rows.map(StaffMember.init)
  }

  func create(_ tenant: TenantID, name: String, role: StaffRole, actor: String, requestID: String?) async throws -> StaffInvitation {
    guard (1...64).contains(name.count), name.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw Refusal.field(
        "name", "staffNameInvalid", "A name to sign in with has 1 to 64 visible ASCII characters.", nextStep: "Choose such a name.")
    }
    guard try await list(tenant, nil).count < Self.maximum else {
      throw Refusal(
        .conflict, "staffTooMany", "A tenant has at most \(Self.maximum) accounts of its staff.", nextStep: "Use those that there are.")
    }
    let id = ids.next(StaffKind.self)
    let (token, sealed, until) = try await secrets(tenant, id)
    return try await database.transaction(tenant) { transaction in
      let rows = try await transaction.query(
        StaffStore.insert,
        [
          .uuid(tenant.uuid), .uuid(id.uuid), .text(name), .text(role.rawValue), .bytes(sealed), .bytes(Self.digest(token)),
          .timestamp(until), .timestamp(clock.now()),
        ]
      ).rows
      guard let row = rows.first else {
        throw Refusal(
          .conflict, "staffNameTaken", "There is an account of that name.", nextStep: "Choose another name, or reset that account.")
      }
      try await transaction.pipeline([
        audit.record(
          .staffCreated, tenant: tenant, actor: actor, requestID: requestID, object: id.description, detail: ["role": role.rawValue])
      ])
      return StaffInvitation(member: try StaffMember(row), token: token, until: until)
    }
  }

  func suspend(_ tenant: TenantID, _ id: StaffID, _ isSuspended: Bool, actor: String, requestID: String?) async throws -> StaffMember {
    let key: [SQLValue] = [.uuid(tenant.uuid), .uuid(id.uuid)]
    return try await database.transaction(tenant) { transaction in
      let rows = try await transaction.query(StaffStore.suspend, key + [.bool(isSuspended), .timestamp(clock.now())]).rows
      guard let row = rows.first else { throw Refusal.notFound("account") }
      try await transaction.pipeline([
        BoundStatement(StaffStore.endSessions, key),
        audit.record(
          .staffSuspended, tenant: tenant, actor: actor, requestID: requestID, object: id.description,
          outcome: isSuspended ? "suspended" : "resumed"),
      ])
      return try StaffMember(row)
    }
  }

  func reset(_ tenant: TenantID, _ id: StaffID, actor: String, requestID: String?) async throws -> StaffInvitation {
    let (token, sealed, until) = try await secrets(tenant, id)
    let key: [SQLValue] = [.uuid(tenant.uuid), .uuid(id.uuid)]
    return try await database.transaction(tenant) { transaction in
      let rows = try await transaction.query(
        StaffStore.reset, key + [.bytes(sealed), .bytes(Self.digest(token)), .timestamp(until)]
      ).rows
      guard let row = rows.first else { throw Refusal.notFound("account") }
      try await transaction.pipeline([
        BoundStatement(StaffStore.endSessions, key),
        audit.record(.staffReset, tenant: tenant, actor: actor, requestID: requestID, object: id.description),
      ])
      return StaffInvitation(member: try StaffMember(row), token: token, until: until)
    }
  }

  /// A fresh link and a fresh second factor.
  private func secrets(_ tenant: TenantID, _ id: StaffID) async throws -> (token: String, sealed: [UInt8], until: Date) {
    let token = Self.token()
    let secret = Array(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }.prefix(TimeCode.secretBytes))
    let sealed = try await vault.tenantKeys(tenant).seal(secret, table: "staff", column: "totp_sealed", row: id.uuid)
    return (token, sealed, clock.now().addingTimeInterval(Self.invitationSeconds))
  }
}

/// Accounts of a tenant's staff as the operator makes them: by command line.
public struct StaffAdministration: Sendable {
  let accounts: StaffAccounts
  let database: Database

  /// - Parameter database: connections of the operator role.
  public init(database: Database, root: RootKey, clock: any WallClock) {
    let ids = IdentifierSource(clock: clock)
    self.database = database
    accounts = StaffAccounts(
      database: database, vault: KeyVault(database: database, root: root, clock: clock), clock: clock, ids: ids,
      audit: AuditTrail(ids: ids, clock: clock))
  }

  /// Makes an account; refuses a name that is taken.
  public func create(_ tenant: TenantID, name: String, role: StaffRole, operatorName: String) async throws -> StaffInvitation {
    guard try await !database.query(tenant, TenantStore.get, [.uuid(tenant.uuid)]).rows.isEmpty else { throw Refusal.notFound("tenant") }
    return try await accounts.create(tenant, name: name, role: role, actor: "operator:" + operatorName, requestID: nil)
  }

  /// All of a tenant's, in the order in which they were made.
  public func list(_ tenant: TenantID) async throws -> [StaffMember] { try await accounts.list(tenant, nil) }

  /// Suspends an account or lets it in again; its sessions end.
  public func suspend(_ tenant: TenantID, _ id: StaffID, _ isSuspended: Bool, operatorName: String) async throws -> StaffMember {
    try await accounts.suspend(tenant, id, isSuspended, actor: "operator:" + operatorName, requestID: nil)
  }

  /// Ends password, second factor and sessions; the new link sets new ones.
  public func reset(_ tenant: TenantID, _ id: StaffID, operatorName: String) async throws -> StaffInvitation {
    try await accounts.reset(tenant, id, actor: "operator:" + operatorName, requestID: nil)
  }
}
