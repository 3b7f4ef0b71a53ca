import CitizenItems
import Foundation
import JLISSimulator
import PostgreSQL
import Testing

@testable import Broker

@Suite("The ledger's changes are received whole, then applied", .serialized)
struct LedgerTests {
  private static func send(
    _ broker: TestBroker, _ bank: TestTenant, _ upload: Upload, key: String = UUID().uuidString, through services: BrokerServices? = nil
  ) async throws -> LedgerJobID {
    try await (services ?? broker.services).ledgerChanges.receive(bank.caller, key: key, lines: upload)
  }

  private static func job(_ broker: TestBroker, _ bank: TestTenant, _ id: LedgerJobID) async throws -> LedgerJob {
    try await broker.services.ledgerChanges.get(bank.caller, id: id)
  }

  /// Hanako moved, and latest items brought all four: an old pair that is stale, and a pending one.
  private static func moved(_ broker: TestBroker, _ bank: TestTenant) async throws -> (hanako: CitizenHandle, pending: PairID) {
    let hanako = try broker.hanako()
    let (subject, _) = try await broker.onboardWithPair(
      bank, hanako, ref: "C-1", consents: [broker.selection(try await broker.notice(bank))])
    broker.wait(seconds: 60)
    try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
    let pair = try #require(try await broker.latestItems(bank, subject).outcome.pair)
    #expect(pair.state == .pending)
    return (hanako, pair.id)
  }

