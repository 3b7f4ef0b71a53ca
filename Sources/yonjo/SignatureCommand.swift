import ArgumentParser
import Foundation
import JOSE
import JPKI

/// `yonjo signature`
struct SignatureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signature", abstract: "Look at what a card signed.", subcommands: [VerifyCommand.self])

  /// `yonjo signature verify`
  struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Verify a signature of a card, as the broker does it, from files alone.",
      discussion: """
        Form, trust, profile, validity and the signature over the content, in this order; then revocation, as far as the given list tells it. Without a
        list nobody knows, and the result is revocationUnknown: J-LIS tells verifiers only. Prints result and reason, no item and no serial number.
        Needs no configuration, no database and no network.

        Exit code 0: the result is ok; 1: it is another; 2: bad use.
        """)

    @Option(help: "The certificate, DER or PEM. Not needed with --format cms where the message holds it.")
    var certificate: String?

    @Option(help: "The signature: 256 bytes as the card gives them, or a CMS message; as it is, or in base64 or base64url.")
    var signature: String

    @Option(help: "The content that was signed, hashed with SHA-256 here.")
    var content: String

    @Option(help: "A directory with the roots: sign_*.pem and auth_*.pem.")
    var trust: String

    @Option(help: "The environment that the roots belong to: production, test or simulator.")
    var environment = "production"

    @Option(help: "raw (RSASSA-PKCS1-v1_5, as pkcs11-tool gives it) or cms.")
    var format = "raw"

    @Option(help: "signing or authentication.")
    var kind = "signing"

    @Option(help: "A revocation list of the issuer, DER or PEM; without it the status of the certificate is not known.")
    var crl: String?

    @Option(help: "As of this time (RFC 3339); now if absent.")
    var at: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Report: Encodable {
      let result: String
      let reason: String?
      let kind: String
      let environment: String
      let signatureHolds: Bool
    }

    func run() async throws {
      let verifier = CardVerifier(trust: try store())
      guard let kind = CertificateKind(rawValue: kind) else { throw CommandFailure(.badUse, "--kind must be signing or authentication.") }
      guard let format = CardSignature.Format(rawValue: format), format.isSupported else {
        let formats = CardSignature.Format.allCases.filter(\.isSupported).map(\.rawValue)
        throw CommandFailure(.badUse, "--format must be one of \(formats.joined(separator: ", ")).")
      }
      let instant = try Instant.read(at)
      let card = CardSignature(
        format: format, signature: Self.decoded(try contents(of: signature)),
        certificate: try certificate.map { path throws(CommandFailure) in CertificateFile.der(try contents(of: path)) })
      let signed = try contents(of: content, atMost: 64 << 20)
      let list = try crl.map { path throws(CommandFailure) in CertificateFile.der(try contents(of: path, atMost: 1 << 30)) }
      let report = Self.report(card, signed, kind, verifier, list, at: instant)
      try Program.print(report, asJSON: json, Self.text(report))
      if report.result != VerificationResult.ok.rawValue { Program.end(1) }
    }

    private func store() throws(CommandFailure) -> TrustStore {
      guard let environment = TrustEnvironment(rawValue: environment) else {
        throw CommandFailure(.badUse, "--environment must be one of \(TrustEnvironment.allCases.map(\.rawValue).joined(separator: ", ")).")
      }
      do throws(TrustStoreError) {
        return try TrustStore.load(directory: trust, environment: environment)
      } catch {
        throw CommandFailure(.badUse, "\(error)", nextStep: "See --trust and --environment.")
      }
    }

    /// Text is decoded where it is nothing but base64 in either alphabet, line ends aside. A raw signature of a card never is: it would be text.
    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
      guard let text = String(validating: bytes, as: UTF8.self) else { return bytes }
      let joined = text.filter { !$0.isWhitespace }
      return Base64URL.decode(joined) ?? Base64.decode(joined) ?? CertificateFile.der(bytes)
    }

    private static func report(
      _ card: CardSignature, _ content: [UInt8], _ kind: CertificateKind, _ verifier: CardVerifier, _ list: [UInt8]?, at instant: Date
    ) -> Report {
      let environment = verifier.trust.environment.rawValue
      let certificate: VerifiedCertificate
      do throws(VerificationFailure) {
        certificate = try verifier.verify(card, over: content, kind: kind, at: instant)
      } catch {
        return Report(
          result: error.result.rawValue, reason: error.reason.rawValue, kind: kind.rawValue, environment: environment, signatureHolds: false
        )
      }
      func held(_ reason: VerificationReason?, _ result: VerificationResult) -> Report {
        Report(result: result.rawValue, reason: reason?.rawValue, kind: kind.rawValue, environment: environment, signatureHolds: true)
      }
      guard let list else { return held(nil, .revocationUnknown) }
      do throws(VerificationFailure) {
        let status = try RevocationList(verifying: list, trust: verifier.trust, kind: kind, at: instant).status(
          of: certificate, at: instant)
        // Why a certificate was revoked is J-LIS's to know.
        if case .revoked = status { return held(nil, .certificateRevoked) }
        return held(status.reason, status.reason?.result ?? .ok)
      } catch {
        return held(error.reason, error.result)
      }
    }

    private static func text(_ report: Report) -> String {
      let outcome = report.result + (report.reason.map { " (\($0))" } ?? "")
      let what = report.signatureHolds ? "holds" : "is refused"
      let rest = report.result == VerificationResult.revocationUnknown.rawValue ? " Nobody can say here whether it was revoked." : ""
      return """
        result       \(outcome)
        kind         \(report.kind)
        environment  \(report.environment)
        The signature \(what).\(rest)
        """
    }
  }
}
