public import Foundation
internal import PostgreSQL

/// Signs compliance staff in and keeps their sessions; lets administrators look after accounts.
public struct StaffService: Sendable {
  /// A session that is not used for so long ends, in seconds: 15 minutes.
  public static let idleSeconds: TimeInterval = 15 * 60
  /// A session ends after so long whatever happens, in seconds: 8 hours.
  public static let sessionSeconds: TimeInterval = 8 * 3600
  /// After so many failed sign-ins in a row an account rests.
  public static let maximumFailures = 5
  /// How long it rests, and how long attempts of one address are counted, in seconds.
  public static let restSeconds: TimeInterval = 15 * 60
  /// The most failed sign-ins from one address within that time.
  public static let maximumOfAddress = 30

  let core: BrokerCore
  let work: WorkPool

  private var accounts: StaffAccounts {
    StaffAccounts(database: core.database, vault: core.vault, clock: core.clock, ids: core.ids, audit: core.audit)
  }

  /// Whatever was wrong: name, password, code, a code that was used, an account or an address that rests, is suspended or not enrolled.
  static let signInRefused = Refusal(
    .unauthenticated, "staffSignInRefused", "Name, password and code do not belong together, or the account rests.",
    nextStep: "Try again with a fresh code; after five failures an account rests for 15 minutes.")
  static let sessionEnded = Refusal(
    .unauthenticated, "staffSessionEnded", "The session is over.", nextStep: "Sign in again.")
  static let invitationInvalid = Refusal(
    .notFound, "staffInvitationInvalid", "The link is not good any more.", nextStep: "Ask your administrator for a new one.")

  /// The name of a tenant whose console is there; nil where there is none.
  public func tenantName(_ tenant: TenantID) async throws -> String? {
    try await core.database.query(tenant, StaffStore.tenantName, [.uuid(tenant.uuid)]).rows.first?.text(0)
  }

  // MARK: Enrolment

  /// What the holder of an invitation is shown. May be asked until the invitation is used.
  public func enrolment(_ tenant: TenantID, token: String) async throws -> StaffEnrolment {
    let (row, secret) = try await enrolling(tenant, token)
    let name = try row.text(1)
    let tenantName = try row.text(2)
    let base32 = TimeCode.base32(secret)
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
    let label = "Yonjo:\(name)".addingPercentEncoding(withAllowedCharacters: allowed) ?? "Yonjo"
    return StaffEnrolment(
      name: name, tenantName: tenantName, secret: base32, address: "otpauth://totp/\(label)?secret=\(base32)&issuer=Yonjo")
  }

  /// Sets the password, once a code shows that the second factor is there. The code is used up.
  public func enrol(_ tenant: TenantID, token: String, password: String, code: String, requestID: String) async throws {
    let (row, secret) = try await enrolling(tenant, token)
    guard PasswordHash.length.contains(password.count) else {
      throw Refusal.field(
        "password", "passwordLength", "A password has 12 to 128 characters.", nextStep: "Choose a longer one: several words are good.")
    }
    guard password.lowercased() != (try row.text(1)).lowercased(), Set(password).count > 3 else {
      throw Refusal.field(
        "password", "passwordGuessable", "This password is too easy to guess.", nextStep: "Choose another: several words are good.")
    }
    guard let step = TimeCode.step(of: code, secret, at: core.clock.now(), after: 0) else {
      throw Refusal.field(
        "code", "codeWrong", "The code is not the one of this moment.",
        nextStep: "Take the code that your app shows now; is the clock of your device right?")
    }
    let hash = try await work.run { try PasswordHash.make(password) }
    let id = StaffID(try row.uuid(0))
    try await core.database.transaction(tenant) { transaction in
      let result = try await transaction.query(
        StaffStore.enrol,
        [.uuid(tenant.uuid), .bytes(StaffAccounts.digest(token)), .bytes(hash), .int8(step), .timestamp(core.clock.now())])
      guard result.affectedRows == 1 else { throw Self.invitationInvalid }
      try await transaction.pipeline([
        core.audit.record(
          .staffEnrolled, tenant: tenant, actor: "staff:" + id.description, requestID: requestID, object: id.description)
      ])
    }
  }

