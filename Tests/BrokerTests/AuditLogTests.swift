import Foundation
import JOSE
import MerkleLog
import Operations
import PostgreSQL
import Testing

@testable import Broker

@Suite("The audit log as a Merkle tree", .serialized)
struct AuditLogTests {
  private static func hashes(_ path: [[UInt8]]) throws -> [LogHash] { try path.map { try #require(LogHash($0)) } }

  @Test func everyEventIsInTheLogAndAProofLeadsToASignedCheckpoint() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.recordEvents(bank, 700)
      let ids = try await broker.auditIDs(bank)
      try await broker.bringLogUpToDate()
      let keys = try await broker.services.access.publishedKeys()
      for place in [0, 1, 255, 256, 511, 700, ids.count - 1] {
        let proof = try await broker.services.auditLog.inclusion(bank.caller, event: AuditEventID(ids[place]))
        #expect(proof.index == UInt64(place))
        #expect(LogHash.leaf(proof.entry).bytes == proof.leaf)
        let (checkpoint, _) = try #require(CheckpointVerifier.verify(proof.checkpoint.note, keys: keys))
        #expect(checkpoint.origin == "yonjo.example.jp/audit/\(bank.id)/2026-04")
        #expect(checkpoint.size == UInt64(ids.count))
        try LogProof.checkInclusion(
          try #require(LogHash(proof.leaf)), at: proof.index, size: checkpoint.size, root: checkpoint.root,
          proof: try Self.hashes(proof.path))
      }
    }
  }

