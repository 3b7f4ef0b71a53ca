internal import Foundation
internal import JOSE
internal import MerkleLog
internal import PostgreSQL

/// What is not as it was written, and where.
public struct AuditDamage: Sendable, Encodable, Equatable {
  /// What was done to it.
  public enum Kind: String, Sendable, Encodable, CaseIterable {
    /// Something else stands there than was written.
    case changed
    /// Something is missing.
    case deleted
    /// Something is there that was never written.
    case inserted
    /// The order is another one.
    case reordered
    /// The end is missing.
    case truncated
    /// A signature, or what is signed, does not fit.
    case notSigned
    /// The history is another one than the one that is known.
    case rewritten
  }

  /// What was done to it.
  public let kind: Kind
  /// Where, such as `line 12` or `2026-04, entry 7`.
  public let place: String
  /// The line of a file, from 1; nil where it is not about a file, or about all of it.
  public let line: Int?
  /// One sentence; ids at most.
  public let sentence: String

  /// Names all of it.
  public init(_ kind: Kind, _ place: String, line: Int? = nil, _ sentence: String) {
    self.kind = kind
    self.place = place
    self.line = line
    self.sentence = sentence
  }
}

/// What an inspection of one tenant's log found.
public struct AuditInspectionReport: Sendable, Encodable {
  /// The tenant.
  public let tenant: TenantID
  /// Logs that were looked at.
  public let logs: Int
  /// Entries that were compared with their events.
  public let entries: Int
  /// Months whose events outlived their retention.
  public let detached: [String]
  /// At most a thousand; empty: all is as it was written.
  public let damage: [AuditDamage]
}

/// Compares the rows of the audit log with the Merkle log, and that with its signed checkpoints: finds what somebody changed in the database.
public struct AuditInspection: Sendable {
  /// How many findings are told.
  public static let maximumFindings = 1_000

  private let database: Database
  private let vault: KeyVault
  private let issuer: String

  /// - Parameters:
  ///   - database: reads the audit log's tables and the keys; of ``tenants()`` as the operator or the jobs role.
  ///   - issuer: the broker's own address, which the logs' names begin with.
  public init(database: Database, root: RootKey, clock: any WallClock, issuer: String) {
    self.init(database: database, vault: KeyVault(database: database, root: root, clock: clock), issuer: issuer)
  }

  init(database: Database, vault: KeyVault, issuer: String) {
    self.database = database
    self.vault = vault
    self.issuer = issuer
  }

  /// All tenants.
  public func tenants() async throws -> [TenantID] {
    try await database.platform([BoundStatement(TenantStore.ids)])[0].rows.map { TenantID(try $0.uuid(0)) }
  }

  /// Looks at everything of a tenant. Costs reading it all; nothing is written. Ends early where its task is cancelled.
  public func inspect(_ tenant: TenantID) async throws -> AuditInspectionReport {
    let keys = try await vault.tenantKeys(tenant)
    let verifiers = try await vault.platformKeys().checkpoint.map(\.publicJWK)
    var damage: [AuditDamage] = []
    var entries = 0
    var inLogs: UInt64 = 0
    var detached: [String] = []
    var previous: AuditLogRow?
    var count = 0
    for row in try await database.query(tenant, AuditLogStore.logs, [.uuid(tenant.uuid)]).rows {
      count += 1
      guard let log = try? AuditLogRow(row) else {
        damage.append(AuditDamage(.changed, try row.text(0), "The log's row does not hold what was written."))
        continue
      }
      damage += checkpointDamage(tenant, log, previous, verifiers)
      previous = log
      if log.detachedAt != nil {
        detached.append(log.month.description)
        continue
      }
      inLogs += log.range.size
      entries += try await inspect(tenant, log, keys, &damage)
      if damage.count >= Self.maximumFindings { break }
    }
    if let previous, damage.count < Self.maximumFindings {
      try await findOutsiders(tenant, previous.last, expected: inLogs, &damage)
    }
    return AuditInspectionReport(
      tenant: tenant, logs: count, entries: entries, detached: detached, damage: Array(damage.prefix(Self.maximumFindings)))
  }

  private func checkpointDamage(
    _ tenant: TenantID, _ log: AuditLogRow, _ previous: AuditLogRow?, _ verifiers: [JSONWebKey]
  ) -> [AuditDamage] {
    let place = log.month.description
    guard let note = log.checkpoint else {
      return log.range.size == 0 ? [] : [AuditDamage(.deleted, place, "The checkpoint of this log is missing.")]
    }
    guard let (checkpoint, _) = CheckpointVerifier.verify(note, keys: verifiers) else {
      return [AuditDamage(.notSigned, place, "The checkpoint of this log is not signed by one of our keys.")]
    }
    var damage: [AuditDamage] = []
    if checkpoint.origin != AuditCheckpoint.origin(issuer: issuer, tenant: tenant, month: log.month)
      || checkpoint.size != log.range.size || checkpoint.root != log.range.root
    {
      damage.append(AuditDamage(.notSigned, place, "The signed checkpoint is of another log than the one that stands here."))
    }
    let line = AuditLogAnchor.line(of: checkpoint)
    if let previous, let line {
      if line != AuditLogAnchor(previous).line {
        damage.append(
          AuditDamage(.rewritten, place, "The checkpoint follows another log of \(previous.month) than the one that stands here."))
      }
    } else if (previous != nil) != (line != nil) {
      damage.append(AuditDamage(.deleted, place, "The checkpoint follows a log that is not here, or does not follow the one that is."))
    }
    return damage
  }

