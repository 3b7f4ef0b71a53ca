public import CitizenItems
public import Foundation

/// States of a consent (W3C DPV, ISO/IEC TS 27560, and what the source J-LIS adds).
public enum ConsentState: String, Sendable, Codable, CaseIterable {
  case requested, refused, pendingAtSource, given, renewed, expired, invalidated
  /// Ended by the controller (事業者による終了).
  case revoked
  /// Ended by the person (撤回), and the source knows.
  case withdrawn
  /// Ended by the person; the source does not know yet.
  case withdrawnLocally
  case superseded
  /// Cancelled by the person at J-LIS (取消).
  case cancelledAtSource

  /// Whether the consent is in force, if its time is.
  public var isInForce: Bool { self == .given || self == .renewed }
  /// Whether it can still be withdrawn or revoked.
  var canEnd: Bool { isInForce || self == .pendingAtSource }
}

/// Where a person agreed.
public enum ConsentChannel: String, Sendable, Codable, CaseIterable {
  /// The tenant's own screen.
  case tenantScreen
  /// The consent support of the My Number Portal.
  case mynaPortal
}

/// A consent (同意): one service, one notice version, purposes and items.
public struct Consent: Sendable, Codable {
  /// The consent.
  public let id: ConsentID
  /// Who agreed.
  public let subjectID: SubjectID
  /// What for: one service of the tenant.
  public let serviceID: String
  /// The notice that was shown.
  public let noticeID: NoticeID
  /// Its version.
  public let version: Int
  /// SHA-256 over everything that was shown.
  public let noticeDigest: [UInt8]
  /// The notice's language, BCP 47.
  public let language: String
  /// The purposes agreed to, a part of the notice's.
  public let purposes: [String]
  /// The items agreed to, a part of the notice's.
  public let items: [Item]
  /// The state, as of the asked instant.
  public var state: ConsentState
  /// When the person was asked.
  public let requestedAt: Date
  /// When it came into force; nil while J-LIS does not have it.
  public var givenAt: Date?
  /// From when it may be used.
  public var validFrom: Date?
  /// The end of its time; it ends then without anybody's doing.
  public var validUntil: Date?
  /// When its state changed last.
  public var updatedAt: Date
  /// J-LIS holds it too, or is about to: items are named, and the tenant is a deemed verifier (jpki.md §8).
  public let isAtSource: Bool
  /// SHA-256 of the statement that the person read before signing, beside the notice.
  public var statementDigest: [UInt8]? = nil
  /// J-LIS's reference of its reception.
  public var sourceReference: String? = nil
  /// When J-LIS had it.
  public var receivedAt: Date? = nil
  /// Where the person agreed.
  public var channel: ConsentChannel? = nil

  /// The state at an instant at which ``state`` was its last line: what is in force ends with its time, and what nobody answers with its session's,
  /// also before a job has written so.
  public func standing(at instant: Date) -> ConsentState {
    if state == .requested, requestedAt.addingTimeInterval(SessionRow.lifetimeSeconds) <= instant { return .expired }
    guard state.canEnd, let validUntil, validUntil <= instant else { return state }
    return .expired
  }
}

/// One line of a consent's history, append-only.
public struct ConsentEvent: Sendable, Codable {
  /// From 1, without gaps.
  public let sequence: Int
  /// When.
  public let at: Date
  /// The state from then on.
  public let state: ConsentState
  /// Who: `person`, `tenant`, `jlis`, `client:…` or `job:…`.
  public let actor: String
  /// What it rests on: a session, a clerk's reason, J-LIS.
  public let basis: String
}

/// What a person is asked to agree to: a part of a notice.
public struct ConsentSelection: Sendable, Codable, Equatable {
  /// The notice.
  public let noticeID: NoticeID
  /// Its version.
  public let version: Int
  /// At least one of the notice's purposes.
  public let purposes: [String]
  /// Items of the notice, each once.
  public let items: [Item]

  /// Puts a selection together; the notice is looked at when it is used.
  public init(noticeID: NoticeID, version: Int, purposes: [String], items: [Item]) {
    self.noticeID = noticeID
    self.version = version
    self.purposes = purposes
    self.items = items
  }
}
