import CitizenItems
import Foundation
import JLISSimulator
import PostgreSQL
import Synchronization
import Testing

@testable import Broker

@Suite("Keys rotate while everything goes on", .serialized)
struct RotationTests {
  /// Peppers under which tags are stored.
  private static func peppers(_ broker: TestBroker) async throws -> [Int] {
    try await broker.inspect("select distinct get_byte(stored_tag, 4) from pair_tags order by 1").map { try $0.int(0) }
  }

  /// Key versions of one side's tags.
  private static func versions(_ broker: TestBroker, _ side: String) async throws -> [Int] {
    try await broker.inspect("select distinct key_version from pair_tags where side = $1 order by 1", [.text(side)]).map { try $0.int(0) }
  }

  private static func retired(_ broker: TestBroker, _ purpose: String) async throws -> [Int] {
    try await broker.inspect(
      "select version from tenant_keys where purpose = $1 and retired_at is not null order by 1", [.text(purpose)]
    ).map { try $0.int(0) }
  }

  @Test func aPepperIsWrittenOnceEveryProcessKnowsItAndItsPredecessorRetires() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      _ = try await broker.keyAdministration.rotateTenantKey(bank.id, .pepper, overlapSeconds: 0)
      broker.wait(seconds: 61)
      // Known, and not written yet: another process may know the first one alone.
      try await broker.onboard(bank, try broker.taro(), ledgerTags: [])
      await broker.services.jobs.rotateTags()
      #expect(try await Self.peppers(broker) == [1])
      broker.wait(seconds: 61)
      await broker.services.jobs.rotateTags()
      #expect(try await Self.peppers(broker) == [2])
      #expect(try await Self.retired(broker, "pepper").isEmpty)
      broker.wait(seconds: 120)
      await broker.services.jobs.rotateTags()
      #expect(try await Self.retired(broker, "pepper") == [1])
      broker.wait(seconds: 61)
      #expect(try await broker.match(bank, hanako).pair?.id == pair)
      #expect(try await broker.audited(bank)["keyRetired"] == 1)
    }
  }

  @Test func linesThatWereStoredUnderTheOldPepperStillMeetTheirPairs() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      _ = try await broker.onboardWithPair(bank, try broker.hanako())
      let before = try await broker.ledgerTags(bank, Hanako.asInLedger)
      let after = try await broker.ledgerTags(bank, Hanako.moved)
      let lines = [try ledgerLine(before: before, after: after), try ledgerLine(before: after, after: nil)]
      // Cut off after the first line was stored: the job waits, and its lines are sealed anew with the pairs.
      await #expect(throws: Upload.Cut.self) {
        _ = try await broker.services.ledgerChanges.receive(bank.caller, key: "cut", lines: Upload(lines, isCut: true))
      }
      let job = try await broker.services.ledgerChanges.receive(bank.caller, key: "whole", lines: Upload(lines))
      _ = try await broker.keyAdministration.rotateTenantKey(bank.id, .pepper, overlapSeconds: 0)
      for _ in 0..<3 {
        broker.wait(seconds: 121)
        await broker.services.jobs.rotateTags()
      }
      #expect(try await Self.retired(broker, "pepper") == [1])
      broker.wait(seconds: 61)
      await broker.services.jobs.sweep()
      #expect(try await broker.services.ledgerChanges.get(bank.caller, id: job).deleted == 1)
      #expect(try await broker.pairs(bank).isEmpty)
    }
  }

  @Test func tagsOfBeforeDigestsAreNotLookedForUntilTheyHaveTheirs() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      let tags = try await broker.ledgerTags(bank, Hanako.asInLedger)
      let card = tags[0].text
      let line = try ledgerLine(before: tags, after: nil)
      let job = try await broker.services.ledgerChanges.receive(bank.caller, key: "early", lines: Upload([line]))
      // As migration 0018 leaves a database that had pairs before it, one of which does not open.
      _ = try await broker.inspect("alter table pair_tags drop constraint pair_tags_digest_check")
      _ = try await broker.inspect("update pair_tags set tag_digest = null")
      _ = try await broker.inspect(
        """
        insert into pair_tags (tenant_id, side, stored_tag, pair_id, key_version)
        values ($1, 'card', '\\x01000000010000000000000000000000000000000000000000000000000000000000000000', $2, 1)
        """, [.uuid(bank.id.uuid), .uuid(pair.uuid)])
      _ = try await broker.inspect("update tenants set tags_lack_digests = true")
      broker.wait(seconds: 61)
      let matches = broker.services.matches
      #expect(try await refusalCode { _ = try await matches.lookUp(bank.caller, cardTag: card) } == "dependencyUnavailable")
      #expect(try await refusalCode { _ = try await matches.lookUp(bank.caller, cardTags: [card]) } == "dependencyUnavailable")
      #expect(try await refusalCode { _ = try await broker.match(bank, hanako) } == "dependencyUnavailable")
      await broker.services.jobs.sweep()
      #expect(try await broker.services.ledgerChanges.get(bank.caller, id: job).state == .stored)
      await broker.services.jobs.rotateTags()
      #expect(try await broker.inspect("select 1 from pair_tags where tag_digest is null").isEmpty)
      broker.wait(seconds: 61)
      #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: card).pair?.id == pair)
      _ = try await broker.inspect("delete from pair_tags where length(stored_tag) < 50")
      #expect(try await broker.match(bank, hanako).pair?.id == pair)
      await broker.services.jobs.sweep()
      #expect(try await broker.services.ledgerChanges.get(bank.caller, id: job).deleted == 1)
    }
  }

  @Test(arguments: [TagScheme.hmac, .voprf]) func whoLeftAnEdgeKeyInTimeKeepsThePairAndWhoDidNotIsStale(_ scheme: TagScheme) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank(scheme: scheme)
      let (hanako, other) = (try broker.hanako(), try broker.hanako())
      let (_, kept) = try await broker.onboardWithPair(bank, hanako, ref: "C-1")
      let (_, lost) = try await broker.onboardWithPair(bank, other, ref: "C-2")
      let old = try await broker.ledgerTags(bank, Hanako.asInLedger)
      let purpose = TenantKeyPurpose.edge(for: scheme)
      _ = try await broker.keyAdministration.rotateTenantKey(bank.id, purpose, overlapSeconds: TestBroker.day)
      broker.wait(seconds: 61)
      let both = try await broker.ledgerTags(bank, Hanako.asInLedger)
      #expect(both.map(\.keyVersion) == [2, 1] && both[1] == old[0])
      // Her card is seen, and the ledger tags her anew; of the other pair the ledger's side alone moves on.
      try await broker.onboard(bank, hanako)
      for ref in ["C-1", "C-2"] {
        _ = try await broker.services.ledgerChanges.receive(
          bank.caller, key: ref, lines: Upload([try ledgerLine(before: both, after: both, ref: ref)]))
      }
      await broker.services.jobs.sweep()
      await broker.services.jobs.rotateTags()
      #expect(try await broker.pairs(bank).map(\.state) == [.active, .active])
      #expect(try await Self.versions(broker, "ledger") == [1, 2])
      broker.wait(seconds: TestBroker.day)
      await broker.services.jobs.rotateTags()
      #expect(try await broker.pair(bank, kept).state == .active)
      #expect(try await broker.pair(bank, lost).state == .stale)
      // The pair that is kept has left the old version; the stale one stays as it was, for the ledger to delete.
      let left = try await broker.inspect("select distinct key_version from pair_tags where pair_id = $1", [.uuid(kept.uuid)])
      #expect(try left.map { try $0.int(0) } == [2])
      #expect(try await Self.retired(broker, purpose.rawValue) == [1])
      #expect(try await broker.events(bank).filter { $0 == .pairStale }.count == 1)
      let audited = try await broker.audited(bank)
      #expect(audited["keyRetired"] == 1 && audited["pairsStranded"] == 1)
    }
  }

  @Test func aVersionThatEndedDoesNotComeBackByAPushMadeBefore() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako, ref: "C-1")
      _ = try await broker.keyAdministration.rotateTenantKey(bank.id, .edge, overlapSeconds: TestBroker.day)
      broker.wait(seconds: 61)
      let both = try await broker.ledgerTags(bank, Hanako.asInLedger)
      try await broker.onboard(bank, hanako)
      let line = try ledgerLine(before: both, after: both, ref: "C-1")
      _ = try await broker.services.ledgerChanges.receive(bank.caller, key: "early", lines: Upload([line]))
      await broker.services.jobs.sweep()
      #expect(try await Self.versions(broker, "ledger") == [1, 2])
      _ = try await broker.services.ledgerChanges.receive(bank.caller, key: "late", lines: Upload([line]))
      broker.wait(seconds: TestBroker.day)
      await broker.services.jobs.rotateTags()
      #expect(try await Self.versions(broker, "ledger") == [2])
      await broker.services.jobs.sweep()
      #expect(try await Self.versions(broker, "ledger") == [2])
      #expect(try await broker.pair(bank, pair).state == .active)
    }
  }

  @Test func aMatchTakesUpTheNewVersion() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      _ = try await broker.keyAdministration.rotateTenantKey(bank.id, .edge, overlapSeconds: TestBroker.day)
      broker.wait(seconds: 61)
      #expect(try await broker.match(bank, hanako).pair?.id == pair)
      #expect(try await Self.versions(broker, "card") == [1, 2])
      for tag in try await broker.ledgerTags(bank, Hanako.asInLedger) {
        #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: tag.text).pair?.id == pair)
      }
    }
  }

  @Test(arguments: ["document", "consent", "withdrawal"]) func whateverIsSignedTakesUpTheNewVersion(_ signed: String) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let (hanako, other) = (try broker.hanako(), try broker.hanako())
      let notice = try await broker.notice(bank)
      let (subject, pair) = try await broker.onboardWithPair(bank, hanako, ref: "C-1", consents: [broker.selection(notice)])
      let (_, others) = try await broker.onboardWithPair(bank, other, ref: "C-2")
      _ = try await broker.keyAdministration.rotateTenantKey(bank.id, .edge, overlapSeconds: TestBroker.day)
      broker.wait(seconds: 61)
      let newest = try await broker.ledgerTags(bank, Hanako.asInLedger)[0].text
      #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: newest).isKnown == false)
      switch signed {
      case "document": #expect(try await broker.verify(bank, try broker.signedRaw(hanako)).outcome.verdict == .ok)
      case "consent": #expect(try await broker.consent(bank, subject, hanako, [broker.selection(notice)]).verdict == .ok)
      default:
        let consent = try #require(try await broker.consents(bank).first).id
        #expect(try await broker.signWithdrawal(bank, try await broker.withdraw(bank, consent), by: hanako).verdict == .ok)
      }
      #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: newest).pair?.id == pair)
      // Whose card was not seen, gained nothing.
      let gained = try await broker.inspect("select key_version from pair_tags where side = 'card' and pair_id = $1", [.uuid(others.uuid)])
      #expect(try gained.map { try $0.int(0) } == [1])
    }
  }

  /// Look-ups, matches and pushes go on at two processes while pepper and edge key are replaced and the old ones retired.
  @Test(arguments: [TagScheme.hmac, .voprf]) func nobodyNoticesARotation(_ scheme: TagScheme) async throws {
    try await TestBroker.with { broker in
      var bank = try await broker.bank(scheme: scheme)
      bank.allowances = RateAllowances(
        lookUp: 1_000_000, signature: 1_000_000, evaluation: 1_000_000, signaturesPerCard: 1_000_000, lookUpsPerTag: 1_000_000)
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako, ref: "C-1")
      let other = broker.another()
      let load = RotationLoad(broker: broker, bank: bank, hanako: hanako, pair: pair)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for services in [broker.services, other] {
          group.addTask { try await load.lookUps(services) }
          group.addTask { try await load.matches(services) }
        }
        group.addTask { try await load.pushes(other) }
        /// Time passes; every kind of request is answered at least once in each step.
        func pass(seconds: Int) async throws {
          for _ in 0..<(seconds / 30) {
            let before = load.answered
            broker.wait(seconds: 30)
            await broker.services.jobs.rotateTags()
            let deadline = ContinuousClock.now + .seconds(180)
            while zip(before, load.answered).contains(where: { $0 >= $1 }) {
              try #require(ContinuousClock.now < deadline, "requests are answered")
              try await Task.sleep(for: .milliseconds(5))
            }
          }
        }
        do {
          try await pass(seconds: 60)
          _ = try await broker.keyAdministration.rotateTenantKey(bank.id, .pepper, overlapSeconds: 0)
          try await pass(seconds: 300)
          _ = try await broker.keyAdministration.rotateTenantKey(bank.id, TenantKeyPurpose.edge(for: scheme), overlapSeconds: 240)
          try await pass(seconds: 360)
        } catch {
          load.end()
          throw error
        }
        load.end()
        try await group.waitForAll()
      }
      #expect(try await Self.retired(broker, "pepper") == [1])
      #expect(try await Self.retired(broker, TenantKeyPurpose.edge(for: scheme).rawValue) == [1])
      #expect(try await Self.peppers(broker) == [2])
      #expect(try await Self.versions(broker, "card") == [2])
      #expect(try await Self.versions(broker, "ledger") == [2])
      #expect(try await broker.pair(bank, pair).state == .active)
      await other.stop()
    }
  }
}

