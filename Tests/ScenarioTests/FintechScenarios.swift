import BrokerClient
import CitizenItems
import Foundation
import JLISSimulator
import JOSE
import Story
import TestSupport
import Testing

/// What a `notVerifier` can tell apart of cards that do not pass: nothing.
@Suite struct FintechScenarios {
  enum Door: String, CaseIterable, Sendable { case onboardings, logins, matches, documents }

  /// What came back for one card, ids and times aside.
  private struct Traces: Equatable {
    var answer: String
    var headers: [String]
    var receipt: JSONValue?
    /// What `GET /v1/onboardings/{id}` says afterwards.
    var status: String?
  }

  private static let spelled: [CertificateVariant] = [.revoked, .untrusted, .forged]

  @Test(arguments: Door.allCases)
  func `a revoked, an untrusted and a forged card give byte-identical answers`(door: Door) async throws {
    let told = try await ToldHouse.shared
    let connection = try #require(told.cast.connections[.fintech])
    var traces: [Traces] = []
    for variant in Self.spelled {
      let citizen = try told.cast.simulator.newCitizen(
        name: "静間　\(door.rawValue.count)郎", address: "東京都清瀬市静町１", dateOfBirth: "1960-06-06", sex: "male", certificates: variant)
      traces.append(try await present(told.cast.simulator.card(for: citizen.id), at: door, connection, told))
    }
    #expect(traces[0].answer.contains(#""result":"notConfirmed""#), "\(traces[0].answer)")
    for (index, other) in traces.enumerated().dropFirst() {
      #expect(other == traces[0], "\(Self.spelled[index])")
    }
  }

  private func present(_ card: VirtualCard, at door: Door, _ connection: BrokerConnection, _ told: ToldHouse) async throws -> Traces {
    let tenant = try #require(told.cast.tenants[.fintech])
    if door == .documents { return try await presentDocument(card, connection, tenant.id) }
    let declared = DeclaredItems(name: "静間　一郎", salt: "AAAAAAAAAAAAAAAAAAAAAA")
    var begin: [String: JSONValue] = ["origin": .string(tenant.origin)]
    if door == .onboardings {
      begin["application"] = ["digest": .string(Base64URL.encode([UInt8](repeating: 7, count: 32)))]
      begin["declaredItemsDigest"] = .string(Base64URL.encode(DeclaredItems.digest(of: declared)))
    }
    let session = try await connection.post("/v1/\(door.rawValue)", .object(begin), idempotencyKey: UUID().uuidString)
    #expect(session.status == 201, "\(String(decoding: session.body, as: UTF8.self))")
    let id = try #require(try session.json()["id"]?.string)
    let keys = try await connection.get("/jwks.json")
    let envelope = try CitizenDevice(card: card).envelope(
      toBeSigned: try #require(Base64URL.decode(try session.json()["toBeSigned"]?.string ?? "")), tenantID: tenant.id, sessionID: id,
      to: CitizenDevice.envelopeKey(of: keys.decoded(JSONWebKeySet.self)), signing: door != .logins, authentication: door != .matches)
    var body: [String: JSONValue] = ["card": ["envelope": .string(envelope)]]
    if door == .onboardings { body["declaredItems"] = ["name": "静間　一郎", "salt": "AAAAAAAAAAAAAAAAAAAAAA"] }
    let answer = try await connection.post("/v1/\(door.rawValue)/\(id)/signature", .object(body), idempotencyKey: UUID().uuidString)
    #expect(answer.status == 200)
    let receipt = try answer.json()["receipt"]?.string
    return Traces(
      answer: try masked(answer.body), headers: answer.headers.filter { !Self.differingHeaders.contains($0.name) }.map { "\($0)" },
      receipt: try receipt.map { try withoutIDs(JSONValue(parsing: JSONWebSignature.unverifiedParts($0).payload)) },
      status: door == .onboardings ? try masked(await connection.get("/v1/onboardings/\(id)").body) : nil)
  }

  private func presentDocument(_ card: VirtualCard, _ connection: BrokerConnection, _ tenant: String) async throws -> Traces {
    let digest = [UInt8](repeating: 7, count: 32)
    let envelope = try CitizenDevice(card: card).documentEnvelope(
      digest: digest, tenantID: tenant, to: CitizenDevice.envelopeKey(of: await connection.get("/jwks.json").decoded(JSONWebKeySet.self)))
    let answer = try await connection.post(
      "/v1/documents/verifications",
      ["card": ["envelope": .string(envelope)], "digest": .string(Base64URL.encode(digest)), "purpose": "contract"],
      idempotencyKey: UUID().uuidString)
    #expect(answer.status == 200)
    let id = try #require(try answer.json()["id"]?.string)
    return Traces(
      answer: try masked(answer.body), headers: answer.headers.filter { !Self.differingHeaders.contains($0.name) }.map { "\($0)" },
      receipt: try answer.json()["receipt"], status: try masked(await connection.get("/v1/verifications/\(id)").body))
  }

  /// The length is that of the body compared, but for a time that falls on a whole second and is told without a fraction.
  private static let differingHeaders: Set = ["date", "x-request-id", "content-length"]

  private static let differing: Set = [
    "id", "checkedAt", "receipt", "createdAt", "expiresAt", "iat", "jti", "exp", "at", "record_id", "verificationId", "sessionId",
    "onboardingId",
  ]

  /// The bytes as they came, each id and time replaced where it stands.
  private func masked(_ body: [UInt8]) throws -> String {
    func values(_ value: JSONValue) -> [String] {
      switch value {
      case .object(let members):
        members.flatMap { name, value in Self.differing.contains(name) ? [value.string].compactMap { $0 } : values(value) }
      case .array(let elements): elements.flatMap(values)
      default: []
      }
    }
    return try values(JSONValue(parsing: body)).reduce(String(decoding: body, as: UTF8.self)) { $0.replacing("\"\($1)\"", with: "\"…\"") }
  }

  private func withoutIDs(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members): .object(members.filter { !Self.differing.contains($0.key) }.mapValues(withoutIDs))
    case .array(let elements): .array(elements.map(withoutIDs))
    default: value
    }
  }
}
