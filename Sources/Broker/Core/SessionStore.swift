public import CitizenItems
internal import Foundation
internal import PostgreSQL

/// What a session asked for: ids, digests and codes, never items.
struct SessionRequest: Codable, Sendable {
  var referenceIndex: [UInt8]?
  var applicationDigest: [UInt8]?
  var declaredItemsDigest: [UInt8]?
  var consents: [ConsentSelection] = []
  /// Of each selection the consent that was recorded as requested; nil where one that stands is to be renewed, and at an onboarding.
  var requested: [ConsentID?]?
  /// For a withdrawal.
  var consentID: ConsentID?
}

/// A session's row.
struct SessionRow: Sendable {
  /// After so many failed signatures a session is closed.
  static let maximumAttempts = 5
  /// How long a person may take to read and sign, in seconds.
  static let lifetimeSeconds: TimeInterval = 15 * 60

  let uuid: UUID
  let origin: String
  let subjectID: SubjectID?
  let toBeSigned: [UInt8]
  let statement: String
  let request: SessionRequest
  let state: String
  let attempts: Int
  /// Which idempotency key completed it.
  let completedBy: [UInt8]?
  /// The answer as JSON, where it is completed.
  let outcome: String?
  let createdAt: Date
  let expiresAt: Date

  init(_ row: Row) throws {
    uuid = try row.uuid(0)
    origin = try row.text(1)
    subjectID = try row.optionalUUID(2).map(SubjectID.init)
    toBeSigned = try row.bytes(3)
    statement = try row.text(4)
    request = try JSONDecoder().decode(SessionRequest.self, from: Data(try row.text(5).utf8))
    state = try row.text(6)
    attempts = try row.int(7)
    completedBy = try row.optionalText(8).flatMap { Data(base64Encoded: $0) }.map(Array.init)
    outcome = try row.optionalText(9)
    createdAt = try row.timestamp(10)
    expiresAt = try row.timestamp(11)
  }
}

/// SQL of sessions.
enum SessionStore {
  private static let columns = """
    session_id, origin, subject_id, to_be_signed, statement, request::text, state, attempts, outcome->>'key', (outcome->'answer')::text, created_at, expires_at
    """
  static let insert = Statement(
    "insert_session",
    """
    insert into sessions (tenant_id, session_id, purpose, client_id, origin, subject_id, to_be_signed, statement, request, state, created_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'awaitingSignature', $10, $11)
    """)
  static let get = Statement(
    "get_session", "select \(columns) from sessions where tenant_id = $1 and session_id = $2 and purpose = $3")
  static let outcome = Statement(
    "session_outcome",
    "select (outcome->'answer')::text from sessions where tenant_id = $1 and session_id = $2 and purpose = $3 and state = 'completed'")
  static let attempt = Statement(
    "count_session_attempt",
    """
    update sessions set attempts = attempts + 1, state = case when attempts + 1 >= $3 then 'refused' else state end
    where tenant_id = $1 and session_id = $2 and state = 'awaitingSignature'
    """)
  static let refuse = Statement(
    "refuse_session",
    "update sessions set state = 'refused' where tenant_id = $1 and session_id = $2 and state = 'awaitingSignature'")
  static let complete = Statement(
    "complete_session",
    """
    update sessions set state = 'completed', subject_id = $3, outcome = jsonb_build_object('key', $4::text, 'answer', $5::jsonb)
    where tenant_id = $1 and session_id = $2 and state = 'awaitingSignature'
    """)
}

/// Items that an answer hands over, once: only those that were agreed to. Prints as `<redacted>`.
public struct DisclosedItems: Redacted {
  /// 氏名; nil where it was not agreed to.
  public let name: CertifiedText?
  /// 住所; nil where it was not agreed to.
  public let address: CertifiedText?
  /// 生年月日; nil where it was not agreed to.
  public let dateOfBirth: DateOfBirth?
  /// 性別; nil where it was not agreed to.
  public let sex: Sex?

  init(_ items: FourItems, only agreed: Set<Item>) {
    name = agreed.contains(.name) ? items.name : nil
    address = agreed.contains(.address) ? items.address : nil
    dateOfBirth = agreed.contains(.dateOfBirth) ? items.dateOfBirth : nil
    sex = agreed.contains(.sex) ? items.sex : nil
  }

  init(name: CertifiedText?, address: CertifiedText?, dateOfBirth: DateOfBirth?, sex: Sex?) {
    self.name = name
    self.address = address
    self.dateOfBirth = dateOfBirth
    self.sex = sex
  }
}
