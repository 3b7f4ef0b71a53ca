internal import BrokerClient
internal import Crypto
public import Foundation
internal import JOSE

/// What a push came to. Counts only.
public struct PushingReport: Sendable, Hashable, Codable {
  /// The broker's job.
  public var jobId: String
  /// Where the job stands: `receiving`, `stored`, `applying`, `done`.
  public var state: String
  /// Lines that the broker took up.
  public var received: Int
  /// Pairs deleted.
  public var deleted: Int
  /// Pairs activated.
  public var activated: Int
  /// Lines whose tags no pair has.
  public var unknown: Int
  /// Lines that the broker refused.
  public var invalid: Int
  /// Rows of the file that were left aside before sending.
  public var rejected: Int
  /// Where line and reason of those rows stand; nil if there are none.
  public var rejectedFile: String?
}

/// `yonjo-ledger push`: the ledger's changes to the broker, in a way that can be cut at any point and begun again.
///
/// The changes (CSV) become lines of tags in `FILE.push.ndjson`, once: what is sent again after a cut are the same bytes under the same
/// `Idempotency-Key`, which `FILE.push.json` keeps. A file of such lines (what `diff` writes) is sent as it is.
public struct Pushing: Sendable {
  private let file: String
  private let mapping: ColumnMapping
  private let now: @Sendable () -> Date

  private var stateFile: String { file + ".push.json" }
  private var rejectedFile: String { file + ".rejected.csv" }

  /// A push of a file.
  public init(file: String, mapping: ColumnMapping = ColumnMapping(), now: @escaping @Sendable () -> Date = { Date() }) {
    self.file = file
    self.mapping = mapping
    self.now = now
  }

  /// Sends, and waits for the job's end.
  ///
  /// - Parameters:
  ///   - keys: asked for only if the file is CSV and was not prepared before.
  ///   - patience: how long to wait for the end of the job.
  ///   - pause: time between two looks at the job.
  /// - Throws: `LedgerToolError`; `.fileChanged` if another content of this file was being pushed.
  public func run(
    to broker: some LedgerBroker, patience: Duration = .seconds(600), pause: Duration = .seconds(1),
    keys: () async throws(LedgerToolError) -> LedgerKeys
  ) async throws(LedgerToolError) -> PushingReport {
    var state = try await prepared(keys)
    if let report = state.report { return report }
    if state.jobId == nil {
      let answer: BrokerAnswer
      do throws(BrokerClientError) {
        answer = try await broker.pushLedgerChanges(file: state.lines, idempotencyKey: state.idempotencyKey)
      } catch {
        throw .client(error)
      }
      if let problem = answer.problem { throw .refused(problem) }
      guard let job = try? answer.json()["jobId"]?.string else { throw .client(.answerMalformed) }
      state.jobId = job
      try save(state)
    }
    return try await finished(&state, broker, patience, pause)
  }

  // MARK: state

  private struct State: Codable {
    let fileDigest: String
    let idempotencyKey: String
    let lines: String
    let rejected: Int
    var jobId: String?
    var report: PushingReport?
  }

  /// The state of a push that was cut, or a fresh one.
  private func prepared(_ keys: () async throws(LedgerToolError) -> LedgerKeys) async throws(LedgerToolError) -> State {
    let digest = try digestOfFile()
    if let data = FileManager.default.contents(atPath: stateFile), let state = try? JSONDecoder().decode(State.self, from: data) {
      if state.fileDigest == digest, state.report != nil || FileManager.default.fileExists(atPath: state.lines) { return state }
      guard state.fileDigest == digest || state.report != nil else { throw .fileChanged(state: stateFile) }
    }
    try? FileManager.default.removeItem(atPath: rejectedFile)
    var lines = file
    var rejected = 0
    if try !LedgerRows.isTagFile(file) {
      lines = file + ".push.ndjson"
      rejected = try writeLines(to: lines, keys: await keys())
    }
    let state = State(fileDigest: digest, idempotencyKey: UUID().uuidString.lowercased(), lines: lines, rejected: rejected)
    try save(state)
    return state
  }

