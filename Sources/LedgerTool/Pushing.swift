internal import BrokerClient
internal import Crypto
internal import Foundation
internal import JOSE

/// What a push came to. Counts only.
public struct PushingReport: Sendable, Hashable, Codable {
  /// The broker's job; empty where there was nothing to push.
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
  private let progress: Progress

  private var stateFile: String { file + ".push.json" }
  private var rejectedFile: String { file + ".rejected.csv" }

  /// A push of a file.
  public init(file: String, mapping: ColumnMapping = ColumnMapping(), progress: Progress = .silent) {
    self.file = file
    self.mapping = mapping
    self.progress = progress
  }

  /// Sends, and waits for the job's end.
  ///
  /// - Parameters:
  ///   - keys: asked for only if the file is CSV and was not prepared before.
  ///   - patience: how long to wait for the end of the job.
  ///   - pause: time between two looks at the job, at most.
  /// - Throws: `LedgerToolError`; `.fileChanged` if another content of this file was being pushed.
  public func run<Tagger: LedgerTagger>(
    to broker: some LedgerBroker, patience: Duration = .seconds(600), pause: Duration = .seconds(1),
    keys: () async throws(LedgerToolError) -> Tagger
  ) async throws(LedgerToolError) -> PushingReport {
    defer { progress.end() }
    // A night without changes.
    if LedgerParts.size(of: file) == 0 {
      return PushingReport(jobId: "", state: "done", received: 0, deleted: 0, activated: 0, unknown: 0, invalid: 0, rejected: 0)
    }
    var state = try await prepared(keys)
    if let report = state.report { return report }
    if state.jobId == nil {
      let answer = try await uploaded(state, broker, min(patience, Self.patienceForEarlierConnection), pause)
      if let problem = answer.problem { throw .refused(problem) }
      guard let job = try? answer.json()["jobId"]?.string else { throw .client(.answerMalformed) }
      state.jobId = job
      try save(state)
    }
    return try await finished(&state, broker, patience, pause)
  }

  /// How long the broker may take to notice that the connection of a push that was killed is gone.
  private static let patienceForEarlierConnection: Duration = .seconds(120)

  /// Sends all lines; the broker skips what it has. While it still waits for a connection that was cut, so does this.
  private func uploaded(
    _ state: State, _ broker: some LedgerBroker, _ patience: Duration, _ pause: Duration
  ) async throws(LedgerToolError) -> BrokerAnswer {
    let length = LedgerParts.size(of: state.lines)
    let deadline = ContinuousClock.now + patience
    while true {
      let answer: BrokerAnswer
      progress.restart()
      do throws(BrokerClientError) {
        answer = try await broker.pushLedgerChanges(file: state.lines, idempotencyKey: state.idempotencyKey) { [progress] bytes in
          progress.sent(bytes: bytes, of: length)
        }
      } catch {
        throw .client(error)
      }
      guard answer.problem?.code == "uploadInProgress", ContinuousClock.now < deadline else { return answer }
      progress.waiting(for: "the connection of an earlier push to end")
      do { try await Task.sleep(for: pause) } catch { throw .client(.cancelled) }
    }
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
  private func prepared<Tagger: LedgerTagger>(_ keys: () async throws(LedgerToolError) -> Tagger) async throws(LedgerToolError) -> State {
    let digest = try digestOfFile()
    if let data = FileManager.default.contents(atPath: stateFile) {
      // Without it the same changes would be sent under another key: that is for people to decide.
      guard let state = try? JSONDecoder().decode(State.self, from: data) else { throw .stateMalformed(stateFile) }
      if state.fileDigest == digest, state.report != nil || state.jobId != nil || FileManager.default.fileExists(atPath: state.lines) {
        return state
      }
      guard state.fileDigest == digest || state.report != nil else { throw .fileChanged(state: stateFile) }
    }
    var lines = file
    var rejected = 0
    if try !TagFile.isOne(file) {
      lines = file + ".push.ndjson"
      rejected = try await writeLines(to: lines, keys: try await keys())
    }
    let state = State(fileDigest: digest, idempotencyKey: UUID().uuidString.lowercased(), lines: lines, rejected: rejected)
    try save(state)
    return state
  }

  private func save(_ state: State) throws(LedgerToolError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(state) else { throw .unwritable(stateFile) }
    var file = try OutputFile(path: stateFile)
    try file.write(Array(data))
    try file.finish()
  }

  private func digestOfFile() throws(LedgerToolError) -> String {
    let input = try InputFile(path: file)
    var digest = SHA256()
    var piece: [UInt8] = []
    while try input.read(into: &piece) {
      digest.update(data: piece)
      piece.removeAll(keepingCapacity: true)
    }
    return digest.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  // MARK: lines

  /// Rows of `ref`, `before.…`, `after.…` as lines of tags. A row whose `before` is empty is a new customer, one whose `after` is empty one who left.
  private func writeLines(to path: String, keys: some LedgerTagger) async throws(LedgerToolError) -> Int {
    let reader = try CSVReader(path: file, mapping: mapping)
    let layout = try LedgerLayout(reader, mapping: mapping, sides: ["before", "after"])
    var writer = try OutputFile(path: path)
    var rejected = RejectedRows(path: rejectedFile)
    var rows = 0
    try await RowPipeline.run(reader.blocks) { block throws(LedgerToolError) in
      ChangeLines(try await TaggedRows.make(block, layout, keys))
    } sink: { lines throws(LedgerToolError) in
      try writer.write(lines.bytes)
      for row in lines.rejected { try rejected.append(line: row.line, reason: row.reason) }
      rows += lines.count
      progress.update(rows: rows, bytes: reader.file.position, of: reader.file.length)
    }
    try writer.finish()
    try rejected.finish()
    return rejected.count
  }

  /// The lines of a block of changes.
  private struct ChangeLines: Sendable {
    var bytes: [UInt8] = []
    var rejected: [(line: Int, reason: String)] = []
    let count: Int

    init(_ tagged: TaggedRows) {
      count = tagged.rows.count
      for row in tagged.rows {
        if let reason = row.rejection {
          rejected.append((row.line, reason))
          continue
        }
        let ref = row.ref.flatMap { $0.isEmpty ? nil : tagged.refs[$0] }
        LedgerChange.append(before: tagged.list(row), after: tagged.list(row, side: 1), ref: ref, to: &bytes)
      }
    }
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
    // A few lines are applied at once: the first looks follow one another quickly.
    var next = pause / 32
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
      progress.waiting(for: "job \(id) \(job.state)")
      guard ContinuousClock.now < deadline else { throw .notDoneYet(job: id) }
      do { try await Task.sleep(for: next) } catch { throw .client(.cancelled) }
      next = min(next * 2, pause)
    }
  }

  private func look(_ id: String, _ broker: some LedgerBroker) async throws(LedgerToolError) -> Job {
    let answer: BrokerAnswer
    do throws(BrokerClientError) { answer = try await broker.ledgerChangeJob(id) } catch { throw .client(error) }
    if let problem = answer.problem { throw .refused(problem) }
    do throws(BrokerClientError) { return try answer.decoded() } catch { throw .client(error) }
  }
}
