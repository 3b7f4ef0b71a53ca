import Foundation
import JLIS
import JLISSimulator
import JPKI
import Testing

/// The state directory, shared by processes: here by two simulators that know nothing of each other.
@Suite struct StateTests {
  @Test func whatOneDoesTheOtherSeesAtOnce() async throws {
    try await withTemporaryDirectory { directory in
      let clock = try MovedClock()
      let first = try Fixture(stateDirectory: directory, clock: clock)
      let second = try Fixture(stateDirectory: directory, clock: clock)
      #expect(try first.simulator.root(.signing) == second.simulator.root(.signing))
      let hanako = try first.hanako()
      #expect(try second.simulator.citizen(hanako.id).signingCertificate == hanako.signingCertificate)
      try second.simulator.revoke(hanako.id, kind: .signing, reason: .keyCompromise)
      #expect(try first.simulator.summaries().first?.signing == "revoked:keyCompromise")
      let card = try second.simulator.card(for: hanako.id)
      #expect(throws: Never.self) { try card.sign(digestInfo: [1]) }
    }
  }

  @Test func manyAtOnceLoseNothing() async throws {
    try await withTemporaryDirectory { directory in
      let clock = try MovedClock()
      let simulators = try (0..<4).map { _ in try Fixture(stateDirectory: directory, clock: clock) }
      let ids = try await withThrowingTaskGroup(of: String.self) { group in
        for number in 0..<16 {
          let fixture = simulators[number % simulators.count]
          group.addTask { try fixture.taro().id }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(ids.count == 16)
      #expect(try Set(simulators[0].simulator.citizenIDs()) == ids)
    }
  }

  @Test func filesAreTheirOwnersOnly() async throws {
    try await withTemporaryDirectory { parent in
      let directory = parent + "/state"
      _ = try Fixture(stateDirectory: directory).hanako()
      let manager = FileManager.default
      let paths = [""] + (try #require(manager.enumerator(atPath: directory)).compactMap { $0 as? String }.map { "/" + $0 })
      #expect(paths.count > 8)
      for path in paths {
        let mode = try #require(manager.attributesOfItem(atPath: directory + path)[.posixPermissions] as? Int)
        #expect(mode & 0o077 == 0, "\(path)")
      }
    }
  }

  @Test func aStrangeFileIsRefusedAndLeftAlone() async throws {
    try await withTemporaryDirectory { directory in
      let path = try write(Array("{}".utf8), "state.json", in: directory)
      #expect(throws: StateError.notAState(path)) { try Fixture(stateDirectory: directory) }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "{}")
    }
  }

  @Test func twoSeriesHaveDifferentKeysAndOneSeriesTheSame() throws {
    let first = try CertificateReader(Fixture().simulator.root(.signing)).subjectPublicKeyInfo
    let second = try CertificateReader(Fixture().simulator.root(.signing)).subjectPublicKeyInfo
    let other = try CertificateReader(Fixture(series: "others").simulator.root(.signing)).subjectPublicKeyInfo
    #expect(first == second)
    #expect(first != other)
  }

  @Test func everyCitizenAndEveryRenewalHasAKeyOfItsOwn() throws {
    let fixture = try Fixture()
    let citizens = try [fixture.hanako(), fixture.taro()]
    let renewed = try fixture.simulator.renew(citizens[0].id)
    let certificates = (citizens + [renewed]).flatMap { [$0.signingCertificate, $0.authenticationCertificate] }
    let keys = try Set(certificates.map { try CertificateReader($0).subjectPublicKeyInfo })
    #expect(keys.count == 6)
    #expect(try !keys.contains(CertificateReader(fixture.simulator.root(.signing)).subjectPublicKeyInfo))
  }
}
