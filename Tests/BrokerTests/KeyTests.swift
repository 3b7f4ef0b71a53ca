import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import PostgreSQL
import Testing

@testable import Broker

@Suite("Keys rotate without anybody being forgotten", .serialized)
struct KeyTests {
  /// Past what every process keeps in memory.
  private static func rotate(_ broker: TestBroker, _ tenant: TestTenant, _ purpose: TenantKeyPurpose, overlap: TimeInterval = 0)
    async throws
  {
    #expect(try await broker.keyAdministration.rotateTenantKey(tenant.id, purpose, overlapSeconds: overlap) == 2)
    broker.wait(seconds: 61)
  }

  @Test func anEdgeKeyIsHandedOverToTheRegisteredKeyAlone() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let handedOver = try await broker.services.tagKeys.list(bank.caller).versions
      let keys = try await broker.edgeKeys(bank)
      #expect(handedOver.map(\.version) == [1])
      #expect(handedOver.map(\.fingerprint) == keys.map(\.fingerprint))
      guard case .wrapped(let jwe) = handedOver[0].material else { throw KeyError.unknownVersion }
      #expect(throws: (any Error).self) { try JSONWebEncryption.decrypt(jwe, with: [KeyAgreementKey.generate()]) }
    }
  }

  @Test func duringTheOverlapTagsOfBothEdgeKeysAreTaken() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      try await Self.rotate(broker, bank, .edge, overlap: 30 * TestBroker.day)
      let tags = try await broker.ledgerTags(bank, Hanako.asInLedger)
      #expect(tags.map(\.keyVersion) == [2, 1])
      #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: tags[1].text).pair?.id == pair)
      #expect(try await broker.match(bank, hanako).matched)
      try await broker.onboard(bank, hanako, ledgerTags: tags)
      for tag in tags {
        #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: tag.text).pair?.id == pair)
      }
      #expect(try await broker.pair(bank, pair).state == .active)
    }
  }

  @Test func afterTheOverlapTheNewEdgeKeyAloneIsHandedOverAndStillMatches() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      try await Self.rotate(broker, bank, .edge, overlap: TestBroker.day)
      try await broker.onboard(bank, hanako, ledgerTags: try await broker.ledgerTags(bank, Hanako.asInLedger))
      broker.wait(seconds: TestBroker.day)
      #expect(try await broker.edgeKeys(bank).map(\.version) == [2])
      #expect(try await broker.match(bank, hanako).pair?.id == pair)
    }
  }

  @Test func aNewPepperFindsWhatTheOldOneStored() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (_, pair) = try await broker.onboardWithPair(bank, hanako)
      try await Self.rotate(broker, bank, .pepper)
      let tags = try await broker.ledgerTags(bank, Hanako.asInLedger)
      #expect(try await broker.match(bank, hanako).pair?.id == pair)
      #expect(try await broker.services.matches.lookUp(bank.caller, cardTag: tags[0].text).pair?.id == pair)
      let line = try ledgerLine(before: tags, after: nil)
      _ = try await broker.services.ledgerChanges.receive(bank.caller, key: "k", lines: Upload([line]))
      await broker.services.jobs.sweep()
      #expect(try await broker.pairs(bank).isEmpty)
    }
  }

  @Test func aNewSerialIndexKeyKnowsOldCardsAndKeepsOneBindingOfEach() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (subject, _) = try await broker.onboardWithPair(bank, hanako)
      try await Self.rotate(broker, bank, .serialIndex)
      #expect(try await broker.login(bank, hanako).subjectID == subject)
      #expect(try await broker.onboard(bank, hanako).outcome.subjectID == subject)
      let live = try await broker.inspect("select kind, count(*) from bindings where superseded_at is null group by kind order by kind")
      #expect(try live.map { try $0.int(1) } == [1, 1])
      #expect(try await broker.login(bank, hanako).subjectID == subject)
    }
  }

  @Test func aNewSealingKeyOpensWhatTheOldOneSealed() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let (subject, _) = try await broker.onboardWithPair(bank, hanako, ref: "C-4")
      try await Self.rotate(broker, bank, .sealing)
      #expect(try await broker.login(bank, hanako).pair?.ledgerRef == "C-4")
      #expect(try await broker.check(bank, subject).signing == .valid)
    }
  }

  @Test func anOldEnvelopeKeyStillOpensAndARepeatIsKnownAfterANewFingerprintKey() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      let hanako = try broker.hanako()
      let session = try await broker.startOnboarding(fintech)
      let card = try await broker.envelope(hanako, over: session.toBeSigned, tenant: fintech, session: session.id)
      let first = try await broker.signOnboarding(fintech, session, card, request: try request("k"))
      for purpose in [PlatformKeyPurpose.envelope, .fingerprint, .session, .token] {
        #expect(try await broker.keyAdministration.rotatePlatformKey(purpose) == 2)
      }
      broker.wait(seconds: 61)
      let again = try await broker.signOnboarding(fintech, session, card, request: try request("k"))
      #expect(again.outcome.evidence.id == first.outcome.evidence.id)
    }
  }

  @Test func aWrappedKeyOpensInItsOwnPlaceOnly() throws {
    let root = RootKey.generate()
    let wrapped = try root.wrap([UInt8](repeating: 7, count: 32), context: "ten_1/edge/1")
    #expect(try root.unwrap(wrapped, context: "ten_1/edge/1").count == 32)
    #expect(throws: KeyError.self) { try root.unwrap(wrapped, context: "ten_2/edge/1") }
    #expect(throws: KeyError.self) { try RootKey.generate().unwrap(wrapped, context: "ten_1/edge/1") }
    #expect("\(root)" == "<redacted>")
  }
}
