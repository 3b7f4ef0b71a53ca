internal import Foundation
internal import JOSE
internal import MerkleLog
internal import PostgreSQL

/// Makes exports, piece by piece, whatever their size: a few thousand events are in memory at a time. One whose process died is begun anew by another.
struct AuditExportMaker: Sendable {
  /// How long a maker may be silent before another takes its place, in seconds.
  static let patienceSeconds: TimeInterval = 60
  /// Bytes that are stored at once.
  static let chunkBytes = 256 * 1024

  let core: BrokerCore

  /// Makes the next one that waits. Returns whether there was one.
  func makeNext(_ tenant: TenantID) async throws -> Bool {
    let now = core.clock.now()
    guard
      let row = try await core.database.query(
        tenant, AuditExportStore.take,
        [.uuid(tenant.uuid), .timestamp(now), .timestamp(now.addingTimeInterval(Self.patienceSeconds))]
      ).rows.first
    else { return false }
    let export = try AuditExport(row)
    let attempt = try row.int(15)
    let view = VerifierStatus(rawValue: try row.text(16)) ?? .notVerifier
    do {
      _ = try await core.database.query(tenant, AuditExportStore.clearChunks, [.uuid(tenant.uuid), .uuid(export.id.uuid)])
      try await AuditExportWriting(core: core, tenant: tenant, export: export, attempt: attempt, view: view).make()
    } catch is AuditExportWriting.Overtaken {
      return true
    } catch {
      // What is a matter of the moment is tried again by whoever takes it next.
      if let refusal = error as? Refusal, case .unavailable = refusal.kind, refusal.code != Refusal.auditLogDamaged.code, attempt < 5 {
        throw error
      }
      let problem = (error as? Refusal)?.code ?? (error is AuditLogDamage ? "auditLogDamaged" : "internalError")
      _ = try await core.database.unit(
        tenant,
        [
          BoundStatement(
            AuditExportStore.finish,
            [
              .uuid(tenant.uuid), .uuid(export.id.uuid), .int4(Int32(attempt)), .text("failed"), .null, .text(problem),
              .timestamp(core.clock.now()), .null,
            ]),
          BoundStatement(AuditExportStore.clearChunks, [.uuid(tenant.uuid), .uuid(export.id.uuid)]),
          core.audit.record(.auditExportMade, tenant: tenant, actor: "job:auditExports", object: export.id.description, outcome: problem),
        ])
    }
    return true
  }

  /// Clears away exports that have expired.
  func clear(_ tenant: TenantID) async throws {
    let expired = try await core.database.query(
      tenant, AuditExportStore.expired, [.uuid(tenant.uuid), .timestamp(core.clock.now())])
    for row in expired.rows {
      let id = SQLValue.uuid(try row.uuid(0))
      _ = try await core.database.unit(
        tenant,
        [
          BoundStatement(AuditExportStore.clearChunks, [.uuid(tenant.uuid), id]),
          BoundStatement(AuditExportStore.expire, [.uuid(tenant.uuid), id]),
        ])
    }
  }
}

/// The making of one export.
private final class AuditExportWriting {
  /// Another maker has taken the export.
  struct Overtaken: Error {}

  private let core: BrokerCore
  private let tenant: TenantID
  private let export: AuditExport
  private let attempt: Int
  private let view: VerifierStatus
  private let name: String

  private var digests = AuditExportDigests()
  private var buffer: [UInt8] = []
  private var stored: Int64 = 0
  private var covered: UInt64 = 0
  private var total: UInt64 = 0
  private var events = 0
  private var missing = 0

  init(core: BrokerCore, tenant: TenantID, export: AuditExport, attempt: Int, view: VerifierStatus) {
    self.core = core
    self.tenant = tenant
    self.export = export
    self.attempt = attempt
    self.view = view
    name = tenant.description
  }

  func make() async throws {
    let keys = try await core.vault.tenantKeys(tenant)
    // The logs as they are now: what is appended while this runs is not part of it.
    let all = try await core.database.query(tenant, AuditLogStore.logs, [.uuid(tenant.uuid)]).rows.map(AuditLogRow.init)
    let months = Set(
      try await core.database.query(
        tenant, AuditExportStore.months, [.uuid(tenant.uuid), .timestamp(export.after), .timestamp(export.before)]
      ).rows.map { try $0.text(0) })
    let logs = all.filter { months.contains($0.month.description) && $0.range.size > 0 && $0.checkpoint != nil }
    total = logs.reduce(0) { $0 + $1.range.size }
    if export.encoding == .csv { put(Array(AuditExportFormat.csvHeader.utf8)) }
    put([
      "type": "header", "format": AuditExportFormat.name, "tenant": name, "view": view.rawValue, "from": Self.text(export.after),
      "to": Self.text(export.before), "kinds": AuditExportFormat.json(export.kinds),
    ])
    for log in logs { try await write(log, keys) }
    try await finish(logs)
  }

