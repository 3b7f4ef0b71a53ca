import Foundation
import PostgreSQL
import Testing

@testable import Broker

@Suite("Every statement stands against the migrated schema, as the role that runs it", .serialized)
struct StatementTests {
  /// Statements of the requests: the app role.
  static let ofRequests: [Statement] = [
    AccessStore.useAssertion,
    AuditStore.insert, AuditStore.list, AuditStore.listOfSubject, AuditStore.listOfKind, AuditStore.listOfActor,
    AuditLogStore.newest, AuditLogStore.log, AuditLogStore.logs, AuditLogStore.tiles, AuditLogStore.leaves, AuditLogStore.tileOf,
    AuditLogStore.events, AuditLogStore.keepCheckpoint, AuditLogStore.latestStamp, AuditLogStore.jobStates, AuditLogStore.countBehind,
    AuditLogStore.pageBehind, AuditLogStore.outsiders,
    AuditExportStore.insert, AuditExportStore.countOpen, AuditExportStore.get, AuditExportStore.list, AuditExportStore.chunk,
    ConsentStore.insert, ConsentStore.insertEvent, ConsentStore.setState, ConsentStore.setTimes, ConsentStore.setSession,
    ConsentStore.lock, ConsentStore.get, ConsentStore.ofSession, ConsentStore.superseded, ConsentStore.renewable, ConsentStore.events,
    ConsentStore.forLatestItems, ConsentStore.endable,
    ConsentStore.insertIntent, ConsentStore.openIntents, ConsentStore.closeIntent, ConsentStore.service,
    ConsentQueryStore.asOf, ConsentQueryStore.ofSubject, ConsentQueryStore.ofReference, ConsentQueryStore.bySelection,
    ConsentQueryStore.byPeriod, ConsentQueryStore.all, ConsentQueryStore.atInstant, ConsentCountStore.lastDay,
    ConsentCountStore.counts,
    EvidenceStore.insert, EvidenceStore.list, EvidenceStore.endContract, EvidenceStore.contract,
    NoticeStore.insert, NoticeStore.newestVersion, NoticeStore.get, NoticeStore.newestOfLanguage, NoticeStore.ofConsent, NoticeStore.list,
    WithdrawalStore.newestSession,
    Database.setTenant,
    IdempotencyStore.removeExpired, IdempotencyStore.insert, IdempotencyStore.find, IdempotencyStore.tryInstance,
    IdempotencyStore.takeOver, IdempotencyStore.finish, IdempotencyStore.release,
    InstanceStore.hold, InstanceStore.alive,
    SessionStore.insert, SessionStore.get, SessionStore.outcome, SessionStore.attempt, SessionStore.refuse,
    SessionStore.complete,
    EventStore.insert, EventStore.list,
    KeyStore.tenantKeys, KeyStore.platformKeys,
    LatestItemsStore.signingBinding, LatestItemsStore.insertIntent, LatestItemsStore.closeIntents, LatestItemsStore.asked,
    LatestItemsStore.insertVerification,
    LoginStore.answer,
    LedgerStore.insertJob, LedgerStore.findJob, LedgerStore.take, LedgerStore.letGo, LedgerStore.advance, LedgerStore.commitUnflushed,
    LedgerStore.sender, LedgerStore.turn, LedgerStore.takeTurn, LedgerStore.endTurn,
    LedgerStore.insertBatch,
    LedgerStore.insertInvalid, LedgerStore.getJob, LedgerStore.invalidLines,
    MatchStore.answer,
    PairStore.lockSubject, PairStore.ofSubject, PairStore.byID, PairStore.subjectOf, PairStore.look, PairStore.byReference,
    PairStore.list, PairStore.upsert, PairStore.decided, PairStore.delete, PairStore.clearTags, PairStore.insertTags,
    PairStore.lookUpShared, PairStore.lookUpMany, RateStore.lease,
    RevocationStore.installList, RevocationStore.installPart, RevocationStore.inForce, RevocationStore.alarms, RevocationStore.raise,
    RevocationStore.clear,
    StandingStore.bindingBySerial, StandingStore.setStatus, StandingStore.ofSubject, StandingStore.reindex, StandingStore.bind,
    StandingStore.supersede,
    StatusStore.insert, StatusStore.list,
    SubjectStore.insert, SubjectStore.setReference, SubjectStore.get, SubjectStore.byReference, SubjectStore.erase, SubjectStore.unbind,
    StaffStore.insert, StaffStore.list, StaffStore.suspend, StaffStore.reset, StaffStore.endSessions, StaffStore.enrolling,
    StaffStore.enrol, StaffStore.charge, StaffStore.chargeAddress, StaffStore.creditAddress, StaffStore.succeed,
    StaffStore.insertSession, StaffStore.use, StaffStore.endSession, StaffStore.tenantName,
    StaffProviderStore.get, StaffProviderStore.member,
    ConsoleStore.timeline, ConsoleStore.endings, ConsoleStore.verifications, ConsoleStore.checks,
    ConsoleStore.waiting, ConsoleStore.ledgerJobs,
    DoorStore.login, DoorStore.insert, DoorStore.look, DoorStore.enter, DoorStore.session, DoorStore.leave,
    TenantStore.name, TenantStore.registeredKey, TenantStore.credentials, TenantStore.clientTenant,
    VerificationStore.insert, VerificationStore.get, VerificationStore.search,
  ]

