import BrokerClient
import Foundation
import JLISSimulator
import JOSE
import NIOCore
import NIOSSL
public import Story

/// The measurements of one broker.
public struct Measurement: Sendable {
  private let cast: StoryCast
  private let enrolment: Enrolment
  private let bank: Bank
  private let generator: LoadGenerator
  private let host: String

  /// Reads the broker's address and trust from the cast.
  public init(cast: StoryCast, enrolment: Enrolment) throws {
    bank = try Bank(cast)
    let broker = bank.connection.configuration
    guard let address = URLComponents(string: broker.baseURL), let host = address.host, let port = address.port,
      let trust = broker.trustRootsPEM
    else {
      throw BenchFailure.unexpected("a broker at https://host:port, and whom to trust")
    }
    self.cast = cast
    self.enrolment = enrolment
    self.host = "\(host):\(port)"
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(trust.utf8)))
    generator = LoadGenerator(host: host, port: port, tls: try NIOSSLContext(configuration: configuration))
  }

  /// `POST /v1/matches/tags`: every request one of the enrolled tags, each client beginning at another.
  ///
  /// - Parameter unknown: so many further tags that nobody has, the enrolled ones spread among them.
  public func lookUps(clients: Int, unknown: Int = 0, seconds: Double, warmUpSeconds: Double) async throws -> LoadReport {
    let token = try await bank.accessToken()
    var tags = LedgerLines.unknownTags(unknown, seed: 7)
    let step = max(1, unknown / max(1, enrolment.tags.count))
    for (number, tag) in enrolment.tags.enumerated() { tags.insert(tag, at: min(number * (step + 1), tags.count)) }
    let requests = tags.map {
      LoadScript.request(
        path: "/v1/matches/tags", host: host, headers: [("Authorization", "Bearer \(token)")], body: Array(#"{"cardTag":"\#($0)"}"#.utf8))
    }
    let lists = (0..<clients).map { client in
      let first = client * requests.count / clients
      return Array(requests[first...] + requests[..<first])
    }
    return try await generator.run(
      LoadScript(requests: lists, repeats: true, marker: unknown == 0 ? #""known":true"# : #""known":"#), seconds: seconds,
      warmUpSeconds: warmUpSeconds)
  }

  /// `POST /v1/matches/tags/batch`: 1,000 tags a request, of which some ten are known.
  public func batches(clients: Int, seconds: Double, warmUpSeconds: Double) async throws -> LoadReport {
    let token = try await bank.accessToken()
    let lists = (0..<clients).map { client in
      (0..<16).map { round in
        var tags = LedgerLines.unknownTags(990, seed: UInt64(client * 16 + round + 1))
        for known in 0..<10 where !enrolment.tags.isEmpty { tags.append(enrolment.tags[(round * 10 + known) % enrolment.tags.count]) }
        let body = #"{"cardTags":[""# + tags.joined(separator: #"",""#) + #""]}"#
        return LoadScript.request(
          path: "/v1/matches/tags/batch", host: host, headers: [("Authorization", "Bearer \(token)")], body: Array(body.utf8))
      }
    }
    return try await generator.run(
      LoadScript(requests: lists, repeats: true, marker: #""known":true"#), seconds: seconds, warmUpSeconds: warmUpSeconds)
  }

  /// `POST /v1/logins/{id}/signature`: every request a session and a signature of its own, made before the clock starts.
  ///
  /// - Parameter ratePerSecond: how many begin a second; nil: as many as the broker answers.
  public func logins(
    clients: Int, prepared: Int, seconds: Double, warmUpSeconds: Double, ratePerSecond: Double? = nil
  ) async throws -> LoadReport {
    let token = try await bank.accessToken()
    let envelopeKey = try await bank.envelopeKey()
    let share = max(1, prepared / clients)
    var lists: [[ByteBuffer]] = []
    try await withThrowingTaskGroup(of: [ByteBuffer].self) { group in
      for client in 0..<clients {
        group.addTask { try await prepare(share, client: client, token: token, envelopeKey: envelopeKey) }
      }
      for try await list in group { lists.append(list) }
    }
    return try await generator.run(
      LoadScript(requests: lists, repeats: false, marker: #""result":"ok""#, ratePerSecond: ratePerSecond), seconds: seconds,
      warmUpSeconds: warmUpSeconds)
  }

  private func prepare(_ count: Int, client: Int, token: String, envelopeKey: JSONWebKey) async throws -> [ByteBuffer] {
    let run = UUID().uuidString
    let device = CitizenDevice(card: try cast.simulator.card(for: enrolment.citizens[client % enrolment.citizens.count]))
    var requests: [ByteBuffer] = []
    requests.reserveCapacity(count)
    for number in 0..<count {
      let session = try await bank.post("/v1/logins", ["origin": .string(bank.tenant.origin)], 201)
      let id = session["id"]?.string ?? ""
      let envelope = try device.envelope(
        toBeSigned: Base64URL.decode(session["toBeSigned"]?.string ?? "") ?? [], tenantID: bank.tenant.id, sessionID: id, to: envelopeKey,
        signing: false)
      requests.append(
        LoadScript.request(
          path: "/v1/logins/\(id)/signature", host: host,
          headers: [("Authorization", "Bearer \(token)"), ("Idempotency-Key", "\(run)-\(number)")],
          body: try JSONValue.object(["card": ["envelope": .string(envelope)]]).serialized()))
    }
    return requests
  }
}