  // MARK: One log

  private func write(_ log: AuditLogRow, _ keys: TenantKeys) async throws {
    let month = log.month.description
    let stamp = try await core.database.query(tenant, AuditLogStore.latestStamp, [.uuid(tenant.uuid), .text(month)]).rows.first
    var line = [
      "type": "log", "origin": AuditCheckpoint.origin(issuer: core.issuer, tenant: tenant, month: log.month), "month": month,
      "size": String(log.range.size), "checkpoint": log.checkpoint ?? "",
    ]
    if let stamp {
      line["stampedCheckpoint"] = try stamp.text(0)
      line["timeStamp"] = Data(try stamp.bytes(1)).base64EncodedString()
    }
    put(line)
    // Stretches end where a checkpoint was handed out, so that it can be compared.
    let kept = try await core.database.query(tenant, AuditLogStore.keptSizes, [.uuid(tenant.uuid), .text(month)]).rows.map {
      UInt64(try $0.int8(0))
    }.sorted()
    let walk = Walk(nodes: AuditNodes(database: core.database, tenant: tenant, month: log.month), kept: kept)
    var first: Int64 = 0
    while true {
      let tiles = try await core.database.query(
        tenant, AuditExportStore.leaves,
        [.uuid(tenant.uuid), .text(month), .int8(first), .timestamp(export.after), .timestamp(export.before)]
      ).rows.map(AuditTile.init)
      guard let last = tiles.last else { break }
      try await write(tiles, of: log, walk, keys)
      first = Int64(last.place.index) + 1
      try await flush(ifLargerThan: Self.flushBytes)
      // The position in this log is told with each piece.
      walk.nodes.forgetLeaves()
    }
    try await skip(to: log.range.size, walk)
    covered += log.range.size
  }

  private static let flushBytes = AuditExportMaker.chunkBytes

  /// How far a log is written.
  private final class Walk {
    let nodes: AuditNodes
    let kept: [UInt64]
    var written: UInt64 = 0
    init(nodes: AuditNodes, kept: [UInt64]) {
      self.nodes = nodes
      self.kept = kept
    }
  }

  private func write(_ tiles: [AuditTile], of log: AuditLogRow, _ walk: Walk, _ keys: TenantKeys) async throws {
    var rows: [UUID: AuditRow] = [:]
    for row in try await core.database.query(
      tenant, AuditLogStore.events, [.uuid(tenant.uuid), .uuidArray(tiles.flatMap(\.events))]
    ).rows {
      let event = try AuditRow(row)
      rows[event.id] = event
    }
    for tile in tiles {
      walk.nodes.remember(tile)
      let start = tile.place.index * UInt64(Tile.width)
      for (offset, (hash, id)) in zip(tile.tile.hashes, tile.events).enumerated() {
        let position = start + UInt64(offset)
        guard position < log.range.size else { break }
        guard let event = rows[id] else {
          missing += 1
          continue
        }
        guard event.at >= export.after, event.at < export.before, export.kinds.isEmpty || export.kinds.contains(event.kind) else {
          continue
        }
        try await skip(to: position, walk)
        put(fields(event, position, hash, keys))
        walk.written = position + 1
        events += 1
        guard events <= AuditExportService.maximumEvents else {
          throw Refusal(
            .tooLarge, "auditExportTooLarge", "An export holds at most \(AuditExportService.maximumEvents) events.",
            nextStep: "Order several of shorter periods.")
        }
      }
    }
  }

  private func fields(_ event: AuditRow, _ position: UInt64, _ hash: LogHash, _ keys: TenantKeys) -> [String: String] {
    let entry = event.entry(name, keys)
    var fields = [
      "type": "event", "position": String(position), "id": entry.id, "at": AuditTime.text(entry.microseconds), "kind": entry.kind,
      "actor": entry.actor, "toldOutcome": entry.told, "hash": Base64URL.encode(hash.bytes),
    ]
    fields["subjectId"] = entry.subject
    fields["object"] = entry.object
    fields["purpose"] = entry.purpose
    fields["requestId"] = entry.requestID
    switch view {
    case .deemedVerifier:
      fields["outcome"] = event.outcome
      fields["salt"] = Base64URL.encode(event.salt(keys))
      if !event.detail.isEmpty { fields["detail"] = AuditTrail.json(event.detail) }
    case .notVerifier:
      fields["withheld"] = Base64URL.encode(entry.withheld)
    }
    return fields
  }

