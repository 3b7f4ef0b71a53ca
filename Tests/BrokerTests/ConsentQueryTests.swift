import CitizenItems
import Foundation
import JLISSimulator
import PostgreSQL
import Testing

@testable import Broker

@Suite("Who agreed to what: queries of compliance", .serialized)
struct ConsentQueryTests {
  @Test func eachConditionFindsWhatItSays() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let first = try await broker.notice(bank, purposes: ["account", "latestItems"])
      let second = try await broker.notice(bank, items: [.name, .address, .sex], purposes: ["loan", "latestItems"], of: first.id)
      let hanako = try await broker.onboard(bank, try broker.hanako(), consents: [broker.selection(first)], reference: "customer-1")
      broker.wait(seconds: 3_600)
      let between = broker.clock.now()
      broker.wait(seconds: 3_600)
      let taro = try await broker.onboard(bank, try broker.taro(), consents: [broker.selection(second, items: [.sex])])
      let h = try #require(hanako.outcome.consents.first).id
      let t = try #require(taro.outcome.consents.first).id
      func found(_ query: ConsentQuery) async throws -> [ConsentID] { try await broker.consents(bank, query).map(\.id) }
      #expect(try await found(ConsentQuery()) == [h, t])
      #expect(try await found(ConsentQuery(purpose: "account")) == [h])
      #expect(try await found(ConsentQuery(purpose: "latestItems")) == [h, t])
      #expect(try await found(ConsentQuery(purpose: "marketing")) == [])
      #expect(try await found(ConsentQuery(purpose: "latestItems", item: .address)) == [h])
      #expect(try await found(ConsentQuery(item: .sex)) == [h, t])
      #expect(try await found(ConsentQuery(noticeID: first.id)) == [h, t])
      #expect(try await found(ConsentQuery(noticeID: first.id, version: 2)) == [t])
      #expect(try await found(ConsentQuery(givenAfter: between)) == [t])
      #expect(try await found(ConsentQuery(givenBefore: between)) == [h])
      #expect(try await found(ConsentQuery(purpose: "loan", givenBefore: between)) == [])
      #expect(try await found(ConsentQuery(at: between)) == [h])
      #expect(try await found(ConsentQuery(item: .name, at: broker.clock.now())) == [h])
      _ = try await broker.withdraw(bank, h)
      #expect(try await found(ConsentQuery(state: .given)) == [t])
      #expect(try await found(ConsentQuery(state: .withdrawnLocally, givenBefore: between)) == [h])
      #expect(try await found(ConsentQuery(state: .given, at: between)) == [h])
      #expect(try await found(ConsentQuery(subjectID: hanako.outcome.subjectID, purpose: "loan")) == [])
      let searched = try await broker.services.consents.search(
        bank.caller, subjectReference: "customer-1", ConsentQuery(state: .withdrawnLocally), limit: 5, pageToken: nil)
      #expect(searched.elements.map(\.id) == [h])
      // Another tenant finds nothing of it.
      #expect(try await broker.consents(try await broker.bank()).isEmpty)
    }
  }

  @Test func everyLookSaysWhatWasLookedForAndByWhom() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      _ = try await broker.consents(bank, ConsentQuery(purpose: "account", state: .given, at: broker.clock.now()))
      let rows = try await broker.inspect("select detail::text, actor from audit_events where kind = 'consentsListed'")
      #expect(try rows.map { try $0.text(0) } == [#"{"by": "purpose state at"}"#])
      #expect(try rows[0].text(1) == "client:" + bank.client.clientID)
      #expect(
        try await broker.auditing(bank) {
          _ = try await broker.services.consents.counts(bank.caller, from: nil, until: nil, interval: .day)
        } == ["consentsCounted": 1])
    }
  }

  @Test func pagesAreStableWhileOthersWrite() async throws {
    try await TestBroker.with { broker in
      let bank = try await Self.filled(broker, consents: 200)
      for query in [
        ConsentQuery(purpose: "purpose1"), ConsentQuery(givenAfter: Date(timeIntervalSince1970: 0)), ConsentQuery(at: broker.clock.now()),
        ConsentQuery(),
      ] {
        let whole = try await broker.consents(bank, query).map(\.id)
        var seen: [ConsentID] = []
        var token: String?
        var round = 0
        repeat {
          let page = try await broker.services.consents.list(bank.caller, query, limit: 7, pageToken: token)
          #expect(page.elements.count <= 7)
          seen += page.elements.map(\.id)
          token = page.nextPageToken
          // Between two pages, consents change.
          let changed = round == 1 ? seen.last : nil
          if let changed {
            _ = try await broker.inspect(
              "update consents set updated_at = $2 where consent_id = $1", [.uuid(changed.uuid), .timestamp(broker.clock.now())])
          }
          round += 1
        } while token != nil
        #expect(seen == whole, "\(query)")
        #expect(Set(seen).count == seen.count)
        #expect(!seen.isEmpty)
      }
    }
  }

  @Test func aTokenThatIsNotOursIsRefused() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      for query in [ConsentQuery(), ConsentQuery(givenAfter: broker.clock.now()), ConsentQuery(at: broker.clock.now())] {
        let code = try await refusalCode {
          _ = try await broker.services.consents.list(bank.caller, query, limit: 5, pageToken: "no token")
        }
        #expect(code == "pageTokenInvalid")
      }
    }
  }

  @Test func countsByStateOverTimeAreThoseOfTheHistoryWhetherAJobHasCountedOrNot() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      let consent = try #require(try await broker.onboard(bank, hanako, consents: [broker.selection(notice)]).outcome.consents.first)
      _ = try await broker.onboard(bank, try broker.taro(), consents: [broker.selection(notice)])
      let beginning = broker.clock.now()
      broker.wait(seconds: 2 * TestBroker.day)
      _ = try await broker.withdraw(bank, consent.id)
      broker.wait(seconds: 2 * TestBroker.day)
      func counts() async throws -> [String] {
        try await broker.services.consents.counts(
          bank.caller, from: beginning.addingTimeInterval(-TestBroker.day), until: nil, interval: .day
        )
        .map { count in
          count.day + ":" + count.consents.sorted { $0.key.rawValue < $1.key.rawValue }.map { " \($0.key.rawValue) \($0.value)" }.joined()
        }
      }
      let expected = [
        "2026-03-31:", "2026-04-01: given 2", "2026-04-02: given 2", "2026-04-03: given 1 withdrawnLocally 1",
        "2026-04-04: given 1 withdrawnLocally 1", "2026-04-05: given 1 withdrawnLocally 1",
      ]
      #expect(try await counts() == expected)
      await broker.services.jobs.sweep()
      #expect(try await broker.inspect("select max(day)::text from consent_counts")[0].text(0) == "2026-04-04")
      #expect(try await counts() == expected)
      await broker.services.jobs.sweep()
      #expect(try await counts() == expected)
      let months = try await broker.services.consents.counts(bank.caller, from: nil, until: nil, interval: .month)
      #expect(months.last?.day == "2026-04-01")
      let tooLong = try await refusalCode {
        _ = try await broker.services.consents.counts(
          bank.caller, from: beginning.addingTimeInterval(-500 * TestBroker.day), until: nil, interval: .day)
      }
      #expect(tooLong == "periodInvalid")
    }
  }

  /// The plans of every way in, on enough rows that a sequential scan would be the planner's choice if there were no index; nothing is forbidden to it.
  @Test func noQueryReadsAWholeTable() async throws {
    try await TestBroker.with { broker in
      let bank = try await Self.filled(broker, consents: 20_000, selectionsOfOthers: 40_000)
      let tenant = "'\(bank.id.uuid.uuidString)'::uuid"
      let zero = "'00000000-0000-0000-0000-000000000000'::uuid"
      let states = "'{\(ConsentState.allCases.map(\.rawValue).joined(separator: ","))}'::text[]"
      let subject = "'01760000-0000-7000-8000-000000000064'::uuid"
      let reference = "sha256(convert_to('customer-77', 'UTF8'))"
      let now = "'2030-01-01T00:00:00Z'::timestamptz"
      let at = "'2021-01-03T00:00:00Z'::timestamptz"
      let from = "'2021-01-02T00:00:00Z'::timestamptz"
      let plain = "null, null, null, null"
      let cases: [(String, Statement, String)] = [
        ("subject", ConsentQueryStore.ofSubject, "\(tenant), \(zero), \(subject), \(plain), null, null, null, null, \(now), 51, null"),
        (
          "subject as of", ConsentQueryStore.ofSubject,
          "\(tenant), \(zero), \(subject), \(plain), null, null, null, \(at), \(now), 51, null"
        ),
        (
          "reference", ConsentQueryStore.ofReference,
          "\(tenant), \(zero), \(reference), \(plain), null, null, null, null, \(now), 51, \(reference)"
        ),
        (
          "purpose and item", ConsentQueryStore.bySelection,
          "\(tenant), \(zero), 'purpose3', 'address', null, null, \(states), 51"
        ), ("all", ConsentQueryStore.all, "\(tenant), \(zero), 51"),
        ("state", ConsentQueryStore.bySelection, "\(tenant), \(zero), \(plain), '{revoked}'::text[], 51"),
        (
          "notice version", ConsentQueryStore.bySelection,
          "\(tenant), \(zero), null, null, '0177abcd-0000-7000-8000-000000000002'::uuid, 1, \(states), 51"
        ),
        (
          "period", ConsentQueryStore.byPeriod,
          "\(tenant), \(from), \(zero), \(plain), \(states), 51, \(at)"
        ),
        (
          "as of", ConsentQueryStore.atInstant,
          "\(tenant), \(zero), 'ffffffff-0000-0000-0000-000000000000'::uuid, \(plain), null, null, 'given', \(at), 51, 2000"
        ), ("one as of", ConsentQueryStore.asOf, "\(tenant), '01770000-0000-7000-8000-000000000000'::uuid, \(at)"),
        ("expired", ConsentJobStore.expired, "\(tenant), \(now), 500"), ("remind", ConsentJobStore.toRemind, "\(tenant), \(at), 500"),
        ("prompt", ConsentJobStore.toPrompt, "\(tenant), \(at), 500"), ("session", ConsentStore.ofSession, "\(tenant), \(subject)"),
      ]
      try await broker.pools.app.withConnection { connection in
        try await connection.execute("select set_config('yonjo.tenant_id', '\(bank.id.uuid.uuidString)', false)")
        for (name, statement, parameters) in cases {
          // Both ways in which PostgreSQL may plan what is prepared.
          for mode in ["force_custom_plan", "force_generic_plan"] {
            try await connection.execute("set plan_cache_mode = \(mode)")
            try await connection.execute("prepare looked_at as \(statement.sql)")
            let plan = try await connection.query(
              Statement("explain_\(name.filter(\.isLetter))_\(mode)", "explain execute looked_at(\(parameters))"))
            let text = try plan.rows.map { try $0.text(0) }.joined(separator: "\n")
            #expect(!text.contains("Seq Scan"), "\(name), \(mode):\n\(text)")
            try await connection.execute("deallocate looked_at")
          }
        }
      }
    }
  }

  /// A bank with invented consents, by the loader of `Deploy/bench consents`.
  private static func filled(_ broker: TestBroker, consents: Int, selectionsOfOthers: Int = 0) async throws -> TestTenant {
    let bank = try await broker.bank()
    if selectionsOfOthers > 0 {
      // A platform has many tenants.
      _ = try await broker.inspect(
        "insert into tenants (tenant_id, name, created_at) select gen_random_uuid(), 'other', $1 from generate_series(1, 400)",
        [.timestamp(broker.clock.now())])
    }
    _ = try await broker.bank()
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Deploy/lib/consents.sql")
    let text = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
      .replacing(":'tenant'", with: "'\(bank.id.uuid.uuidString)'").replacing(":consents", with: String(consents))
      .replacing(":selectionsOfOthers", with: String(selectionsOfOthers))
    for sql in text.split(separator: ";\n") {
      _ = try await broker.pools.superuser.query(Statement("load_\(UInt32.random(in: 0 ... .max))", String(sql)), [])
    }
    return bank
  }
}
