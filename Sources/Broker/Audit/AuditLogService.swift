public import Foundation
internal import JOSE
internal import MerkleLog
internal import PostgreSQL

/// A signed checkpoint of one log of a tenant, with what a verifier needs beside it.
public struct AuditCheckpointView: Sendable {
  /// The log's name, first line of the note.
  public let origin: String
  /// The log's month.
  public let month: AuditMonth
  /// How many entries there are.
  public let size: UInt64
  /// The root over them, 32 bytes.
  public let root: [UInt8]
  /// The signed note (C2SP tlog-checkpoint).
  public let note: String
  /// The key that signs now, as C2SP vkey for this log. Whoever does not take it from here makes it from `/jwks.json`.
  public let verifierKey: String
  /// The newest time stamp of this log; nil while there is none.
  public let timeStamp: AuditTimeStampView?
}

/// A time stamp (RFC 3161) and the checkpoint that it is over.
public struct AuditTimeStampView: Sendable {
  /// How many entries the stamped checkpoint has.
  public let size: UInt64
  /// The stamped bytes: the whole note.
  public let note: String
  /// TimeStampResp in DER.
  public let der: [UInt8]
  /// When it came.
  public let at: Date
}

/// That an event is in the log.
public struct AuditInclusionProof: Sendable {
  /// The event's entry: the bytes that the leaf is the hash of.
  public let entry: [UInt8]
  /// Its place in the log, from 0.
  public let index: UInt64
  /// The hash of the leaf, then those that lead to the root, from the leaf up.
  public let leaf: [UInt8]
  /// 32 bytes each.
  public let path: [[UInt8]]
  /// The checkpoint that it leads to.
  public let checkpoint: AuditCheckpointView
}

/// That a longer log begins with a shorter one.
public struct AuditConsistencyProof: Sendable {
  /// How many entries the shorter one has.
  public let from: UInt64
  /// How many the longer one has.
  public let to: UInt64
  /// Root of the shorter one, 32 bytes.
  public let fromRoot: [UInt8]
  /// Root of the longer one, 32 bytes.
  public let toRoot: [UInt8]
  /// 32 bytes each.
  public let path: [[UInt8]]
}

/// Checkpoints of a tenant's audit log, and proofs. Each look is audited itself.
public struct AuditLogService: Sendable {
  let core: BrokerCore

  /// The newest checkpoint, of one month or of all. It is kept, so that later exports can be compared with it.
  public func checkpoint(_ caller: Caller, month: AuditMonth?) async throws -> AuditCheckpointView {
    try caller.require(.auditRead)
    let statement =
      month.map { BoundStatement(AuditLogStore.log, [.uuid(caller.tenantID.uuid), .text($0.description)]) }
      ?? BoundStatement(AuditLogStore.newest, [.uuid(caller.tenantID.uuid)])
    let results = try await core.database.unit(
      caller.tenantID, [statement, core.audit.record(.auditCheckpointRead, by: caller, object: month?.description)])
    guard let row = results[0].rows.first else { throw Refusal.notFound("checkpoint yet") }
    let log = try Self.read(row)
    let view = try await view(caller.tenantID, log)
    _ = try await core.database.query(
      caller.tenantID, AuditLogStore.keepCheckpoint,
      [
        .uuid(caller.tenantID.uuid), .text(log.month.description), .int8(Int64(view.size)), .text(view.note),
        .timestamp(core.clock.now()),
      ])
    return view
  }

