import CitizenItems
import Crypto
import Foundation
import JLISSimulator
import JOSE
import JPKI
import Logging
import PostgreSQL
import Testing

@testable import Broker

@Suite("証跡原本: sealed where it is made, opened by two persons and the offline key, shredded in its time", .serialized)
struct EvidenceTests {
  private struct World {
    let bank: TestTenant
    let hanako: CitizenHandle
    let subject: SubjectID
    let offline: EvidencePrivateKey
    let approvers: [String: SigningKey]
    let services: BrokerServices

    var published: [String: JSONWebKey] { approvers.mapValues(\.publicJWK) }
  }

  /// A bank that keeps evidence, and Hanako, who signed an application, a consent to latest items and a contract.
  private static func with(_ body: (TestBroker, World) async throws -> Void) async throws {
    try await TestBroker.with { broker in
      let key = P256.KeyAgreement.PrivateKey()
      let services = broker.another(evidenceKey: try EvidencePublicKey(pemRepresentation: key.publicKey.pemRepresentation))
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let notice = try await broker.notice(bank)
      let session = try await services.onboardings.create(
        bank.caller,
        OnboardingDraft(
          subjectReference: nil, origin: TestBroker.origin, applicationDigest: OnboardingDraft.digest(ofApplication: Array("form".utf8)),
          declaredItemsDigest: nil, consents: [broker.selection(notice)]), request: try request())
      let answer = try await broker.signOnboarding(
        bank, session, try broker.card(hanako, over: session.toBeSigned), through: services)
      let world = World(
        bank: bank, hanako: hanako, subject: try #require(answer.outcome.subjectID),
        offline: try EvidencePrivateKey(pemRepresentation: key.pemRepresentation),
        approvers: ["sato": SigningKey.generate(), "suzuki": SigningKey.generate()], services: services)
      do {
        try await body(broker, world)
      } catch {
        await services.stop()
        throw error
      }
      await services.stop()
    }
  }

  private static func contract(_ card: CardInput) -> DocumentDraft {
    DocumentDraft(
      signature: .card(card), digest: DocumentHash.digest(of: TestBroker.contract), purpose: "loanContract", consents: [])
  }

  private static func envelopes(_ world: World) async throws -> [EvidenceEnvelope] {
    try await world.services.evidence.list(world.bank.caller, subjectID: world.subject, limit: 50, pageToken: nil).elements
  }

  private static func approval(_ broker: TestBroker, _ world: World, _ id: EvidenceID, _ name: String) throws -> String {
    try EvidenceApproval.sign(
      envelope: id, of: world.bank.id, approver: name, reason: "dispute 7", at: broker.clock.now(), key: try #require(world.approvers[name])
    )
  }

  private static func open(
    _ broker: TestBroker, _ world: World, _ id: EvidenceID, approvals: [String], key: EvidencePrivateKey? = nil
  ) async throws -> OpenedEvidence {
    let administration = EvidenceAdministration(
      database: Database(pool: broker.pools.administrator, logger: Logger(label: "tests")), clock: broker.clock)
    return try await administration.open(
      .init(
        envelope: id, tenant: world.bank.id, key: key ?? world.offline, approvals: approvals, approvers: world.published,
        operatorName: "tanaka"), verifier: CardVerifier(trust: broker.trust))
  }

