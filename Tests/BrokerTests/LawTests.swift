import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import JPKI
import PostgreSQL
import Testing

@testable import Broker

@Suite("The laws of the house, asked of the database itself", .serialized)
struct LawTests {
  /// One tenant with something in as many tables as a journey reaches.
  private static func journey(_ broker: TestBroker) async throws -> (bank: TestTenant, hanako: CitizenHandle) {
    let bank = try await broker.bank()
    let hanako = try broker.hanako()
    let notice = try await broker.notice(bank)
    let (subject, _) = try await broker.onboardWithPair(
      bank, hanako, ref: "LEDGER-REFERENCE-1", consents: [broker.selection(notice)])
    _ = try await broker.login(bank, hanako)
    _ = try await broker.match(bank, hanako)
    _ = try await broker.verify(bank, try broker.signedRaw(hanako), consents: [broker.selection(notice)])
    broker.wait(seconds: 60)
    try broker.simulator.move(hanako.id, newAddress: Hanako.newAddress)
    _ = try await broker.check(bank, subject)
    _ = try await broker.latestItems(bank, subject)
    let line = try ledgerLine(
      before: try await broker.ledgerTags(bank, Hanako.asInLedger), after: try await broker.ledgerTags(bank, Hanako.moved),
      ref: "LEDGER-REFERENCE-1")
    _ = try await broker.services.ledgerChanges.receive(bank.caller, key: "k", lines: Upload([line]))
    return (bank, hanako)
  }

  private static func count(_ pool: PostgreSQLPool, _ table: String, as tenant: TenantID?) async throws -> Int {
    let statement = BoundStatement(Statement("count_\(table)", "select count(*) from \(table)"))
    let set = BoundStatement(Database.setTenant, [.text(tenant?.uuid.uuidString ?? "")])
    return try #require(try await pool.unit([set, statement]).last?.rows.first).int(0)
  }

  @Test func everyTableWithATenantForcesRowSecurity() async throws {
    try await TestBroker.with { broker in
      let tables = try await broker.tenantTables()
      #expect(tables.count >= 20)
      let open = try await broker.inspect(
        """
        select relname::text from pg_class where relname = any($1) and relnamespace = 'public'::regnamespace
          and not (relrowsecurity and relforcerowsecurity)
        """, [.textArray(tables)])
      #expect(try open.map { try $0.text(0) } == [])
      let roles = try await broker.inspect(
        "select rolname::text from pg_roles where rolname like 'yonjo%' and (rolsuper or rolbypassrls)")
      #expect(roles.isEmpty)
    }
  }

  @Test func everyTenantTableBeginsItsKeyWithTheTenant() async throws {
    try await TestBroker.with { broker in
      let others = try await broker.inspect(
        """
        select c.relname::text from pg_index i join pg_class c on c.oid = i.indrelid
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where i.indisprimary and c.relname = any($1) and i.indkey[0] <> a.attnum
        """, [.textArray(try await broker.tenantTables())])
      #expect(try others.map { try $0.text(0) } == [])
    }
  }

  @Test func theAppRoleSeesNoRowOfAnotherTenantAndNoneWithoutOne() async throws {
    try await TestBroker.with { broker in
      let (bank, _) = try await Self.journey(broker)
      let other = try await broker.bank()
      var filled = 0
      for table in try await broker.tenantTables() {
        let all = try await broker.inspect("select count(*) from \(table) where tenant_id = $1", [.uuid(bank.id.uuid)])[0].int(0)
        filled += all > 0 ? 1 : 0
        #expect(try await Self.count(broker.pools.app, table, as: bank.id) == all, "\(table)")
        #expect(try await Self.count(broker.pools.app, table, as: nil) == 0, "\(table)")
        let others = try await broker.inspect("select count(*) from \(table) where tenant_id = $1", [.uuid(other.id.uuid)])[0].int(0)
        #expect(try await Self.count(broker.pools.app, table, as: other.id) == others, "\(table)")
      }
      // The journey reached them, so that the zeros above mean something.
      #expect(filled >= 20)
    }
  }

