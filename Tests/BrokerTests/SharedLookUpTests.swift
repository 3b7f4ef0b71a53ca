import CitizenItems
import Foundation
import PostgreSQL
import Testing

@testable import Broker

/// Look-ups that share a transaction answer as if each had its own.
@Suite struct SharedLookUpTests {
  /// Many look-ups at once, of known and unknown tags; the answers in the order of the questions.
  private static func lookUp(_ tags: [String], as callers: [Caller], _ broker: TestBroker) async throws -> [PairID?] {
    try await withThrowingTaskGroup(of: (Int, PairID?).self) { group in
      for (index, tag) in tags.enumerated() {
        let caller = callers[index % callers.count]
        group.addTask { (index, try await broker.services.matches.lookUp(caller, cardTag: tag).pair?.id) }
      }
      var answers = [PairID?](repeating: nil, count: tags.count)
      for try await (index, pair) in group { answers[index] = pair }
      return answers
    }
  }

  @Test func eachOfManyAtOnceGetsItsOwnAnswerAndItsOwnAuditRow() async throws {
    try await TestBroker.with { broker in
      var bank = try await broker.bank()
      bank.allowances.lookUpsPerTag = 1_000
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      let known = try await broker.ledgerTags(bank, Hanako.asInLedger)[0].text
      let parts = known.split(separator: ".", omittingEmptySubsequences: false)
      // Of the right form, and nobody's.
      let unknown = parts.dropLast().joined(separator: ".") + "." + String(repeating: "A", count: parts.last?.count ?? 0)
      let asked = (0..<300).map { $0 % 3 == 0 ? unknown : known }
      let before = try await broker.inspect("select count(*) from audit_events where kind = 'tagLookedUp'")[0].int(0)
      let answers = try await Self.lookUp(asked, as: [bank.caller], broker)
      #expect(answers == asked.map { $0 == known ? pair : nil })
      let rows = try await broker.inspect(
        "select outcome, count(*), count(distinct event_id) from audit_events where kind = 'tagLookedUp' group by outcome order by outcome")
      #expect(before == 0)
      #expect(try rows.map { try $0.text(0) } == ["known", "unknown"])
      #expect(try rows.map { try $0.int(1) } == [200, 100])
      #expect(try rows.map { try $0.int(2) } == [200, 100])
    }
  }

  @Test func tenantsDoNotShare() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let other = try await broker.bank()
      let (_, pair) = try await broker.onboardWithPair(bank, try broker.hanako())
      let tag = try await broker.ledgerTags(bank, Hanako.asInLedger)[0].text
      let answers = try await Self.lookUp(Array(repeating: tag, count: 100), as: [bank.caller, other.caller], broker)
      #expect(answers == (0..<100).map { $0 % 2 == 0 ? pair : nil })
      let rows = try await broker.inspect(
        "select count(*) from audit_events where kind = 'tagLookedUp' and outcome = 'unknown' and tenant_id <> (select tenant_id from pairs limit 1)"
      )
      #expect(try rows[0].int(0) == 50)
    }
  }

  @Test func whenATransactionFailsAllThatShareItAreToldAndTheNextGoOn() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (_, pair) = try await broker.onboardWithPair(bank, try broker.hanako())
      let tag = try await broker.ledgerTags(bank, Hanako.asInLedger)[0].text
      _ = try await broker.inspect("revoke insert on audit_events from yonjo_app")
      let refused = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<50 {
          group.addTask {
            do {
              _ = try await broker.services.matches.lookUp(bank.caller, cardTag: tag)
              return false
            } catch {
              return (error as? Refusal)?.code == "dependencyUnavailable"
            }
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(refused == 50)
      _ = try await broker.inspect("grant insert on audit_events to yonjo_app")
      #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: tag).pair?.id == pair)
    }
  }
}