  /// Statements of the jobs, beside those that they share with requests.
  static let ofJobs: [Statement] = [
    StaffStore.cleanSessions, StaffStore.cleanAddresses, StaffStore.cleanDoors,
    TenantStore.ids, JobStore.cleanUsedSessions, JobStore.cleanSessions, RateStore.clean, IdempotencyStore.clean, LatestItemsStore.emptyOld,
    ConsentStore.jlisServices, ConsentStore.isBeingCancelled, PairStore.overdue, LedgerStore.storedJobs,
    LedgerStore.lockStored, LedgerStore.left,
    ConsentJobStore.expired, ConsentJobStore.unanswered, ConsentJobStore.toRemind, ConsentJobStore.reminded, ConsentJobStore.toPrompt,
    ConsentJobStore.prompted, ConsentJobStore.cursor, ConsentJobStore.keepCursor, ConsentJobStore.count, LeaseStore.take,
    LeaseStore.giveBack, EvidenceStore.overdue, EvidenceStore.shred,
    LedgerStore.otherwiseDigested, LedgerStore.redigest, LedgerStore.pending, LedgerStore.firstLines, LedgerStore.batch, LedgerStore.finish,
    LedgerStore.removeBatches, LedgerStore.giveUp,
    RotationStore.lockWithoutDigest, RotationStore.giveDigests, RotationStore.digested, RotationStore.unretired, RotationStore.retire,
    RotationStore.lockUnder,
    RotationStore.reseal, RotationStore.removeDoubles, RotationStore.isAnyUnder,
    RotationStore.pairsAfter, RotationStore.lockSubjects, RotationStore.stranded, RotationStore.removeEnded,
    AuditLogStore.news, AuditLogStore.ran, AuditLogStore.newestForUpdate,
    AuditLogStore.previous, AuditLogStore.waiting, AuditLogStore.advance, AuditLogStore.close, AuditLogStore.putTile,
    AuditLogStore.keptSizes, AuditLogStore.unstamped, AuditLogStore.stamp, AuditLogStore.outlived, AuditLogStore.detach,
    AuditExportStore.due, AuditExportStore.take, AuditExportStore.advance, AuditExportStore.finish, AuditExportStore.putChunk,
    AuditExportStore.clearChunks, AuditExportStore.expired, AuditExportStore.expire, AuditExportStore.months, AuditExportStore.leaves,
  ]

  /// What requests do as well.
  static let ofJobsToo: [Statement] = [
    Database.setTenant, KeyStore.tenantKeys, KeyStore.platformKeys, AuditStore.insert, EventStore.insert, ConsentStore.lock,
    ConsentStore.setState, ConsentStore.setTimes, ConsentStore.get, ConsentStore.insertEvent, NoticeStore.get, ConsentStore.openIntents,
    ConsentStore.closeIntent, PairStore.lockSubject,
    PairStore.byID, PairStore.upsert, PairStore.delete, PairStore.clearTags, PairStore.insertTags,
    AuditLogStore.logs, AuditLogStore.tiles, AuditLogStore.events, AuditLogStore.keepCheckpoint, AuditLogStore.latestStamp,
  ]

  /// What `yonjo audit check` asks.
  static let ofInspection: [Statement] = [
    TenantStore.ids, KeyStore.tenantKeys, KeyStore.platformKeys, AuditLogStore.logs, AuditLogStore.leaves, AuditLogStore.events,
    AuditLogStore.countBehind, AuditLogStore.pageBehind, AuditLogStore.outsiders,
  ]