  @Test func yearsLaterTheSignatureIsProvenAgain() async throws {
    try await Self.with { broker, world in
      let envelope = try #require(try await Self.envelopes(world).first)
      #expect(envelope.kind == .identityConfirmation)
      #expect(envelope.retainUntil == nil)
      // The certificate has long run out, and the card is revoked.
      try broker.simulator.revoke(world.hanako.id, kind: .signing, reason: .keyCompromise)
      broker.wait(seconds: 6 * 366 * TestBroker.day)
      let approvals = try ["sato", "suzuki"].map { try Self.approval(broker, world, envelope.id, $0) }
      let opened = try await Self.open(broker, world, envelope.id, approvals: approvals)
      #expect(opened.result == "ok")
      #expect(opened.revocationMethod == "ocsp")
      #expect(opened.revocation == "proven")
      #expect(opened.approvers == ["sato", "suzuki"])
      #expect(opened.parts["certificate.der"] == world.hanako.signingCertificate)
      #expect(opened.parts["ocsp.der"] != nil && opened.parts["signed"] != nil)
      #expect(try await broker.audited(world.bank)["evidenceOpened"] == 1)
      let opening = try await broker.inspect("select opened_by, approvers, reason, outcome from evidence_openings")
      #expect(opening.count == 1)
      #expect(try opening[0].text(0) == "tanaka")
      #expect(try opening[0].textArray(1) == ["sato", "suzuki"])
      #expect(try opening[0].text(2) == "dispute 7")
    }
  }

  @Test func aDocumentsSignatureIsKeptAsWell() async throws {
    try await Self.with { broker, world in
      let document = Self.contract(try broker.signedRaw(world.hanako))
      _ = try await world.services.documents.verify(world.bank.caller, document, request: try request())
      let envelope = try #require(try await Self.envelopes(world).last)
      #expect(envelope.kind == .documentSignature)
      let approvals = try ["sato", "suzuki"].map { try Self.approval(broker, world, envelope.id, $0) }
      let opened = try await Self.open(broker, world, envelope.id, approvals: approvals)
      #expect(opened.result == "ok")
      #expect(opened.parts["document.sha256"] == document.digest)
    }
  }

  @Test func nothingIsOpenedWithoutTwoPersons() async throws {
    try await Self.with { broker, world in
      let id = try #require(try await Self.envelopes(world).first).id
      let sato = try Self.approval(broker, world, id, "sato")
      let suzuki = try Self.approval(broker, world, id, "suzuki")
      let stranger = try EvidenceApproval.sign(
        envelope: id, of: world.bank.id, approver: "suzuki", reason: "r", at: broker.clock.now(), key: SigningKey.generate())
      let forAnother = try EvidenceApproval.sign(
        envelope: EvidenceID(UUID()), of: world.bank.id, approver: "suzuki", reason: "r", at: broker.clock.now(),
        key: try #require(world.approvers["suzuki"]))
      for (approvals, code) in [
        ([], "approvalsMissing"), ([sato], "approvalsMissing"), ([sato, sato], "approvalsMissing"), ([sato, stranger], "approvalInvalid"),
        ([sato, forAnother], "approvalInvalid"), ([sato, "x.y.z"], "approvalInvalid"),
      ] {
        #expect(try await refusalCode { _ = try await Self.open(broker, world, id, approvals: approvals) } == code)
      }
      broker.wait(seconds: EvidenceApproval.lifetimeSeconds)
      #expect(try await refusalCode { _ = try await Self.open(broker, world, id, approvals: [sato, suzuki]) } == "approvalInvalid")
      // What was refused is on record, too.
      #expect(try await broker.audited(world.bank)["evidenceOpened"] == 7)
      #expect(try await broker.inspect("select count(*) from evidence_openings")[0].int(0) == 0)
    }
  }

  @Test func anotherKeyAnotherPlaceAndChangedBytesDoNotOpen() async throws {
    try await Self.with { broker, world in
      let document = Self.contract(try broker.signedRaw(world.hanako))
      _ = try await world.services.documents.verify(world.bank.caller, document, request: try request())
      let ids = try await Self.envelopes(world).map(\.id)
      let approvals = try ["sato", "suzuki"].map { try Self.approval(broker, world, ids[0], $0) }
      let other = try EvidencePrivateKey(pemRepresentation: P256.KeyAgreement.PrivateKey().pemRepresentation)
      #expect(
        try await refusalCode { _ = try await Self.open(broker, world, ids[0], approvals: approvals, key: other) } == "evidenceKeyForeign")
      _ = try await broker.inspect(
        "update evidence_envelopes set sealed = (select o.sealed from evidence_envelopes o where o.envelope_id = $2) where envelope_id = $1",
        [.uuid(ids[0].uuid), .uuid(ids[1].uuid)])
      #expect(try await refusalCode { _ = try await Self.open(broker, world, ids[0], approvals: approvals) } == "evidenceUnreadable")
    }
  }

