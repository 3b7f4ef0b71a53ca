public import Foundation
internal import PostgreSQL

/// What a member of a tenant's staff may do in the console. Each role may do all that the one before it may.
public enum StaffRole: String, Sendable, Codable, CaseIterable, Comparable {
  /// Looks.
  case viewer
  /// Decides on pairs, orders exports, has the log verified.
  case officer
  /// Looks after the staff.
  case administrator

  /// By what they may do.
  public static func < (left: StaffRole, right: StaffRole) -> Bool { left.rank < right.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// What sessions may ask of the rules, whatever the role: what a role may do beyond looking is checked where it is done.
  static let scopes: Set<Scope> = [.consentsRead, .subjects, .auditRead, .matching, .documents]
}

/// A member of a tenant's compliance staff.
public struct StaffMember: Sendable, Codable {
  /// The id that audit events name.
  public let id: StaffID
  /// The name to sign in with, unique within the tenant.
  public let name: String
  /// What they may do.
  public let role: StaffRole
  /// Whether a password and a second factor are set, or the tenant's own provider has vouched for them.
  public let isEnrolled: Bool
  /// Until when the account rests after failed sign-ins; nil or past: it does not.
  public let lockedUntil: Date?
  /// When the account was made.
  public let createdAt: Date
  /// Since when it is suspended; nil while it is not.
  public let suspendedAt: Date?

  init(_ row: Row) throws {
    guard let role = StaffRole(rawValue: try row.text(2)) else { throw KeyError.damaged }
    id = StaffID(try row.uuid(0))
    name = try row.text(1)
    self.role = role
    isEnrolled = try row.bool(3)
    lockedUntil = try row.optionalTimestamp(4)
    createdAt = try row.timestamp(5)
    suspendedAt = try row.optionalTimestamp(6)
  }
}

/// A member of the staff with the one-time link by which they set password and second factor. The link is shown once.
public struct StaffInvitation: Sendable {
  /// Whom it is for.
  public let member: StaffMember
  /// 256 bits, base64url: the last part of the link.
  public let token: String
  /// Until when the link is good.
  public let until: Date
}

/// Who looks at the console: a session that stands.
public struct StaffSession: Sendable {
  /// Whose it is.
  public let staffID: StaffID
  /// Their name.
  public let name: String
  /// What they may do.
  public let role: StaffRole
  /// The tenant's name.
  public let tenantName: String
  /// The caller that the rules see: actor `staff:stf_…`.
  public let caller: Caller

  /// Refuses a role that is not enough.
  public func require(_ needed: StaffRole) throws(Refusal) {
    guard role >= needed else {
      throw Refusal(
        .forbidden, "staffRoleInsufficient", "Your role does not allow this.", nextStep: "Ask somebody with the role \(needed.rawValue).")
    }
  }
}

/// What somebody who enrols is shown: the second factor's secret.
public struct StaffEnrolment: Sendable {
  /// The name to sign in with.
  public let name: String
  /// The tenant's name.
  public let tenantName: String
  /// Base 32 (RFC 4648), as authenticator apps take it.
  public let secret: String
  /// `otpauth://totp/…`
  public let address: String
}