  /// Proof that an event is in the newest checkpoint of its log.
  public func inclusion(_ caller: Caller, event id: AuditEventID) async throws -> AuditInclusionProof {
    try caller.require(.auditRead)
    let tenant = SQLValue.uuid(caller.tenantID.uuid)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(AuditLogStore.events, [tenant, .uuidArray([id.uuid])]),
        core.audit.record(.auditProofRead, by: caller, object: id.description),
      ])
    guard let found = results[0].rows.first else { throw Refusal.notFound("audit event") }
    let event = try AuditRow(found)
    let tiles = try await core.database.query(
      caller.tenantID, AuditLogStore.tileOf, [tenant, .text(String(event.transaction)), .uuid(event.id)]
    ).rows
    guard let tile = tiles.first, let within = try tile.optionalUUIDArray(2)?.firstIndex(of: event.id),
      let month = AuditMonth(try tile.text(0))
    else { throw Self.notLogged }
    let index = UInt64(try tile.int8(1)) * UInt64(Tile.width) + UInt64(within)
    let row = try await core.database.query(caller.tenantID, AuditLogStore.log, [tenant, .text(month.description)]).rows.first
    guard let log = try row.map(Self.read), index < log.range.size else { throw Self.notLogged }
    let keys = try await core.vault.tenantKeys(caller.tenantID)
    let nodes = AuditNodes(database: core.database, tenant: caller.tenantID, month: month)
    let path = try await nodes.proof { node in try LogProof.inclusion(of: index, size: log.range.size, node) }
    let entry = event.entry(caller.tenantID.description, keys).bytes
    return AuditInclusionProof(
      entry: entry, index: index, leaf: LogHash.leaf(entry).bytes, path: path.map(\.bytes), checkpoint: try await view(caller.tenantID, log)
    )
  }

  /// Proof that the log of a month with `to` entries (nil: as it is now) begins with the one with `from`.
  public func consistency(_ caller: Caller, month: AuditMonth, from: UInt64, to: UInt64?) async throws -> AuditConsistencyProof {
    try caller.require(.auditRead)
    let results = try await core.database.unit(
      caller.tenantID,
      [
        BoundStatement(AuditLogStore.log, [.uuid(caller.tenantID.uuid), .text(month.description)]),
        core.audit.record(.auditProofRead, by: caller, object: month.description),
      ])
    guard let row = results[0].rows.first else { throw Refusal.notFound("log of this month") }
    let log = try Self.read(row)
    let to = to ?? log.range.size
    guard from >= 1, from <= to, to <= log.range.size else {
      throw Refusal(
        .unprocessable, "auditSizeInvalid",
        "The log of this month has \(log.range.size) entries; from and to must lie within, in this order.",
        nextStep: "Take the sizes from two checkpoints of the same log.")
    }
    guard log.detachedAt == nil else { throw Self.detached }
    let nodes = AuditNodes(database: core.database, tenant: caller.tenantID, month: month)
    let path = try await nodes.proof { node in try LogProof.consistency(from: from, to: to, node) }
    let roots = try await nodes.proof { node in
      [try LogProof.root(0..<from, node), try LogProof.root(0..<to, node)]
    }
    return AuditConsistencyProof(from: from, to: to, fromRoot: roots[0].bytes, toRoot: roots[1].bytes, path: path.map(\.bytes))
  }

  /// What each background job of the audit log did last.
  public func jobStates() async throws -> [JobState] {
    try await core.database.platform([BoundStatement(AuditLogStore.jobStates)])[0].rows.map { row in
      JobState(
        name: try row.text(0), ranAt: try row.timestamp(1), succeededAt: try row.optionalTimestamp(2), items: try row.int8(3),
        problem: try row.optionalText(4))
    }
  }

  /// Whether the audit log takes events, found out by writing one, of no tenant, that is taken back; nil where the database cannot be asked at all.
  public func isWritable() async -> Bool? {
    struct TakenBack: Error {}
    let nobody = TenantID(AuditPosition.start.event)
    do {
      try await core.database.transaction(nobody) { transaction in
        try await transaction.pipeline([core.audit.record(.auditRead, tenant: nobody, actor: "job:health", outcome: "probe")])
        throw TakenBack()
      }
      return nil
    } catch is TakenBack {
      return true
    } catch {
      return error as? Refusal == Refusal.unavailable("The audit log") ? false : nil
    }
  }

  private func view(_ tenant: TenantID, _ log: AuditLogRow) async throws -> AuditCheckpointView {
    guard let note = log.checkpoint else { throw Refusal.notFound("checkpoint yet") }
    let origin = AuditCheckpoint.origin(issuer: core.issuer, tenant: tenant, month: log.month)
    guard let key = try await core.vault.platformKeys().checkpoint.first else { throw Refusal.unavailable("The key store") }
    let stamps = try await core.database.query(
      tenant, AuditLogStore.latestStamp, [.uuid(tenant.uuid), .text(log.month.description)])
    let stamp = try stamps.rows.first.map { row in
      AuditTimeStampView(
        size: UInt64(try row.int8(3)), note: try row.text(0), der: try row.bytes(1), at: try row.timestamp(2))
    }
    return AuditCheckpointView(
      origin: origin, month: log.month, size: log.range.size, root: log.range.root.bytes, note: note,
      verifierKey: key.verifierKey(of: origin), timeStamp: stamp)
  }

  private static func read(_ row: Row) throws -> AuditLogRow {
    do { return try AuditLogRow(row) } catch is AuditLogDamage { throw Refusal.auditLogDamaged }
  }

  static let notLogged = Refusal(
    .conflict, "auditEventNotLogged", "The event is recorded, but not in the log yet.",
    nextStep: "Repeat in a second; if that does not help, the operator's yonjo doctor says why the log stands still.")
  static let detached = Refusal(
    .conflict, "auditMonthDetached", "The events of this month outlived their retention and are gone; its last checkpoint is kept.",
    nextStep: "Verify the export that you made of it with yonjo audit verify --known-checkpoint.")
}

