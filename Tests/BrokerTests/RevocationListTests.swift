import Foundation
import JLIS
import JLISSimulator
import JPKI
import Testing

@testable import Broker

@Suite("Revocation lists are taken by one process, and only mapped by those that serve", .serialized)
struct RevocationListTests {
  private func indexes(_ broker: TestBroker) -> RevocationIndexes { broker.services.revocation.indexes }

  /// What the lists say of a citizen's authentication certificate.
  private func word(_ broker: TestBroker, _ citizen: CitizenHandle) throws -> RevocationStatus? {
    let card = try broker.simulator.card(for: citizen.id)
    let certificate = try CardVerifier(trust: broker.trust).verifyCertificate(
      card.authenticationCertificate, kind: .authentication, at: broker.clock.now())
    return indexes(broker).word(
      certificate.serial, kind: .authentication, issuerKeyIdentifier: certificate.issuerKeyIdentifier,
      point: certificate.distributionPoint, at: broker.clock.now())?.status
  }

  private func result(_ outcomes: [RevocationSyncOutcome], _ kind: CertificateKind) -> RevocationSyncOutcome.Result? {
    outcomes.first { $0.kind == kind }?.result
  }

  /// A directory with lists as somebody delivers them.
  private func withDelivered(_ body: (String) async throws -> Void) async throws {
    let directory = NSTemporaryDirectory() + "yonjo-lists-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    do {
      try await body(directory)
    } catch {
      try? FileManager.default.removeItem(atPath: directory)
      throw error
    }
    try FileManager.default.removeItem(atPath: directory)
  }

  private func deliver(_ broker: TestBroker, _ directory: String, entries: Int, number: UInt64) throws {
    for (kind, name) in [(CertificateKind.signing, "sign.crl"), (.authentication, "auth.crl")] {
      try? FileManager.default.removeItem(atPath: directory + "/" + name)
      try broker.simulator.writeNationalList(kind: kind, entries: entries, number: number, to: directory + "/" + name)
    }
  }

  @Test func aSyncPutsBothListsInForceAndLeavesNothingElse() async throws {
    try await TestBroker.with { broker in
      let citizen = try broker.hanako()
      #expect(try word(broker, citizen) == nil)
      let outcomes = try await broker.syncLists()
      #expect(outcomes.count == 2)
      for outcome in outcomes {
        guard case .installed = outcome.result else {
          Issue.record("\(outcome)")
          continue
        }
      }
      #expect(try word(broker, citizen) == .good)
      let files = try FileManager.default.contentsOfDirectory(atPath: broker.revocationDirectory)
      #expect(files.filter { $0.hasSuffix(".index") }.count == 2 && files.count == 3)
      #expect(try await broker.inspect("select 1 from revocation_lists").count == 2)
      #expect(indexes(broker).hasRound && indexes(broker).alarms.isEmpty)
      // The same lists again are the same.
      for outcome in try await broker.syncLists() {
        guard case .unchanged = outcome.result else {
          Issue.record("\(outcome)")
          continue
        }
      }
    }
  }

  @Test func aRevocationIsSeenAfterTheNextSync() async throws {
    try await TestBroker.with { broker in
      let citizen = try broker.hanako()
      try await broker.syncLists()
      try broker.simulator.revoke(citizen.id, kind: .authentication, reason: .cessationOfOperation)
      #expect(try word(broker, citizen) == .good)
      try await broker.syncLists()
      #expect(try word(broker, citizen)?.reason == .ended)
    }
  }

  @Test func anExpiredListIsUnknown() async throws {
    try await TestBroker.with { broker in
      let citizen = try broker.hanako()
      try await broker.syncLists()
      broker.wait(seconds: 3 * TestBroker.day)
      #expect(try word(broker, citizen) == .unknown(.crlExpired))
    }
  }

  @Test func aListWithAnOlderNumberIsRefusedWithAnAlarm() async throws {
    try await TestBroker.with { broker in
      let citizen = try broker.hanako()
      try await withDelivered { directory in
        try deliver(broker, directory, entries: 10, number: 9000)
        try await broker.syncLists { $0.listDirectory = directory }
        try deliver(broker, directory, entries: 11, number: 8999)
        let outcomes = try await broker.syncLists { $0.listDirectory = directory }
        #expect(result(outcomes, .signing) == .refused(reason: "numberWentBack"))
        #expect(indexes(broker).alarms.map(\.reason) == ["numberWentBack", "numberWentBack"])
        #expect(Set(indexes(broker).summaries.map(\.number)) == [9000])
        #expect(try word(broker, citizen) == .good)
        // What comes right again clears the alarm.
        try deliver(broker, directory, entries: 11, number: 9001)
        try await broker.syncLists { $0.listDirectory = directory }
        #expect(indexes(broker).alarms.isEmpty)
        #expect(Set(indexes(broker).summaries.map(\.number)) == [9001])
      }
    }
  }

  @Test func aListThatShrinksIsRefusedUnlessAnOperatorAcceptsItOnce() async throws {
    try await TestBroker.with { broker in
      try await withDelivered { directory in
        try deliver(broker, directory, entries: 2000, number: 9000)
        try await broker.syncLists { $0.listDirectory = directory }
        try deliver(broker, directory, entries: 1801, number: 9001)
        #expect(result(try await broker.syncLists { $0.listDirectory = directory }, .signing) == .installed(number: 9001, entries: 1801))
        try deliver(broker, directory, entries: 1500, number: 9002)
        let outcomes = try await broker.syncLists { $0.listDirectory = directory }
        #expect(result(outcomes, .signing) == .refused(reason: "shrunk") && result(outcomes, .authentication) == .refused(reason: "shrunk"))
        #expect(indexes(broker).alarms.map(\.reason) == ["shrunk", "shrunk"])
        #expect(Set(indexes(broker).summaries.map(\.number)) == [9001])
        let accepted = try await broker.syncLists({ $0.listDirectory = directory }, acceptShrink: [.signing])
        #expect(result(accepted, .signing) == .installed(number: 9002, entries: 1500))
        #expect(result(accepted, .authentication) == .refused(reason: "shrunk"))
        #expect(indexes(broker).alarms.map(\.kind) == [.authentication])
        // Another share, and small lists breathe.
        #expect(
          result(
            try await broker.syncLists {
              $0.listDirectory = directory
              $0.maximumShrink = 0.3
            }, .authentication) == .installed(number: 9002, entries: 1500))
        #expect(try FileManager.default.contentsOfDirectory(atPath: broker.revocationDirectory).filter { $0.hasSuffix(".new") }.isEmpty)
      }
    }
  }

  @Test func aServerThatIsBehindTheRowSaysNothing() async throws {
    try await TestBroker.with { broker in
      let citizen = try broker.hanako()
      try await broker.syncLists()
      _ = try await broker.inspect("update revocation_lists set number = number + 1 where kind = 'authentication'")
      #expect(try word(broker, citizen) == .good)
      await indexes(broker).refresh()
      #expect(try word(broker, citizen) == .unknown(.crlBehind))
      #expect(indexes(broker).summaries.filter(\.isBehind).map(\.kind) == [.authentication])
      // A login with it is refused as unknown, not as revoked and not as good.
      try broker.simulator.setFaults(Faults(ocsp: .down))
      let bank = try await broker.bank()
      #expect(try await broker.onboard(bank, citizen).outcome.verdict.result == "revocationUnknown")
    }
  }

  @Test func aForgedListIsRefusedAndADamagedIndexIsNotMapped() async throws {
    try await TestBroker.with { broker in
      let citizen = try broker.hanako()
      try broker.simulator.setFaults(Faults(crl: .wrongSigner))
      let forged = try await broker.syncLists()
      #expect(forged.allSatisfy { if case .refused = $0.result { true } else { false } })
      #expect(try word(broker, citizen) == nil)
      #expect(indexes(broker).alarms.count == 2)
      try broker.simulator.setFaults(.none)
      try await broker.syncLists()
      #expect(try word(broker, citizen) == .good)
      for file in try FileManager.default.contentsOfDirectory(atPath: broker.revocationDirectory) where file.hasSuffix(".index") {
        let path = broker.revocationDirectory + "/" + file
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[30] ^= 1
        try FileManager.default.removeItem(atPath: path)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      }
      let another = broker.another()
      await another.revocation.indexes.refresh()
      #expect(another.revocation.indexes.summaries.isEmpty)
      // The one that had mapped the sound one goes on with it.
      await indexes(broker).refresh()
      #expect(try word(broker, citizen) == .good)
      // And the next sync makes it good again.
      try await broker.syncLists()
      await another.revocation.indexes.refresh()
      #expect(another.revocation.indexes.summaries.count == 2)
      await another.stop()
    }
  }

  @Test func aSourceThatIsDownLeavesWhatIsInForce() async throws {
    try await TestBroker.with { broker in
      let citizen = try broker.hanako()
      try await broker.syncLists()
      try broker.simulator.setFaults(Faults(crl: .down))
      let outcomes = try await broker.syncLists()
      #expect(outcomes.allSatisfy { if case .failed(let reason) = $0.result { reason.hasPrefix("source:") } else { false } })
      #expect(try word(broker, citizen) == .good)
    }
  }
}
