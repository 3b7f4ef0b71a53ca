internal import CitizenItems
internal import Foundation
internal import JPKI
internal import PostgreSQL

/// Finds or makes the subject behind verified certificates, and binds certificates to it (紐付け).
struct SubjectBinder: Sendable {
  let core: BrokerCore

  /// The subject whom this tenant knows by one of the certificates, or a new one. The subject is locked.
  ///
  /// - Parameter counterpart: the number of the card's signing certificate, where the one presented is a phone's.
  func subject(
    for card: SoundPart, _ authentication: SoundPart?, counterpart: Serial? = nil, referenceIndex: [UInt8]?, keys: TenantKeys,
    in transaction: TenantTransaction
  ) async throws -> (SubjectID, isNew: Bool) {
    let tenant = keys.tenantID
    let known = [authentication, card].compactMap { $0 }.map { ($0.certificate.serial, $0.certificate.kind) }
    for (serial, kind) in known + (counterpart.map { [($0, .signing)] } ?? []) {
      let found = try await transaction.query(
        StandingStore.bindingBySerial,
        [.uuid(tenant.uuid), .text(kind.rawValue), .bytesArray(keys.indexes(of: serial, kind: kind))])
      if let row = found.rows.first {
        let subject = SubjectID(try row.uuid(1))
        if try await core.pairs.lock(subject, tenant: tenant, in: transaction) {
          if let referenceIndex {
            try await transaction.query(SubjectStore.setReference, [.uuid(tenant.uuid), .uuid(subject.uuid), .bytes(referenceIndex)])
          }
          return (subject, false)
        }
      }
    }
    let subject = core.ids.next(SubjectKind.self)
    try await transaction.query(
      SubjectStore.insert, [.uuid(tenant.uuid), .uuid(subject.uuid), .bytes(optional: referenceIndex), .timestamp(core.clock.now())])
    return (subject, true)
  }

  /// Binds a verified certificate; earlier ones of its kind give way. The serial is kept encrypted, and found by its keyed index only (law 2).
  func bind(_ part: SoundPart, to subject: SubjectID, keys: TenantKeys, in transaction: TenantTransaction) async throws {
    let certificate = part.certificate
    try await bind(
      serial: certificate.serial, kind: certificate.kind, to: subject, issuerKeyIdentifier: certificate.issuerKeyIdentifier,
      medium: certificate.medium.rawValue,
      notBefore: certificate.notBefore, notAfter: certificate.notAfter, method: part.revocation.method.rawValue, keys: keys, in: transaction
    )
  }

  /// Binds a certificate of which J-LIS named the serial alone.
  func bind(
    serial: Serial, kind: CertificateKind, to subject: SubjectID, issuerKeyIdentifier: [UInt8]?, medium: String?, notBefore: Date?,
    notAfter: Date?,
    method: String, keys: TenantKeys, in transaction: TenantTransaction
  ) async throws {
    let tenant = SQLValue.uuid(keys.tenantID.uuid)
    let binding = core.ids.next(BindingKind.self)
    let indexes = keys.indexes(of: serial, kind: kind)
    let sealed = try SealedSerial.seal(serial, keys)
    let results = try await transaction.pipeline([
      BoundStatement(StandingStore.reindex, [tenant, .text(kind.rawValue), .bytesArray(indexes), .bytes(indexes[0])]),
      BoundStatement(
        StandingStore.bind,
        [
          tenant, .uuid(binding.uuid), .uuid(subject.uuid), .text(kind.rawValue), .bytes(indexes[0]), .bytes(sealed),
          .bytes(optional: issuerKeyIdentifier),
          .text(optional: medium), .timestamp(optional: notBefore), .timestamp(optional: notAfter), .text("valid"),
          .timestamp(core.clock.now()), .text(method),
        ]),
      BoundStatement(
        StandingStore.supersede,
        [tenant, .uuid(subject.uuid), .text(kind.rawValue), .bytesArray(indexes), .timestamp(core.clock.now()), .text(optional: medium)]),
    ])
    guard results[1].affectedRows == 1 else {
      throw Refusal(
        .conflict, "certificateBoundElsewhere", "This certificate is bound to another subject of the tenant.",
        nextStep: "Report this to the platform operator.")
    }
  }
}

/// A serial as the database keeps it. Opened in memory only, by what addresses J-LIS, one serial a call (law 2).
enum SealedSerial {
  /// The place is the tenant's serials, not one row: a binding keeps its serial when it is taken over by a repeat.
  private static let row = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

  static func seal(_ serial: Serial, _ keys: TenantKeys) throws -> [UInt8] {
    try keys.seal(serial.bytes, table: "bindings", column: "serial_sealed", row: row)
  }

  static func open(_ sealed: [UInt8], _ keys: TenantKeys) throws -> Serial {
    guard let serial = Serial(try keys.open(sealed, table: "bindings", column: "serial_sealed", row: row)) else { throw KeyError.damaged }
    return serial
  }
}
