public import Foundation
internal import PostgreSQL

/// What is to be exported.
public struct AuditExportOrder: Sendable {
  /// How lines are written.
  public var encoding: AuditExportFormat.Encoding
  /// Events at this instant or later.
  public var after: Date
  /// Events before this instant.
  public var before: Date
  /// Of these kinds only; empty: of all.
  public var kinds: [String]

  /// Names all of it.
  public init(encoding: AuditExportFormat.Encoding, after: Date, before: Date, kinds: [String]) {
    self.encoding = encoding
    self.after = after
    self.before = before
    self.kinds = kinds
  }
}

/// An export that can be fetched: its bytes, from any place on.
public struct AuditExportContent: Sendable {
  /// What it is.
  public let export: AuditExport
  private let tenant: TenantID
  private let database: Database

  init(export: AuditExport, tenant: TenantID, database: Database) {
    self.export = export
    self.tenant = tenant
    self.database = database
  }

  /// Some bytes from a place on, at most 256 KiB; empty at the end.
  public func bytes(from place: Int64) async throws -> [UInt8] {
    guard place < export.bytes else { return [] }
    let rows = try await database.query(
      tenant, AuditExportStore.chunk, [.uuid(tenant.uuid), .uuid(export.id.uuid), .int8(place)]
    ).rows
    guard let row = rows.first else { throw AuditExportService.gone }
    let (first, content) = (try row.int8(0), try row.bytes(1))
    guard place - first < Int64(content.count) else { throw AuditExportService.gone }
    return Array(content[Int(place - first)...])
  }
}

/// Exports of the audit log, as a tenant orders and fetches them. Each order and each look is audited.
public struct AuditExportService: Sendable {
  /// How many a tenant may have at once, those included that can still be fetched.
  public static let maximumOpen = 20
  /// For how long one can be fetched, in seconds.
  public static let lifetimeSeconds: TimeInterval = 7 * 86_400
  /// The longest period, in seconds: two years and a day.
  public static let maximumPeriodSeconds: TimeInterval = 732 * 86_400
  /// The most events of one export.
  public static let maximumEvents = 10_000_000

  let core: BrokerCore

  /// Takes an order; the job makes the export.
  public func create(_ caller: Caller, _ order: AuditExportOrder, request: RepeatableRequest) async throws -> AuditExport {
    try caller.require(.auditRead)
    guard order.after < order.before, order.before.timeIntervalSince(order.after) <= Self.maximumPeriodSeconds else {
      throw Refusal.field(
        "/before", "auditPeriodInvalid", "The period must begin before it ends, and be of at most 732 days.",
        nextStep: "Name another period, or several exports.")
    }
    let id = try await core.idempotency.once(caller, request) { transaction in
      let tenant = SQLValue.uuid(caller.tenantID.uuid)
      let open = try await transaction.query(AuditExportStore.countOpen, [tenant]).rows[0].int(0)
      guard open < Self.maximumOpen else {
        throw Refusal(
          .conflict, "auditExportsTooMany", "There are \(Self.maximumOpen) exports that wait or can still be fetched.",
          nextStep: "Wait until some have expired; each lives for seven days.")
      }
      let id = AuditExportID(core.ids.nextUUID())
      try await transaction.pipeline([
        BoundStatement(
          AuditExportStore.insert,
          [
            tenant, .uuid(id.uuid), .text(caller.clientID), .text(caller.status.rawValue), .text(order.encoding.rawValue),
            .timestamp(order.after), .timestamp(order.before), .textArray(order.kinds), .timestamp(core.clock.now()),
          ]),
        core.audit.record(.auditExportCreated, by: caller, object: id.description, detail: ["format": order.encoding.rawValue]),
      ])
      return id
    }
    return try await find(caller, id, audited: nil)
  }

  /// One export as it stands.
  public func get(_ caller: Caller, id: AuditExportID) async throws -> AuditExport {
    try caller.require(.auditRead)
    return try await find(caller, id, audited: .auditExportViewed)
  }

  /// All of the tenant's, oldest first.
  public func list(_ caller: Caller, limit: Int, pageToken: String?) async throws -> Page<AuditExport> {
    try caller.require(.auditRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(
          AuditExportStore.list,
          [.uuid(caller.tenantID.uuid), .uuid(try PageToken.decode(pageToken)), .int4(Int32(PageToken.limit(limit) + 1))]),
        core.audit.record(.auditExportViewed, by: caller),
      ])
    return try PageToken.page(results[0].rows, limit: limit) {
      try AuditExport($0)
    } id: {
      $0.id.uuid
    }
  }

  /// The export itself. Refused until it is done, and after it has expired.
  public func content(_ caller: Caller, id: AuditExportID) async throws -> AuditExportContent {
    try caller.require(.auditRead)
    let export = try await find(caller, id, audited: .auditExportFetched)
    switch export.state {
    case .done where export.expiresAt ?? .distantFuture > core.clock.now():
      return AuditExportContent(export: export, tenant: caller.tenantID, database: core.database)
    case .waiting, .running:
      throw Refusal(
        .conflict, "auditExportNotReady", "The export is not done yet.", nextStep: "Look at it again until its state is done.")
    case .failed:
      throw Refusal(.conflict, "auditExportFailed", "The export could not be made.", nextStep: "See its problem, and order another one.")
    case .done, .expired: throw Self.gone
    }
  }

  private func find(_ caller: Caller, _ id: AuditExportID, audited kind: AuditEvent.Kind?) async throws -> AuditExport {
    let look = BoundStatement(AuditExportStore.get, [.uuid(caller.tenantID.uuid), .uuid(id.uuid)])
    let results = try await core.database.unit(
      caller.tenantID, [look] + (kind.map { [core.audit.record($0, by: caller, object: id.description)] } ?? []))
    guard let row = results[0].rows.first else { throw Refusal.notFound("audit export") }
    return try AuditExport(row)
  }

  static let gone = Refusal(
    .conflict, "auditExportExpired", "The export has expired and is gone.", nextStep: "Order another one of the same period.")
}
