public import Foundation
internal import PostgreSQL

/// What a verification was made for.
public enum VerificationPurpose: String, Sendable, Codable, CaseIterable {
  case onboarding, login, match, consent, withdrawal
  /// 最新の利用者情報: the result is the outcome of the question.
  case latestItems
  /// A document that was signed without a session.
  case document

  init(_ purpose: ToBeSigned.Purpose) {
    switch purpose {
    case .onboarding: self = .onboarding
    case .login: self = .login
    case .match: self = .match
    case .consent: self = .consent
    case .withdrawal: self = .withdrawal
    }
  }
}

/// Evidence of one verification as it was recorded: ids, digests, codes and times; never items.
public struct Verification: Sendable {
  /// Id, time, method and source time.
  public let evidence: VerificationEvidence
  /// What it was made for.
  public let purpose: VerificationPurpose
  /// How it ended. For latest items the outcome of the question.
  public let verdict: Verdict
  /// The subject, where the tenant knew the person.
  public let subjectID: SubjectID?
  /// SHA-256 of the document, of the onboarding's application, or of the consent's statement.
  public let documentDigest: [UInt8]?
  /// The tenant's own word for the document; nil for what is no document.
  public let documentPurpose: String?
  /// For which notices a document's verification could hand items over; empty for what is no document.
  public let notices: [ConsentSelection]

  init(_ row: Row) throws {
    guard let purpose = VerificationPurpose(rawValue: try row.text(1)) else { throw KeyError.damaged }
    evidence = VerificationEvidence(
      id: VerificationID(try row.uuid(0)), checkedAt: try row.timestamp(8), method: try row.text(5),
      sourceTime: try row.optionalTimestamp(6),
      isUnderOverride: try row.bool(11) ? true : nil)
    self.purpose = purpose
    verdict = Verdict(result: try row.text(3), reason: try row.optionalText(4))
    subjectID = try row.optionalUUID(2).map(SubjectID.init)
    documentDigest = try row.optionalBytes(7)
    documentPurpose = try row.optionalText(9)
    notices = try row.optionalText(10).map { try JSONDecoder().decode([ConsentSelection].self, from: Data($0.utf8)) } ?? []
  }
}

/// What to look for among verifications. Every condition is optional; without any, all of the tenant.
public struct VerificationQuery: Sendable {
  /// About this subject only. A `notVerifier` tenant finds only those that were ok: a refusal that names its subject would say more than it did.
  public var subjectID: SubjectID?
  /// Made for this only.
  public var purpose: VerificationPurpose?
  /// With this result only; for a `notVerifier` tenant one of those that it is told (``Verdict/coarse``).
  public var result: String?
  /// At this instant or later.
  public var after: Date?
  /// Before this instant.
  public var before: Date?
  /// About this document only: its SHA-256.
  public var documentDigest: [UInt8]?
  /// About documents that the tenant called so.
  public var documentPurpose: String?

  /// Without any condition.
  public init() {}
}

/// 証跡の照会: evidence of verifications, of every kind. Each look is audited.
public struct VerificationService: Sendable {
  let core: BrokerCore

  /// How far an id's time and the recorded time may lie apart, in seconds: clocks of two processes, and an answer that took its time.
  private static let slackSeconds: TimeInterval = 600

  /// One verification of the tenant; another tenant's is not found.
  public func get(_ caller: Caller, id: VerificationID) async throws -> Verification {
    try caller.require(.documents)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(VerificationStore.get, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)]),
        core.audit.record(.verificationViewed, by: caller, object: id.description),
      ])
    guard let row = results[0].rows.first else { throw Refusal.notFound("verification") }
    return try Verification(row)
  }

  /// One page, oldest first.
  public func search(_ caller: Caller, _ query: VerificationQuery, limit: Int, pageToken: String?) async throws -> Page<Verification> {
    try caller.require(.documents)
    let isCoarse = caller.status == .notVerifier
    if isCoarse, let result = query.result, Verdict(result: result).coarse != result { throw Refusal.notPermittedForStatus }
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          VerificationStore.search,
          [
            .uuid(caller.tenantID.uuid), .uuid(try PageToken.decode(pageToken)), .id(query.subjectID),
            .text(optional: query.purpose?.rawValue), Self.results(query.result, isCoarse: isCoarse),
            .bool(!(isCoarse && query.result == Verdict.notConfirmed)), .timestamp(optional: query.after),
            .timestamp(optional: query.before),
            Self.bound(query.after, -Self.slackSeconds), Self.bound(query.before, Self.slackSeconds),
            .bytes(optional: query.documentDigest),
            .text(optional: query.documentPurpose), .int4(Int32(PageToken.limit(limit) + 1)), .bool(isCoarse),
          ]),
        core.audit.record(.verificationViewed, by: caller, subject: query.subjectID, detail: ["by": "search"]),
      ])
    return try PageToken.page(results[0].rows, limit: limit) {
      try Verification($0)
    } id: {
      $0.evidence.id.uuid
    }
  }

  /// `notConfirmed` stands for everything that has no name of its own there: that is looked for by leaving the others out.
  private static func results(_ result: String?, isCoarse: Bool) -> SQLValue {
    guard let result else { return .null }
    return .textArray(isCoarse && result == Verdict.notConfirmed ? Verdict.toldToAll : [result])
  }

  /// The smallest id of that time (UUIDv7, RFC 9562 §5.7: 48 bits of milliseconds first).
  private static func bound(_ time: Date?, _ slack: TimeInterval) -> SQLValue {
    guard let time else { return .null }
    let milliseconds = UInt64(min(max((time.timeIntervalSince1970 + slack) * 1000, 0), 281_474_976_710_655))
    return .uuid(UUID(high: milliseconds << 16, low: 0))
  }
}
