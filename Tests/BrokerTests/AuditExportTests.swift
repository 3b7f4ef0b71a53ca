import Foundation
import JOSE
import MerkleLog
import Operations
import PostgreSQL
import Testing

@testable import Broker

@Suite("Exports of the audit log, and what their verification finds", .serialized)
struct AuditExportTests {
  /// A tenant with two months of events.
  private static func twoMonths(_ broker: TestBroker, _ tenant: TestTenant, _ count: Int) async throws {
    try await broker.recordEvents(tenant, count)
    try await broker.bringLogUpToDate()
    broker.wait(seconds: 31 * TestBroker.day)
    try await broker.recordEvents(tenant, count)
    try await broker.bringLogUpToDate()
  }

  @Test(arguments: AuditExportFormat.Encoding.allCases)
  func anExportVerifiesWithThePublishedKeysAlone(_ encoding: AuditExportFormat.Encoding) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await Self.twoMonths(broker, bank, 600)
      let bytes = try await broker.export(bank, encoding)
      let report = try await broker.verifyExport(bytes)
      #expect(report.damage == [])
      #expect(report.logs.map(\.origin) == ["04", "05"].map { "yonjo.example.jp/audit/\(bank.id)/2026-\($0)" })
      #expect(report.events > 1_200)
      #expect(report.tenant == bank.id.description)
      #expect(String(decoding: bytes, as: UTF8.self).contains("certificateRevoked"))
    }
  }

  @Test(arguments: AuditExportFormat.Encoding.allCases)
  func aPartOfTheLogVerifiesAsWellAndCostsFewLines(_ encoding: AuditExportFormat.Encoding) async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await Self.twoMonths(broker, bank, 900)
      let bytes = try await broker.export(bank, encoding, kinds: ["clientCreated", "auditCheckpointRead"])
      let report = try await broker.verifyExport(bytes)
      #expect(report.damage == [])
      #expect(report.events == 1)
      #expect(report.lines < 40)
      let later = try await broker.export(bank, encoding, after: broker.clock.now().addingTimeInterval(-TestBroker.day))
      let found = try await broker.verifyExport(later)
      #expect(found.damage == [])
      #expect(found.logs.count == 1)
    }
  }

  @Test func whoeverIsNoVerifierExportsWhatItsAnswersTellAndVerifiesItAllTheSame() async throws {
    try await TestBroker.with { broker in
      let fintech = try await broker.fintech()
      try await broker.recordEvents(fintech, 50)
      try await broker.bringLogUpToDate()
      let bytes = try await broker.export(fintech, .ndjson)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains("notConfirmed"))
      for word in ["certificateRevoked", "pssNotAccepted", "\"salt\"", "\"outcome\"", "\"detail\""] { #expect(!text.contains(word)) }
      #expect(try await broker.verifyExport(bytes).damage == [])
    }
  }

  @Test func anExportIsMadeByAJobAndExpires() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.bringLogUpToDate()
      let order = AuditExportOrder(
        encoding: .csv, after: .distantPastMonth, before: broker.clock.now().addingTimeInterval(60), kinds: [])
      let write = try request()
      let made = try await broker.services.auditExports.create(bank.caller, order, request: write)
      #expect(made.state == .waiting)
      // A repeat orders nothing new.
      #expect(try await broker.services.auditExports.create(bank.caller, order, request: write).id == made.id)
      let early = await #expect(throws: Refusal.self) { try await broker.services.auditExports.content(bank.caller, id: made.id) }
      #expect(early?.code == "auditExportNotReady")
      await broker.services.auditKeeper.makeExports()
      let done = try await broker.services.auditExports.get(bank.caller, id: made.id)
      #expect(done.state == .done)
      #expect(done.events > 0)
      // Another tenant's id names nothing.
      let other = try await broker.bank()
      let foreign = await #expect(throws: Refusal.self) { try await broker.services.auditExports.get(other.caller, id: made.id) }
      #expect(foreign?.code == "notFound")
      broker.wait(seconds: 8 * TestBroker.day)
      await broker.services.auditKeeper.makeExports()
      #expect(try await broker.services.auditExports.get(bank.caller, id: made.id).state == .expired)
      #expect(try await broker.inspect("select count(*) from audit_export_chunks")[0].int(0) == 0)
      let gone = await #expect(throws: Refusal.self) { try await broker.services.auditExports.content(bank.caller, id: made.id) }
      #expect(gone?.code == "auditExportExpired")
    }
  }

  @Test func anExportWhoseMakerDiedIsBegunAnew() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.bringLogUpToDate()
      let order = AuditExportOrder(
        encoding: .ndjson, after: .distantPastMonth, before: broker.clock.now().addingTimeInterval(60), kinds: [])
      let made = try await broker.services.auditExports.create(bank.caller, order, request: try request())
      _ = try await broker.inspect(
        "update audit_exports set state = 'running', attempt = 1, taken_until = $1", [.timestamp(broker.clock.now().addingTimeInterval(30))]
      )
      _ = try await broker.inspect(
        "insert into audit_export_chunks select tenant_id, export_id, 0, 'half' from audit_exports where export_id = $1",
        [.uuid(made.id.uuid)])
      await broker.services.auditKeeper.makeExports()
      #expect(try await broker.services.auditExports.get(bank.caller, id: made.id).state == .running)
      broker.wait(seconds: 31)
      await broker.services.auditKeeper.makeExports()
      #expect(try await broker.services.auditExports.get(bank.caller, id: made.id).state == .done)
    }
  }

  // MARK: Tampering

  /// An export of two logs with events and stretches, small enough to be verified a thousand times.
  private static func small(_ encoding: AuditExportFormat.Encoding) async throws -> (bytes: [UInt8], keys: [JSONWebKey]) {
    var made: (bytes: [UInt8], keys: [JSONWebKey])?
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await twoMonths(broker, bank, 30)
      let bytes = try await broker.export(bank, encoding, kinds: ["loginAnswered", "statusChecked"])
      made = (bytes, try await broker.services.access.publishedKeys())
    }
    let export = try #require(made)
    try #require(try TestBroker.verify(export.bytes, keys: export.keys).damage == [])
    return export
  }

  private static let times = 320

  @Test(arguments: AuditExportFormat.Encoding.allCases)
  func everyFlippedByteIsFoundInItsLine(_ encoding: AuditExportFormat.Encoding) async throws {
    let (bytes, keys) = try await Self.small(encoding)
    var numbers = SeededNumbers(1)
    for _ in 0..<Self.times {
      let place = Int.random(in: bytes.indices, using: &numbers)
      var changed = bytes
      changed[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &numbers))
      let line = bytes[..<place].count { $0 == 0x0A } + 1
      let report = try TestBroker.verify(changed, keys: keys)
      let found = report.damage.contains { damage in
        // A line feed that is none any more joins two lines, or leaves the last one without an end.
        [.changed, .notSigned, .truncated].contains(damage.kind) && abs((damage.line ?? 0) - line) <= (bytes[place] == 0x0A ? 1 : 0)
      }
      #expect(found, "byte \(place) of line \(line): \(report.damage.prefix(2))")
    }
  }

  @Test(arguments: AuditExportFormat.Encoding.allCases)
  func everyDeletedLineIsFoundAtItsPlace(_ encoding: AuditExportFormat.Encoding) async throws {
    let (bytes, keys) = try await Self.small(encoding)
    let lines = Lines(bytes).all.map(\.bytes)
    var numbers = SeededNumbers(2)
    for _ in 0..<Self.times {
      let first = Int.random(in: 0..<(lines.count - 1), using: &numbers)
      let count = Int.random(in: 1...min(3, lines.count - 1 - first), using: &numbers)
      let report = try TestBroker.verify(Lines.join(Array(lines[..<first] + lines[(first + count)...])), keys: keys)
      #expect(!report.isVerified)
      // Without its first lines a log, or the file, is not known as what it was; everywhere else the place itself is named.
      let isCovering = lines[first..<(first + count)].allSatisfy { line in
        let fields = AuditExportFormat.fields(line, encoding)
        return fields?["type"] == "event" || fields?["type"] == "stretch"
      }
      if isCovering {
        #expect(report.damage.contains { $0.kind == .deleted && $0.line == first + 1 }, "lines \(first + 1)+\(count): \(report.damage)")
      }
    }
  }

  @Test(arguments: AuditExportFormat.Encoding.allCases)
  func linesThatChangedPlacesAreFound(_ encoding: AuditExportFormat.Encoding) async throws {
    let (bytes, keys) = try await Self.small(encoding)
    let lines = Lines(bytes).all.map(\.bytes)
    var numbers = SeededNumbers(3)
    for _ in 0..<Self.times {
      var changed = lines
      let first = Int.random(in: 0..<(lines.count - 1), using: &numbers)
      let second = Int.random(in: 0..<(lines.count - 1), using: &numbers)
      guard first != second else { continue }
      changed.swapAt(first, second)
      let report = try TestBroker.verify(Lines.join(changed), keys: keys)
      let kinds: Set<AuditDamage.Kind> = [.reordered, .changed, .inserted, .deleted]
      #expect(report.damage.contains { kinds.contains($0.kind) && $0.line != nil }, "\(first + 1) and \(second + 1): \(report.damage)")
      let types = [first, second].map { AuditExportFormat.fields(lines[$0], encoding)?["type"] }
      let logs = [first, second].map { place in lines[...place].count { AuditExportFormat.fields($0, encoding)?["type"] == "log" } }
      if types.allSatisfy({ $0 == "event" || $0 == "stretch" }), logs[0] == logs[1] {
        #expect(
          report.damage.contains { $0.kind == .reordered && ($0.line == first + 1 || $0.line == second + 1) },
          "\(first + 1) and \(second + 1): \(report.damage)")
      }
    }
  }

  @Test(arguments: AuditExportFormat.Encoding.allCases)
  func everyTruncationIsFound(_ encoding: AuditExportFormat.Encoding) async throws {
    let (bytes, keys) = try await Self.small(encoding)
    var numbers = SeededNumbers(4)
    for _ in 0..<Self.times {
      let report = try TestBroker.verify(Array(bytes[..<Int.random(in: 1..<bytes.count, using: &numbers)]), keys: keys)
      #expect(report.damage.contains { $0.kind == .truncated }, "\(report.damage)")
    }
  }

  @Test func whoeverRewritesALineWithAllThatStandsInItIsFoundByTheTreeAndTheManifest() async throws {
    let (bytes, keys) = try await Self.small(.ndjson)
    let lines = Lines(bytes).all.map(\.bytes)
    let tenant = try #require(AuditExportFormat.fields(lines[0], .ndjson)?["tenant"])
    for number in lines.indices {
      guard var fields = AuditExportFormat.fields(lines[number], .ndjson), fields["type"] == "event" else { continue }
      fields["actor"] = "client:another"
      let entry = try #require(AuditExportFormat.entry(fields, tenant: tenant))
      fields["hash"] = Base64URL.encode(LogHash.leaf(entry.bytes).bytes)
      var changed = lines
      changed[number] = AuditExportFormat.line(fields, .ndjson)
      let report = try TestBroker.verify(Lines.join(changed), keys: keys)
      #expect(report.damage.contains { $0.kind == .changed })
      // Without its own hash the line itself is named.
      fields["hash"] = AuditExportFormat.fields(lines[number], .ndjson)?["hash"]
      changed[number] = AuditExportFormat.line(fields, .ndjson)
      let named = try TestBroker.verify(Lines.join(changed), keys: keys)
      #expect(named.damage.contains { $0.kind == .changed && $0.line == number + 1 })
    }
  }

  @Test func aHistoryThatWasWhollySignedAnewIsFoundByACheckpointFromBefore() async throws {
    try await TestBroker.with { broker in
      let bank = try await broker.bank()
      try await broker.recordEvents(bank, 300)
      try await broker.bringLogUpToDate()
      let known = try await broker.services.auditLog.checkpoint(bank.caller, month: nil)
      try await broker.recordEvents(bank, 300)
      try await broker.bringLogUpToDate()
      let honest = try await broker.verifyExport(try await broker.export(bank, .ndjson), known: [known.note])
      #expect(honest.damage == [])
      #expect(honest.knownCheckpoints == ["\(known.origin) \(known.size)"])
      // An export of the last day alone can be compared, too: it ends a stretch where that checkpoint was handed out.
      let part = try await broker.export(bank, .csv, kinds: ["auditCheckpointRead"])
      #expect(try await broker.verifyExport(part, known: [known.note]).damage == [])

      // The operator changes one event and has the log made again from the start, with the right keys.
      _ = try await broker.inspect(
        "update audit_events set outcome = 'signatureInvalid' where event_id = $1", [.uuid(try await broker.auditIDs(bank)[17])])
      for table in ["audit_logs", "audit_log_tiles", "audit_checkpoints"] { _ = try await broker.inspect("delete from \(table)") }
      try await broker.bringLogUpToDate()
      let rewritten = try await broker.export(bank, .ndjson)
      #expect(try await broker.verifyExport(rewritten).damage == [])
      let found = try await broker.verifyExport(rewritten, known: [known.note])
      #expect(found.damage.map(\.kind) == [.rewritten])
    }
  }

  @Test func anExportThatBringsItsOwnKeysIsBelievedOnlyAsFarAsThat() async throws {
    let (bytes, _) = try await Self.small(.ndjson)
    let alone = try TestBroker.verify(bytes, keys: [])
    #expect(alone.isVerified)
    #expect(!alone.keysWereGiven)
    let stranger = try TestBroker.verify(bytes, keys: [SigningKey.generate().publicJWK])
    #expect(stranger.damage.contains { $0.kind == .notSigned })
  }
}
