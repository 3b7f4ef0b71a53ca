internal import Foundation
internal import JPKI
internal import Logging
internal import MerkleLog
internal import PostgreSQL
internal import Synchronization

/// Keeps the Merkle log of every tenant: takes audit events into it in their order, within a second, closes months, has checkpoints time-stamped, lets
/// go of what outlived its retention, makes and clears away exports. Beside the requests, with connections of the jobs role.
///
/// One process holds the lease at a time, so that others need not look; that no two ever fork a log is the business of the rows' locks.
public final class AuditLogKeeper: Sendable {
  /// Events taken into a log in one transaction.
  static let batchEvents = 2_048
  /// For how long the lease is taken; renewed after a fifth of it.
  static let leaseSeconds: TimeInterval = 5
  /// How long after its end a month stays open for events that are on their way.
  static let graceSeconds: TimeInterval = 600
  private static let leaseName = "auditLog"

  let core: BrokerCore
  let maker: AuditExportMaker
  private let stamper: CheckpointStamper?
  private let leases: JobLeases
  private struct State {
    var leaseUntil = Date.distantPast
    var toldAt = Date.distantPast
    var itemsUntold = 0
  }
  private let state = Mutex(State())

  /// - Parameter core: with connections of the jobs role.
  init(core: BrokerCore, timeStamps: TimeStampSettings?) {
    self.core = core
    maker = AuditExportMaker(core: core)
    leases = JobLeases(database: core.database, clock: core.clock)
    stamper = timeStamps.map { CheckpointStamper(core: core, settings: $0) }
  }

  // MARK: Running