  private func enrolling(_ tenant: TenantID, _ token: String) async throws -> (Row, secret: [UInt8]) {
    guard (40...64).contains(token.utf8.count) else { throw Self.invitationInvalid }
    let rows = try await core.database.query(
      tenant, StaffStore.enrolling,
      [.uuid(tenant.uuid), .bytes(StaffAccounts.digest(token)), .timestamp(core.clock.now())]
    ).rows
    guard let row = rows.first else { throw Self.invitationInvalid }
    let secret = try await core.vault.tenantKeys(tenant).open(
      try row.bytes(3), table: "staff", column: "totp_sealed", row: try row.uuid(0))
    return (row, secret)
  }

  // MARK: Sessions

  /// Signs in: name, password and code at once, so that no answer says which of them was wrong. Returns the session's secret, for its cookie alone.
  ///
  /// - Parameter address: where the attempt comes from; kept as a keyed digest.
  public func signIn(
    _ tenant: TenantID, name: String, password: String, code: String, address: String, requestID: String
  ) async throws -> String {
    guard name.count <= 64, password.count <= PasswordHash.length.upperBound, code.utf8.count <= 16 else { throw Self.signInRefused }
    guard let keys = try? await core.vault.tenantKeys(tenant) else { throw Self.signInRefused }
    let now = core.clock.now()
    let index = keys.index(ofReference: address, kind: "staffAddress")
    let charged = try await core.database.unit(
      tenant,
      [
        BoundStatement(
          StaffStore.chargeAddress,
          [.uuid(tenant.uuid), .bytes(index), .timestamp(now), .timestamp(now.addingTimeInterval(-Self.restSeconds))]),
        BoundStatement(
          StaffStore.charge,
          [
            .uuid(tenant.uuid), .text(name), .timestamp(now), .timestamp(now.addingTimeInterval(Self.restSeconds)),
            .int4(Int32(Self.maximumFailures)),
          ]),
      ])
    let isAddressGood = try charged[0].rows[0].int(0) <= Self.maximumOfAddress
    let row = charged[1].rows.first
    let hash = try row?.bytes(1)
    // The same work for a name that nobody bears.
    let isPasswordGood = try await work.run { try PasswordHash.verify(password, against: hash) }
    guard let row, isAddressGood, isPasswordGood else {
      try await refuse(tenant, try row.map { StaffID(try $0.uuid(0)) }, requestID)
      throw Self.signInRefused
    }
    let id = StaffID(try row.uuid(0))
    let secret = try keys.open(try row.bytes(2), table: "staff", column: "totp_sealed", row: id.uuid)
    guard let step = TimeCode.step(of: code, secret, at: now, after: try row.int8(3)) else {
      try await refuse(tenant, id, requestID)
      throw Self.signInRefused
    }
    let session = StaffAccounts.token()
    try await core.database.transaction(tenant) { transaction in
      // Two sign-ins with one code at once: the second finds the step taken.
      let taken = try await transaction.query(StaffStore.succeed, [.uuid(tenant.uuid), .uuid(id.uuid), .int8(step)])
      guard taken.affectedRows == 1 else { throw Self.signInRefused }
      try await transaction.pipeline([
        BoundStatement(StaffStore.creditAddress, [.uuid(tenant.uuid), .bytes(index)]),
        insertSession(tenant, id, session, byProvider: false),
        core.audit.record(.staffSignedIn, tenant: tenant, actor: "staff:" + id.description, requestID: requestID),
      ])
    }
    return session
  }

  func insertSession(_ tenant: TenantID, _ id: StaffID, _ session: String, byProvider: Bool) -> BoundStatement {
    let now = core.clock.now()
    return BoundStatement(
      StaffStore.insertSession,
      [
        .uuid(tenant.uuid), .bytes(StaffAccounts.digest(session)), .uuid(id.uuid), .timestamp(now),
        .timestamp(now.addingTimeInterval(Self.sessionSeconds)), .bool(byProvider),
      ])
  }