  private func save(_ state: State) throws(LedgerToolError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do {
      try encoder.encode(state).write(to: URL(fileURLWithPath: stateFile), options: .atomic)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: stateFile)
    } catch {
      throw .unwritable(stateFile)
    }
  }

  private func digestOfFile() throws(LedgerToolError) -> String {
    guard let handle = FileHandle(forReadingAtPath: file) else { throw .unreadable(file) }
    defer { try? handle.close() }
    var digest = SHA256()
    do {
      while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { digest.update(data: piece) }
    } catch {
      throw .unreadable(file)
    }
    return digest.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  // MARK: lines

  /// Rows of `ref`, `before.…`, `after.…` as lines of tags. A row whose `before` is empty is a new customer, one whose `after` is empty one who left.
  private func writeLines(to path: String, keys: LedgerKeys) throws(LedgerToolError) -> Int {
    var reader = try CSVReader(path: file)
    let before = try ItemColumns(mapping, side: "before", header: reader.header)
    let after = try ItemColumns(mapping, side: "after", header: reader.header)
    let ref = try mapping.index(of: "ref", side: nil, in: reader.header)
    var writer = try OutputFile(path: path)
    var rejected = RejectedRows(path: rejectedFile)
    while let row = try reader.next() {
      switch Self.change(row.fields, before, after, ref, keys) {
      case .success(let change): try writer.write(change.line + "\n")
      case .failure(let rejection): try rejected.append(line: row.line, reason: rejection.reason)
      }
    }
    try writer.flush()
    try rejected.flush()
    return rejected.count
  }

  private static func change(_ fields: [String]?, _ before: ItemColumns, _ after: ItemColumns, _ ref: Int, _ keys: LedgerKeys)
    -> Result<LedgerChange, TagMaker.Rejection>
  {
    guard let fields else { return .failure(.init(reason: "unreadable")) }
    let old = before.items(in: fields)
    let new = after.items(in: fields)
    guard old != nil || new != nil else { return .failure(.init(reason: "missingItem")) }
    var change = LedgerChange(before: [], after: nil, ref: nil)
    if ref < fields.count, !fields[ref].isEmpty { change.ref = fields[ref] }
    if let old {
      switch TagMaker.tags(of: old, keys: keys) {
      case .success(let tags): change.before = tags
      case .failure(let rejection): return .failure(.init(reason: "before " + rejection.reason))
      }
    }
    if let new {
      switch TagMaker.tags(of: new, keys: keys) {
      case .success(let tags): change.after = tags
      case .failure(let rejection): return .failure(.init(reason: "after " + rejection.reason))
      }
    }
    return .success(change)
  }

  // MARK: job

  private struct Job: Decodable {
    struct Invalid: Decodable {}
    let state: String
    let received, deleted, activated, unknown: Int
    let invalid: [Invalid]
  }

  private func finished(_ state: inout State, _ broker: some LedgerBroker, _ patience: Duration, _ pause: Duration)
    async throws(LedgerToolError)
    -> PushingReport
  {
    let id = state.jobId ?? ""
    let deadline = ContinuousClock.now + patience
    while true {
      let job = try await look(id, broker)
      if job.state == "done" {
        let report = PushingReport(
          jobId: id, state: job.state, received: job.received, deleted: job.deleted, activated: job.activated, unknown: job.unknown,
          invalid: job.invalid.count, rejected: state.rejected, rejectedFile: state.rejected > 0 ? rejectedFile : nil)
        state.report = report
        try save(state)
        if state.lines != file { try? FileManager.default.removeItem(atPath: state.lines) }
        return report
      }
      guard ContinuousClock.now < deadline else { throw .notDoneYet(job: id) }
      do { try await Task.sleep(for: pause) } catch { throw .client(.cancelled) }
    }
  }

  private func look(_ id: String, _ broker: some LedgerBroker) async throws(LedgerToolError) -> Job {
    let answer: BrokerAnswer
    do throws(BrokerClientError) { answer = try await broker.ledgerChangeJob(id) } catch { throw .client(error) }
    if let problem = answer.problem { throw .refused(problem) }
    do throws(BrokerClientError) { return try answer.decoded() } catch { throw .client(error) }
  }
}
