import CitizenItems
import Foundation
import JLIS
import JLISSimulator
import JPKI
import Synchronization
import Testing

/// A clock that stands until it is moved.
final class MovedClock: Sendable {
  private let moment: Mutex<Date>

  init(_ text: String = "2026-04-01T01:00:00Z") throws {
    moment = Mutex(try Date(text, strategy: .iso8601))
  }

  var now: Date { moment.withLock { $0 } }

  func advance(days: Double = 0, seconds: Double = 0) {
    moment.withLock { $0 += days * 86_400 + seconds }
  }
}

/// A simulator in memory with a moved clock, whose keys come from a cache that all test runs share; the keys mean nothing.
struct Fixture {
  let clock: MovedClock
  let simulator: SimulatedJLIS
  let service: InProcessJLIS
  let verifier: CardVerifier

  static let keyDirectory = NSTemporaryDirectory() + "yonjo-simulator-test-keys-\(getuid())"

  /// - Parameter series: simulators that must not trust each other have different ones.
  init(stateDirectory: String? = nil, series: String = "tests", clock: MovedClock? = nil) throws {
    let moved = try clock ?? MovedClock()
    self.clock = moved
    simulator = try SimulatedJLIS(
      stateDirectory: stateDirectory, keys: .series(directory: Self.keyDirectory, name: series), clock: { moved.now })
    service = InProcessJLIS(simulator)
    verifier = CardVerifier(
      trust: try TrustStore(
        environment: .simulator, signing: [simulator.root(.signing)], authentication: [simulator.root(.authentication)]))
  }

  func hanako(_ certificates: CertificateVariant = .valid) throws -> CitizenHandle {
    try simulator.newCitizen(
      name: "四情　花子", address: "東京都清瀬市観布子南１２－７－２０２", dateOfBirth: "1980-02-17", sex: "female", certificates: certificates)
  }

  func taro() throws -> CitizenHandle {
    try simulator.newCitizen(name: "四情　太郎", address: "東京都千代田区千代田１－１", dateOfBirth: "平成2年12月31日", sex: "male")
  }

  /// What the broker would know of a certificate; verifies it on the way.
  func verified(_ der: [UInt8], _ kind: CertificateKind) throws -> VerifiedCertificate {
    try verifier.verifyCertificate(der, kind: kind, at: clock.now)
  }

  func serial(_ der: [UInt8]) throws -> Serial {
    try #require(Serial(try CertificateReader(der).serial))
  }

  /// A consent by that citizen to those items, in force from now for ten years, signed by the card.
  func consent(
    _ citizen: CitizenHandle, id: String = "con_1", service: String = "bank-service", items: Set<Item> = Set(Item.allCases),
    statement: String = "yonjo/consent/1 agreed"
  ) throws -> ForwardedConsent {
    let bytes = Array(statement.utf8)
    let card = try simulator.card(for: citizen.id)
    return ForwardedConsent(
      consentID: id, serviceID: service, items: items, statement: bytes,
      signature: try card.sign(digestInfo: CitizenDevice.digestInfo(of: bytes)), certificate: card.signingCertificate, validFrom: clock.now,
      validUntil: clock.now.addingTimeInterval(10 * 365 * 86_400))
  }

  func cancellation(_ citizen: CitizenHandle, id: String = "con_1", service: String = "bank-service") throws -> ForwardedCancellation {
    let bytes = Array("yonjo/withdrawal/1 of \(id)".utf8)
    let card = try simulator.card(for: citizen.id)
    return ForwardedCancellation(
      consentID: id, serviceID: service, statement: bytes, signature: try card.sign(digestInfo: CitizenDevice.digestInfo(of: bytes)),
      certificate: card.signingCertificate)
  }
}

/// A directory that is gone afterwards.
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let path = NSTemporaryDirectory() + "yonjo-simulator-\(UUID().uuidString)"
  defer { try? FileManager.default.removeItem(atPath: path) }
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return try await body(path)
}

/// Runs the `openssl` program: its exit code and both outputs. Waits on a thread of its own: the few threads of Swift's pool may be needed by
/// the very server that `openssl` is asking.
func openssl(_ arguments: [String]) async throws -> (code: Int32, text: String) {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread {
      continuation.resume(with: Result { try runOpenSSL(arguments) })
    }
  }
}

private func runOpenSSL(_ arguments: [String]) throws -> (code: Int32, text: String) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["openssl"] + arguments
  let output = Pipe()
  process.standardOutput = output
  process.standardError = output
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let text = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: text, as: UTF8.self))
}

/// Writes bytes under a name in a directory; the path.
func write(_ bytes: [UInt8], _ name: String, in directory: String) throws -> String {
  let path = "\(directory)/\(name)"
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return path
}

/// DER as a PEM certificate.
func pem(_ der: [UInt8]) -> [UInt8] {
  let body = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
  return Array("-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n".utf8)
}
