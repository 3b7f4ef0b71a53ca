import CitizenItems
import Foundation
import JLISSimulator
import PostgreSQL
import Testing

@testable import Broker

@Suite("Scheme voprf: the bank blinds, the broker evaluates", .serialized)
struct VOPRFTests {
  @Test func theBankGetsPublicKeysAndNoSecret() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank(scheme: .voprf)
      let keys = try await broker.services.tagKeys.list(bank.caller)
      #expect(keys.scheme == .voprf && keys.versions.map(\.version) == [1])
      guard case .published(let key) = keys.versions[0].material else { throw KeyError.unknownVersion }
      #expect(key.fingerprint == keys.versions[0].fingerprint)
      let purposes = try await broker.inspect(
        "select purpose from tenant_keys where tenant_id = $1 order by purpose", [.uuid(bank.id.uuid)])
      #expect(try purposes.map { try $0.text(0) } == ["pepper", "sealing", "serialIndex", "voprf"])
    }
  }

  @Test func aPairLivesAsWithSharedKeys() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank(scheme: .voprf)
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      let tags = try await broker.ledgerTags(bank, Hanako.asInLedger)
      #expect(tags.map(\.scheme) == [.voprf] && tags.map(\.keyVersion) == [1])
      #expect(try await broker.match(bank, hanako).pair?.id == pair)
      #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: tags[0].text).pair?.id == pair)
      _ = try await broker.services.ledgerChanges.receive(
        bank.caller, key: "k", lines: Upload([try ledgerLine(before: tags, after: nil)]))
      await broker.services.jobs.sweep()
      #expect(try await broker.pairs(bank).isEmpty)
    }
  }

  @Test func anotherTenantsKeyMakesOtherTags() async throws {
    try await TestBroker.with { broker in
      let (bank, other) = (try await broker.bank(scheme: .voprf), try await broker.bank(scheme: .voprf))
      #expect(
        try await broker.ledgerTags(bank, Hanako.asInLedger).map(\.value) != broker.ledgerTags(other, Hanako.asInLedger).map(\.value))
    }
  }

  @Test func whatCannotBeEvaluatedIsRefused() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank(scheme: .voprf)
      let shared = try await broker.bank()
      let element = try VOPRFKey.generate(version: 1).publicKey.blind([[1]]).elements[0]
      func code(_ caller: Caller, _ version: Int, _ elements: [[UInt8]]) async throws -> String? {
        try await refusalCode { _ = try await broker.services.evaluations.evaluate(caller, keyVersion: version, blinded: elements) }
      }
      #expect(try await code(bank.caller, 1, [element]) == nil)
      #expect(try await code(bank.caller, 2, [element]) == "keyVersionUnknown")
      #expect(try await code(shared.caller, 1, [element]) == "keyVersionUnknown")
      #expect(try await code(bank.caller, 1, []) == "batchSize")
      #expect(try await code(bank.caller, 1, Array(repeating: element, count: 101)) == "batchSize")
      #expect(try await code(bank.caller, 1, [element, Array(element.dropLast())]) == "elementMalformed")
      let scopes = try await broker.bank(scopes: [.events], scheme: .voprf)
      #expect(try await code(scopes.caller, 1, [element]) == "insufficientScope")
    }
  }

  @Test func anEvaluationIsAuditedByItsNumberAlone() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank(scheme: .voprf)
      let elements = try VOPRFKey.generate(version: 1).publicKey.blind([[1], [2], [3]]).elements
      #expect(
        try await broker.auditing(bank) {
          _ = try await broker.services.evaluations.evaluate(bank.caller, keyVersion: 1, blinded: elements)
        } == ["tagsEvaluated": 1])
      let detail = try await broker.inspect("select detail->>'count', detail->>'version' from audit_events where kind = 'tagsEvaluated'")
      #expect(try detail.map { [try $0.text(0), try $0.text(1)] } == [["3", "1"]])
    }
  }

  @Test func theSecretRotatesWithAnOverlap() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank(scheme: .voprf)
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      #expect(try await broker.keyAdministration.rotateTenantKey(bank.id, .voprf, overlapSeconds: TestBroker.day) == 2)
      broker.wait(seconds: 61)
      let tags = try await broker.ledgerTags(bank, Hanako.asInLedger)
      #expect(tags.map(\.keyVersion) == [2, 1])
      try await broker.onboard(bank, hanako, ledgerTags: tags)
      broker.wait(seconds: TestBroker.day)
      #expect(try await broker.ledgerTags(bank, Hanako.asInLedger).map(\.keyVersion) == [2])
      #expect(try await broker.match(bank, hanako).pair?.id == pair)
    }
  }

  @Test func aTenantRotatesTheKeysOfItsOwnScheme() async throws {
    try await TestBroker.with { broker in
      let (bank, shared) = (try await broker.bank(scheme: .voprf), try await broker.bank())
      for (tenant, purpose) in [(bank, TenantKeyPurpose.edge), (shared, .voprf)] {
        #expect(
          try await refusalCode { _ = try await broker.keyAdministration.rotateTenantKey(tenant.id, purpose, overlapSeconds: 60) }
            == "keyPurposeUnused")
      }
    }
  }
}