  /// Statements of the command line: the operator role.
  static let ofAdministration: [Statement] = [
    TenantStore.insert, TenantStore.insertService, TenantStore.list, TenantStore.get, TenantStore.suspend, TenantStore.change,
    TenantStore.override, TenantStore.retain, TenantStore.allow, TenantStore.allowClient,
    TenantStore.insertClient, TenantStore.listClients, TenantStore.rotateClient, TenantStore.revokeClient, KeyStore.insertTenantKey,
    StaffProviderStore.set, StaffProviderStore.remove, StaffProviderStore.endSessions,
    EvidenceStore.open, EvidenceStore.insertOpening, KeyStore.endTenantKey, KeyStore.newestTenantKey, KeyStore.newestPlatformKey,
    KeyStore.newestPlatformKeyOfKind,
    KeyStore.insertPlatformKey,
  ]

  /// What administrators do in the console as well.
  static let ofStaffToo: [Statement] = [
    StaffStore.insert, StaffStore.list, StaffStore.suspend, StaffStore.reset, StaffStore.endSessions,
  ]

  @Test func everyStatementOfTheRequestsMayBeRunByTheAppRole() async throws {
    try await TestBroker.with { broker in try await Self.plan(Self.ofRequests, as: broker.pools.app) }
  }

  @Test func everyStatementOfTheJobsMayBeRunByTheJobsRole() async throws {
    try await TestBroker.with { broker in try await Self.plan(Self.ofJobs + Self.ofJobsToo, as: broker.pools.jobs) }
  }

  @Test func everyStatementOfTheCommandLineMayBeRunByTheOperatorRole() async throws {
    try await TestBroker.with { broker in
      try await Self.plan(
        Self.ofAdministration + Self.ofStaffToo + Self.ofInspection + [Database.setTenant, AuditStore.insert],
        as: broker.pools.administrator)
    }
  }

  /// An `order by` takes a column of the answer before one of the table: where the answer has it in another type, all rows are read and sorted.
  @Test func whatIsReadInOrderComesFromAnIndex() async throws {
    try await TestBroker.with { broker in
      try await broker.pools.jobs.withConnection { connection in
        for setting in ["enable_seqscan = off", "enable_bitmapscan = off", "plan_cache_mode = force_generic_plan"] {
          try await connection.execute("set \(setting)")
        }
        for statement in [EventStore.list, AuditLogStore.waiting, AuditLogStore.pageBehind] {
          try await connection.execute("prepare planned as \(statement.sql)")
          let count = try await connection.query(Self.parameterCount).requireRow().int(0)
          let nulls = repeatElement("null", count: count).joined(separator: ", ")
          let plan = try await connection.query(Statement("plan_of_\(statement.name)", "explain (costs off) execute planned(\(nulls))"))
            .rows
          #expect(try plan.contains { try $0.text(0).contains("Index") }, "\(statement.name)")
          #expect(try !plan.contains { try $0.text(0).contains("Sort") }, "\(statement.name)")
          try await connection.execute("deallocate planned")
        }
      }
    }
  }

  /// Reads the room's source: a statement that nobody lists here would be tried by nobody.
  @Test func noStatementIsLeftOut() throws {
    let room = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/Broker")
    let files = try #require(FileManager.default.enumerator(at: room, includingPropertiesForKeys: nil))
    var written: [String] = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      written += text.matches(of: /Statement\(\s*"(\w+)"/).map { String($0.output.1) }
    }
    let listed = (Self.ofRequests + Self.ofJobs + Self.ofAdministration).map(\.name)
    #expect(Set(written).symmetricDifference(listed).isEmpty)
    #expect(listed.count == Set(listed).count)
    #expect(written.count == Set(written).count)
  }

  /// Prepares each and starts it without running it: EXPLAIN looks at names, types and privileges.
  private static func plan(_ statements: [Statement], as pool: PostgreSQLPool) async throws {
    try await pool.withConnection { connection in
      for statement in statements {
        do {
          try await connection.execute("prepare planned as \(statement.sql)")
          let count = try await connection.query(parameterCount).requireRow().int(0)
          let nulls = count == 0 ? "" : "(" + repeatElement("null", count: count).joined(separator: ", ") + ")"
          try await connection.execute("explain execute planned\(nulls)")
          try await connection.execute("deallocate planned")
        } catch {
          Issue.record("\(statement.name): \(error)")
          try? await connection.execute("deallocate planned")
        }
      }
    }
  }

  private static let parameterCount = Statement(
    "planned_parameters", "select cardinality(parameter_types)::int4 from pg_prepared_statements where name = 'planned'")
}
