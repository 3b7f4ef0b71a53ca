import Foundation
import JPKI
import Logging
import Operations
import TestSupport
import Testing

private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

private func findings(_ check: DoctorCheck) async -> [DoctorFinding] { await Doctor(checks: [check]).examine().findings }

private func database(_ url: String, role: String, now: @escaping @Sendable () -> Date = { Date() }) -> DoctorCheck {
  .database("database", url: url, role: role, logger: quiet, now: now)
}

@Suite("The doctor")
struct DoctorTests {
  @Test("wrong outweighs down, and both outweigh warnings, in the exit code")
  func exitCodes() {
    func report(_ states: DoctorFinding.State...) -> Int32 { DoctorReport(findings: states.map { DoctorFinding("x", $0, "s") }).exitCode }
    #expect(report() == 0)
    #expect(report(.good, .warning) == 0)
    #expect(report(.good, .down) == 3)
    #expect(report(.down, .wrong) == 1)
  }

  @Test("the roles as they are made are found good")
  func roles() async throws {
    try await TestDatabase.with { handle in
      let roles = [(handle.appURL, "yonjo_app"), (handle.jobsURL, "yonjo_jobs"), (handle.operatorURL, "yonjo_operator")]
      for (url, role) in roles {
        let found = await findings(database(url, role: role))
        #expect(!found.contains { $0.state == .wrong || $0.state == .down }, "\(role)")
      }
    }
  }

  @Test("a superuser is found wrong, since row-level security does not bind one")
  func superuser() async throws {
    try await TestDatabase.with { handle in
      let found = await findings(database(handle.superuserURL, role: "yonjo_app"))
      #expect(found.contains { $0.state == .wrong && $0.sentence.contains("superuser") })
    }
  }

  @Test("a database that cannot be reached is down, and its password is not told")
  func unreachable() async {
    let found = await findings(database("postgresql://app:verysecret@127.0.0.1:1/yonjo", role: "yonjo_app"))
    #expect(found.map(\.state) == [.down])
    #expect(!found.contains { $0.sentence.contains("verysecret") || ($0.nextStep ?? "").contains("verysecret") })
  }

  @Test("clocks that differ are noticed")
  func clocks() async throws {
    try await TestDatabase.with { handle in
      let found = await findings(database(handle.appURL, role: "yonjo_app", now: { Date().addingTimeInterval(90) }))
      #expect(found.contains { $0.state == .warning && $0.sentence.contains("clock") })
    }
  }

  @Test("an empty schema is told from a migrated one")
  func schema() async throws {
    try await TestDatabase.with { handle in
      let found = await findings(.schema(url: handle.ownerURL, directory: TestDatabase.migrationsDirectory, logger: quiet))
      #expect(found.map(\.state) == [.good])
    }
    try await TestDatabase.with(migrated: false) { handle in
      let found = await findings(.schema(url: handle.ownerURL, directory: TestDatabase.migrationsDirectory, logger: quiet))
      #expect(found.map(\.state) == [.wrong])
    }
  }

  @Test(
    "a root key file that others may read is found wrong; a proper one is good",
    arguments: [(0o600, DoctorFinding.State.good), (0o640, .wrong), (0o604, .wrong)])
  func rootKeyMode(mode: Int, state: DoctorFinding.State) async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("yonjo-root-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let made = FileManager.default.createFile(
      atPath: path, contents: Data("1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n".utf8), attributes: [.posixPermissions: mode])
    #expect(made)
    #expect(await findings(.rootKey(file: path)).map(\.state) == [state])
  }

  @Test("the production anchors in Deploy/trust are good; a directory without any is wrong")
  func anchors() async {
    let trust = URL(fileURLWithPath: TestDatabase.migrationsDirectory).deletingLastPathComponent().appendingPathComponent(
      "Deploy/trust/production"
    ).path
    let day: @Sendable () -> Date = { Date(timeIntervalSince1970: 1_763_694_245) }
    #expect(await findings(.trust(directory: trust, environment: .production, now: day)).map(\.state) == [.good])
    #expect(await findings(.trust(directory: "/nonexistent", environment: .production, now: day)).map(\.state) == [.wrong])
    let later: @Sendable () -> Date = { Date(timeIntervalSince1970: 4_102_444_800) }
    #expect(await findings(.trust(directory: trust, environment: .production, now: later)).map(\.state) == [.wrong, .wrong])
  }
}
