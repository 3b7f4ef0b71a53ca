internal import Crypto
public import Foundation
internal import JOSE
internal import PostgreSQL

/// A one-time link to a person's own door. The answer holds it once; kept is its digest.
public struct DoorLink: Sendable {
  /// The door.
  public let id: DoorID
  /// 256 bits, base64url: the last part of the address.
  public let token: String
  /// Until when it can be opened.
  public let until: Date
}

/// A person who came in by their link.
public struct DoorSession: Sendable {
  /// Who.
  public let subjectID: SubjectID
  /// `ja` or `en`, as the tenant's app asked for.
  public let language: String
  /// The tenant's name.
  public let tenantName: String
  /// The caller that the rules see: actor `person:dor_…`, consents only.
  public let caller: Caller
}

/// 本人の扉: after a card login the tenant's app hands a person a one-time link to a page of the broker's own, where they see the consents that they gave
/// this tenant and withdraw them.
public struct DoorService: Sendable {
  /// How long a link can be opened, in seconds: 10 minutes. So old may the card login be as well.
  public static let linkSeconds: TimeInterval = 600
  /// How long a person may stay, in seconds: 15 minutes.
  public static let sessionSeconds: TimeInterval = 900

  let core: BrokerCore
  let consents: ConsentService
  let withdrawals: WithdrawalService

  /// The broker's own address, at which doors are.
  public var issuer: String { core.issuer }

  static let linkInvalid = Refusal(
    .notFound, "doorLinkInvalid", "The link is not good any more.", nextStep: "Open your consents from the app once more.")
  static let sessionEnded = Refusal(
    .unauthenticated, "doorSessionEnded", "Your time here is over.", nextStep: "Open your consents from the app once more.")
  static let loginNeeded = Refusal(
    .conflict, "cardLoginNeeded", "The person has not shown their card within the last ten minutes.",
    nextStep: "Let them log in with the card, then ask for the link.")

  private static func digest(_ token: String) -> [UInt8] { Array("door/\(token)".utf8).sha256 }
  private static func token() -> String { Base64URL.encode(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }) }

  /// Makes a link for a person who has just shown their card.
  ///
  /// - Parameter language: `ja` or `en`.
  public func make(_ caller: Caller, subjectID: SubjectID, language: String) async throws -> DoorLink {
    try caller.require(.consentsWrite)
    let now = core.clock.now()
    let oldest = now.addingTimeInterval(-Self.linkSeconds)
    let least = UUID(high: UInt64(max(0, (oldest.timeIntervalSince1970 - 600) * 1000)) << 16, low: 0)
    let tenant = SQLValue.uuid(caller.tenantID.uuid)
    let looked = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(SubjectStore.get, [tenant, .uuid(subjectID.uuid)]),
        BoundStatement(DoorStore.login, [tenant, .uuid(subjectID.uuid), .uuid(least), .timestamp(oldest)]),
      ])
    guard let subject = looked[0].rows.first, subject.isNull(2) else { throw Refusal.notFound("subject") }
    guard let login = try looked[1].rows.first?.uuid(0) else { throw Self.loginNeeded }
    let link = DoorLink(id: core.ids.next(), token: Self.token(), until: now.addingTimeInterval(Self.linkSeconds))
    _ = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          DoorStore.insert,
          [
            tenant, .uuid(link.id.uuid), .uuid(subjectID.uuid), .uuid(login), .text(language), .bytes(Self.digest(link.token)),
            .timestamp(link.until), .timestamp(now),
          ]),
        core.audit.record(
          .doorMade, by: caller, subject: subjectID, object: link.id.description,
          detail: ["verification": VerificationID(login).description]),
      ])
    return link
  }

  /// Whether a link can still be opened, in which language, and whose it is. Looking does not use it up: messengers look at links, too.
  public func look(_ tenant: TenantID, token: String) async throws -> (language: String, tenantName: String) {
    guard token.utf8.count == 43,
      let row = try await core.database.query(
        tenant, DoorStore.look, [.uuid(tenant.uuid), .bytes(Self.digest(token)), .timestamp(core.clock.now())]
      ).rows.first
    else { throw Self.linkInvalid }
    return (try row.text(0), try row.text(1))
  }

  /// Uses the link up. Returns the session's secret, for its cookie alone.
  public func enter(_ tenant: TenantID, token: String, requestID: String) async throws -> String {
    guard token.utf8.count == 43 else { throw Self.linkInvalid }
    let session = Self.token()
    let now = core.clock.now()
    try await core.database.transaction(tenant) { transaction in
      let rows = try await transaction.query(
        DoorStore.enter,
        [
          .uuid(tenant.uuid), .bytes(Self.digest(token)), .timestamp(now), .bytes(Self.digest(session)),
          .timestamp(now.addingTimeInterval(Self.sessionSeconds)),
        ]
      ).rows
      guard let row = rows.first else { throw Self.linkInvalid }
      let door = DoorID(try row.uuid(0)).description
      try await transaction.pipeline([
        core.audit.record(
          .doorEntered, tenant: tenant, actor: "person:" + door, requestID: requestID, subject: SubjectID(try row.uuid(1)), object: door)
      ])
    }
    return session
  }

  /// The session of a secret.
  public func session(_ tenant: TenantID, secret: String, requestID: String) async throws -> DoorSession {
    guard secret.utf8.count == 43,
      let row = try await core.database.query(
        tenant, DoorStore.session, [.uuid(tenant.uuid), .bytes(Self.digest(secret)), .timestamp(core.clock.now())]
      ).rows.first
    else { throw Self.sessionEnded }
    guard let status = VerifierStatus(rawValue: try row.text(4)), let policy = RevocationPolicy(rawValue: try row.text(6)) else {
      throw KeyError.damaged
    }
    let door = DoorID(try row.uuid(0)).description
    return DoorSession(
      subjectID: SubjectID(try row.uuid(1)), language: try row.text(2), tenantName: try row.text(3),
      caller: Caller(
        tenantID: tenant, clientID: door, actor: "person:" + door, status: status, isSandbox: try row.bool(5),
        revocationPolicy: TenantRevocationPolicy(tenantID: tenant, method: policy), origins: [core.issuer],
        scopes: [.consentsRead, .consentsWrite], requestID: requestID))
  }

  /// The person's consents, newest first; at most 500.
  public func list(_ session: DoorSession) async throws -> [Consent] {
    try await consents.list(session.caller, ConsentQuery(subjectID: session.subjectID), limit: 500, pageToken: nil).elements.reversed()
  }

  /// One consent of the person's own; another's is not found.
  public func consent(_ session: DoorSession, id: ConsentID) async throws -> Consent {
    let consent = try await consents.get(session.caller, id: id)
    guard consent.subjectID == session.subjectID else { throw Refusal.notFound("consent") }
    return consent
  }

  /// Withdraws: from this moment no latest items. What J-LIS is told waits for the person's signature in the tenant's app.
  public func withdraw(_ session: DoorSession, id: ConsentID) async throws -> ConsentState {
    _ = try await consent(session, id: id)
    return try await withdrawals.withdraw(
      session.caller, id: id, origin: core.issuer,
      request: RepeatableRequest(key: "door-\(id)", operation: "withdrawal \(id)", body: [])
    ).state
  }

  /// Ends the session.
  public func leave(_ tenant: TenantID, secret: String) async throws {
    _ = try await core.database.query(
      tenant, DoorStore.leave, [.uuid(tenant.uuid), .bytes(Self.digest(secret)), .timestamp(core.clock.now())])
  }
}