  @Test func whatServesCannotReadWhatItWrote() async throws {
    try await Self.with { broker, world in
      let set = BoundStatement(Database.setTenant, [.text(world.bank.id.uuid.uuidString)])
      for pool in [broker.pools.app, broker.pools.jobs] {
        let error = await #expect(throws: PostgreSQLError.self) {
          try await pool.unit([set, BoundStatement(Statement("read_sealed", "select sealed from evidence_envelopes"))])
        }
        #expect(error?.sqlState == "42501")
      }
      // Canary: nothing of the certificate, which holds the items, stands anywhere in clear.
      let dump = try await broker.dump()
      let hexadecimal = world.hanako.signingCertificate.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      #expect(dump.contains("evidence_envelopes"))
      #expect(!dump.contains(hexadecimal.dropFirst(200).prefix(200)))
      for text in [Hanako.name, "花子", "清瀬", "観布子"] { #expect(!dump.contains(text)) }
    }
  }

  @Test func ofAConsentToLatestItemsNothingIsKept() async throws {
    try await Self.with { broker, world in
      let before = try await Self.envelopes(world).count
      let notice = try await broker.notice(world.bank)
      let session = try await world.services.consents.createSession(
        world.bank.caller, subjectID: world.subject, origin: TestBroker.origin, selections: [broker.selection(notice)],
        request: try request())
      let outcome = try await world.services.consents.sign(
        world.bank.caller, id: try #require(ConsentSessionID(session.id)), card: try broker.card(world.hanako, over: session.toBeSigned),
        request: try request())
      #expect(outcome.consents.map(\.state) == [.given])
      #expect(try await Self.envelopes(world).count == before)
      #expect(try await broker.inspect("select count(*) from intents where payload_sealed is not null")[0].int(0) == 0)
    }
  }

  @Test func sevenYearsAfterTheContractsEndItIsShredded() async throws {
    try await Self.with { broker, world in
      let id = try #require(try await Self.envelopes(world).first).id
      let ended = try await world.services.evidence.endContract(
        world.bank.caller, subjectID: world.subject, endedAt: nil, request: try request())
      #expect(ended.envelopes == 1)
      // Said again later, the first end counts.
      broker.wait(seconds: 30 * TestBroker.day)
      let again = try await world.services.evidence.endContract(
        world.bank.caller, subjectID: world.subject, endedAt: nil, request: try request())
      #expect(again.retainUntil == ended.retainUntil)
      let until = try #require(ended.retainUntil)
      broker.wait(seconds: until.timeIntervalSince(broker.clock.now()) - 1)
      await broker.services.jobs.sweep()
      #expect(try await Self.envelopes(world)[0].shreddedAt == nil)
      broker.wait(seconds: 1)
      await broker.services.jobs.sweep()
      #expect(try await Self.envelopes(world)[0].shreddedAt == until)
      #expect(try await broker.inspect("select count(*) from evidence_envelopes where sealed is not null")[0].int(0) == 0)
      #expect(try await broker.audited(world.bank)["evidenceShredded"] == 1)
      let approvals = try ["sato", "suzuki"].map { try Self.approval(broker, world, id, $0) }
      #expect(try await refusalCode { _ = try await Self.open(broker, world, id, approvals: approvals) } == "evidenceShredded")
    }
  }

  @Test func anErasedPersonsEvidenceIsKeptForItsTimeFromThen() async throws {
    try await Self.with { broker, world in
      try await broker.services.subjects.erase(world.bank.caller, id: world.subject, request: try request())
      let envelope = try #require(try await Self.envelopes(world).first)
      #expect(envelope.contractEndedAt == broker.clock.now())
      #expect(envelope.retainUntil == EvidenceKeeper.retention(from: broker.clock.now()))
    }
  }
}