  /// Runs until cancelled: looks for news twice a second, for everything else each `sweepEvery`.
  public func run(sweepEvery interval: Duration = .seconds(60)) async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        while !Task.isCancelled {
          let isOurs = await self.holdsLease()
          if isOurs { await self.bringUpToDate() }
          // Whoever does not hold it, or cannot ask, has no haste.
          try? await Task.sleep(for: isOurs ? .milliseconds(400) : .seconds(2))
        }
        await self.letGo()
      }
      group.addTask {
        while !Task.isCancelled {
          await self.makeExports()
          try? await Task.sleep(for: .seconds(2))
        }
      }
      group.addTask {
        while !Task.isCancelled {
          if self.state.withLock({ $0.leaseUntil }) > self.core.clock.now() { await self.sweep() }
          try? await Task.sleep(for: interval)
        }
      }
    }
  }

  private func holdsLease() async -> Bool {
    let now = core.clock.now()
    let until = state.withLock { $0.leaseUntil }
    if until > now.addingTimeInterval(Self.leaseSeconds * 0.8) { return true }
    let isOurs = await leases.take(Self.leaseName, for: Self.leaseSeconds)
    state.withLock { $0.leaseUntil = isOurs ? now.addingTimeInterval(Self.leaseSeconds) : .distantPast }
    return isOurs
  }

  private func letGo() async {
    state.withLock { $0.leaseUntil = .distantPast }
    // In a task of its own: this one is cancelled already.
    let leases = leases
    await Task { await leases.giveBack(Self.leaseName) }.value
  }

  /// Takes what is new of all tenants into their logs. Returns how many events.
  @discardableResult
  public func bringUpToDate() async -> Int {
    var appended = 0
    var problem: String?
    do {
      for row in try await core.database.platform([BoundStatement(AuditLogStore.news)])[0].rows {
        let tenant = TenantID(try row.uuid(0))
        do {
          appended += try await append(tenant)
        } catch {
          problem = code(error)
          core.logger.error("the audit log was not brought up to date", metadata: ["tenant": "\(tenant)", "error": "\(code(error))"])
        }
        if Task.isCancelled { return appended }
      }
    } catch {
      problem = code(error)
    }
    await tell(appended, problem)
    return appended
  }

  private func code(_ error: any Error) -> String {
    switch error {
    case let refusal as Refusal: refusal.code
    case is AuditLogDamage: "auditLogDamaged"
    default: "internal"
    }
  }

  /// Leaves word of the job's state: at once where it failed, else every few seconds.
  private func tell(_ appended: Int, _ problem: String?) async {
    let now = core.clock.now()
    let items: Int? = state.withLock { state in
      state.itemsUntold += appended
      guard problem != nil || now.timeIntervalSince(state.toldAt) >= 5 else { return nil }
      defer { state = State(leaseUntil: state.leaseUntil, toldAt: now, itemsUntold: 0) }
      return state.itemsUntold
    }
    guard let items else { return }
    await core.jobRan("auditLog", items: items, problem: problem)
  }

  /// Months that are over, time stamps, retention.
  public func sweep() async {
    guard let tenants = try? await core.database.platform([BoundStatement(TenantStore.ids)]) else { return }
    var stamped = 0
    var stampProblem: String?
    for row in tenants[0].rows {
      guard !Task.isCancelled, let uuid = try? row.uuid(0) else { return }
      let tenant = TenantID(uuid)
      do {
        try await closeMonths(tenant)
        try await detachOutlived(tenant)
      } catch {
        core.logger.error("the audit log was not swept", metadata: ["tenant": "\(tenant)", "error": "\(code(error))"])
      }
      guard let stamper, stampProblem == nil else { continue }
      do {
        stamped += try await stamper.stamp(tenant)
      } catch {
        // The authority is one for all tenants: asking again for each of them would take as long as there are tenants.
        stampProblem = (error as? TimeStampFault)?.code ?? code(error)
        core.logger.error("a checkpoint was not time-stamped", metadata: ["error": "\(stampProblem ?? "")"])
      }
    }
    if stamper != nil { await core.jobRan("timeStamps", items: stamped, problem: stampProblem) }
  }

  /// Makes the exports that wait, and clears away those that are over.
  public func makeExports() async {
    guard let due = try? await core.database.platform([BoundStatement(AuditExportStore.due, [.timestamp(core.clock.now())])]) else {
      return
    }
    for row in due[0].rows {
      guard !Task.isCancelled, let uuid = try? row.uuid(0) else { return }
      let tenant = TenantID(uuid)
      do {
        try await maker.clear(tenant)
        while try await maker.makeNext(tenant) {}
      } catch {
        core.logger.error("an audit export was not made", metadata: ["tenant": "\(tenant)", "error": "\(code(error))"])
      }
    }
  }

  // MARK: Appending

  /// Takes everything that waits into the tenant's log.
  func append(_ tenant: TenantID) async throws -> Int {
    let keys = try await core.vault.tenantKeys(tenant)
    guard let key = try await core.vault.platformKeys().checkpoint.first else {
      throw Refusal(
        .unavailable, "dependencyUnavailable", "There is no key for checkpoints of the audit log.", nextStep: "Run yonjo keys init.")
    }
    var total = 0
    while true {
      let count = try await core.database.transaction(tenant) { try await appendBatch(tenant, keys, key, in: $0) }
      total += count
      if count < Self.batchEvents || Task.isCancelled { return total }
    }
  }

  private func appendBatch(
    _ tenant: TenantID, _ keys: TenantKeys, _ key: CheckpointKey, in transaction: TenantTransaction
  ) async throws -> Int {
    let now = core.clock.now()
    let newest = try await transaction.query(AuditLogStore.newestForUpdate, [.uuid(tenant.uuid)]).rows.first.map(AuditLogRow.init)
    let last = newest?.last ?? .start
    let rows = try await transaction.query(
      AuditLogStore.waiting,
      [.uuid(tenant.uuid), .text(String(last.transaction)), .uuid(last.event), .int4(Int32(Self.batchEvents))]
    ).rows
    guard !rows.isEmpty else { return 0 }
    let events = try rows.map(AuditRow.init)
    let name = tenant.description
    var log = newest
    var index = events.startIndex
    while index < events.endIndex {
      var open: AuditLogRow
      if let log, log.closedAt == nil {
        open = log
      } else {
        open = AuditLogRow(month: Self.month(of: events[index], atLeast: log.map(\.month.next), now), after: last, at: now)
      }
      let end = events[index...].firstIndex { Self.month(of: $0, atLeast: open.month, now) > open.month } ?? events.endIndex
      if end > index {
        var appender = try LogAppender(range: open.range, tiles: try await edgeTiles(tenant, open, in: transaction))
        for event in events[index..<end] {
          appender.append(.leaf(event.entry(name, keys).bytes), event: event.id, at: event.position, time: event.at)
        }
        let oldSize = open.range.size
        open.range = appender.range
        open.last = events[end - 1].position
        open.checkpoint = try key.sign(
          try await checkpoint(tenant, open, at: now, in: transaction)
        ).serialized
        let statements = appender.changed.map { $0.put(tenant, open.month) } + [advance(tenant, open, oldSize, now)]
        guard try await transaction.pipeline(statements).last?.affectedRows == 1 else { throw Self.movedOn }
      }
      // The rest is of a later month.
      if end < events.endIndex {
        try await close(tenant, open, now, in: transaction)
        open = AuditLogRow(month: Self.month(of: events[end], atLeast: open.month.next, now), after: open.last, at: now)
      }
      log = open
      index = end
    }
    return events.count
  }

  /// The log that an event goes into: that of its month, or of the one that is open where it comes late; never one that is still to come, whatever
  /// clock the event was made by.
  private static func month(of event: AuditRow, atLeast floor: AuditMonth?, _ now: Date) -> AuditMonth {
    let latest = max(AuditMonth(now), floor ?? AuditMonth(now))
    return min(max(AuditMonth(event.at), floor ?? AuditMonth(number: 0)), latest)
  }

  private func edgeTiles(_ tenant: TenantID, _ log: AuditLogRow, in transaction: TenantTransaction) async throws -> [AuditTile] {
    let places = LogAppender.edgePlaces(of: log.range.size)
    guard !places.isEmpty else { return [] }
    return try await transaction.query(
      AuditLogStore.tiles,
      [
        .uuid(tenant.uuid), .text(log.month.description), .int4Array(places.map { Int32($0.level) }),
        .int8Array(places.map { Int64($0.index) }),
      ]
    ).rows.map(AuditTile.init)
  }

  private func checkpoint(
    _ tenant: TenantID, _ log: AuditLogRow, at now: Date, in transaction: TenantTransaction
  ) async throws -> Checkpoint {
    let before = try await transaction.query(AuditLogStore.previous, [.uuid(tenant.uuid), .text(log.month.description)]).rows.first
    return AuditCheckpoint.make(
      issuer: core.issuer, tenant: tenant, month: log.month, range: log.range, previous: try before.map(AuditLogRow.init), at: now)
  }

  private func advance(_ tenant: TenantID, _ log: AuditLogRow, _ oldSize: UInt64, _ now: Date) -> BoundStatement {
    BoundStatement(
      AuditLogStore.advance,
      [
        .uuid(tenant.uuid), .text(log.month.description), .int8(Int64(log.range.size)), .bytes(log.range.roots.flatMap(\.bytes)),
        .text(optional: log.checkpoint), .text(String(log.last.transaction)), .uuid(log.last.event), .timestamp(now),
        .int8(Int64(oldSize)),
      ])
  }

  private static let movedOn = Refusal(
    .conflict, "concurrentChange", "Another process has taken the log further.", nextStep: "Nothing is to be done: it is looked at again.")

  // MARK: Months

  /// Closes the log of a month that is over. Returns whether there was one.
  @discardableResult
  func closeMonths(_ tenant: TenantID) async throws -> Bool {
    let now = core.clock.now()
    return try await core.database.transaction(tenant) { transaction in
      guard let row = try await transaction.query(AuditLogStore.newestForUpdate, [.uuid(tenant.uuid)]).rows.first else { return false }
      let log = try AuditLogRow(row)
      guard log.closedAt == nil, log.range.size > 0, log.month < AuditMonth(now.addingTimeInterval(-Self.graceSeconds)) else {
        return false
      }
      try await close(tenant, log, now, in: transaction)
      return true
    }
  }

  private func close(_ tenant: TenantID, _ log: AuditLogRow, _ now: Date, in transaction: TenantTransaction) async throws {
    guard let note = log.checkpoint else { return }
    try await transaction.pipeline([
      BoundStatement(AuditLogStore.close, [.uuid(tenant.uuid), .text(log.month.description), .timestamp(now)]),
      BoundStatement(
        AuditLogStore.keepCheckpoint,
        [.uuid(tenant.uuid), .text(log.month.description), .int8(Int64(log.range.size)), .text(note), .timestamp(now)]),
    ])
  }

  /// Lets go of the events of months that outlived the tenant's retention; the months after them still verify. Returns how many months.
  @discardableResult
  func detachOutlived(_ tenant: TenantID) async throws -> Int {
    let now = core.clock.now()
    let outlived = try await core.database.query(tenant, AuditLogStore.outlived, [.uuid(tenant.uuid), .timestamp(now)]).rows
    for row in outlived {
      let month = try row.text(0)
      var left: Int64 = 1
      while left > 0 {
        left = try await core.database.transaction(tenant) { transaction in
          let left = try await transaction.query(AuditLogStore.detach, [.text(month), .timestamp(now), .int4(32)]).rows[0].int8(0)
          if left == 0 {
            try await transaction.pipeline([
              core.audit.record(.auditMonthDetached, tenant: tenant, actor: "job:auditRetention", object: month)
            ])
          }
          return left
        }
      }
    }
    return outlived.count
  }
}

