internal import CitizenItems
internal import Foundation
internal import PostgreSQL
internal import Synchronization

/// Look-ups of one tenant that come while others are on their way share the next transaction (house.md, Decisions): one durable commit for many, an
/// audit row for each. Nobody waits for company: whoever finds a transaction free begins it at once, alone.
final class SharedLookUps: Sendable {
  /// One look-up as the database is asked.
  struct Asked: Sendable {
    /// The tag's digests, one per live pepper version.
    let digests: [TagDigest]
    let auditID: UUID
    let at: Date
    let actor: String
    let requestID: String
  }

  /// The most look-ups of one transaction.
  static let maximumShared = 64
  /// Transactions of one tenant on their way at once; while they run, others gather.
  static let maximumRunning = 1

  /// The pair with the tag, as columns 1… of ``PairStore/lookUpShared``; nil where none is known.
  typealias Answer = Result<Row?, Refusal>
  private struct Waiting: Sendable {
    let asked: Asked
    let resume: @Sendable (Answer) -> Void
  }
  private struct Line {
    var running = 0
    /// In the order in which they came; at most as many as the server takes on at once.
    var waiting: [Waiting] = []
  }

  private let database: Database
  private let lines = Mutex<[TenantID: Line]>([:])

  init(database: Database) { self.database = database }

  /// Answers as `then` is told, later and on another thread.
  func ask(_ tenant: TenantID, _ asked: Asked, then: @escaping @Sendable (Answer) -> Void) {
    if let next = enter(tenant, Waiting(asked: asked, resume: then)) { Task { await drive(tenant, next) } }
  }

  /// Answers when the transaction is committed.
  func ask(_ tenant: TenantID, _ asked: Asked) async throws(Refusal) -> Row? {
    let leads = lines.withLock { lines in
      guard lines[tenant, default: Line()].running < Self.maximumRunning else { return false }
      lines[tenant, default: Line()].running += 1
      return true
    }
    if leads {
      let answer = await run(tenant, [asked])[0]
      if let next = following(tenant) { Task { await drive(tenant, next) } }
      return try answer.get()
    }
    let answer = await withCheckedContinuation { continuation in
      // The last transaction may have ended since the look above: then this one begins the next.
      let waiting = Waiting(asked: asked) { continuation.resume(returning: $0) }
      if let next = enter(tenant, waiting) { Task { await drive(tenant, next) } }
    }
    return try answer.get()
  }

  /// Queues one; gives who goes into the next transaction where that is to begin now.
  private func enter(_ tenant: TenantID, _ waiting: Waiting) -> [Waiting]? {
    lines.withLock { lines in
      lines[tenant, default: Line()].waiting.append(waiting)
      guard lines[tenant, default: Line()].running < Self.maximumRunning else { return nil }
      lines[tenant, default: Line()].running += 1
      return Self.take(&lines[tenant, default: Line()])
    }
  }

  /// Transaction after transaction until nobody waits.
  private func drive(_ tenant: TenantID, _ first: [Waiting]) async {
    var batch: [Waiting]? = first
    while let current = batch {
      let answers = await run(tenant, current.map(\.asked))
      for (waiting, answer) in zip(current, answers) { waiting.resume(answer) }
      batch = following(tenant)
    }
  }

  /// Who goes into the next transaction; nil, and one transaction fewer running, where nobody waits.
  private func following(_ tenant: TenantID) -> [Waiting]? {
    lines.withLock { lines in
      guard var line = lines[tenant] else { return nil }
      if line.waiting.isEmpty {
        line.running -= 1
        lines[tenant] = line.running == 0 ? nil : line
        return nil
      }
      let batch = Self.take(&line)
      lines[tenant] = line
      return batch
    }
  }

  private static func take(_ line: inout Line) -> [Waiting] {
    let batch = Array(line.waiting.prefix(maximumShared))
    line.waiting.removeFirst(batch.count)
    return batch
  }

  /// One transaction; where it fails, all that share it fail alike and nothing of it remains.
  private func run(_ tenant: TenantID, _ asked: [Asked]) async -> [Answer] {
    var positions: [Int32] = []
    var digests: [UUID] = []
    for (position, one) in asked.enumerated() {
      for digest in one.digests {
        positions.append(Int32(position + 1))
        digests.append(digest.value)
      }
    }
    do throws(Refusal) {
      let found = try await database.query(
        tenant, PairStore.lookUpShared,
        [
          .uuid(tenant.uuid), .int4Array(positions), .uuidArray(digests), .uuidArray(asked.map(\.auditID)),
          .int8Array(asked.map { Int64(($0.at.timeIntervalSince1970 * 1_000_000).rounded()) }), .textArray(asked.map(\.actor)),
          .textArray(asked.map(\.requestID)),
        ])
      var answers = [Answer](repeating: .success(nil), count: asked.count)
      for row in found.rows {
        guard let position = try? row.int(0), answers.indices.contains(position - 1) else { continue }
        answers[position - 1] = .success(row)
      }
      return answers
    } catch {
      return [Answer](repeating: .failure(error), count: asked.count)
    }
  }
}