/// What goes on at a bank while its keys rotate; every answer is checked.
private final class RotationLoad: Sendable {
  private let broker: TestBroker
  private let bank: TestTenant
  private let hanako: CitizenHandle
  private let pair: PairID
  private let isOver = Atomic(false)
  private let counts = Mutex([0, 0, 0])

  init(broker: TestBroker, bank: TestTenant, hanako: CitizenHandle, pair: PairID) {
    self.broker = broker
    self.bank = bank
    self.hanako = hanako
    self.pair = pair
  }

  /// Look-ups, matches and pushes that were answered.
  var answered: [Int] { counts.withLock { $0 } }
  func end() { isOver.store(true, ordering: .relaxed) }
  private var goesOn: Bool { !isOver.load(ordering: .relaxed) }
  private func count(_ kind: Int) { counts.withLock { $0[kind] += 1 } }

  /// A version that ended between the list of keys and an evaluation under it is no failure: the list is read again.
  private func tags(of row: DeclaredItems, _ services: BrokerServices) async throws -> [EdgeTag] {
    do {
      return try await broker.ledgerTags(bank, row, through: services)
    } catch let refusal as Refusal where refusal.code == "keyVersionUnknown" {
      return try await broker.ledgerTags(bank, row, through: services)
    }
  }

  /// As a bank asks that sends a tag of each live version.
  func lookUps(_ services: BrokerServices) async throws {
    while goesOn {
      var found: Set<PairID> = []
      for tag in try await tags(of: Hanako.asInLedger, services) {
        if let id = try await services.matches.lookUp(bank.caller, cardTag: tag.text).pair?.id { found.insert(id) }
      }
      #expect(found == [pair])
      let nobody = try await tags(of: Hanako.moved, services)
      #expect(try await services.matches.lookUp(bank.caller, cardTags: nobody.map(\.text)).allSatisfy { !$0.isKnown })
      count(0)
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  func matches(_ services: BrokerServices) async throws {
    while goesOn {
      let session = try await services.matches.create(bank.caller, origin: TestBroker.origin)
      let answer = try await services.matches.sign(
        bank.caller, id: session.id, card: try broker.card(hanako, over: session.toBeSigned, withAuthentication: false),
        request: try request())
      #expect(answer.matched && answer.pair?.id == pair)
      count(1)
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// The ledger tags her anew each time; nothing may be deleted.
  func pushes(_ services: BrokerServices) async throws {
    while goesOn {
      let tags = try await self.tags(of: Hanako.asInLedger, services)
      let job = try await services.ledgerChanges.receive(
        bank.caller, key: UUID().uuidString, lines: Upload([try ledgerLine(before: tags, after: tags, ref: "C-1")]))
      // The rotation may have the job's row at that moment; then the next sweep applies it.
      let deadline = ContinuousClock.now + .seconds(60)
      repeat {
        try #require(ContinuousClock.now < deadline, "the job is applied")
        await broker.services.jobs.sweep()
      } while try await services.ledgerChanges.get(bank.caller, id: job).state != .done
      let done = try await services.ledgerChanges.get(bank.caller, id: job)
      #expect(done.deleted == 0 && done.unknown == 0)
      count(2)
    }
  }
}
