import ArgumentParser
import Foundation
import JPKI

/// `yonjo certificate explain`
struct CertificateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate", abstract: "Look at certificates.", subcommands: [ExplainCommand.self])

  /// `yonjo certificate explain FILE`
  struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain", abstract: "Say rule by rule what of the profile holds in a certificate, and what does not.",
      discussion: "Prints no item and no serial number. Exit code 0: every rule that refuses holds; 1: one does not.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The certificate, DER or PEM.")
    var file: String

    @Option(help: "signing or authentication; tried one after the other if absent.")
    var kind: String?

    @Option(help: "As of this time (RFC 3339); now if absent.")
    var at: String?

    private struct Line: Encodable {
      let rule: String
      let holds: Bool
      let refuses: Bool
      let sentence: String
      let source: String
      let confidence: String
      let reason: String
    }

    private struct Report: Encodable {
      let kind: String
      let environment: String
      let verified: Bool
      let reason: String?
      let findings: [Line]
    }

    func run() async throws {
      let settings = try await common.settings()
      let instant = try Instant.read(at)
      let der = CertificateFile.der(try contents(of: file))
      let verifier = CardVerifier(trust: try TrustSettings.store(settings))
      let kinds = try Self.kinds(kind)
      guard let best = kinds.compactMap({ Self.report(der, $0, verifier, at: instant) }).max(by: { Self.breaches($0) > Self.breaches($1) })
      else {
        throw CommandFailure(.refused, "\(file) is no X.509 certificate in strict DER.")
      }
      try Program.print(best, asJSON: common.json, Self.text(best))
      if !best.verified { Program.end(1) }
    }

    private static func kinds(_ text: String?) throws(CommandFailure) -> [CertificateKind] {
      guard let text else { return CertificateKind.allCases }
      guard let kind = CertificateKind(rawValue: text) else { throw CommandFailure(.badUse, "--kind must be signing or authentication.") }
      return [kind]
    }

    private static func report(_ der: [UInt8], _ kind: CertificateKind, _ verifier: CardVerifier, at instant: Date) -> Report? {
      guard let findings = verifier.findings(der, kind: kind, at: instant) else { return nil }
      var reason: VerificationReason?
      do throws(VerificationFailure) {
        _ = try verifier.verifyCertificate(der, kind: kind, at: instant)
      } catch {
        reason = error.reason
      }
      return Report(
        kind: kind.rawValue, environment: verifier.trust.environment.rawValue, verified: reason == nil, reason: reason?.rawValue,
        findings: findings.map { finding in
          Line(
            rule: finding.rule.id, holds: finding.holds, refuses: finding.rule.enforcement == .refuses, sentence: finding.rule.sentence,
            source: finding.rule.source, confidence: finding.rule.confidence.rawValue, reason: finding.rule.reason.rawValue)
        })
    }

    private static func breaches(_ report: Report) -> Int { report.findings.count { !$0.holds } }

    private static func text(_ report: Report) -> String {
      let lines = report.findings.map { line in
        "\(line.holds ? "✓" : line.refuses ? "✗" : "·") \(line.sentence) [\(line.rule); \(line.source); \(line.confidence)]\(line.holds ? "" : " → \(line.reason)")"
      }
      let head =
        "\(report.kind) certificate, \(report.environment) environment: \(report.reason.map { "refused, \($0)" } ?? "holds (revocation not looked at)")"
      return ([head] + lines).joined(separator: "\n")
    }
  }
}

/// The trust store that the settings name.
enum TrustSettings {
  static func store(_ settings: Settings) throws(CommandFailure) -> TrustStore {
    let directory = try settings.required(.trustDirectory)
    let environment = try environment(settings)
    do throws(TrustStoreError) {
      return try TrustStore.load(directory: directory, environment: environment)
    } catch {
      throw CommandFailure(.badUse, "\(error)", nextStep: "Check trust.directory and trust.environment.")
    }
  }

  static func environment(_ settings: Settings) throws(CommandFailure) -> TrustEnvironment {
    guard let environment = TrustEnvironment(rawValue: try settings.required(.trustEnvironment)) else {
      throw CommandFailure(
        .badUse, "trust.environment must be one of \(TrustEnvironment.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return environment
  }
}