extension BrokerCore {
  /// Leaves word of what a job did, for health and for people.
  func jobRan(_ name: String, items: Int, problem: String?) async {
    _ = try? await database.platform([
      BoundStatement(
        AuditLogStore.ran,
        [.text(name), .timestamp(clock.now()), .int8(Int64(items)), .text(optional: problem.map { String($0.prefix(200)) })])
    ])
  }
}

/// What a checkpoint of the audit log says.
enum AuditCheckpoint {
  /// The log's name: the broker's host, the tenant, the month (C2SP tlog-checkpoint, origin).
  static func origin(issuer: String, tenant: TenantID, month: AuditMonth) -> String {
    let host = issuer.split(separator: "://", maxSplits: 1).last.map(String.init) ?? issuer
    return "\(host)/audit/\(tenant)/\(month)"
  }

  /// Two lines beside size and root: `time`, and the log before (``AuditLogAnchor``).
  static func make(
    issuer: String, tenant: TenantID, month: AuditMonth, range: CompactRange, previous: AuditLogRow?, at now: Date
  ) -> Checkpoint {
    var lines = ["time " + AuditTime.text(Int64((now.timeIntervalSince1970 * 1_000_000).rounded()))]
    if let previous { lines.append(AuditLogAnchor(previous).line) }
    return Checkpoint(origin: origin(issuer: issuer, tenant: tenant, month: month), size: range.size, root: range.root, extensions: lines)
  }
}
