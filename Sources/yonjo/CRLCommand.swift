import ArgumentParser
import Foundation
import JPKI

/// `yonjo crl inspect`
struct CRLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crl", abstract: "Look at certificate revocation lists.", subcommands: [InspectCommand.self])

  /// `yonjo crl inspect FILE --issuer CA`
  struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "inspect", abstract: "Verify a list and say what is in it.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The list, DER or PEM.")
    var file: String

    @Option(help: "The certificate of its issuer, DER or PEM.")
    var issuer: String

    @Option(help: "The environment that the issuer belongs to.")
    var environment = "production"

    @Option(help: "As of this time (RFC 3339); now if absent.")
    var at: String?

    private struct Report: Encodable {
      let issuer: String
      let number: UInt64
      let thisUpdate: Date
      let nextUpdate: Date
      let entries: Int
      let entriesByReason: [String: Int]
      let seconds: Double
      let peakMemoryBytes: Int
    }

    func run() async throws {
      guard let environment = TrustEnvironment(rawValue: environment) else {
        throw CommandFailure(.badUse, "--environment must be one of \(TrustEnvironment.allCases.map(\.rawValue).joined(separator: ", ")).")
      }
      let instant = try Instant.read(at)
      let list = CertificateFile.der(try contents(of: file, atMost: 1 << 30))
      let authority = CertificateFile.der(try contents(of: issuer))
      let started = ContinuousClock.now
      let found = try Self.verified(list, by: authority, environment: environment, at: instant)
      let elapsed = started.duration(to: .now)
      let report = Report(
        issuer: found.issuer.subjectDescription, number: found.number, thisUpdate: found.thisUpdate, nextUpdate: found.nextUpdate,
        entries: found.entryCount, entriesByReason: Dictionary(uniqueKeysWithValues: found.countsByReason.map { ("\($0.key)", $0.value) }),
        seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18, peakMemoryBytes: Memory.peakBytes)
      try Program.print(report, asJSON: common.json, Self.text(report))
    }

    /// The issuer of either kind: a list is told apart by the key that signed it.
    private static func verified(
      _ list: [UInt8], by authority: [UInt8], environment: TrustEnvironment, at instant: Date
    ) throws(CommandFailure) -> RevocationList {
      let stores = [
        try? TrustStore(environment: environment, signing: [authority], authentication: []),
        try? TrustStore(environment: environment, signing: [], authentication: [authority]),
      ]
      guard let anchor = stores.compactMap({ $0?.anchors.first }).first else {
        throw CommandFailure(
          .refused, "The issuer is no CA certificate of the \(environment.rawValue) environment.", nextStep: "See --environment.")
      }
      do throws(VerificationFailure) {
        return try RevocationList(verifying: list, issuer: anchor, at: instant)
      } catch {
        throw CommandFailure(.refused, "The list is not to be believed: \(error.reason.rawValue).")
      }
    }

    private static func text(_ report: Report) -> String {
      let reasons = report.entriesByReason.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }.joined(separator: "\n")
      return """
        issuer      \(report.issuer)
        number      \(report.number)
        thisUpdate  \(Instant.text(report.thisUpdate))
        nextUpdate  \(Instant.text(report.nextUpdate))
        entries     \(report.entries)
        \(reasons)
        """
    }
  }
}