  /// Stands for all entries up to a place by the hashes of as few subtrees as there can be.
  private func skip(to end: UInt64, _ walk: Walk) async throws {
    while walk.written < end {
      let stop = min(end, walk.kept.first { $0 > walk.written } ?? end)
      let aligned = walk.written == 0 ? 62 : walk.written.trailingZeroBitCount
      let level = min(aligned, 63 - (stop - walk.written).leadingZeroBitCount)
      let hash = try await walk.nodes.node(level, walk.written >> UInt64(level))
      put([
        "type": "stretch", "position": String(walk.written), "level": String(level), "hash": Base64URL.encode(hash.bytes),
      ])
      walk.written += 1 << UInt64(level)
    }
  }

  // MARK: Storing

  private func put(_ fields: [String: String]) { put(AuditExportFormat.line(fields, export.encoding)) }

  private func put(_ line: [UInt8]) {
    digests.append(line)
    buffer.append(contentsOf: line)
    buffer.append(0x0A)
  }

  private func flush(ifLargerThan limit: Int) async throws {
    while buffer.count > limit {
      let piece = Array(buffer.prefix(AuditExportMaker.chunkBytes))
      try await core.database.transaction(tenant) { transaction in
        // The export's row first: a maker that was overtaken writes nothing more.
        let advanced = try await transaction.query(
          AuditExportStore.advance,
          [
            .uuid(tenant.uuid), .uuid(export.id.uuid), .int4(Int32(attempt)),
            .timestamp(core.clock.now().addingTimeInterval(AuditExportMaker.patienceSeconds)), .int8(Int64(covered)), .int8(Int64(total)),
            .int8(Int64(events)), .int8(stored + Int64(piece.count)),
          ])
        guard advanced.affectedRows == 1 else { throw Overtaken() }
        try await transaction.query(
          AuditExportStore.putChunk, [.uuid(tenant.uuid), .uuid(export.id.uuid), .int8(stored), .bytes(piece)])
      }
      stored += Int64(piece.count)
      buffer.removeFirst(piece.count)
    }
  }

  private func finish(_ logs: [AuditLogRow]) async throws {
    let platform = try await core.vault.platformKeys()
    guard let key = platform.receipt.first else { throw Refusal.unavailable("The key store") }
    let now = core.clock.now()
    let blocks = digests.blockDigests
    let manifest = try JSONWebToken.sign(
      JSONWebToken.Claims([
        "schema": .string(AuditExportFormat.name), "iss": .string(core.issuer), "aud": .string(name), "jti": .string(export.id.description),
        "iat": .integer(Int64(now.timeIntervalSince1970)), "encoding": .string(export.encoding.rawValue),
        "view": .string(view.rawValue), "from": .string(Self.text(export.after)), "to": .string(Self.text(export.before)),
        "kinds": .array(export.kinds.map { .string($0) }), "lines": .integer(Int64(digests.lines)), "bytes": .integer(digests.bytes),
        "events": .integer(Int64(events)), "missing": .integer(Int64(missing)), "sha256": .string(Base64URL.encode(digests.digest)),
        "blockLines": .integer(Int64(blocks.lines)), "blocks": .array(blocks.digests.map { .string(Base64URL.encode($0)) }),
        "logs": .array(
          logs.map { log in
            [
              "origin": .string(AuditCheckpoint.origin(issuer: core.issuer, tenant: tenant, month: log.month)),
              "size": .integer(Int64(log.range.size)), "root": .string(Base64URL.encode(log.range.root.bytes)),
            ]
          }),
        // So that the file can be looked at alone; whoever wants to rely on it takes the keys of /jwks.json.
        "keys": .array((platform.receipt.map(\.publicJWK) + platform.checkpoint.map(\.publicJWK)).map(\.value)),
      ]), type: AuditExportFormat.manifestType, key: key)
    put(["type": "manifest", "manifest": manifest])
    covered = total
    try await flush(ifLargerThan: 0)
    let results = try await core.database.unit(
      tenant,
      [
        BoundStatement(
          AuditExportStore.finish,
          [
            .uuid(tenant.uuid), .uuid(export.id.uuid), .int4(Int32(attempt)), .text("done"), .bytes(digests.digest), .null, .timestamp(now),
            .timestamp(now.addingTimeInterval(AuditExportService.lifetimeSeconds)),
          ]),
        core.audit.record(
          .auditExportMade, tenant: tenant, actor: "job:auditExports", object: export.id.description,
          detail: ["events": String(events)]),
      ])
    guard results[0].affectedRows == 1 else { throw Overtaken() }
  }

  private static func text(_ date: Date) -> String { AuditTime.text(Int64((date.timeIntervalSince1970 * 1_000_000).rounded())) }
}
