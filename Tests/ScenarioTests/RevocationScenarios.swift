import Foundation
import JLISSimulator
import JOSE
import TestSupport
import Testing

/// Lists and their indexes, by the built programs.
@Suite struct RevocationScenarios {
  @Test func `without a directory the broker keeps its lists by a process of its own, which ends with it however it ends`() async throws {
    try await Houses.with(settings: ["YONJO_REVOCATION_DIRECTORY": ""]) { house in
      let broker = try #require(house.broker)
      let children = Self.children(of: broker.identifier)
      #expect(children.count == 1)
      try await Wire.with(house) { wire in
        let metrics = try await wire.send("GET", "/metrics").text
        for kind in ["signing", "authentication"] { #expect(metrics.contains("yonjo_revocation_lists{kind=\"\(kind)\"} 1")) }
        #expect(try await wire.send("GET", "/readyz").text.contains("revocationLists"))
      }
      await house.killBroker()
      let deadline = ContinuousClock.now + .seconds(60)
      while children.contains(where: { FileManager.default.fileExists(atPath: "/proc/\($0)/stat") && !Self.isOver($0) }) {
        guard ContinuousClock.now < deadline else {
          Issue.record("the process goes on without its broker")
          return
        }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  @Test func `a list of any size is inspected, indexed, put in force, and refused when it goes back or shrinks`() async throws {
    try await Houses.with { house in
      let directory = house.directory + "/delivered"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
      func deliver(_ entries: Int, _ number: Int) async throws {
        for (kind, file) in [("signing", "sign.crl"), ("authentication", "auth.crl")] {
          try? FileManager.default.removeItem(atPath: directory + "/" + file)
          try await house.command(
            "jlis-simulator",
            [
              "list", "--state", house.simulatorState, "--kind", kind, "--entries", "\(entries)", "--number", "\(number)", "--out",
              directory + "/" + file,
            ])
        }
      }
      func sync(_ options: [String] = []) async throws -> String {
        try await house.command("yonjo", ["revocation", "sync", "--json", "--set", "revocation.listDirectory=" + directory] + options)
      }
      try await deliver(20_000, 90_000)
      let issuer = house.simulatorState + "/trust/sign_sim.pem"
      let inspect = ["crl", "inspect", directory + "/sign.crl", "--environment", "simulator", "--json", "--issuer"]
      let report = try JSONValue(parsing: Array(try await house.command("yonjo", inspect + [issuer]).utf8))
      #expect(report["number"] == 90_000 && report["entries"] == 20_000 && report["isPart"] == false)
      #expect(report["entriesByReason"]?["superseded"] != nil && report["seconds"] != nil && report["peakMemoryBytes"] != nil)
      // Of another issuer it is not believed.
      await #expect(throws: HouseFailure.self) {
        try await house.command("yonjo", inspect + [house.simulatorState + "/trust/auth_sim.pem"])
      }
      #expect(try await sync().contains("\"installed\""))
      #expect(try await house.command("yonjo", ["revocation", "status"]).contains("number 90000, 20000 entries"))
      try await deliver(15_000, 90_001)
      await #expect(throws: HouseFailure.self) { _ = try await sync() }
      await #expect(throws: HouseFailure.self) { try await house.command("yonjo", ["revocation", "status"]) }
      try await Wire.with(house) { wire in
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !wire.send("GET", "/readyz").text.contains("shrunk") {
          guard ContinuousClock.now < deadline else {
            Issue.record("/readyz does not tell the alarm")
            return
          }
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      _ = try await sync(["--accept-shrink", "signing", "--accept-shrink", "authentication"])
      #expect(try await house.command("yonjo", ["revocation", "status"]).contains("number 90001, 15000 entries"))
      try await deliver(15_000, 90_000)
      await #expect(throws: HouseFailure.self) { _ = try await sync() }
    }
  }

  /// Processes whose parent this is.
  private static func children(of parent: Int32) -> [Int32] {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init).filter {
      fields($0).dropFirst().first == "\(parent)"
    }
      ?? []
  }

  /// Dead, though nobody has looked yet.
  private static func isOver(_ process: Int32) -> Bool { fields(process).first == "Z" }

  /// proc_pid_stat(5) from the state on.
  private static func fields(_ process: Int32) -> [Substring] {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8), let name = text.lastIndex(of: ")") else {
      return []
    }
    return text[name...].dropFirst().split(separator: " ")
  }
}
