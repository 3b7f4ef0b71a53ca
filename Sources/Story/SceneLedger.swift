import BrokerClient
import CitizenItems
import Foundation
import JOSE
import LedgerTool
import Synchronization

/// What runs beside the bank's ledger: the same code as `yonjo-ledger`, on files in the stage's workspace.
extension Scene {
  /// The tags of ledger rows, one per live key version, by ledger reference.
  func ledgerTags(of rows: [Invented.LedgerRow]) async throws -> [String: [String]] {
    try await tags(of: rows, card: false)
  }

  /// The tags of items that a card has certified and that were handed to the bank.
  func cardTags(of person: Invented.Citizen) async throws -> [String] {
    let row = Invented.LedgerRow(
      reference: "R-1", name: person.name, address: person.address, dateOfBirth: person.dateOfBirth, sex: person.sex)
    return try await tags(of: [row], card: true)["R-1"] ?? []
  }

  /// Tells the broker that a row of the ledger has changed, and waits until the job is done.
  func pushLedgerChange(from old: Invented.LedgerRow, to new: Invented.LedgerRow) async throws -> PushingReport {
    let file = try stage.workspace() + "/\(journeyID)-\(step)-changes.csv"
    // A push that was cut goes on from the state beside the file: what is sent again are the same bytes under the same key.
    if !FileManager.default.fileExists(atPath: file) {
      let names = ["name", "address", "dateOfBirth", "sex"]
      let header = ["ref"] + names.map { "before.\($0)" } + names.map { "after.\($0)" }
      try write([header, [old.reference] + old.fields + new.fields], to: file)
    }
    return try await withLedgerBroker { broker in
      try await Pushing(file: file).run(to: broker, patience: .seconds(60), pause: .milliseconds(200)) { () async throws(LedgerToolError) in
        try await self.keys(broker)
      }
    }
  }

  private func tags(of rows: [Invented.LedgerRow], card: Bool) async throws -> [String: [String]] {
    let file = try stage.workspace() + "/\(journeyID)-\(step)-rows.csv"
    try write([["ref", "name", "address", "dateOfBirth", "sex"]] + rows.map { [$0.reference] + $0.fields }, to: file)
    let report = try await withLedgerBroker {
      try await Tagging.run(file, keys: try await self.keys($0), mapping: ColumnMapping(), card: card, output: file + ".ndjson")
    }
    try await expect("every row has its tag", report.tagged == rows.count && report.rejected == 0, .integer(Int64(report.tagged)))
    var tags: [String: [String]] = [:]
    for line in try String(contentsOfFile: file + ".ndjson", encoding: .utf8).split(separator: "\n") {
      let row = try JSONValue(parsing: Array(line.utf8))
      tags[row["ref"]?.string ?? ""] = row["tags"]?.array?.compactMap(\.string)
    }
    return tags
  }

  private func keys(_ broker: RecordedBroker) async throws(LedgerToolError) -> TenantTagger {
    try await TenantTagger.fetch(from: broker, registeredKey: stage.cast.ledgerKey, at: stage.cast.now())
  }

  private func write(_ rows: [[String]], to file: String) throws {
    try Data(rows.map { $0.joined(separator: ",") + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: file))
  }

  private func withLedgerBroker<T>(_ body: (RecordedBroker) async throws -> T) async throws -> T {
    let broker = RecordedBroker(stage: stage, step: step)
    do {
      return try await body(broker)
    } catch {
      throw broker.interruption ?? error
    }
  }
}

extension Invented.LedgerRow {
  fileprivate var fields: [String] { [name, address, dateOfBirth, sex] }
}

/// The broker as the ledger's program sees it, by way of the stage, so that listeners hear these requests, too.
private final class RecordedBroker: LedgerBroker {
  private let stage: Stage
  private let step: String
  private let interrupted = Mutex<(any Error)?>(nil)

  init(stage: Stage, step: String) {
    self.stage = stage
    self.step = step
  }

  /// What a listener threw, which is no error of the broker's.
  var interruption: (any Error)? { interrupted.withLock { $0 } }

  func tagKeys() async throws(BrokerClientError) -> BrokerAnswer {
    try await send("GET", "/v1/tag-keys", nil, nil)
  }

  func pushLedgerChanges(file: String, idempotencyKey: String) async throws(BrokerClientError) -> BrokerAnswer {
    guard let lines = FileManager.default.contents(atPath: file) else { throw .bodyUnreadable }
    return try await send("POST", "/v1/ledger-changes", Array(lines), idempotencyKey)
  }

  func ledgerChangeJob(_ id: String) async throws(BrokerClientError) -> BrokerAnswer {
    try await send("GET", "/v1/ledger-changes/\(id)", nil, nil)
  }

  func evaluate(keyVersion: Int, blinded: [[UInt8]]) async throws(BrokerClientError) -> BrokerAnswer {
    let body: JSONValue = ["keyVersion": .integer(Int64(keyVersion)), "blinded": .array(blinded.map { .string(Base64URL.encode($0)) })]
    return try await send("POST", "/v1/voprf/evaluations", (try? body.serialized()) ?? [], nil, "application/json")
  }

  private func send(
    _ method: String, _ path: String, _ body: [UInt8]?, _ key: String?, _ contentType: String = "application/x-ndjson"
  ) async throws(BrokerClientError) -> BrokerAnswer {
    do {
      return try await stage.send(
        StoryRequest(
          step: step, role: .ledger, method: method, path: path, idempotencyKey: key, contentType: body.map { _ in contentType },
          body: body))
    } catch let error as BrokerClientError {
      throw error
    } catch {
      interrupted.withLock { $0 = error }
      throw .cancelled
    }
  }
}
