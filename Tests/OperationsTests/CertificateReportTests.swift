import Foundation
import JPKI
import Testing

@testable import Operations

@Suite("What is said of a certificate")
struct CertificateReportTests {
  static let root: [UInt8] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Deploy/trust/production/sign_2023.pem")
      .standardized
    return (try? Data(contentsOf: file)).flatMap { try? PathMaterial.certificate(file: [UInt8]($0)) } ?? []
  }()
  static let instant = Date(timeIntervalSince1970: 1_782_874_800)

  private func report(_ der: [UInt8] = root, anchors: [[UInt8]]? = nil, at: Date = instant) throws -> CertificateReport {
    var material = PathMaterial()
    for anchor in anchors ?? [] { try material.add(file: anchor, as: .anchor) }
    let path = try anchors.map { _ in try CertificationPath.validate(der, with: material, at: at) }
    return CertificateReport(CertificateExplanation(der, roots: anchors, at: at), path: path, at: at)
  }

  private func object(_ value: some Encodable) throws -> [String: Any] {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    return try #require(JSONSerialization.jsonObject(with: encoder.encode(value)) as? [String: Any])
  }

  @Test("without a path the profile decides, with one the path alone")
  func verdict() throws {
    #expect(try report().verified)
    #expect(try report().path == nil)
    #expect(try report(anchors: [Self.root]).verified)
    // The root's profile holds for ever; its path ends with its time.
    let late = try report(anchors: [Self.root], at: Date(timeIntervalSince1970: 2_100_000_000))
    #expect(!late.verified)
    #expect(late.profile.holds)
    #expect(late.path?.error == 10)
    #expect(late.path?.nextStep != nil)
    #expect(try !report(Array("nothing".utf8)).verified)
  }

  @Test("one JSON object tells rule by rule what holds")
  func json() throws {
    let told = try object(try report(anchors: [Self.root]))
    #expect(Set(told.keys) == ["verified", "at", "profile", "path"])
    let profile = try #require(told["profile"] as? [String: Any])
    let findings = try #require(profile["findings"] as? [[String: Any]])
    #expect(findings.count >= 15)
    #expect(findings.allSatisfy { $0["state"] as? String == "holds" })
    #expect(findings.allSatisfy { Set($0.keys) == ["rule", "state", "refuses", "sentence", "source", "confidence", "reason"] })
    #expect((profile["rootFingerprint"] as? String)?.hasPrefix("d227f6cde11d") == true)
    let path = try #require(told["path"] as? [String: Any])
    #expect((path["chain"] as? [[String: Any]])?.count == 1)
  }

  @Test("text fits a terminal of 80 columns, marks each rule, and says what is refused")
  func text() throws {
    let texts = [
      try report().text, try report(anchors: [Self.root]).text, try report(Array("nothing".utf8)).text,
      try report(anchors: [Self.root], at: Date(timeIntervalSince1970: 2_100_000_000)).text, ProfileTable().text,
    ]
    for text in texts { #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 }) }
    #expect(texts[0].contains("✓ basicConstraints is critical, says CA, and has no path length."))
    #expect(texts[2].contains("✗ A verifier refuses it: certificateMalformed."))
    #expect(texts[3].contains("✗ The path is not valid: certificate has expired (OpenSSL's error 10, at depth"))
  }

  @Test("the table holds every rule once, with its source, and can be cut down to a role")
  func table() throws {
    let all = ProfileTable()
    #expect(all.rules.map(\.rule) == ProfileRules.all.map(\.id))
    #expect(all.rules.allSatisfy { ["H", "M", "L", "U"].contains($0.confidence) && !$0.source.isEmpty && !$0.versions.isEmpty })
    let roots = ProfileTable(role: .root)
    #expect(roots.rules.allSatisfy { $0.roles.contains("root") })
    #expect(roots.rules.count < all.rules.count)
    #expect(try object(all)["rules"] is [Any])
    #expect(Set(all.policies.compactMap(\.identifier)) == Set(JPKIProfile.knownPolicies.map(\.policy.identifier)))
    // What nobody knows has no identifier, or one that the simulator invented for itself.
    #expect(all.policies.allSatisfy { $0.identifier != nil || $0.confidence == "U" })
    #expect(all.policies.allSatisfy { $0.confidence != "U" || $0.identifier == nil || $0.environments == ["simulator"] })
    #expect(roots.policies.isEmpty)
  }

  @Test("lines break at spaces and hang")
  func columns() {
    let words = Array(repeating: "wort", count: 40).joined(separator: " ")
    let lines = Columns.wrapped("  " + words, hanging: 4)
    #expect(lines.count == 3)
    #expect(lines.first?.hasPrefix("  wort") == true)
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    wort") })
    #expect(lines.joined(separator: " ").split(separator: " ").count == 40)
    #expect(Columns.wrapped(String(repeating: "x", count: 90), hanging: 2) == [String(repeating: "x", count: 90)])
  }
}
