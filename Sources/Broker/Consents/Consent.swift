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

/// A consent (同意): one service, one notice version, purposes and items.
public struct Consent: Sendable, Codable {
  public let id: ConsentID
  public let subjectID: SubjectID
  public let serviceID: String
  public let noticeID: NoticeID
  public let version: Int
  public let noticeDigest: [UInt8]
  public let language: String
  public let purposes: [String]
  public let items: [Item]
  /// The state, as of the asked instant.
  public var state: ConsentState
  public let requestedAt: Date
  public let givenAt: Date?
  public let validFrom: Date?
  public let validUntil: Date?
  public let updatedAt: Date
}

/// One line of a consent's history, append-only.
public struct ConsentEvent: Sendable, Codable {
  public let sequence: Int
  public let at: Date
  public let state: ConsentState
  public let actor: String
  /// What it rests on: a session, a clerk's reason, J-LIS.
  public let basis: String
}

/// What a person is asked to agree to: a part of a notice.
public struct ConsentSelection: Sendable, Codable, Equatable {
  public let noticeID: NoticeID
  public let version: Int
  public let purposes: [String]
  public let items: [Item]

  public init(noticeID: NoticeID, version: Int, purposes: [String], items: [Item]) {
    self.noticeID = noticeID
    self.version = version
    self.purposes = purposes
    self.items = items
  }

  /// The purpose for which J-LIS must have the consent (最新の利用者情報).
  public static let latestItemsPurpose = "latestItems"

  var isForLatestItems: Bool { purposes.contains(Self.latestItemsPurpose) }
}