  private func inspect(_ tenant: TenantID, _ log: AuditLogRow, _ keys: TenantKeys, _ damage: inout [AuditDamage]) async throws -> Int {
    var range = CompactRange()
    var next: UInt64 = 0
    var isWhole = true
    let month = log.month.description
    while damage.count < Self.maximumFindings {
      try Task.checkCancellation()
      let rows = try await database.query(
        tenant, AuditLogStore.leaves, [.uuid(tenant.uuid), .text(month), .int8(Int64(next)), .int4(16)]
      ).rows
      if rows.isEmpty { break }
      var tiles: [AuditTile] = []
      for row in rows {
        let index = UInt64(try row.int8(1))
        if index != next {
          damage.append(AuditDamage(.deleted, "\(month), tile \(next)", "Hashes of the log are missing."))
          isWhole = false
        }
        next = index + 1
        guard let tile = try? AuditTile(row) else {
          damage.append(AuditDamage(.changed, "\(month), tile \(index)", "Hashes of the log are not as they were written."))
          isWhole = false
          continue
        }
        tiles.append(tile)
        for hash in tile.tile.hashes { range.append(hash) }
      }
      try await compare(tenant, tiles, month, keys, &damage)
    }
    if isWhole, range != log.range, damage.count < Self.maximumFindings {
      damage.append(
        AuditDamage(
          range.size < log.range.size ? .truncated : .changed, month,
          "The hashes of the log do not lead to the root that stands in its row (\(range.size) of \(log.range.size) entries)."))
    }
    return Int(min(range.size, UInt64(Int.max)))
  }

  private func compare(
    _ tenant: TenantID, _ tiles: [AuditTile], _ month: String, _ keys: TenantKeys, _ damage: inout [AuditDamage]
  ) async throws {
    var leaves: [UUID: LogHash] = [:]
    for row in try await database.query(
      tenant, AuditLogStore.events, [.uuid(tenant.uuid), .uuidArray(tiles.flatMap(\.events))]
    ).rows {
      let event = try AuditRow(row)
      leaves[event.id] = .leaf(event.entry(tenant.description, keys).bytes)
    }
    for tile in tiles {
      let known = Set(tile.tile.hashes)
      for (offset, (hash, id)) in zip(tile.tile.hashes, tile.events).enumerated() {
        guard leaves[id] != hash, damage.count < Self.maximumFindings else { continue }
        let place = "\(month), entry \(tile.place.index * UInt64(Tile.width) + UInt64(offset))"
        guard let leaf = leaves[id] else {
          damage.append(AuditDamage(.deleted, place, "The event \(AuditEventID(id)) is missing."))
          continue
        }
        damage.append(
          known.contains(leaf)
            ? AuditDamage(.reordered, place, "The event \(AuditEventID(id)) stands at another place of the log.")
            : AuditDamage(.changed, place, "The event \(AuditEventID(id)) is not as it was written."))
      }
    }
  }

  /// Events that stand before the log's end and are in no log.
  private func findOutsiders(_ tenant: TenantID, _ last: AuditPosition, expected: UInt64, _ damage: inout [AuditDamage]) async throws {
    let behind = try await database.query(
      tenant, AuditLogStore.countBehind, [.uuid(tenant.uuid), .text(String(last.transaction)), .uuid(last.event)]
    ).rows[0].int8(0)
    guard behind > Int64(expected) else { return }
    var position = AuditPosition.start
    while damage.count < Self.maximumFindings {
      try Task.checkCancellation()
      let rows = try await database.query(
        tenant, AuditLogStore.pageBehind,
        [
          .uuid(tenant.uuid), .text(String(position.transaction)), .uuid(position.event), .text(String(last.transaction)),
          .uuid(last.event),
        ]
      ).rows
      guard let end = rows.last else { return }
      position = AuditPosition(transaction: try end.int8(1), event: try end.uuid(0))
      let outsiders = try await database.query(
        tenant, AuditLogStore.outsiders, [.uuid(tenant.uuid), .uuidArray(try rows.map { try $0.uuid(0) })]
      ).rows
      for row in outsiders {
        let id = AuditEventID(try row.uuid(0))
        damage.append(AuditDamage(.inserted, "event \(id)", "The event \(id) stands in no log, although the log is past it."))
      }
    }
  }
}
