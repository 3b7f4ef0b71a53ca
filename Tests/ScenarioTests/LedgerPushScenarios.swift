import Foundation
import JOSE
import PostgreSQL
import Story
import TestSupport
import Testing

/// `kill -9` of `yonjo-ledger` in the middle of a push: it goes on where it was, and the end is that of a push nobody disturbed.
@Suite struct LedgerPushScenarios {
  static let lines = 60_000

  /// Changes of customers whom the broker does not know, and some lines that are none.
  static func changes() -> Data {
    func tag(_ number: Int, _ version: Int) -> String {
      var bytes = [UInt8](repeating: UInt8(version), count: 32)
      for place in 0..<8 { bytes[place] = UInt8(truncatingIfNeeded: number >> (8 * place)) }
      return "hmac.1.1." + Base64URL.encode(bytes)
    }
    var text = ""
    for number in 1...lines {
      text +=
        number % 5_000 == 0
        ? "{\"before\":[\"hmac.1.1.x\"],\"after\":null}\n"
        : "{\"before\":[\"\(tag(number, 1))\"],\"after\":[\"\(tag(number, 2))\"],\"ref\":\"C-\(number)\"}\n"
    }
    return Data(text.utf8)
  }

  static func arguments(_ house: House, _ file: String) throws -> [String] {
    let cast = try StoryCastFile(contentsOf: house.castFile)
    guard let client = cast.clients[StoryRole.ledger.rawValue] else { throw HouseFailure("The cast has no ledger.") }
    return [
      "push", file, "--url", house.address, "--ca", house.trustFile, "--client-id", client.id, "--key", client.keyFile,
      "--registered-key", house.secrets + "/ledger-key.pem", "--json",
    ]
  }

  static let jobs = Statement(
    "scenario_ledger_jobs", "select state, received, deleted, activated, unknown, invalid from ledger_jobs order by created_at")

  /// State, received, deleted, activated, unknown and invalid of every job, oldest first.
  static func standings(_ house: House) async throws -> [[String]] {
    try await Tables.with(house.database.superuserURL) { pool in
      try await pool.query(jobs).rows.map { row in [try row.text(0)] + (try (1...5).map { String(try row.int($0)) }) }
    }
  }

  /// Waits until the second job has so many lines, or all.
  static func untilStored(_ lines: Int, _ house: House) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while true {
      let standings = try await standings(house)
      if standings.count == 2, standings[1][0] != "receiving" || Int(standings[1][1]) ?? 0 >= lines { return }
      guard ContinuousClock.now < deadline else { throw HouseFailure("The broker did not store \(lines) lines.", log: house.brokerLines) }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  @Test func `a push killed three times ends as one that was not`() async throws {
    try await Houses.with { house in
      let files = (house.directory + "/calm.ndjson", house.directory + "/killed.ndjson")
      for file in [files.0, files.1] { try Self.changes().write(to: URL(fileURLWithPath: file)) }
      let log = house.directory + "/logs/push.log"
      let calm = try house.begin("yonjo-ledger", Self.arguments(house, files.0), log: log)
      #expect(try await calm.exitCode(within: .seconds(300)) == 1)  // some lines were refused
      for stored in [1, 20_000, 45_000] {
        let push = try house.begin("yonjo-ledger", Self.arguments(house, files.1), log: log)
        try await Self.untilStored(stored, house)
        await push.end()
      }
      let last = try house.begin("yonjo-ledger", Self.arguments(house, files.1), log: log)
      #expect(try await last.exitCode(within: .seconds(300)) == 1)
      let standings = try await Self.standings(house)
      #expect(standings.count == 2 && standings[0] == standings[1], "\(standings)")
      #expect(standings[0].prefix(2) == ["done", "\(Self.lines)"])
      let state = try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: files.1 + ".push.json"))))
      #expect(state["report"]?["received"]?.integer == Int64(Self.lines) && state["report"]?["state"] == "done")
      // And a push that is done is not sent again.
      let again = try house.begin("yonjo-ledger", Self.arguments(house, files.1), log: log)
      #expect(try await again.exitCode(within: .seconds(60)) == 1)
      #expect(try await Self.standings(house) == standings)
    }
  }
}
