import BrokerClient
import Foundation
import LedgerTool
import Synchronization
import Testing

@Suite struct PushingTests {
  static let changes = """
    ref,before.name,before.address,before.dateOfBirth,before.sex,after.name,after.address,after.dateOfBirth,after.sex
    C-1,四情花子,見本町1,1980-02-17,2,四情花子,見本町2,1980-02-17,2
    C-2,四情太郎,見本町1,1978-11-23,1,,,,
    C-3,,,,,四情三郎,見本町1,2001-01-01,1
    C-4,四〓,見本町1,2001-01-01,1,,,,

    """

  static func push(_ file: String, to broker: FakeLedgerBroker, _ keys: LedgerKeys, patience: Duration = .seconds(60)) async throws
    -> PushingReport
  {
    try await Pushing(file: file).run(to: broker, patience: patience, pause: .milliseconds(1)) { () throws(LedgerToolError) in keys
    }
  }

  @Test func changesBecomeLinesOfTagsAndTheJobIsAwaited() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("c.csv", Self.changes)
    let broker = FakeLedgerBroker()
    broker.state.withLock { $0.looksUntilDone = 3 }
    let report = try await Self.push(file, to: broker, WrappedKeys().live(1, 2))
    #expect(report.jobId == "ldg_1" && report.state == "done" && report.received == 2 && report.rejected == 1)
    let body = broker.state.withLock { $0.uploads }[0].body
    let lines = body.split(separator: "\n")
    #expect(lines.count == 3 && lines[0].components(separatedBy: "hmac.").count == 5)
    #expect(lines[1].contains(#""after":null,"ref":"C-2"}"#) && lines[2].hasPrefix(#"{"before":[],"after":["#))
    #expect(!body.contains("四情") && !body.contains("見本"))
    #expect(scratch.read(file + ".rejected.csv") == "line,reason\n5,before name unreadableCharacter\n")
    #expect(!scratch.exists(file + ".push.ndjson"))
  }

  @Test func aCutPushGoesOnWithTheSameBytesUnderTheSameKey() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("c.csv", Self.changes)
    let broker = FakeLedgerBroker()
    broker.state.withLock { $0.failures = [.unreachable("bank:1"), .timedOut("bank:1")] }
    await #expect(throws: LedgerToolError.client(.unreachable("bank:1"))) { try await Self.push(file, to: broker, WrappedKeys().live(1)) }
    // The keys have been rotated meanwhile: what was prepared is sent nevertheless.
    await #expect(throws: LedgerToolError.client(.timedOut("bank:1"))) { try await Self.push(file, to: broker, WrappedKeys().live(1, 2)) }
    _ = try await Self.push(file, to: broker, WrappedKeys().live(2))
    let uploads = broker.state.withLock { $0.uploads }
    #expect(uploads.count == 3 && uploads[0] == uploads[1] && uploads[1] == uploads[2])
  }

  @Test func aPushWaitsUntilTheConnectionOfTheOneThatWasKilledIsGone() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("c.csv", Self.changes)
    let broker = FakeLedgerBroker()
    broker.state.withLock { $0.uploadsInProgress = 3 }
    #expect(try await Self.push(file, to: broker, WrappedKeys().live(1)).state == "done")
    #expect(broker.state.withLock { $0.uploads }.count == 4)
    broker.state.withLock { $0.uploadsInProgress = .max }
    let second = try scratch.file("d.csv", Self.changes)
    await #expect(throws: LedgerToolError.self) {
      try await Self.push(second, to: broker, WrappedKeys().live(1), patience: .milliseconds(20))
    }
  }

  @Test func aPushThatIsDoneIsNotSentAgain() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("c.csv", Self.changes)
    let broker = FakeLedgerBroker()
    let first = try await Self.push(file, to: broker, WrappedKeys().live(1))
    let second = try await Self.push(file, to: broker, WrappedKeys().live(1))
    let uploads = broker.state.withLock { $0.uploads }
    #expect(first == second && uploads.count == 1)
  }

  @Test func tomorrowsFileOfTheSameNameIsANewPush() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("c.csv", Self.changes)
    let broker = FakeLedgerBroker()
    _ = try await Self.push(file, to: broker, WrappedKeys().live(1))
    _ = try scratch.file("c.csv", Self.changes + "C-5,四情五郎,見本町1,2001-01-01,1,,,,\n")
    _ = try await Self.push(file, to: broker, WrappedKeys().live(1))
    let uploads = broker.state.withLock { $0.uploads }
    #expect(uploads.count == 2 && uploads[0].key != uploads[1].key)
  }

  @Test func aFileThatChangedWhileItsPushWasCutIsRefused() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("c.csv", Self.changes)
    let broker = FakeLedgerBroker()
    broker.state.withLock { $0.failures = [.unreachable("bank:1")] }
    await #expect(throws: LedgerToolError.self) { try await Self.push(file, to: broker, WrappedKeys().live(1)) }
    _ = try scratch.file("c.csv", Self.changes + "C-5,四情五郎,見本町1,2001-01-01,1,,,,\n")
    await #expect(throws: LedgerToolError.fileChanged(state: file + ".push.json")) {
      try await Self.push(file, to: broker, WrappedKeys().live(1))
    }
  }

  @Test func aJobThatTakesLongIsFoundAgain() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("c.csv", Self.changes)
    let broker = FakeLedgerBroker()
    broker.state.withLock { $0.looksUntilDone = .max }
    await #expect(throws: LedgerToolError.notDoneYet(job: "ldg_1")) {
      try await Self.push(file, to: broker, WrappedKeys().live(1), patience: .milliseconds(20))
    }
    broker.state.withLock { $0.looksUntilDone = 0 }
    _ = try await Self.push(file, to: broker, WrappedKeys().live(1))
    let uploads = broker.state.withLock { $0.uploads }
    #expect(uploads.count == 1)
  }

  @Test func whatDiffWroteIsSentAsItIs() async throws {
    let scratch = try Scratch()
    let line = LedgerChange(before: ["hmac.1.1.AAAA"], after: nil, ref: "C-1").line + "\n"
    let file = try scratch.file("c.ndjson", line)
    let broker = FakeLedgerBroker()
    _ = try await Pushing(file: file).run(to: broker, pause: .milliseconds(1)) { () throws(LedgerToolError) -> LedgerKeys in
      throw .noLiveKey
    }
    let uploads = broker.state.withLock { $0.uploads }
    #expect(uploads[0].body == line && scratch.exists(file))
  }

  @Test func refusalsAndOutagesHaveTheirExitCodes() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("c.csv", Self.changes)
    let broker = FakeLedgerBroker()
    broker.state.withLock {
      $0.refusal = BrokerProblem(type: "urn:yonjo:problem:idempotencyKeyReused", title: "No.", status: 422, code: "idempotencyKeyReused")
    }
    let error = await #expect(throws: LedgerToolError.self) { try await Self.push(file, to: broker, WrappedKeys().live(1)) }
    #expect(error?.exitCode == 1)
    #expect(LedgerToolError.client(.unreachable("x")).exitCode == 3 && LedgerToolError.optionMissing("--client-id").exitCode == 2)
    #expect(LedgerToolError.optionMissing("--client-id").description.contains("YONJO_LEDGER_CLIENT_ID"))
  }
}