  @Test func theAppRoleWritesNoRowOfAnotherTenant() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let other = try await broker.bank()
      let foreign = BoundStatement(
        SubjectStore.insert, [.uuid(other.id.uuid), .uuid(UUID()), .null, .timestamp(broker.clock.now())])
      let set = BoundStatement(Database.setTenant, [.text(bank.id.uuid.uuidString)])
      let error = await #expect(throws: PostgreSQLError.self) { try await broker.pools.app.unit([set, foreign]) }
      #expect(error?.sqlState == "42501")
    }
  }

  @Test(arguments: ["audit_events", "consent_events", "events", "verifications", "status_checks", "notices"])
  func whatIsEvidenceCannotBeChangedByAnyServingRole(_ table: String) async throws {
    try await TestBroker.with { broker in
      let (bank, _) = try await Self.journey(broker)
      let set = BoundStatement(Database.setTenant, [.text(bank.id.uuid.uuidString)])
      for pool in [broker.pools.app, broker.pools.jobs, broker.pools.administrator] {
        for sql in ["update \(table) set tenant_id = tenant_id", "delete from \(table)", "truncate \(table)"] {
          let error = await #expect(throws: PostgreSQLError.self) {
            try await pool.unit([set, BoundStatement(Statement("tamper", sql))])
          }
          #expect(error?.sqlState == "42501", "\(sql)")
        }
      }
    }
  }

  @Test func nothingOfAPersonOrAKeyStandsAnywhereInClear() async throws {
    try await TestBroker.with { broker in
      let (bank, hanako) = try await Self.journey(broker)
      let verifier = CardVerifier(
        trust: try TrustStore(
          environment: .simulator, signing: [broker.simulator.root(.signing)],
          authentication: [broker.simulator.root(.authentication)]))
      let card = try broker.simulator.card(for: hanako.id)
      var secrets: [[UInt8]] = [card.signingCertificate, card.authenticationCertificate, hanako.signingCertificate]
      for (der, kind) in [
        (hanako.signingCertificate, CertificateKind.signing), (card.signingCertificate, .signing),
        (card.authenticationCertificate, .authentication),
      ] {
        secrets.append(try verifier.verifyCertificate(der, kind: kind, at: broker.clock.now()).serial.bytes)
      }
      secrets += try await broker.edgeKeys(bank).map(\.bytes)
      secrets.append(bank.key.rawRepresentation)
      // Tags are stored under the pepper, never as the bank knows them.
      secrets += try await broker.ledgerTags(bank, Hanako.asInLedger).map(\.value)
      let dump = try await broker.dump()
      #expect(dump.contains("audit_events"))
      let base64 = dump.replacing("-", with: "+").replacing("_", with: "/")
      for secret in secrets {
        #expect(!dump.contains(secret.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()))
        #expect(!base64.contains(Data(secret).base64EncodedString().replacing("=", with: "")))
      }
      for text in [
        Hanako.name, Hanako.address, Hanako.newAddress, "花子", "清瀬", "北海道", "観布子", "19800217", "1980-02-17", "LEDGER-REFERENCE",
      ] {
        #expect(!dump.contains(text), "\(text)")
      }
    }
  }

  @Test func everyActionLeavesItsAuditEvent() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      #expect(try await broker.audited(bank) == ["tenantCreated": 1, "clientCreated": 1, "keyRotated": 4])
      let hanako = try broker.hanako()
      var notice: Notice?
      #expect(try await broker.auditing(bank) { notice = try await broker.notice(bank) } == ["noticeCreated": 1])
      let selection = broker.selection(try #require(notice))
      let tags = try await broker.ledgerTags(bank, Hanako.spelledOtherwise)
      var answer: OnboardingAnswer?
      #expect(
        try await broker.auditing(bank) {
          answer = try await broker.onboard(bank, hanako, consents: [selection], ledgerTags: tags, ledgerRef: "C-1")
        } == ["onboardingCreated": 1, "onboardingSigned": 1, "sourceAddressed": 1, "consentForwarded": 1])
      let outcome = try #require(answer).outcome
      let subject = try #require(outcome.subjectID)
      let pair = try #require(outcome.pair).id
      #expect(try await broker.auditing(bank) { _ = try await broker.decide(bank, pair) } == ["pairSettled": 1])
      #expect(try await broker.auditing(bank) { _ = try await broker.pair(bank, pair) } == ["pairViewed": 1])
      #expect(try await broker.auditing(bank) { _ = try await broker.pairs(bank) } == ["pairsListed": 1])
      #expect(try await broker.auditing(bank) { _ = try await broker.login(bank, hanako) } == ["loginAnswered": 1])
      #expect(try await broker.auditing(bank) { _ = try await broker.match(bank, hanako) } == ["matchAnswered": 1])
      #expect(
        try await broker.auditing(bank) { _ = try await broker.services.matches.lookUp(bank.caller, cardTag: tags[0].text) }
          == ["tagLookedUp": 1])
      #expect(
        try await broker.auditing(bank) { _ = try await broker.services.matches.lookUp(bank.caller, cardTags: [tags[0].text]) }
          == ["tagsLookedUp": 1])
      #expect(try await broker.auditing(bank) { _ = try await broker.edgeKeys(bank) } == ["keysHandedOver": 1])
      #expect(try await broker.auditing(bank) { _ = try await broker.check(bank, subject) } == ["statusChecked": 1])
      #expect(
        try await broker.auditing(bank) { _ = try await broker.latestItems(bank, subject) }
          == ["sourceAddressed": 1, "latestItemsAsked": 1])
      #expect(
        try await broker.auditing(bank) { _ = try await broker.services.subjects.get(bank.caller, id: subject) } == ["subjectViewed": 1])
      let consent = outcome.consents[0].id
      var session: WithdrawalSession?
      #expect(try await broker.auditing(bank) { session = try await broker.withdraw(bank, consent) } == ["consentWithdrawn": 1])
      let withdrawal = try #require(session)
      #expect(
        try await broker.auditing(bank) { _ = try await broker.signWithdrawal(bank, withdrawal, by: hanako) }
          == ["consentSigned": 1, "withdrawalForwarded": 1])
      let line = try ledgerLine(before: tags, after: nil)
      #expect(
        try await broker.auditing(bank) {
          _ = try await broker.services.ledgerChanges.receive(bank.caller, key: "k", lines: Upload([line]))
          await broker.services.jobs.sweep()
        } == ["ledgerChangesReceived": 1, "ledgerChangesApplied": 1])
      #expect(
        try await broker.auditing(bank) { try await broker.services.subjects.erase(bank.caller, id: subject, request: try request()) }
          == ["subjectErased": 1])
      #expect(try await broker.auditing(bank) { _ = try await broker.events(bank) } == ["eventsRead": 1])
    }
  }

  @Test func auditorsReadTheLogInItsOrderAndByItsConditions() async throws {
    try await TestBroker.with { broker in
      let (bank, _) = try await Self.journey(broker)
      let all = try await broker.services.audit.list(bank.caller, AuditQuery(), limit: 500, pageToken: nil).elements
      #expect(all.map(\.id.description) == all.map(\.id.description).sorted())
      let logins = try await broker.services.audit.list(bank.caller, AuditQuery(kind: "loginAnswered"), limit: 500, pageToken: nil)
      #expect(logins.elements.map(\.kind) == [.loginAnswered])
      #expect(logins.elements[0].actor == "client:" + bank.client.clientID)
      #expect(logins.elements[0].purpose == "signatureVerification")
    }
  }
}