/// What a background job did last.
public struct JobState: Sendable {
  /// Stable, camelCase.
  public let name: String
  /// The last run, however it ended.
  public let ranAt: Date
  /// The last run that did not fail.
  public let succeededAt: Date?
  /// How many things it has worked on in all.
  public let items: Int64
  /// Why the last run failed: a code; nil where it did not.
  public let problem: String?
}

extension Refusal {
  /// The log's own tables do not agree with each other: `yonjo audit check` says where.
  static let auditLogDamaged = Refusal(
    .unavailable, "auditLogDamaged", "The audit log is damaged here; nothing can be proven from it.",
    nextStep: "Tell the platform operator: yonjo audit check says where.")
}

/// Nodes of one log, read from its tiles as they are needed.
final class AuditNodes {
  private let database: Database
  private let tenant: TenantID
  private let month: AuditMonth
  private var tiles: [Tile.Place: Tile] = [:]

  init(database: Database, tenant: TenantID, month: AuditMonth) {
    self.database = database
    self.tenant = tenant
    self.month = month
  }

  private struct Missing: Error {
    let place: Tile.Place
  }

  /// Runs a computation over nodes: once to learn which tiles it needs, and, when they are there, once more for its result.
  func proof(_ body: ((Int, UInt64) throws -> LogHash) throws -> [LogHash]) async throws -> [LogHash] {
    var wanted: Set<Tile.Place> = []
    _ = try body { level, index in
      wanted.insert(Tile.Place(ofNode: level, index: index))
      return .empty
    }
    try await load(wanted)
    do {
      return try body { level, index in try self.known(level, index) }
    } catch is Missing {
      throw Refusal.auditLogDamaged
    }
  }

  /// One node.
  func node(_ level: Int, _ index: UInt64) async throws -> LogHash {
    try await load([Tile.Place(ofNode: level, index: index)])
    do { return try known(level, index) } catch { throw Refusal.auditLogDamaged }
  }

  /// Tiles that were read for something else.
  func remember(_ tile: AuditTile) { tiles[tile.place] = tile.tile }

  /// Forgets leaves, which no later node of a walk from left to right needs.
  func forgetLeaves() { tiles = tiles.filter { $0.key.level > 0 } }

  private func known(_ level: Int, _ index: UInt64) throws -> LogHash {
    let place = Tile.Place(ofNode: level, index: index)
    guard let hash = tiles[place]?.node(level, index) else { throw Missing(place: place) }
    return hash
  }

  private func load(_ wanted: Set<Tile.Place>) async throws {
    let places = wanted.filter { tiles[$0] == nil }
    guard !places.isEmpty else { return }
    let rows = try await database.query(
      tenant, AuditLogStore.tiles,
      [
        .uuid(tenant.uuid), .text(month.description), .int4Array(places.map { Int32($0.level) }),
        .int8Array(places.map { Int64($0.index) }),
      ]
    ).rows
    for row in rows {
      guard let tile = try? AuditTile(row) else { throw Refusal.auditLogDamaged }
      tiles[tile.place] = tile.tile
    }
  }
}