  private func refuse(_ tenant: TenantID, _ id: StaffID?, _ requestID: String) async throws {
    _ = try await core.database.unit(
      tenant,
      [
        core.audit.record(
          .staffSignedIn, tenant: tenant, actor: "staff:" + (id?.description ?? "unknown"), requestID: requestID, outcome: "refused")
      ])
  }

  /// The session of a secret, and uses it. Refuses one that is over: unused for ``idleSeconds``, older than ``sessionSeconds``, ended or suspended.
  public func session(_ tenant: TenantID, secret: String, requestID: String) async throws -> StaffSession {
    guard secret.utf8.count == 43 else { throw Self.sessionEnded }
    let now = core.clock.now()
    let rows = try await core.database.query(
      tenant, StaffStore.use,
      [
        .uuid(tenant.uuid), .bytes(StaffAccounts.digest(secret)), .timestamp(now), .timestamp(now.addingTimeInterval(-Self.idleSeconds)),
      ]
    ).rows
    guard let row = rows.first else { throw Self.sessionEnded }
    guard let role = StaffRole(rawValue: try row.text(2)), let status = VerifierStatus(rawValue: try row.text(4)),
      let policy = RevocationPolicy(rawValue: try row.text(6))
    else { throw KeyError.damaged }
    let id = StaffID(try row.uuid(0))
    return StaffSession(
      staffID: id, name: try row.text(1), role: role, tenantName: try row.text(3),
      caller: Caller(
        tenantID: tenant, clientID: id.description, actor: "staff:" + id.description, status: status, isSandbox: try row.bool(5),
        revocationPolicy: TenantRevocationPolicy(tenantID: tenant, method: policy), origins: [], scopes: StaffRole.scopes,
        requestID: requestID))
  }

  /// Ends a session.
  public func signOut(_ session: StaffSession, secret: String) async throws {
    let tenant = session.caller.tenantID
    _ = try await core.database.unit(
      tenant,
      [
        BoundStatement(StaffStore.endSession, [.uuid(tenant.uuid), .bytes(StaffAccounts.digest(secret))]),
        core.audit.record(.staffSignedOut, by: session.caller),
      ])
  }

  // MARK: Accounts

  /// The tenant's staff; for administrators.
  public func list(_ session: StaffSession) async throws -> [StaffMember] {
    try session.require(.administrator)
    return try await accounts.list(session.caller.tenantID, core.audit.record(.staffListed, by: session.caller))
  }

  /// Makes an account; for administrators.
  public func create(_ session: StaffSession, name: String, role: StaffRole) async throws -> StaffInvitation {
    try session.require(.administrator)
    return try await accounts.create(
      session.caller.tenantID, name: name, role: role, actor: session.caller.actor, requestID: session.caller.requestID)
  }

  /// Suspends an account or lets it in again; for administrators, and never the own one: somebody must be left who can undo it.
  public func suspend(_ session: StaffSession, _ id: StaffID, _ isSuspended: Bool) async throws -> StaffMember {
    try session.require(.administrator)
    try Self.refuseOwn(session, id)
    return try await accounts.suspend(
      session.caller.tenantID, id, isSuspended, actor: session.caller.actor, requestID: session.caller.requestID)
  }

  /// Ends password, second factor and sessions of an account; for administrators, and never the own one.
  public func reset(_ session: StaffSession, _ id: StaffID) async throws -> StaffInvitation {
    try session.require(.administrator)
    try Self.refuseOwn(session, id)
    return try await accounts.reset(session.caller.tenantID, id, actor: session.caller.actor, requestID: session.caller.requestID)
  }

  private static func refuseOwn(_ session: StaffSession, _ id: StaffID) throws(Refusal) {
    guard session.staffID != id else {
      throw Refusal(
        .conflict, "staffOwnAccount", "You cannot suspend or reset your own account.", nextStep: "Ask another administrator.")
    }
  }
}
