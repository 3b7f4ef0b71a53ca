import Foundation
import JLISSimulator
import JOSE
import NIOCore
import Story
import TestSupport
import Testing

/// A document larger than any buffer, and a receipt that the command line verifies without the broker's database.
@Suite struct DocumentScenarios {
  @Test(arguments: [1, 2])
  func `a contract of several MiB inside its signature is verified over HTTPS, and its receipt by the published keys alone`(version: Int)
    async throws
  {
    let told = try await ToldHouse.shared
    let document = [UInt8]((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 + version) })
    let citizen = try told.cast.simulator.newCitizen(
      name: "文書　\(version)子", address: "東京都清瀬市静町２", dateOfBirth: "1961-07-07", sex: "female")
    let message = try CitizenDevice(card: told.cast.simulator.card(for: citizen.id)).signedMessage(over: document, attached: true)
    let answer = try await Wire.with(told.house, version: version) { wire in
      let token = try await Token(.bank, of: told.house, over: wire)
      return try await wire.send(
        "POST", "/v1/documents/verifications",
        [("Authorization", "Bearer " + token.text), ("Content-Type", "multipart/form-data; boundary=seam")],
        bytes: Self.form([("request", Array(#"{"purpose":"contract"}"#.utf8)), ("signature", message)]), within: .seconds(60))
    }
    #expect(answer.status == 200, "\(answer.text)")
    let result = try JSONValue(parsing: answer.body)
    #expect(result["result"] == "ok")
    // Whom the bank has never met.
    #expect(result["subject"] == nil)
    try await verify(try #require(result["receipt"]?.string), of: document, in: told.house)
  }

  private static func form(_ parts: [(String, [UInt8])]) -> [UInt8] {
    parts.flatMap { name, content in
      Array("--seam\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n".utf8) + content + Array("\r\n".utf8)
    } + Array("--seam--\r\n".utf8)
  }

  private func verify(_ receipt: String, of document: [UInt8], in house: House) async throws {
    let place = FileManager.default.temporaryDirectory.appending(path: "yonjo-receipt-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: place) }
    func keep(_ name: String, _ bytes: [UInt8]) throws -> String {
      try Data(bytes).write(to: URL(fileURLWithPath: place + "/" + name))
      return place + "/" + name
    }
    let file = try keep("receipt", Array((receipt + "\n").utf8))
    let contract = try keep("contract", document)
    let keys = try keep("jwks.json", try await Wire.with(house) { try await $0.send("GET", "/jwks.json").body })
    let others = try keep("others.json", try JSONValue.object(["keys": .array([SigningKey.generate().publicJWK.value])]).serialized())

    let kept = try await house.run("yonjo", ["receipt", "verify", file, "--keys", keys, "--document", contract, "--issuer", house.address])
    #expect(kept.exitCode == 0 && kept.output.contains("result      ok"), "\(kept.output)")
    let fetched = try await house.run(
      "yonjo", ["receipt", "verify", file, "--url", house.address + "/jwks.json", "--trust", house.trustFile, "--json"])
    #expect(fetched.exitCode == 0, "\(fetched.output)")
    #expect(try JSONValue(parsing: Array(fetched.output.utf8))["receipt"]?["purpose"] == "document")

    var forged = Array(receipt.utf8)
    forged[forged.count / 2] ^= 1
    for (arguments, code, word) in [
      ([try keep("forged", forged), "--keys", keys], 1, "Not verified"), ([file, "--keys", others], 1, "not among those given"),
      ([file, "--keys", keys, "--issuer", "https://other.example.jp"], 1, "another broker"),
      ([file, "--keys", keys, "--document", keys], 1, "another document"), ([keys, "--keys", keys], 1, "no receipt"),
      ([place + "/absent", "--keys", keys], 2, "cannot be read"), ([file, "--keys", file], 2, "no key set"), ([file], 2, "--keys or --url"),
      ([file, "--url", "http://localhost/jwks.json"], 2, "https://"),
      ([file, "--url", "https://localhost:1/jwks.json"], 3, "cannot be fetched"),
    ] as [([String], Int32, String)] {
      let ended = try await house.run("yonjo", ["receipt", "verify"] + arguments)
      #expect(ended.exitCode == code && ended.output.contains(word), "\(arguments.dropFirst()): \(ended)")
    }
  }
}
