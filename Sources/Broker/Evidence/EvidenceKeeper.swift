internal import Crypto
internal import Foundation
internal import JPKI
internal import PostgreSQL

/// Seals evidence as it comes into being. It has the public half of the offline key only: what it writes, this process cannot read (law 1).
struct EvidenceKeeper: Sendable {
  /// Seven years (犯収法: after the contract ends).
  static let retentionYears = 7

  /// Nil: no evidence is kept.
  let key: EvidencePublicKey?
  let ids: IdentifierSource
  let clock: any WallClock
  let audit: AuditTrail

  /// What is to be kept of one verification.
  struct Matter {
    let kind: EvidenceKind
    let evidence: VerificationEvidence
    let subject: SubjectID?
    /// The signed bytes, or else the document's digest.
    let toBeSigned: [UInt8]?
    let documentDigest: [UInt8]?
    let main: CardMaterial.Part
    let authentication: CardMaterial.Part?
    let revocation: RevocationDecision
  }

  /// The statements that keep it, for the transaction that records the verification; none without a key.
  func keep(_ matter: Matter, by caller: Caller) throws -> [BoundStatement] {
    guard let key else { return [] }
    let id = ids.next(EvidenceKindID.self)
    let payload = EvidencePayload(
      schema: EvidencePayload.schema, tenantID: caller.tenantID.description, verificationID: matter.evidence.id.description,
      kind: matter.kind, checkedAt: matter.evidence.checkedAt, toBeSigned: matter.toBeSigned.map { Data($0) },
      documentDigest: matter.documentDigest.map { Data($0) }, main: .init(matter.main),
      authentication: matter.authentication.map { .init($0) },
      revocation: .init(matter.revocation))
    let sealed = try key.seal(
      Array(try JSONEncoder().encode(payload)),
      place: EvidencePublicKey.place(tenant: caller.tenantID, envelope: id, verification: matter.evidence.id, kind: matter.kind))
    // Of somebody whom the tenant does not know there is no contract whose end could be waited for.
    let until = matter.subject == nil ? Self.retention(from: clock.now()) : nil
    return [
      BoundStatement(
        EvidenceStore.insert,
        [
          .uuid(caller.tenantID.uuid), .uuid(id.uuid), .uuid(matter.evidence.id.uuid), .id(matter.subject), .text(matter.kind.rawValue),
          .text(key.id), .bytes(sealed), .bytes(sealed.sha256), .timestamp(clock.now()), .timestamp(optional: until),
        ]),
      audit.record(
        .evidenceKept, by: caller, subject: matter.subject, object: id.description,
        detail: ["kind": matter.kind.rawValue, "verification": matter.evidence.id.description]),
    ]
  }

  /// The end of the retention of what ended then.
  static func retention(from end: Date) -> Date {
    JapaneseCalendar.calendar.date(byAdding: .year, value: retentionYears, to: end) ?? .distantFuture
  }
}