  @Test func aLineThatACustomerLeftDeletesThePairWithAnEvent() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      _ = try await broker.onboardWithPair(bank, try broker.hanako())
      let line = try ledgerLine(before: try await broker.ledgerTags(bank, Hanako.asInLedger), after: nil)
      let id = try await Self.send(broker, bank, Upload([line]))
      #expect(try await Self.job(broker, bank, id).state == .stored)
      #expect(try await broker.pairs(bank).count == 1)
      await broker.services.jobs.sweep()
      let job = try await Self.job(broker, bank, id)
      #expect(job.state == .done)
      #expect(job.received == 1 && job.deleted == 1 && job.unknown == 0)
      #expect(try await broker.pairs(bank).isEmpty)
      #expect(try await broker.events(bank).contains(.pairDeleted))
    }
  }

  @Test func theLinesOfAnUploadThatNobodyContinuesGo() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let lines = ["what a line is not"] + (0..<5_000).map { #"{"before":[],"after":[],"ref":"N-\#($0)"}"# }
      await #expect(throws: Upload.Cut.self) { _ = try await Self.send(broker, bank, Upload(lines, isCut: true), key: "cut") }
      func kept() async throws -> [Int] {
        try await broker.inspect("select (select count(*) from ledger_batches), (select count(*) from ledger_invalid_lines)").flatMap {
          [try $0.int(0), try $0.int(1)]
        }
      }
      #expect(try await kept() == [1, 1])
      broker.wait(seconds: 6 * TestBroker.day)
      await broker.services.jobs.sweep()
      #expect(try await kept() == [1, 1])
      broker.wait(seconds: 2 * TestBroker.day)
      await broker.services.jobs.sweep()
      #expect(try await kept() == [0, 0])
      let job = try await Self.job(broker, bank, try await Self.send(broker, bank, Upload(lines), key: "cut"))
      #expect(job.state == .stored && job.received == 5_001 && job.invalidCount == 1)
    }
  }

  @Test func anUploadStopsWhereACrashTookWhatItHadWritten() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      var upload = Upload((0..<20_001).map { #"{"before":[],"after":[],"ref":"N-\#($0)"}"# })
      let whole = upload
      upload.beforeEnd = {
        // Commits of an upload are not flushed: PostgreSQL may come back without the last of them.
        while try await broker.inspect("select 1 from ledger_jobs where received >= 5000").isEmpty {
          try await Task.sleep(for: .milliseconds(5))
        }
        _ = try await broker.inspect("update ledger_jobs set received = 0, running_digest = sha256('')")
        _ = try await broker.inspect("delete from ledger_batches")
      }
      let code = try await refusalCode { [upload] in _ = try await Self.send(broker, bank, upload, key: "lost") }
      #expect(code == "dependencyUnavailable")
      let job = try await Self.job(broker, bank, try await Self.send(broker, bank, whole, key: "lost"))
      #expect(job.state == .stored && job.received == 20_001)
      let kept = try await broker.inspect("select sum(lines)::int8, count(distinct first_line) from ledger_batches")
      #expect(try kept[0].int(0) == 20_001 && kept[0].int(1) == 5)
    }
  }

  @Test func withAReferenceOnlyThatCustomersPairIsDeleted() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      _ = try await broker.onboardWithPair(bank, try broker.hanako(), ref: "C-1")
      let (_, kept) = try await broker.onboardWithPair(bank, try broker.hanako(), ref: "C-2")
      let line = try ledgerLine(before: try await broker.ledgerTags(bank, Hanako.asInLedger), after: nil, ref: "C-1")
      _ = try await Self.send(broker, bank, Upload([line]))
      await broker.services.jobs.sweep()
      #expect(try await broker.pairs(bank).map(\.id) == [kept])
    }
  }

  @Test func aTagThatStandsBeforeAndAfterDeletesNothing() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (_, pair) = try await broker.onboardWithPair(bank, try broker.hanako())
      let tags = try await broker.ledgerTags(bank, Hanako.asInLedger)
      let id = try await Self.send(broker, bank, Upload([try ledgerLine(before: tags, after: tags)]))
      await broker.services.jobs.sweep()
      #expect(try await Self.job(broker, bank, id).deleted == 0)
      #expect(try await broker.pair(bank, pair).state == .active)
    }
  }

  @Test func theLedgerFollowsAMoveAndThePendingPairIsActive() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (hanako, pending) = try await Self.moved(broker, bank)
      let line = try ledgerLine(
        before: try await broker.ledgerTags(bank, Hanako.asInLedger), after: try await broker.ledgerTags(bank, Hanako.moved), ref: "C-1")
      let id = try await Self.send(broker, bank, Upload([line]))
      await broker.services.jobs.sweep()
      let job = try await Self.job(broker, bank, id)
      #expect(job.deleted == 1 && job.activated == 1)
      let pairs = try await broker.pairs(bank)
      #expect(pairs.map(\.id) == [pending])
      #expect(pairs[0].state == .active)
      #expect(try await broker.match(bank, hanako).matched)
    }
  }

  @Test func aLedgerThatSpellsTheNewAddressOtherwiseNeedsADecision() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (hanako, pending) = try await Self.moved(broker, bank)
      let line = try ledgerLine(
        before: try await broker.ledgerTags(bank, Hanako.asInLedger),
        after: try await broker.ledgerTags(bank, Hanako.spelledOtherwise), ref: "C-1")
      let id = try await Self.send(broker, bank, Upload([line]))
      await broker.services.jobs.sweep()
      #expect(try await Self.job(broker, bank, id).activated == 0)
      #expect(try await broker.pair(bank, pending).state == .needsDecision)
      #expect(try await broker.decide(bank, pending).state == .active)
      #expect(try await broker.match(bank, hanako).matched)
    }
  }

  /// A job that makes a pair active, and one that knows that pair by what the first makes of it; both stored.
  private static func twoInTurn(_ broker: TestBroker, _ bank: TestTenant) async throws -> (first: LedgerJobID, second: LedgerJobID) {
    _ = try await moved(broker, bank)
    let here = try await broker.ledgerTags(bank, Hanako.asInLedger)
    let there = try await broker.ledgerTags(bank, Hanako.moved)
    return (
      try await send(broker, bank, Upload([try ledgerLine(before: here, after: there, ref: "C-1")])),
      try await send(broker, bank, Upload([try ledgerLine(before: there, after: nil, ref: "C-1")]))
    )
  }

  @Test func aJobWaitsForTheOneBeforeWhoeverAppliesIt() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (first, second) = try await Self.twoInTurn(broker, bank)
      let waiting = Statement(
        "waiting", "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
      // One process stands still in the middle of the first job; another comes by and finds two stored ones.
      let sweep = try await broker.pools.superuser.transaction { held -> Task<Void, Never> in
        try await held.query(Statement("hold", "select subject_id from subjects for update"))
        let sweep = Task { await broker.services.jobs.sweep() }
        repeat {
          try await Task.sleep(for: .milliseconds(5))
          try await held.query(Statement("look_anew", "select pg_stat_clear_snapshot()"))
        } while try await held.query(waiting).rows[0].int(0) == 0
        await broker.another().jobs.sweep()
        #expect(try await Self.job(broker, bank, second).state == .stored)
        // However long a job takes, the operator can act on the tenant.
        _ = try await broker.administration.allow(bank.id, lookUps: 7, operatorName: "test")
        return sweep
      }
      await sweep.value
      #expect(try await Self.job(broker, bank, first).activated == 1)
      await broker.another().jobs.sweep()
      let job = try await Self.job(broker, bank, second)
      #expect(job.deleted == 1 && job.unknown == 0)
      #expect(try await broker.pairs(bank).isEmpty)
    }
  }

  @Test func twoProcessesApplyJobsAtOnceAndEachInTurn() async throws {
    try await TestBroker.with { broker in
      let others = [broker.another(), broker.another()]
      for _ in 0..<4 {
        let bank = try await broker.bank()
        let (_, second) = try await Self.twoInTurn(broker, bank)
        while try await Self.job(broker, bank, second).state != .done {
          async let one: Void = others[0].jobs.sweep()
          async let another: Void = others[1].jobs.sweep()
          _ = await (one, another)
        }
        #expect(try await broker.pairs(bank).isEmpty)
      }
    }
  }

  @Test func badLinesAreToldByNumberAndStopNothing() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let tags = try await broker.ledgerTags(bank, Hanako.asInLedger)
      let long = "{\"before\":[\"" + String(repeating: "x", count: 70_000) + "\"]}"
      let upload = Upload(["nonsense", #"{"before":["no tag"],"after":null}"#, try ledgerLine(before: tags, after: [], ref: "C-9"), long])
      let id = try await Self.send(broker, bank, upload)
      await broker.services.jobs.sweep()
      let job = try await Self.job(broker, bank, id)
      #expect(job.received == 4 && job.invalidCount == 3 && job.unknown == 1)
      #expect(job.invalid.map(\.line) == [1, 2, 4])
      #expect(job.invalid.map(\.reason) == ["lineMalformed", "tagMalformed", "lineTooLong"])
    }
  }

  @Test func aCutUploadIsContinuedByTheSameKey() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let line = try ledgerLine(before: try await broker.ledgerTags(bank, Hanako.moved), after: nil, ref: "C-1")
      let lines = (0..<6_000).map { line.replacing("C-1", with: "C-\($0)") }
      let key = UUID().uuidString
      await #expect(throws: Upload.Cut.self) {
        _ = try await Self.send(broker, bank, Upload(Array(lines.prefix(5_500)), isCut: true), key: key)
      }
      let cut = try await broker.inspect("select state, received from ledger_jobs")
      #expect(try cut[0].text(0) == "receiving")
      #expect(try cut[0].int(1) == 5_000)
      await broker.services.jobs.sweep()
      let other = Upload(["{\"before\":[],\"after\":null}"] + lines.dropFirst())
      #expect(try await refusalCode { _ = try await Self.send(broker, bank, other, key: key) } == "idempotencyKeyReused")
      let id = try await Self.send(broker, bank, Upload(lines), key: key)
      #expect(try await Self.job(broker, bank, id).received == 6_000)
      #expect(try await Self.send(broker, bank, Upload(lines), key: key) == id)
      let longer = Upload(lines + [line])
      #expect(try await refusalCode { _ = try await Self.send(broker, bank, longer, key: key) } == "idempotencyKeyReused")
      await broker.services.jobs.sweep()
      #expect(try await Self.job(broker, bank, id).unknown == 6_000)
    }
  }

  @Test func anotherProcessMayContinueOnlyWhenTheFirstHasGone() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let line = try ledgerLine(before: try await broker.ledgerTags(bank, Hanako.moved), after: nil)
      let key = UUID().uuidString
      let first = broker.another()
      let life = Task { await first.instance.run() }
      while !first.instance.isHeld { try await Task.sleep(for: .milliseconds(10)) }
      await #expect(throws: Upload.Cut.self) {
        _ = try await Self.send(broker, bank, Upload([line], isCut: true), key: key, through: first)
      }
      _ = try await broker.inspect("update ledger_jobs set sender_lock = $1", [.int8(first.instance.key)])
      #expect(try await refusalCode { _ = try await Self.send(broker, bank, Upload([line]), key: key) } == "uploadInProgress")
      life.cancel()
      await life.value
      let id = try await Self.send(broker, bank, Upload([line]), key: key)
      #expect(try await Self.job(broker, bank, id).state == .stored)
      await first.stop()
    }
  }
}
