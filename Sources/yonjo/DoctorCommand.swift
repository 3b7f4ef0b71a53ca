import ArgumentParser
import Broker
import BrokerAPI
import Foundation
import JLIS
import JPKI
import Operations

/// `yonjo doctor`
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Print the settings in force and what is wrong with them.",
    discussion: "Changes nothing. Exit code 0: all is well; 1: something is set up wrongly; 3: a part is down.")

  @OptionGroup var common: CommonOptions

  private struct SettingLine: Encodable {
    let key: String
    let variable: String
    let value: String?
    let source: String
  }

  private struct Report: Encodable {
    let settings: [SettingLine]
    let findings: [DoctorFinding]
    let healthy: Bool
  }

  func run() async throws {
    let settings = try await common.settings()
    let lines = SettingKey.allCases.map { key in
      SettingLine(key: key.rawValue, variable: key.variable, value: settings.shown(key), source: settings.find(key)?.source ?? "unset")
    }
    let missing = SettingKey.allCases.filter { $0.isNeededToServe && settings.text($0) == nil }.map { key in
      DoctorFinding("settings", .wrong, "\(key.rawValue) is not set.", nextStep: "Set \(key.variable).")
    }
    let examined = await Doctor(checks: try Self.checks(settings)).examine()
    let report = DoctorReport(findings: missing + examined.findings)
    try Program.print(
      Report(settings: lines, findings: report.findings, healthy: report.exitCode == 0), asJSON: common.json,
      Self.text(lines, report.findings))
    if report.exitCode != 0 { Program.end(report.exitCode) }
  }

  /// Only what is set can be looked at; what is missing is a finding already.
  private static func checks(_ settings: Settings) throws(CommandFailure) -> [DoctorCheck] {
    let logger = CommonOptions.quietLogger(label: "doctor")
    let now: @Sendable () -> Date = { Date() }
    var checks: [DoctorCheck] = []
    let databases: [(SettingKey, String, String)] = [
      (.databaseURL, "database", "yonjo_app"), (.jobsDatabaseURL, "jobsDatabase", "yonjo_jobs"),
      (.operatorDatabaseURL, "operatorDatabase", "yonjo_operator"), (.ownerDatabaseURL, "ownerDatabase", "yonjo_owner"),
    ]
    for (key, name, role) in databases {
      if let url = settings.text(key) { checks.append(.database(name, url: url, role: role, logger: logger, now: now)) }
    }
    if let url = settings.text(.ownerDatabaseURL) ?? settings.text(.databaseURL) {
      checks.append(.schema(url: url, directory: try settings.required(.migrationsDirectory), logger: logger))
    }
    if let path = settings.text(.rootKeyFile) { checks.append(.rootKey(file: path)) }
    if let directory = settings.text(.trustDirectory) {
      let versions = try TrustSettings.versions(settings)
      checks.append(.trust(directory: directory, environment: try TrustSettings.environment(settings), versions: versions, now: now))
    }
    if let jlis = settings.text(.jlisURL) {
      if jlis.hasPrefix("https://") {
        checks.append(jlisCheck(settings))
      } else {
        checks.append(
          DoctorCheck("jlis") {
            [DoctorFinding("jlis", .wrong, "jlis.url does not begin with https://.", nextStep: "J-LIS is spoken to over mutual TLS only.")]
          })
      }
    }
    checks.append(ocspCheck(settings))
    checks.append(evidenceCheck(settings))
    if let url = settings.text(.databaseURL) { checks.append(.auditLog(url: url, logger: logger)) }
    if settings.text(.timeStampURL) != nil { checks.append(timeStampCheck(settings)) }
    checks.append(tlsCheck(settings))
    checks.append(.clock())
    return checks
  }

  private static func jlisCheck(_ settings: Settings) -> DoctorCheck {
    do {
      let client = try Connections.jlis(settings)
      return .jlis(client, closing: { await client.close() })
    } catch {
      let sentence = error.sentence
      return DoctorCheck("jlis") { [DoctorFinding("jlis", .wrong, sentence, nextStep: "Check the settings under jlis.")] }
    }
  }

  private static func timeStampCheck(_ settings: Settings) -> DoctorCheck {
    do throws(CommandFailure) {
      if let (stamping, client) = try TimeStampOptions.settings(settings) {
        return .timeStamps(stamping, closing: { await client.close() })
      }
      return DoctorCheck("timeStamps") { [] }
    } catch {
      let (sentence, next) = (error.sentence, error.nextStep ?? "Check the settings under timeStamp.")
      return DoctorCheck("timeStamps") { [DoctorFinding("timeStamps", .wrong, sentence, nextStep: next)] }
    }
  }

  private static func ocspCheck(_ settings: Settings) -> DoctorCheck {
    DoctorCheck("ocsp") {
      do throws(CommandFailure) {
        let source = try OCSPOptions.source(settings)
        let signed = source.inquiry.signer == nil ? "unsigned" : "signed"
        return [
          DoctorFinding(
            "ocsp", .good,
            "OCSP questions are \(signed), CertIDs by \(source.inquiry.hash.rawValue), the nonce \(source.inquiry.nonce.rawValue).")
        ]
      } catch {
        return [DoctorFinding("ocsp", .wrong, error.sentence, nextStep: error.nextStep ?? "Check the settings under ocsp.")]
      }
    }
  }

  private static func evidenceCheck(_ settings: Settings) -> DoctorCheck {
    DoctorCheck("evidence") {
      do throws(CommandFailure) {
        if let key = try EvidenceCommand.publicKey(settings) {
          return [DoctorFinding("evidence", .good, "Evidence envelopes are sealed to the offline key \(key.id).")]
        }
        return [
          DoctorFinding(
            "evidence", .warning, "No evidence envelopes are made: what was signed cannot be proven again.",
            nextStep: "Set \(SettingKey.evidencePublicKeyFile.variable); see yonjo evidence --help.")
        ]
      } catch {
        return [DoctorFinding("evidence", .wrong, error.sentence, nextStep: error.nextStep ?? "Check evidence.publicKeyFile.")]
      }
    }
  }

  private static func tlsCheck(_ settings: Settings) -> DoctorCheck {
    DoctorCheck("tls") {
      guard let chain = settings.text(.tlsCertificateFile), let key = settings.text(.tlsKeyFile) else {
        return [
          DoctorFinding(
            "tls", .wrong, "No TLS certificate is set: the broker would speak plain HTTP.",
            nextStep: "Set \(SettingKey.tlsCertificateFile.variable) and \(SettingKey.tlsKeyFile.variable).")
        ]
      }
      let files = TLSFiles(certificateChain: chain, privateKey: key, clientAuthorities: settings.text(.tlsClientAuthoritiesFile))
      guard let validity = try? files.validity() else {
        return [
          DoctorFinding(
            "tls", .wrong, "The TLS certificate and key cannot be read, or do not belong together.",
            nextStep: "Both are PEM; the certificate's own comes first.")
        ]
      }
      let left = validity.notAfter.timeIntervalSince(Date())
      if validity.notBefore > Date() {
        return [
          DoctorFinding("tls", .wrong, "The TLS certificate is not valid yet.", nextStep: "Look at the clock, or take another certificate.")
        ]
      }
      if left < 0 { return [DoctorFinding("tls", .wrong, "The TLS certificate has expired.", nextStep: "Renew it and restart.")] }
      if left < 14 * 86_400 {
        return [
          DoctorFinding("tls", .warning, "The TLS certificate expires in \(Int(left / 86_400)) days.", nextStep: "Renew it and restart.")
        ]
      }
      return [DoctorFinding("tls", .good, "The TLS certificate is valid for another \(Int(left / 86_400)) days.")]
    }
  }

  private static func text(_ lines: [SettingLine], _ findings: [DoctorFinding]) -> String {
    let settings = lines.map { "  \($0.key) = \($0.value ?? "–")  (\($0.source))" }
    let signs: [DoctorFinding.State: String] = [.good: "✓", .warning: "!", .wrong: "✗", .down: "✗"]
    let told = findings.map { finding in
      "  \(signs[finding.state] ?? "?") \(finding.name): \(finding.sentence)\(finding.nextStep.map { "\n      → \($0)" } ?? "")"
    }
    return (["Settings in force:"] + settings + ["", "Findings:"] + told).joined(separator: "\n")
  }
}