  @Test func aLongerLogBeginsWithEachShorterOne() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      var known: [AuditCheckpointView] = []
      for count in [3, 250, 1, 300] {
        try await broker.recordEvents(bank, count)
        try await broker.bringLogUpToDate()
        known.append(try await broker.services.auditLog.checkpoint(bank.caller, month: nil))
      }
      let last = try #require(known.last)
      for earlier in known {
        let proof = try await broker.services.auditLog.consistency(
          bank.caller, month: earlier.month, from: earlier.size, to: last.size)
        #expect(proof.fromRoot == earlier.root)
        try LogProof.checkConsistency(
          from: proof.from, try #require(LogHash(earlier.root)), to: proof.to, try #require(LogHash(last.root)),
          proof: try Self.hashes(proof.path))
      }
      let refusal = await #expect(throws: Refusal.self) {
        try await broker.services.auditLog.consistency(bank.caller, month: last.month, from: 5, to: last.size + 100)
      }
      #expect(refusal?.code == "auditSizeInvalid")
    }
  }

  @Test func theCheckpointKeyIsPublishedAndAnyVerifierCanMakeItsKeyFromIt() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.bringLogUpToDate()
      let view = try await broker.services.auditLog.checkpoint(bank.caller, month: nil)
      let jwk = try #require(try await broker.services.access.publishedKeys().first { $0.kty == "OKP" })
      #expect(jwk.crv == "Ed25519")
      let raw = try #require(jwk.ed25519Bytes)
      let parts = view.verifierKey.split(separator: "+", maxSplits: 2)
      #expect(parts[0] == view.origin)
      // C2SP vkey: algorithm 1 (Ed25519), then the key.
      #expect(Data(base64Encoded: String(parts[2])) == Data([1] + raw))
      // RFC 8037, appendix A.3: the thumbprint of a key of one coordinate.
      #expect(
        JSONWebKey(ed25519: try #require(Base64URL.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))).thumbprint
          == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }
  }

  @Test func anEventThatCommitsLateIsNeitherSkippedNorPutBeforeOthers() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.bringLogUpToDate()
      let core = broker.services.audit.core
      let late = core.audit.record(.loginAnswered, by: bank.caller, object: "late")
      try await core.database.transaction(bank.id) { transaction in
        try await transaction.pipeline([late])
        // Another one commits meanwhile: it waits for the first, which may still come before it.
        try await broker.recordEvents(bank, 1)
        #expect(await broker.services.auditKeeper.bringUpToDate() == 0)
      }
      try await broker.bringLogUpToDate()
      #expect(try await broker.services.auditLog.checkpoint(bank.caller, month: nil).size == UInt64(broker.auditIDs(bank).count - 1))
      let report = try await broker.services.auditInspection.inspect(bank.id)
      #expect(report.damage == [])
    }
  }

  @Test func eachMonthHasALogOfItsOwnThatNamesTheEndOfTheOneBefore() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.recordEvents(bank, 20)
      try await broker.bringLogUpToDate()
      let april = try await broker.services.auditLog.checkpoint(bank.caller, month: AuditMonth("2026-04"))
      broker.wait(seconds: 35 * TestBroker.day)
      await broker.services.auditKeeper.sweep()
      try await broker.recordEvents(bank, 5)
      try await broker.bringLogUpToDate()
      let may = try await broker.services.auditLog.checkpoint(bank.caller, month: nil)
      #expect(may.month.description == "2026-05")
      // The look at April's checkpoint came after the checkpoint: it is May's first entry.
      #expect(may.note.contains("\nprevious 2026-04 \(april.size) \(Data(april.root).base64EncodedString())\n"))
      #expect(try await broker.services.auditInspection.inspect(bank.id).damage == [])
    }
  }

  @Test func anEventFromAClockOfTheFutureOpensNoMonthThatIsStillToCome() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      _ = try await broker.inspect(
        """
        insert into audit_events (tenant_id, event_id, at, kind, actor, outcome) values ($1, $2, '2091-01-01T00:00:00Z', 'loginAnswered', 'test', 'ok')
        """, [.uuid(bank.id.uuid), .uuid(UUID())])
      try await broker.bringLogUpToDate()
      let months = try await broker.inspect("select month from audit_logs where tenant_id = $1", [.uuid(bank.id.uuid)])
      #expect(try months.map { try $0.text(0) } == ["2026-04"])
    }
  }

  @Test func processesThatKeepTheLogAtOnceNeverForkIt() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let other = broker.another()
      for _ in 0..<10 {
        try await broker.recordEvents(bank, 30)
        async let first = broker.services.auditKeeper.bringUpToDate()
        async let second = other.auditKeeper.bringUpToDate()
        _ = await (first, second)
      }
      try await broker.bringLogUpToDate()
      let rows = try await broker.inspect("select sum(size)::int8 from audit_logs where tenant_id = $1", [.uuid(bank.id.uuid)])
      #expect(try await rows[0].int(0) == broker.auditIDs(bank).count)
      #expect(try await broker.services.auditInspection.inspect(bank.id).damage == [])
      await other.stop()
    }
  }

  @Test func erasingASubjectLeavesAValidLog() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      let hanako = try broker.hanako()
      let subject = try #require(try await broker.onboard(bank, hanako, consents: []).outcome.subjectID)
      try await broker.bringLogUpToDate()
      try await broker.services.subjects.erase(bank.caller, id: subject, request: try request())
      try await broker.bringLogUpToDate()
      #expect(try await broker.services.auditInspection.inspect(bank.id).damage == [])
      #expect(try await broker.verifyExport(try await broker.export(bank, .ndjson)).damage == [])
    }
  }

  @Test func aMonthThatOutlivedItsRetentionIsLetGoAndTheRestStillVerifies() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.recordEvents(bank, 600)
      try await broker.bringLogUpToDate()
      broker.wait(seconds: 40 * TestBroker.day)
      try await broker.recordEvents(bank, 10)
      try await broker.bringLogUpToDate()
      await broker.services.auditKeeper.sweep()
      let april = try await broker.services.auditLog.checkpoint(bank.caller, month: AuditMonth("2026-04"))
      let kept = try await broker.export(bank, .ndjson)
      #expect(try await broker.services.auditKeeper.detachOutlived(bank.id) == 0)

      _ = try await broker.administration.retainAudit(bank.id, months: 12, operatorName: "test")
      broker.wait(seconds: 366 * TestBroker.day)
      await broker.services.auditKeeper.sweep()
      try await broker.bringLogUpToDate()
      let left = try await broker.inspect(
        "select count(*) from audit_events where tenant_id = $1 and at < '2026-05-01T00:00:00Z'", [.uuid(bank.id.uuid)])
      #expect(try left[0].int(0) == 0)
      let report = try await broker.services.auditInspection.inspect(bank.id)
      #expect(report.damage == [])
      #expect(report.detached == ["2026-04"])
      // What was exported before still verifies, and what comes after still follows it.
      #expect(try await broker.verifyExport(kept, known: [april.note]).damage == [])
      let later = try await broker.export(bank, .ndjson)
      let found = try await broker.verifyExport(later, known: [april.note])
      #expect(found.damage == [])
      #expect(found.knownCheckpoints.count == 1)
      let refusal = await #expect(throws: Refusal.self) {
        try await broker.services.auditLog.consistency(bank.caller, month: april.month, from: 1, to: april.size)
      }
      #expect(refusal?.code == "auditMonthDetached")
    }
  }

  @Test func noServingRoleLetsGoOfAMonthBeforeItsTime() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.bringLogUpToDate()
      let set = BoundStatement(Database.setTenant, [.text(bank.id.uuid.uuidString)])
      let detach = BoundStatement(
        AuditLogStore.detach, [.text("2026-04"), .timestamp(broker.clock.now()), .int4(1)])
      let early = await #expect(throws: PostgreSQLError.self) { try await broker.pools.jobs.unit([set, detach]) }
      #expect(early?.sqlState == "55000")
      let app = await #expect(throws: PostgreSQLError.self) { try await broker.pools.app.unit([set, detach]) }
      #expect(app?.sqlState == "42501")
    }
  }

  // MARK: What somebody changes in the database

  @Test(arguments: ["changed", "deleted", "inserted", "reordered", "truncated"])
  func threeHundredRowsOfAKindAreNamedOneByOne(_ what: String) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.recordEvents(bank, 1_000)
      try await broker.bringLogUpToDate()
      var numbers = SeededNumbers(11)
      let all = try await broker.auditIDs(bank)
      var ids = Array(all.shuffled(using: &numbers)[0..<300])
      let kind: AuditDamage.Kind
      switch what {
      case "changed":
        _ = try await broker.inspect("update audit_events set outcome = outcome || '.' where event_id = any($1)", [.uuidArray(ids)])
        kind = .changed
      case "deleted":
        _ = try await broker.inspect("delete from audit_events where event_id = any($1)", [.uuidArray(ids)])
        kind = .deleted
      case "truncated":
        ids = Array(all.suffix(300))
        _ = try await broker.inspect("delete from audit_events where event_id = any($1)", [.uuidArray(ids)])
        kind = .deleted
      case "inserted":
        ids = ids.map { _ in UUID() }
        _ = try await broker.inspect(
          """
          insert into audit_events (tenant_id, event_id, at, kind, actor, outcome, transaction_id)
          select $1, n, '2026-04-01T01:00:00Z', 'loginAnswered', 'nobody', 'ok', '1'::xid8 from unnest($2::uuid[]) n
          """, [.uuid(bank.id.uuid), .uuidArray(ids)])
        kind = .inserted
      default:
        // In the log's own list of events two neighbours change places, in every second pair of each tile.
        _ = try await broker.inspect(
          """
          update audit_log_tiles t set events = (
            select array_agg(e order by case when n % 2 = 1 and n < cardinality(t.events) then n + 1 when n % 2 = 0 then n - 1 else n end)
            from unnest(t.events) with ordinality x(e, n)) where t.tenant_id = $1 and t.level = 0
          """, [.uuid(bank.id.uuid)])
        ids = Array(all.dropLast(all.count % 2))
        kind = .reordered
      }
      let report = try await broker.services.auditInspection.inspect(bank.id)
      let told = report.damage.filter { $0.kind == kind }.flatMap { $0.sentence.split(separator: " ") }.filter { $0.hasPrefix("aud_") }
      if what == "reordered" {
        #expect(told.count >= 300)
      } else {
        #expect(Set(told.map(String.init)) == Set(ids.map { AuditEventID($0).description }))
      }
    }
  }

  @Test func aLogThatWasMadeAnewWithoutTheKeyIsNotBelieved() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.recordEvents(bank, 100)
      try await broker.bringLogUpToDate()
      // As somebody would do it who writes to the database, and has no key.
      _ = try await broker.inspect(
        "update audit_logs set checkpoint = replace(checkpoint, 'audit', 'Audit') where tenant_id = $1", [.uuid(bank.id.uuid)])
      let report = try await broker.services.auditInspection.inspect(bank.id)
      #expect(report.damage.map(\.kind) == [.notSigned])
    }
  }

  @Test func healthFindsOutWhetherEventsCanBeWritten() async throws {
    try await TestBroker.with { broker in
      #expect(await broker.services.auditLog.isWritable() == true)
      _ = try await broker.inspect("revoke insert on audit_events from yonjo_app")
      #expect(await broker.services.auditLog.isWritable() == false)
      _ = try await broker.inspect("grant insert on audit_events to yonjo_app")
      _ = try await broker.inspect(
        "create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'full' using errcode = '53100'; end $$")
      _ = try await broker.inspect("create trigger full_disk before insert on audit_events for each row execute function full_disk()")
      #expect(await broker.services.auditLog.isWritable() == false)
      _ = try await broker.inspect("drop trigger full_disk on audit_events")
      #expect(await broker.services.auditLog.isWritable() == true)
      #expect(try await broker.inspect("select count(*) from audit_events")[0].int(0) == 0)
    }
  }
}
